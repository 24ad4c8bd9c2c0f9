// What there is to see of a run: figures, curve, eight digits, features, and the network's shape.
import { decode } from "../../base64.js";
import { modelLabel, own } from "../../page.js";
import { Chart } from "../../parts/chart.js";
import { html, useMemo } from "../../parts/html.js";
import { Picture, row } from "../../parts/picture.js";
import { Terms } from "../../parts/term.js";
import { labelled, t } from "../../words.js";
import { isOver, runOf, snapshot, status } from "./run.js";
import { runName, short } from "./sentence.js";

const PIXELS = 28 * 28;
const WIDE = 10; // pictures of features beside each other, at most
/** How the lines of two runs look: told apart without their colours. */
const LINES = [{ colour: "var(--accent)" }, { colour: "var(--line-3)", dash: "11 4" }];

/** @param {number | null | undefined} value @param {number} digits */
const number = (value, digits) => (value === null || value === undefined ? "–" : value.toFixed(digits));
const count = (/** @type {number} */ value) => value.toLocaleString("en-US");

/** @param {{ list: [string, string][] }} props */
const FigureList = ({ list }) =>
  html`<dl class="run-figures">${list.map(([name, text]) => html`<div key=${name}><dt>${t(`train_figure_${name}`)}</dt><dd data-figure=${name}>${text}</dd></div>`)}</dl>`;

/**
 * What is shown of each run: one, or two that are told apart by a name and by how their lines look.
 * @returns {{ name: string, run: any, model: string, line: { colour: string, dash?: string } }[]}
 */
function runsShown() {
  const run = snapshot.value;
  if (!run?.second) return [{ name: "", run, model: "", line: LINES[0] }];
  const { settings, compared } = run.plan;
  return [run, run.second].map((each, i) => ({
    name: runName(compared, settings[i]),
    run: each,
    model: own.value.find((network) => network.run === runOf(run.here, i))?.name ?? "",
    line: LINES[i],
  }));
}

/** The numbers of a run that has two of them beside each other. @type {[string, (run: any) => string][]} */
const COLUMNS = [
  ["unseen", (run) => number(run.unseen, 4)],
  ["seen", (run) => number(run.error, 4)],
  ["loss", (run) => number(run.loss, 4)],
];
/** @type {[string, (numbers: any) => string][]} */
const OF_STEP = [
  ["before", ({ loss }) => number(loss, 5)],
  ["after", ({ lossAfter }) => number(lossAfter, 5)],
  ["gradient", ({ gradient }) => short(gradient)],
  ["change", ({ change }) => short(change)],
];

/** Two runs beside each other, and what both are held against. @param {{ runs: ReturnType<typeof runsShown> } & Against} props */
const Beside = ({ runs, nothing, best }) =>
  html`<table class="beside">
    <thead><tr><td></td>${COLUMNS.map(([name]) => html`<th scope="col">${t(`train_figure_${name}`)}</th>`)}</tr></thead>
    <tbody>
      ${runs.map(({ name, run, model }) => html`<tr key=${name} data-run=${name}><th scope="row">${name}${model && html` <span class="quiet">${modelLabel(model)}</span>`}</th>${COLUMNS.map(([key, text]) => html`<td data-figure=${key}>${text(run)}</td>`)}</tr>`)}
      ${nothing && html`<tr><th scope="row">${t("train_line_nothing")}</th><td data-figure="nothing">${number(nothing, 4)}</td></tr>`}
      ${best && html`<tr><th scope="row">${t("train_line_best", { name: best.name })}</th><td data-figure="best">${number(best.mse, 4)}</td></tr>`}
    </tbody>
  </table>`;

/** @typedef {{ nothing: number | null, best: { name: string, mse: number } | null }} Against what a run is held against */

/** @param {Against} props */
export function Figures({ nothing, best }) {
  const shown = snapshot.value;
  const runs = runsShown();
  const left = shown && !isOver() ? Math.max(0, (1 - shown.fraction) * shown.seconds) : null;
  const more = shown?.planned && status.value !== "done" ? ` / ${count(shown.planned)}` : ""; // its time may have ended it
  const step = shown ? count(shown.step) + more : "–";
  const rate = runs.reduce((sum, { run }) => sum + (run?.rate ?? 0), 0);
  /** @type {[string, string][]} */
  const common = [
    ["steps", step],
    ["left", left === null ? "–" : `${left.toFixed(0)} s`],
    ["rate", rate ? count(Math.round(rate)) : "–"],
  ];
  /** @type {[string, string][]} */
  const alone = [
    ["lr", shown?.learningRate ? short(shown.learningRate) : "–"],
    ["loss", number(shown?.loss, 4)],
    ["seen", number(shown?.error, 4)],
    ["unseen", number(shown?.unseen, 4)],
    ["nothing", number(nothing, 4)],
  ];
  return html`<progress max="1" value=${shown?.fraction ?? 0} aria-label=${t("train_figure_left")}></progress>
    <${FigureList} list=${[...common, ...(runs[1] ? [] : alone)]} />
    ${runs[1] && html`<${Beside} runs=${runs} nothing=${nothing} best=${best} />`}
    ${
      isOver() &&
      runs.map(
        ({ name, run }) =>
          run?.numbers &&
          html`<div key=${name}>${name && html`<p>${name}</p>`}<${FigureList} list=${OF_STEP.map(([key, text]) => [key, text(run.numbers)])} /></div>`,
      )
    }
    <${Terms} of=${["step", "epoch", "loss", "mse", "validation", "schedule", "gradient", "clip_norm"]} />`;
}

/** @param {{ planned?: number } & Against} props */
export function Curve({ planned = 0, nothing, best }) {
  const shown = snapshot.value;
  const runs = runsShown();
  const points = runs.flatMap(({ run }) => (run?.curve.length ? [run.curve[run.curve.length - 1][0]] : []));
  const last = Math.max(1, shown?.planned ?? planned, ...points);
  const level = (/** @type {string} */ name, /** @type {number} */ value) => ({
    name: labelled(name, number(value, 4)),
    x: [0, last],
    y: [value, value],
  });
  const drawn = (/** @type {any} */ run, /** @type {number} */ place) => ({
    x: (run?.curve ?? []).map((/** @type {number[]} */ point) => point[0]),
    y: (run?.curve ?? []).map((/** @type {number[]} */ point) => point[place]),
  });
  const lines = [
    ...(nothing ? [{ ...level(t("train_line_nothing"), nothing), colour: "var(--quiet)", dash: "2 4" }] : []),
    ...(best
      ? [
          {
            ...level(t("train_line_best", { name: best.name }), best.mse),
            colour: "var(--line-1)",
            dash: "7 4",
          },
        ]
      : []),
    ...(runs[1] ? [] : [{ name: t("train_line_seen"), ...drawn(runs[0].run, 1), colour: "var(--line-0)" }]),
    ...runs.map(({ name, run, line }) => ({
      name: name || t("train_line_unseen"),
      ...drawn(run, 2),
      look: /** @type {const} */ ("strong"),
      ...line,
    })),
  ];
  const unseen = runs.map(({ name, run }) =>
    name ? labelled(name, number(run.unseen, 4)) : number(run?.unseen, 4),
  );
  return html`<${Chart} lines=${lines} log height=${260} label=${t("train_curve_alt", { unseen: unseen.join(t("models_comma")) })} />`;
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
  let columns = Math.min(WIDE, total);
  while (total % columns && columns > WIDE / 2) columns--; // no hole in the last row, where that can be
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
  const runs = runsShown();
  const two = runs.length > 1;
  /** @type {[string, string, Bytes | undefined][]} */
  const rows = [
    ["clean", t("train_row_clean"), snapshot.value?.clean || clean],
    ["noisy", t("train_row_noisy"), snapshot.value?.noisy || noisy],
    ...runs.map(({ name, run }, i) => {
      const word = [t("train_row_restored"), name].filter(Boolean).join(" · ");
      return /** @type {[string, string, Bytes | undefined]} */ ([
        i ? "second" : "restored",
        word,
        run?.restored,
      ]);
    }),
  ];
  return html`<div class="rows" data-two=${two}>${rows.map(
    ([name, word, bytes]) =>
      html`<span key=${`${name}-word`}>${word}</span><${DigitRow} key=${name} name=${name} word=${word} bytes=${bytes} />`,
  )}</div>`;
}

/** @param {{ name: string, word: string, bytes?: Bytes }} props */
function DigitRow({ name, word, bytes }) {
  const values = useMemo(() => (bytes ? greysOf(bytes) : null), [bytes]);
  return html`<div class="shown-${name}"><${Picture} values=${values} columns=${8} alt=${word} /></div>`;
}

export const Features = () =>
  html`${runsShown().map(({ name, run }, i) => html`<${Sheet} key=${i} name=${name} bytes=${run?.features} />`)}
    <p class="quiet">${t("train_features_about")}</p>`;

/** @param {{ name: string, bytes?: Bytes }} props name: of one of two runs */
function Sheet({ name, bytes }) {
  const made = useMemo(() => (bytes ? sheet(bytes) : null), [bytes]);
  const alt = [t("train_features"), name].filter(Boolean).join(" · ");
  return html`${name && html`<p>${name}</p>`}<div class="shown-features"><${Picture} values=${made?.wide} columns=${made?.columns ?? WIDE} rows=${made?.rows ?? 4} signed alt=${alt} /></div>`;
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
