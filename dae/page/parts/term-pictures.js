// The pictures of the glossary, made by the engine of the digit, noise and network that the page shows; and its curves.
import { clean } from "../digit.js";
import { engine, manifest, state } from "../page.js";
import { t } from "../words.js";
import { Chart } from "./chart.js";
import { fixed } from "./figures.js";
import { html } from "./html.js";

/** @typedef {{ values: Float32Array, caption: string }} Shown */
/** @typedef {{ count: number, make: () => Promise<Shown[]> }} Made */

const PIXELS = 28 * 28;
const CHANNEL = "term";

const given = () => {
  const digit = clean.peek();
  if (!digit) throw new Error("there is no digit yet");
  const [noise, level, clip, seed] = ["noise", "level", "clip", "seed"].map((name) => state.peek(name));
  return { digit, noise, level, clip, seed };
};

/** The digit under some noises. @param {{ noise?: string, level?: number, seed?: number, caption: string }[]} wanted @returns {Promise<Shown[]>} */
function corrupted(wanted) {
  const { digit, ...usual } = given();
  return Promise.all(
    wanted.map(async ({ caption, ...other }, i) => {
      const found = await engine.ask(
        "corrupt",
        { images: digit, ...usual, ...other },
        { channel: `${CHANNEL}-${i}` },
      );
      return { values: found ? found.noisy : digit, caption };
    }),
  );
}

/** A level, short. @param {number} level */
const short = (level) => String(Number(level.toPrecision(2)));

/** @param {number} count @param {number} lowest share of the noise's range */
const levels = (count, lowest = 0) => {
  const { maximum } = state.noise.peek();
  return Array.from({ length: count }, (_, i) =>
    Number((maximum * (lowest + ((1 - lowest) * i) / (count - 1))).toFixed(4)),
  );
};

/** The stage, with so many passes. @param {number} passes */
const stage = async (passes) => {
  const { digit, ...usual } = given();
  const model = state.peek("model");
  const found = await engine.ask("stage", { model, digit, ...usual, passes }, { channel: CHANNEL });
  if (!found?.restored) throw new Error("there is no network yet");
  return { digit, ...found };
};

/** @type {Made} */
const THREE = {
  count: 3,
  make: async () => {
    const { digit, noisy, restored } = await stage(1);
    return [
      { values: digit, caption: `x, ${t("word_target")}` },
      { values: noisy, caption: `x̃, ${t("word_input")}` },
      { values: /** @type {Float32Array} */ (restored), caption: `x′, ${t("reconstruction")}` },
    ];
  },
};

/** Four noisy pictures with a figure. @param {"mse" | "psnr" | "ssim"} name @param {(value: number) => string} text @returns {Made} */
const measured = (name, text) => ({
  count: 4,
  make: async () => {
    const shown = await corrupted(levels(4, 0.1).map((level) => ({ level, caption: "" })));
    const images = new Float32Array(shown.length * PIXELS);
    for (const [i, { values }] of shown.entries()) images.set(values, i * PIXELS);
    const found = await engine.ask("metrics", { images, clean: given().digit }, { channel: CHANNEL });
    return shown.map(({ values }, i) => ({ values, caption: found ? text(found.figures[i][name]) : "" }));
  },
});

/** @type {Record<string, Made>} */
export const PICTURES = {
  target: THREE,
  input: THREE,
  noisy: THREE,
  reconstruction: THREE,
  passes: {
    count: 4,
    make: async () => {
      const { noisy, passes = [] } = await stage(3);
      return [noisy, ...passes].map((values, i) => ({
        values,
        caption: i ? t("path_pass", { count: i }) : t("path_noisy"),
      }));
    },
  },
  level: {
    count: 5,
    make: () => corrupted(levels(5).map((level) => ({ level, caption: short(level) }))),
  },
  sigma: {
    count: 4,
    make: () =>
      corrupted([0.1, 0.3, 0.6, 1].map((level) => ({ noise: "gaussian", level, caption: `σ = ${level}` }))),
  },
  seed: {
    count: 3,
    make: () => {
      const { seed } = given();
      return corrupted(
        [0, 1, 0].map((more) => ({ seed: seed + more, caption: `${t("seed")} ${seed + more}` })),
      );
    },
  },
  mse: measured("mse", (value) => fixed(value, 4)),
  psnr: measured("psnr", (value) => `${fixed(value, 1)} dB`),
  ssim: measured("ssim", (value) => fixed(value, 2)),
  ...Object.fromEntries(
    manifest.noises.map(({ key, symbol, start }) => [
      key,
      {
        count: 2,
        make: () =>
          corrupted([
            { noise: key, level: 0, caption: `${symbol} = 0` },
            { noise: key, level: start, caption: `${symbol} = ${start}` },
          ]),
      },
    ]),
  ),
};

const X = Array.from({ length: 121 }, (_, i) => (i - 60) / 20);
const sigmoid = (/** @type {number} */ x) => 1 / (1 + Math.exp(-x));
/** As PyTorch's GELU with the tanh, which no eye tells from the exact one. @param {number} x */
const gelu = (x) => (x / 2) * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));
const relu = (/** @type {number} */ x) => Math.max(0, x);
const [T, RHO] = [Array.from({ length: 101 }, (_, i) => i / 100), 0.05];
const MEANS = T.slice(1, 100);
/** @param {number} mean */
const divergence = (mean) => RHO * Math.log(RHO / mean) + (1 - RHO) * Math.log((1 - RHO) / (1 - mean));

/** Activation functions, which have words of their own. */
const NAMED = ["identity", "relu", "sigmoid", "tanh", "gelu"];
/** @type {Record<string, { x: number[], lines: [string, (x: number) => number][] }>} each line's name or function, and the curve */
export const CURVES = {
  activation: {
    x: X,
    lines: [
      ["relu", relu],
      ["gelu", gelu],
      ["tanh", Math.tanh],
      ["sigmoid", sigmoid],
    ],
  },
  code_activation: {
    x: X,
    lines: [
      ["identity", (x) => x],
      ["relu", relu],
      ["sigmoid", sigmoid],
    ],
  },
  output: {
    x: X,
    lines: [
      ["identity", (x) => x],
      ["sigmoid", sigmoid],
    ],
  },
  logits: { x: X, lines: [["sigmoid", sigmoid]] },
  schedule: { x: T, lines: [["", (t) => (1 + Math.cos(Math.PI * t)) / 2]] },
  kl: { x: MEANS, lines: [[`ρ = ${RHO}`, divergence]] },
};

/** @param {{ of: string }} props */
export function Curve({ of }) {
  const { x, lines } = CURVES[of];
  const shown = lines.map(([name, at], i) => ({
    name: NAMED.includes(name) ? t(`train_choice_${name}`) : name,
    x,
    y: x.map(at),
    colour: `var(--line-${i})`,
  }));
  return html`<${Chart} lines=${shown} label=${t("term_curve")} height=${150} legend=${shown.some((line) => line.name)} />`;
}
