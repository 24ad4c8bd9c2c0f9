// The About tab: what a denoising autoencoder is, where the digits come from, what each network was trained on.
import { digitAt, galleryOf } from "../../digit.js";
import { engine, manifest, modelLine, modelSummary, models, state } from "../../page.js";
import { html, useEffect, useSignal } from "../../parts/html.js";
import { paint } from "../../parts/picture.js";
import { loadResults } from "../../results.js";
import { digitsKey } from "../../training-digits.js";
import { has, language, t } from "../../words.js";
import { Glossary } from "./glossary.js";
import { TallPipeline, WidePipeline } from "./pipeline.js";
import { PAGES, PAPERS } from "./sources.js";

/** @typedef {import("../../types.d.ts").ModelLine} ModelLine */

const SIDE = 28;
const SEVEN = "digit=7&index=11&seed=7";
const EXPERIMENTS = {
  no_noise: `model=plain&noise=gaussian&level=0.5&${SEVEN}`,
  other_noise: `model=conv-gaussian&noise=masking&level=0.5&${SEVEN}`,
  too_much: "model=conv-gaussian&noise=gaussian&level=1.5&digit=5&index=40&seed=7", // a three
};

/** @param {string} address @param {string} words */
const anchor = (address, words) => `<a href="${address}" target="_blank" rel="noopener">${words}</a>`;

/** A text of our own with its markup and references. @param {{ of: string, kind?: string, values?: Record<string, string> }} props */
function Prose({ of, kind = "", values = {} }) {
  const papers = Object.entries(PAPERS).map(([key, paper]) => [
    key,
    anchor(paper.address, String(paper.year)),
  ]);
  const pages = Object.entries(PAGES).map(([key, address]) => [
    key,
    `<a href="${address}" target="_blank" rel="noopener">`,
  ]);
  const markup = t(of, { ...Object.fromEntries([...papers, ...pages]), end: "</a>", ...values });
  return html`<p class=${kind} dangerouslySetInnerHTML=${{ __html: markup }} />`;
}

/** @param {{ math: string }} props MathML, which the library made of LaTeX */
const Formula = ({ math }) => html`<div class="formula" dangerouslySetInnerHTML=${{ __html: math }} />`;

/** @param {{ name: string, children: any }} props */
const Section = ({ name, children }) =>
  html`<section data-section=${name}><h2>${t(`about_${name}_title`)}</h2><div>${children}</div></section>`;

/** @param {ArrayLike<number>} values @param {number} width @param {number} height */
function dataUri(values, width, height) {
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  paint(canvas, values);
  return canvas.toDataURL();
}

/** A code as a picture about twice as high as wide, its largest value white. @param {Float32Array} code @param {boolean} lies */
function codePicture(code, lies) {
  const width = Math.ceil(Math.sqrt(code.length / 2));
  const height = Math.ceil(code.length / width);
  const [low, high] = [Math.min(...code), Math.max(...code)];
  const grid = new Float32Array(width * height);
  for (const [i, value] of code.entries()) {
    const place = lies ? (i % width) * height + Math.floor(i / width) : i;
    grid[place] = (value - low) / Math.max(1e-9, high - low);
  }
  return lies ? dataUri(grid, height, width) : dataUri(grid, width, height);
}

/** The digit that the page starts with, through the network that it starts with. */
async function run() {
  const start = Object.fromEntries(
    Object.entries(manifest.state).map(([name, field]) => [name, field.start]),
  );
  const digit = digitAt(await galleryOf(Number(start.digit)), Number(start.index));
  const seed = Number(start.seed);
  const model = String(start.model);
  const [noise, level] = [String(start.noise), Number(start.level)];
  const images = { clean: dataUri(digit, SIDE, SIDE) };
  const noises = await Promise.all(
    manifest.noises.map(async ({ key, start: usual }) => {
      const answer = await engine.ask(
        "corrupt",
        { images: digit, noise: key, level: usual, clip: true, seed },
        { channel: `about-${key}` },
      );
      return [key, answer ? dataUri(answer.noisy, SIDE, SIDE) : ""];
    }),
  );
  const stage = await engine.ask(
    "stage",
    { model, digit, noise, level, clip: true, seed, passes: 1 },
    { channel: "about" },
  );
  if (!stage) return null;
  const code =
    "lacks" in stage
      ? null
      : await engine.ask("encode", { model, images: stage.noisy }, { channel: "about-code" });
  const codes = code
    ? { code: codePicture(code.codes, false), code_wide: codePicture(code.codes, true) }
    : {};
  const restored = stage.restored ? { reconstruction: dataUri(stage.restored, SIDE, SIDE) } : {};
  return {
    pictures: { ...images, noisy: dataUri(stage.noisy, SIDE, SIDE), ...codes, ...restored },
    noises: Object.fromEntries(noises),
    figures:
      "restored" in stage.figures
        ? {
            model,
            level: String(level),
            noisy_mse: stage.figures.noisy.mse.toFixed(4),
            restored_mse: stage.figures.restored.mse.toFixed(4),
          }
        : null,
  };
}

/** @param {{ noises: Record<string, string> }} props */
function NoiseTable({ noises }) {
  return html`<p>${t("noises_about")}</p>
    <table class="noises" role="table">
      <thead role="rowgroup"><tr role="row">${["noise", "formula", "level"].map((key) => html`<th scope="col" role="columnheader">${t(`noises_${key}`)}</th>`)}</tr></thead>
      <tbody role="rowgroup">${manifest.noises.map(
        ({ key, symbol, maximum, start }) => html`<tr role="row" key=${key}>
          <th scope="row" role="rowheader"><div class="named">
            <img class="tile" width="56" height="56" src=${noises[key]} alt=${t("alt_noisy", { noise: t(`noise_${key}`), level: start })} />
            <div>${t(`noise_${key}`)}<small>${t(`about_${key}`)}</small></div></div></th>
          <td role="cell" data-label=${t("noises_formula")}><${Formula} math=${manifest.formulas.noises[key]} /></td>
          <td role="cell" data-label=${t("noises_level")}><div><var>${symbol}</var> 0 – ${maximum}</div></td>
        </tr>`,
      )}</tbody>
    </table>
    <${Prose} of="noises_note" kind="note" />`;
}

/** One noise of a recipe: "Gaussian σ 0 – 1". @param {{ key: string, low?: number | null, high: number, clip?: boolean | null }} noise */
function noiseWords({ key, low, high, clip }) {
  const known = state.noises.get(key);
  const short = (/** @type {number} */ level) => Number(level.toPrecision(3));
  const level = low === null || low === undefined ? `${short(high)}` : `${short(low)} – ${short(high)}`;
  if (!known) return `${key} ${level}`;
  return `${t(`noise_${key}`)} ${known.symbol} ${level}${known.canClip && clip === false ? ` ${t("models_unclipped")}` : ""}`;
}

/** @param {{ data: string }} props the digits that a network was trained on, as its file says it */
function DigitsOf({ data }) {
  const found = digitsKey(data);
  return found ? t(found.key, found) : html`<span lang="en">${data}</span>`;
}

/** @param {{ model: ModelLine }} props */
function ModelRow({ model }) {
  const comma = t("models_comma");
  const layers = model.widths.join(" → ");
  const widths = layers && html`${layers}${model.latentDim ? " → " : html`<br />`}`;
  const code = model.latentDim
    ? t("models_code", { count: model.latentDim.toLocaleString("en-US") })
    : t("models_no_code");
  const minutes = model.seconds / 60;
  const time =
    minutes >= 2
      ? t("models_minutes", { count: Math.round(minutes) })
      : t("models_seconds", { count: Math.round(model.seconds) });
  const noises = [...new Set(model.noises.map(noiseWords))].join(comma) || t("models_no_noise");
  const losses = model.losses.map((loss) => (has(`loss_${loss}`) ? t(`loss_${loss}`) : loss)).join(comma);
  const digits = [...new Set(model.figures.map((figure) => figure.digits.toLocaleString("en-US")))].join(
    " / ",
  );
  return html`<tr role="row">
    <th scope="row" role="rowheader"><code>${model.name}</code><small>${modelSummary(model)}</small></th>
    <td role="cell" data-label=${t("models_network")}><div>${t(`arch_${model.architecture}`)}<br />${widths}<span class="whole">${code}</span><br />
      ${t("models_parameters", { count: model.parameters.toLocaleString("en-US") })}<br />${(model.bytes / 1e6).toFixed(1)} MB</div></td>
    <td role="cell" data-label=${t("models_trained")}><div><${DigitsOf} data=${model.data} /><br />${noises}<br />${losses}<br />
      ${t("models_steps", { count: model.steps.toLocaleString("en-US") })}${comma}${time}</div></td>
    <td role="cell" data-label=${t("models_measured")}><div><ul>${model.figures.map(
      (
        figure,
      ) => html`<li><span>${figure.noise === "clean" ? t("models_clean") : noiseWords({ key: figure.noise, high: figure.level, clip: figure.clip })}</span>
        <span>${figure.mse.toFixed(4)}</span><span>${figure.psnr === null ? "∞" : figure.psnr.toFixed(1)} dB</span><span>${figure.ssim.toFixed(2)}</span></li>`,
    )}</ul><small>${t("models_digits", { count: digits })}</small></div></td>
  </tr>`;
}

/** @param {{ models: ModelLine[] }} props */
const ModelTable = ({ models }) =>
  html`<table class="models" role="table">
    <thead role="rowgroup"><tr role="row">${["model", "network", "trained", "measured"].map((key) => html`<th scope="col" role="columnheader">${t(`models_${key}`)}</th>`)}</tr></thead>
    <tbody role="rowgroup">${models.map((model) => html`<${ModelRow} key=${model.name} model=${model} />`)}</tbody>
  </table>`;

function Models() {
  const shipped = models.value.filter((model) => model.group !== "own");
  const tutorials = manifest.groups.filter((group) => group.tutorial).map((group) => group.key);
  const many = shipped.filter((model) => tutorials.includes(model.group));
  const others = manifest.leftOut ?? [];
  if (!shipped.length) return html`<${Prose} of="no_models" />`;
  return html`<p>${t("models_about")}</p>
    <${ModelTable} models=${shipped.filter((model) => !many.includes(model))} />
    ${many.length > 0 && html`<details><summary>${t("models_tutorials", { count: many.length })}</summary><${ModelTable} models=${many} /></details>`}
    ${others.length > 0 && html`<p class="note">${t("models_left_out", { names: others.join(t("models_comma")) })}</p>`}`;
}

/** How many made-up photos are read rightly, as it was measured. @returns {Promise<Record<string, string>>} */
async function photoFigures() {
  const records = (await loadResults()).photos.records;
  /** @param {(each: any) => number} value */
  const sum = (value) =>
    records.reduce((/** @type {number} */ all, /** @type {any} */ each) => all + value(each), 0);
  const digits = sum((each) => each.digits);
  const percent = (/** @type {string} */ way) =>
    `<b>${((100 * sum((each) => each.digits * each[way])) / digits).toFixed(1)} %</b>`;
  const shares = ["network", "otsu", "resized"].map((way) => [way, percent(way)]);
  return { digits: digits.toLocaleString("en-US"), ...Object.fromEntries(shares) };
}

function Photos() {
  const figures = useSignal(/** @type {Record<string, string> | null} */ (null));
  useEffect(() => {
    photoFigures().then(
      (found) => {
        figures.value = found;
      },
      () => {}, // not measured, or out of reach: the words stand alone
    );
  }, []);
  return html`<${Prose} of="about_photos_1" />${figures.value && html`<${Prose} of="about_photos_2" values=${figures.value} />`}`;
}

/** Open a link to this page within it: the visitor's networks stay. @param {MouseEvent} event */
function open(event) {
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  state.open(new URL(/** @type {HTMLAnchorElement} */ (event.currentTarget).href).searchParams);
}

function Lesson() {
  const names = (state.fields.hide.choices ?? []).map((name) => `<code>${name}</code>`).join(", ");
  const isThere = (/** @type {string} */ query) => modelLine(new URLSearchParams(query).get("model") ?? "");
  return html`<ul>${Object.entries(EXPERIMENTS).map(
    ([key, query]) =>
      isThere(query) &&
      html`<li key=${key}><a href="?${query}&tab=denoise&lang=${language.value}" onClick=${open}>${t(`lesson_${key}`)}</a> ${t(`lesson_${key}_ask`)}</li>`,
  )}</ul><${Prose} of="about_lesson_link" values=${{ names }} />`;
}

export default function About() {
  const shown = useSignal(/** @type {Awaited<ReturnType<typeof run>>} */ (null));
  useEffect(() => {
    run().then(
      (found) => {
        shown.value = found;
      },
      (error) => console.error(error), // without a network the words stand alone
    );
  }, []);
  const pictures = shown.value?.pictures ?? {};
  const figures = shown.value?.figures;
  const values = figures && {
    ...figures,
    model: `<b>${figures.model}</b>`,
    noisy_mse: `<b>${figures.noisy_mse}</b>`,
    restored_mse: `<b>${figures.restored_mse}</b>`,
  };
  return html`<article class="about">
    <${Section} name="idea">${[1, 2, 3].map((n) => html`<${Prose} key=${n} of="about_idea_${n}" />`)}<//>
    <${Section} name="pipeline"><figure><${WidePipeline} pictures=${pictures} /><${TallPipeline} pictures=${pictures} />
      <figcaption><${Prose} of="pipe_caption" /><div class="run" data-shown=${Boolean(values)}><${Prose} of="pipe_run" values=${values ?? {}} /></div></figcaption></figure><//>
    <${Section} name="losses"><div class="losses">${["mse", "bce", "vae"].map(
      (key) =>
        html`<div class="loss-card" key=${key}><h3>${t(`loss_${key}_title`)}</h3><${Formula} math=${manifest.formulas.losses[key]} /><${Prose} of="loss_${key}_about" /></div>`,
    )}</div><${Prose} of="loss_best" /><//>
    <${Section} name="noises"><${NoiseTable} noises=${shown.value?.noises ?? {}} /><//>
    <${Section} name="digits">${[1, 2, 3].map((n) => html`<${Prose} key=${n} of="about_digits_${n}" />`)}<//>
    <${Section} name="photos"><${Photos} /><//>
    <${Section} name="models"><${Models} /><//>
    <${Section} name="lesson"><${Lesson} /><//>
    <${Section} name="glossary"><${Glossary} /><//>
    <${Section} name="sources"><ul lang="en">${Object.entries(PAPERS).map(
      ([key, { authors, year, title, where, address }]) =>
        html`<li key=${key}>${authors} (${year}). <a href=${address} target="_blank" rel="noopener">${title}</a>. <em>${where}</em>.</li>`,
    )}</ul><//>
  </article>`;
}
