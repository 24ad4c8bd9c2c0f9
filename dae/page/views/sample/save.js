// The run as a figure for slides, and as a short film.
import { modelLabel, state } from "../../page.js";
import { fileName, saveSheet } from "../../parts/figure.js";
import { html, useState } from "../../parts/html.js";
import { SIDE } from "../../parts/picture.js";
import { saveBlob } from "../../parts/save.js";
import { FITTING } from "../../sampling.js";
import { t } from "../../words.js";
import { answering, answers, mean, oneStep } from "./answers.js";
import { asked } from "./cover.js";
import { kindOfFilm, record } from "./film.js";
import { grey, meanOf } from "./run.js";
import { scheduleWords } from "./settings.js";
import { canvasOf, momentsOf, paintCovered, sheetOf, tilesOf } from "./sheets.js";

/** @typedef {import("./run.js").Run} Run */

const WIDE = 1600; // pixels of the sheet, about
const COLUMNS = 8;

/** @template T @param {T[]} all @param {number} columns */
const inRows = (all, columns) =>
  Array.from({ length: Math.ceil(all.length / columns) }, (_, i) =>
    all.slice(i * columns, (i + 1) * columns),
  );

/** A picture in [0, 1] as a tile. @param {Float32Array} picture */
const tileOf = (picture) => tilesOf(grey(picture))[0];

/** What a run is called, and what is said of it. @param {Run} run @param {string} [how] its schedule in words */
function told(run, how = scheduleWords()) {
  const { model = "", count = 0, seed = 0 } = run.question ?? {};
  const name = modelLabel(model);
  return {
    title: t("sample_figure_title", { name }),
    how: t("sample_figure_how", { name, how, first: seed, last: seed + count - 1 }),
    name: `samples-${fileName(name)}-${seed}`,
  };
}

/** @param {Run} run @param {"png" | "svg"} format */
function saveMoments(run, format) {
  const moments = momentsOf(run.frames);
  const { title, how, name } = told(run);
  const rows = [moments[0].noisy, ...moments.map((frame) => frame.end)];
  const pixel = Math.max(1, Math.min(6, Math.floor(WIDE / (30 * (run.question?.count ?? 1)))));
  const steps = moments.map((frame) => `${frame.number} (σ ${meanOf(frame.sigma).toPrecision(2)})`);
  const caption = `${how}${t("between")}${t("sample_figure_rows", { steps: steps.join(", ") })}`;
  return saveSheet({ sheet: sheetOf(rows.map(tilesOf), pixel), title, caption, name, format });
}

/** @param {{ run: Run }} props */
export function Save({ run }) {
  const [done, setDone] = useState(-1);
  const [problem, setProblem] = useState("");
  const isEmpty = run.count.value === 0;
  const canFilm = Boolean(kindOfFilm());
  const film = async () => {
    setProblem("");
    const { title, name } = told(run);
    try {
      const frames = [...run.frames];
      const { blob, end } = await record(frames, run.question?.count ?? 1, {
        title,
        wordsOf: (frame, sigma) => t("sample_step", { step: frame.number, sigma: sigma.toPrecision(2) }),
        onDone: setDone,
      });
      saveBlob(blob, `${name}.${end}`);
    } catch (error) {
      console.error(error);
      setProblem(t("sample_film_failed"));
    }
    setDone(-1);
  };
  return html`<div class="save">
    <h3>${t("sample_save")}</h3>
    ${/** @type {const} */ (["png", "svg"]).map((format) => html`<button type="button" data-format=${format} disabled=${isEmpty} onClick=${() => saveMoments(run, format)}>${t(`features_download_${format}`)}</button>`)}
    <button type="button" id="save-film" disabled=${isEmpty || done >= 0 || !canFilm} onClick=${film}>${t("sample_film")}</button>
    <p class="quiet" role="status">${!canFilm ? t("sample_no_film") : done >= 0 ? t("sample_filming", { percent: Math.round(100 * done) }) : problem}</p>
  </div>`;
}

/** The answers as a figure: what was asked and what came of it. */
export function SaveAnswers() {
  const save = (/** @type {"png" | "svg"} */ format) => {
    const [now, one, middle, all] = [asked.peek(), oneStep.peek(), mean.peek(), answers.peek()];
    if (!now || !one?.image || !middle) return;
    const left = canvasOf(SIDE, SIDE);
    paintCovered(left, now.shown, now.mask ?? null);
    const first = [tileOf(now.clean), left, tileOf(one.image), tileOf(middle)];
    const rows = [first, ...inRows(all.map(tileOf), COLUMNS)];
    const beta = now.start || now.mask ? t("sample_with_ascent", { beta: FITTING.beta }) : undefined;
    const { how, name } = told(answering, beta);
    const cover = t(`sample_cover_${state.get("sample_cover")}`);
    return saveSheet({
      sheet: sheetOf(rows, 6),
      title: t("sample_answers_title", { cover }),
      caption: `${t("sample_answers_rows", { count: all.length })}${t("between")}${how}`,
      name: `answers-${name}`,
      format,
    });
  };
  const isEmpty = !answers.value.length || !oneStep.value?.image;
  return html`<div class="save">
    <h3>${t("sample_save")}</h3>
    ${/** @type {const} */ (["png", "svg"]).map((format) => html`<button type="button" data-format=${format} disabled=${isEmpty} onClick=${() => save(format)}>${t(`features_download_${format}`)}</button>`)}
  </div>`;
}
