// What there is to see of a run: figures, curve, eight digits, features, and the network's shape.
import { decode } from "../../base64.js";
import { Chart } from "../../parts/chart.js";
import { html, useMemo } from "../../parts/html.js";
import { Picture, row } from "../../parts/picture.js";
import { Terms } from "../../parts/term.js";
import { t } from "../../words.js";
import { isOver, snapshot } from "./run.js";

const PIXELS = 28 * 28;
const COLUMNS = 10; // of the pictures of features, at most

/** @param {number | null | undefined} value @param {number} digits */
const number = (value, digits) => (value === null || value === undefined ? "–" : value.toFixed(digits));
const count = (/** @type {number} */ value) => value.toLocaleString("en-US");

/** @param {{ list: [string, string][] }} props */
const FigureList = ({ list }) =>
  html`<dl class="run-figures">${list.map(([name, text]) => html`<div key=${name}><dt>${t(`train_figure_${name}`)}</dt><dd data-figure=${name}>${text}</dd></div>`)}</dl>`;

export function Figures() {
  const shown = snapshot.value;
  const left = shown && !isOver() ? Math.max(0, (1 - shown.fraction) * shown.seconds) : null;
  const step = shown ? `${count(shown.step)}${shown.planned ? ` / ${count(shown.planned)}` : ""}` : "–";
  const numbers = shown?.numbers;
  return html`<progress max="1" value=${shown?.fraction ?? 0} aria-label=${t("train_figure_left")}></progress>
    <${FigureList} list=${[
      ["steps", step],
      ["left", left === null ? "–" : `${left.toFixed(0)} s`],
      ["rate", shown?.rate ? count(Math.round(shown.rate)) : "–"],
      ["loss", number(shown?.loss, 4)],
      ["seen", number(shown?.error, 4)],
      ["unseen", number(shown?.unseen, 4)],
      ["lr", shown?.learningRate ? String(Number(shown.learningRate.toPrecision(3))) : "–"],
    ]} />
    ${
      numbers &&
      isOver() &&
      html`<${FigureList} list=${[
        ["before", number(numbers.loss, 5)],
        ["after", number(numbers.lossAfter, 5)],
        ["gradient", String(Number(numbers.gradient.toPrecision(3)))],
        ["change", String(Number(numbers.change.toPrecision(3)))],
      ]} />`
    }
    <${Terms} of=${["step", "epoch", "loss", "mse", "validation", "schedule", "gradient", "clip_norm"]} />`;
}

/** @param {{ planned?: number, nothing: number | null, best: { name: string, mse: number } | null }} props what a run is held against */
export function Curve({ planned = 0, nothing, best }) {
  const shown = snapshot.value;
  const curve = shown?.curve ?? [];
  const steps = curve.map((/** @type {number[]} */ point) => point[0]);
  const last = Math.max(1, shown?.planned ?? planned, steps.at(-1) ?? 0);
  const level = (/** @type {number} */ value) => ({ x: [0, last], y: [value, value] });
  const lines = [
    ...(nothing
      ? [
          {
            name: `${t("train_line_nothing")}: ${number(nothing, 4)}`,
            ...level(nothing),
            colour: "var(--quiet)",
            dash: "2 4",
          },
        ]
      : []),
    ...(best
      ? [
          {
            name: `${t("train_line_best", { name: best.name })}: ${number(best.mse, 4)}`,
            ...level(best.mse),
            colour: "var(--line-1)",
            dash: "7 4",
          },
        ]
      : []),
    {
      name: t("train_line_seen"),
      x: steps,
      y: curve.map((/** @type {number[]} */ point) => point[1]),
      colour: "var(--line-0)",
    },
    {
      name: t("train_line_unseen"),
      x: steps,
      y: curve.map((/** @type {number[]} */ point) => point[2]),
      look: /** @type {const} */ ("strong"),
      colour: "var(--accent)",
    },
  ];
  return html`<${Chart} lines=${lines} log height=${260} label=${t("train_curve_alt", { unseen: number(shown?.unseen, 4) })} />`;
}

/** Pictures as the server sends them, in base64, or as bytes that were made here. @typedef {string | Uint8Array | Int8Array} Bytes */

/** @param {Bytes} bytes */
const bytesOf = (bytes) => (typeof bytes === "string" ? decode(bytes) : bytes);

/** @param {Bytes} bytes */
const greysOf = (bytes) => row(Float32Array.from(bytesOf(bytes), (value) => value / 255));

/** Signed pictures in rows, each on its own scale, as the values of one picture. @param {Bytes} bytes */
function sheet(bytes) {
  const signed = Int8Array.from(bytesOf(bytes)); // 255 is -1
  const total = signed.length / PIXELS;
  let columns = Math.min(COLUMNS, total);
  while (total % columns && columns > COLUMNS / 2) columns--; // no hole in the last row, where that can be
  const rows = Math.ceil(total / columns);
  const wide = new Float32Array(rows * columns * PIXELS);
  for (let n = 0; n < total; n++) {
    const one = signed.subarray(n * PIXELS, (n + 1) * PIXELS);
    let peak = 1;
    for (const value of one) peak = Math.max(peak, Math.abs(value));
    const [top, left] = [28 * Math.floor(n / columns), 28 * (n % columns)];
    for (let i = 0; i < PIXELS; i++)
      wide[(top + Math.floor(i / 28)) * 28 * columns + left + (i % 28)] = one[i] / peak;
  }
  return { wide, rows, columns };
}

/** @param {{ clean?: Bytes, noisy?: Bytes }} props what the present settings' noise makes of the eight digits */
export function EightDigits({ clean, noisy }) {
  const restored = snapshot.value?.restored;
  /** @type {Record<string, Bytes | undefined>} */
  const pictures = {
    clean: snapshot.value?.clean || clean,
    noisy: snapshot.value?.noisy || noisy,
    restored,
  };
  return html`<div class="rows">${Object.entries(pictures).map(
    ([name, bytes]) =>
      html`<span key=${`${name}-word`}>${t(`train_row_${name}`)}</span><${DigitRow} key=${name} name=${name} bytes=${bytes} />`,
  )}</div>`;
}

/** @param {{ name: string, bytes?: Bytes }} props */
function DigitRow({ name, bytes }) {
  const values = useMemo(() => (bytes ? greysOf(bytes) : null), [bytes]);
  return html`<div class="shown-${name}"><${Picture} values=${values} columns=${8} alt=${t(`train_row_${name}`)} /></div>`;
}

export function Features() {
  const bytes = snapshot.value?.features;
  const made = useMemo(() => (bytes ? sheet(bytes) : null), [bytes]);
  return html`<div class="shown-features"><${Picture} values=${made?.wide} columns=${made?.columns ?? COLUMNS} rows=${made?.rows ?? 4} signed alt=${t("train_features")} /></div>
    <p class="quiet">${t("train_features_about")}</p>`;
}

/** The network as bars, each as high as its layer is wide. @param {{ layers: { width: number, label: string, isCode: boolean }[] }} props */
export function Drawing({ layers }) {
  const [gap, bar, height] = [56, 16, 150];
  const tallest = Math.log(Math.max(2, ...layers.map((layer) => layer.width)));
  const half = (/** @type {number} */ width) =>
    Math.max(3, ((height / 2 - 6) * Math.log(Math.max(width, 1.3))) / tallest);
  const total = gap * (layers.length - 1) + bar + 40;
  const middle = height / 2;
  return html`<svg class="drawing" viewBox="0 0 ${total} ${height + 22}" role="img" aria-label=${layers.map((layer) => layer.label).join(" - ")}>
    ${layers.map((layer, i) => {
      const [x, h] = [20 + gap * i, half(layer.width)];
      const next = layers[i + 1] && half(layers[i + 1].width);
      return html`<g key=${i}>
        ${next && html`<path class="link" d=${`M${x + bar} ${middle - h}L${x + gap} ${middle - next}V${middle + next}L${x + bar} ${middle + h}Z`} />`}
        <rect class=${layer.isCode ? "code" : "layer"} x=${x} y=${middle - h} width=${bar} height=${2 * h} rx="3" />
        <text x=${x + bar / 2} y=${height + 14}>${layer.label}</text></g>`;
    })}
  </svg>`;
}
