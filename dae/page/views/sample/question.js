// One question, many answers: what is left of a digit, the one-step answer, and samples that all fit.
import { clean } from "../../digit.js";
import { modelLabel, state } from "../../page.js";
import { LevelSlider, newNoise } from "../../parts/bench.js";
import { Menu, NumberBox } from "../../parts/controls.js";
import { html, useEffect, useLayoutEffect, useRef } from "../../parts/html.js";
import { Pad } from "../../parts/pad.js";
import { Picture, SIDE } from "../../parts/picture.js";
import { Source } from "../../parts/source.js";
import { Terms } from "../../parts/term.js";
import { VerdictLine, verdictWords } from "../../parts/verdict.js";
import { FITTING } from "../../sampling.js";
import { labelled, t } from "../../words.js";
import {
  answering,
  answers,
  counts,
  figures,
  followQuestion,
  inSight,
  isOld,
  mean,
  oneStep,
} from "./answers.js";
import { Script } from "./code.js";
import { asked, drawing, drawn, lacksQuestion } from "./cover.js";
import { SaveAnswers } from "./save.js";
import { paintCovered } from "./sheets.js";
import { Problem, Ways } from "./ways.js";

const MASKED = ["lower", "upper", "left", "middle"]; // of these the same is to be said
const PEN = 2; // times as broad as that of digits

/** What is left of a digit. @param {{ values: Float32Array | null, mask: Float32Array | null, alt: string }} props */
function Covered({ values, mask, alt }) {
  const canvas = useRef(/** @type {HTMLCanvasElement | null} */ (null));
  useLayoutEffect(() => {
    if (canvas.current && values) paintCovered(canvas.current, values, mask);
  }, [values, mask]);
  return html`<canvas class="picture" ref=${canvas} width=${SIDE} height=${SIDE} role="img" aria-label=${alt}></canvas>`;
}

function Cover() {
  const cover = state.get("sample_cover");
  const options = (state.fields.sample_cover.choices ?? []).map((value) => ({
    value,
    label: t(`sample_cover_${value}`),
  }));
  const isGaussian = state.get("noise") === "gaussian";
  return html`<div class="group covers">
    <${Menu} name="sample_cover" label=${t("sample_cover")} value=${cover} options=${options} onChange=${(/** @type {string} */ value) => state.set({ sample_cover: value })} />
    <p class="about">${t(`sample_cover_about_${MASKED.includes(cover) ? "mask" : cover}`, { beta: FITTING.beta, sigma: FITTING.sigma_start })}</p>
    ${cover === "noisy" && !isGaussian && html`<button type="button" id="use-gaussian" onClick=${() => state.set({ noise: "gaussian" })}>${t("sample_use_gaussian")}</button>`}
    ${cover === "noisy" && isGaussian && html`<${LevelSlider} />`}
    ${
      (cover === "pixels" || (cover === "noisy" && isGaussian)) &&
      html`<div class="seed-row">
        <${NumberBox} name="seed" label=${t("seed")} value=${state.get("seed")} low=${0} high=${state.fields.seed.high} onChange=${(/** @type {unknown} */ seed) => state.set({ seed })} />
        <button type="button" id="new-noise" onClick=${newNoise}>${t("new_noise")}</button>
      </div>`
    }
    <${NumberBox} name="sample_answers" label=${t("sample_answers")} value=${state.get("sample_answers")} low=${1} high=${state.fields.sample_answers.high} onChange=${(/** @type {unknown} */ count) => state.set({ sample_answers: count })} />
  </div>`;
}

/** @param {{ name: string, caption: string, children: any }} props */
const Part = ({ name, caption, children }) =>
  html`<figure data-part=${name}><figcaption>${caption}</figcaption>${children}</figure>`;

function Pictures() {
  const now = asked.value;
  const digit = clean.value;
  const cover = state.get("sample_cover");
  const words = t("sample_left", { cover: t(`sample_cover_${cover}`) });
  const one = oneStep.value;
  const count = answers.value.length || state.get("sample_answers");
  return html`<div class="pictures">
    <${Part} name="clean" caption=${t("clean")}><${Picture} values=${digit} alt=${t("clean")} /><//>
    <${Part} name="asked" caption=${t("sample_asked")}>
      <div class="paper-over">
        <${Covered} values=${now?.shown ?? digit} mask=${now?.mask ?? null} alt=${words} />
        ${cover === "drawn" && html`<${Pad} drawing=${drawing} onInk=${drawn} label=${t("sample_pad")} hint="" width=${PEN} />`}
      </div>
    <//>
    <${Part} name="one" caption=${t("sample_one")}><${Picture} values=${one?.image} alt=${t("sample_one")} /><//>
    <${Part} name="mean" caption=${t("sample_mean", { count })}><${Picture} values=${mean.value} alt=${t("sample_mean", { count })} /><//>
  </div>`;
}

/** @param {number | null | undefined} number */
const written = (number) => (number === null || number === undefined ? "" : number.toFixed(4));

function Measured() {
  const found = figures.value;
  const count = answers.value.length || state.get("sample_answers");
  const rows = /** @type {[string, number | undefined, number | undefined][]} */ ([
    [t("sample_one"), found?.step.mse, undefined],
    [t("sample_mean", { count }), found?.mean.mse, found?.mean.from],
    [t("sample_single"), found?.single.mse, found?.single.from],
  ]);
  const names = ["step", "mean", "single"];
  return html`<div class="measured">
    <table>
      <thead><tr><td></td><th scope="col">${t("sample_mse")}</th><th scope="col">${t("sample_from_one")}</th></tr></thead>
      <tbody>${rows.map(([what, mse, from], i) => html`<tr key=${names[i]} data-row=${names[i]}><th scope="row">${what}</th><td>${written(mse)}</td><td>${i ? written(from) : "–"}</td></tr>`)}</tbody>
    </table>
    <p class="quiet" data-apart=${found?.apart}>${found?.apart ? t(asked.value?.mask ? "sample_apart" : "sample_apart_all", { apart: written(found.apart) }) : ""}</p>
  </div>`;
}

/** How often each digit is read. */
function Bars() {
  if (!state.shows("verdict")) return null;
  const found = counts.value;
  const most = Math.max(1, ...found);
  const name = (/** @type {number} */ i) => (i < 10 ? String(i) : "?");
  const words = found
    .map((count, i) => (count ? labelled(i < 10 ? String(i) : t("verdict_unsure"), count) : ""))
    .filter(Boolean);
  return html`<figure class="bars"><figcaption>${t("sample_bars")}</figcaption>
    <div role="img" aria-label=${labelled(t("sample_bars"), words.join(", "))}>
      ${found.map((count, i) => html`<div key=${i} data-digit=${name(i)} data-count=${count}><span>${count || ""}</span><i style=${{ height: `${(4 * count) / most}rem`, background: i < 10 ? `var(--line-${i})` : "var(--quiet)" }}></i><b>${name(i)}</b></div>`)}
    </div>
  </figure>`;
}

function Tiles() {
  const all = answers.value;
  const verdicts = answering.verdicts.value;
  const count = state.get("sample_answers");
  return html`<div class="tiles" data-old=${isOld.value} style=${{ "--columns": Math.min(count, 10) }}>
    ${[...Array(count).keys()].map(
      (n) => html`<figure class="tile" key=${n} data-answer=${n} data-digit=${verdicts?.[n]?.digit}>
      <${Picture} values=${all[n]} alt=${t("sample_answer", { number: n + 1, read: verdicts?.[n] ? verdictWords(verdicts[n]) : "" })} />
      ${state.shows("verdict") && html`<div class="said">${verdicts && html`<${VerdictLine} verdict=${verdicts[n]} />`}</div>`}
    </figure>`,
    )}
  </div>`;
}

function Status() {
  const lack = lacksQuestion.value;
  if (lack) return html`<p class="status" role="status">${t(`sample_lacks_question_${lack}`)}</p>`;
  if (answering.problem.value) return html`<${Problem} run=${answering} />`;
  const steps = answering.count.value;
  const isDone = answering.status.value === "done";
  const says = isDone
    ? t("sample_done", { count: answers.value.length, steps })
    : steps
      ? t("sample_at_step", { step: steps })
      : t("sample_loading", { name: modelLabel(state.get("sample_model")) });
  return html`<p class="status quiet" role=${isDone ? "status" : undefined}>${says}</p>`;
}

export function Question() {
  const section = useRef(/** @type {HTMLElement | null} */ (null));
  useEffect(followQuestion, []);
  useEffect(() => {
    const observer = new IntersectionObserver((entries) => {
      inSight.value = entries.some((entry) => entry.isIntersecting);
    });
    if (section.current) observer.observe(section.current);
    return () => {
      observer.disconnect();
      inSight.value = false;
    };
  }, []);
  const status = isOld.value ? "old" : answering.status.value;
  return html`<section class="question" ref=${section} data-status=${status} data-steps=${answering.count.value} data-read=${answering.verdicts.value !== null}>
    <h2>${t("sample_question")}</h2>
    <p class="quiet">${t("sample_question_about")}</p>
    <div class="bench">
      <div class="held"><${Pictures} /></div>
      <div class="controls"><${Source} /><${Cover} /></div>
      <div class="stage">
        <${Ways} run=${answering} name="answering" />
        <${Tiles} />
        <${Status} />
        <div class="two"><${Measured} /><${Bars} /></div>
        <${Terms} of=${["posterior", "mse"]} />
        ${state.shows("slide") && html`<${SaveAnswers} />`}
        <${Script} of="question" />
      </div>
    </div>
  </section>`;
}
