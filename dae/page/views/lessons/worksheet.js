// A lesson on paper: each step with its pictures and questions and room to write, the answers on a page of their own.
import { signal } from "@preact/signals-core";
import { render } from "preact";
import { inLanguage } from "../../lesson/lesson.js";
import { markup } from "../../lesson/markup.js";
import { html, style, useEffect, useLayoutEffect, useRef } from "../../parts/html.js";
import { language, t } from "../../words.js";
import { stageOf } from "./stages.js";

/** @typedef {import("../../lesson/lesson.js").Lesson} Lesson */
/** @typedef {import("../../lesson/lesson.js").Step} Step */
/** @typedef {import("./stages.js").Stage} Stage */

const SIGNED = ["error", "dictionary"]; // their colours say nothing on paper
const LINES = 2; // to write on below a question or a task

/** @param {import("../../lesson/lesson.js").Text | undefined} text */
const said = (text) => markup(inLanguage(text, language.value));

/** @param {{ count: number }} props */
const Lines = ({ count }) =>
  html`<div class="lines">${[...Array(count).keys()].map((line) => html`<i key=${line}></i>`)}</div>`;

/** A stage's picture; the style sheet makes it black on white. @param {{ picture: HTMLCanvasElement, alt: string }} props */
function OnPaper({ picture, alt }) {
  const canvas = useRef(/** @type {HTMLCanvasElement | null} */ (null));
  useLayoutEffect(() => canvas.current?.getContext("2d")?.drawImage(picture, 0, 0), [picture]);
  return html`<canvas ref=${canvas} class="picture" width=${picture.width} height=${picture.height} role="img" aria-label=${alt}></canvas>`;
}

/**
 * A stage's pictures. What a question covers is an empty frame: it can be sketched before one sees it.
 * @param {{ stage: Stage | null | undefined, cover?: string[] }} props stage: null where it could not be made
 */
function Pictures({ stage, cover = [] }) {
  if (stage === null) return html`<p class="caption">${t("paper_no_pictures")}</p>`;
  const shots = stage?.shots.filter(({ part }) => !SIGNED.includes(part));
  const hidesNotes = cover.includes("figures") || cover.includes("verdicts");
  return html`<div class="shots">${shots?.map(({ part, label, picture, note }, i) => {
    const isCovered = cover.includes(part);
    return html`<figure key=${i} data-part=${part}>
      ${isCovered ? html`<div class="frame"></div>` : html`<${OnPaper} picture=${picture} alt=${label} />`}
      <figcaption>${label}${isCovered ? t("paper_sketch") : note && !hidesNotes && html`<br />${note}`}</figcaption>
    </figure>`;
  })}</div>
  <p class="caption">${stage?.caption}</p>`;
}

/** @param {{ step: Step, number: number, stage: Stage | null | undefined, isNew: boolean }} props isNew: its pictures are not those of the step before */
function StepOnPaper({ step, number, stage, isNew }) {
  const { question, task } = step;
  return html`<section class="step">
    <h2>${number}. ${said(step.name)}</h2>
    <p>${said(step.text)}</p>
    ${isNew && html`<${Pictures} stage=${stage} cover=${question?.cover} />`}
    ${question && html`<p class="asked">${said(question.text)}</p><ul>${question.choices.map((choice, i) => html`<li key=${i}>☐ ${said(choice.text)}</li>`)}</ul>`}
    ${task && html`<p class="asked">${said(task.text)}</p>`}
    ${(question || task) && html`<${Lines} count=${LINES} />`}
  </section>`;
}

/** @param {{ step: Step, number: number, stage: Stage | null | undefined }} props */
function Answer({ step, number, stage }) {
  const { question, task } = step;
  if (!question && !task) return null;
  const right = question?.choices.filter((choice) => choice.right) ?? [];
  return html`<li value=${number}><b>${said(step.name)}</b>
    ${right.map((choice, i) => html`<p key=${i}>☑ ${said(choice.text)}${choice.say && html`<br />${said(choice.say)}`}</p>`)}
    ${Boolean(question?.cover.length) && html`<${Pictures} stage=${stage} />`}
    ${task?.hint && html`<p>${said(task.hint)}</p>`}
    ${task?.done && html`<p>${said(task.done)}</p>`}
  </li>`;
}

/** Whether two stages are the same. @param {Stage | null | undefined} one @param {Stage | null | undefined} other */
const isSame = (one, other) =>
  one?.caption === other?.caption &&
  one?.shots.map(({ label }) => label).join() === other?.shots.map(({ label }) => label).join();

/** @param {{ lesson: Lesson, stages: (Stage | null | undefined)[], onClose: () => void }} props */
function Worksheet({ lesson, stages, onClose }) {
  const print = useRef(/** @type {HTMLElement | null} */ (null));
  useEffect(() => print.current?.focus(), []);
  const key = (/** @type {KeyboardEvent} */ event) => {
    if (event.key === "Escape") onClose();
  };
  const isReady = stages.every((stage) => stage !== undefined);
  return html`<div class="worksheet" role="dialog" aria-modal="true" aria-label=${t("paper")} onKeyDown=${key} data-ready=${isReady}>
    <div class="bar">
      <button type="button" class="main" ref=${print} data-do="print" onClick=${() => window.print()}>${t("paper_print")}</button>
      <button type="button" data-do="close" onClick=${onClose}>${t("paper_close")}</button>
      <p role="status">${isReady ? t("paper_about") : t("paper_drawing")}</p>
    </div>
    <article class="paper">
      <h1>${said(lesson.title)}</h1>
      <p class="who"><span>${t("paper_name")}</span><i></i><span>${t("paper_date")}</span><i></i></p>
      ${lesson.summary && html`<p>${said(lesson.summary)}</p>`}
      ${lesson.steps.map((step, i) => html`<${StepOnPaper} key=${i} step=${step} number=${i + 1} stage=${stages[i]} isNew=${i === 0 || !isSame(stages[i], stages[i - 1]) || step.question?.cover.length} />`)}
      ${
        lesson.worksheet.length > 0 &&
        html`<h2 class="more">${t("paper_more")}</h2>
        <ol>${lesson.worksheet.map(({ question, lines }, i) => html`<li key=${i} class="step"><p>${said(question)}</p><${Lines} count=${lines} /></li>`)}</ol>`
      }
      <section class="answers">
        <h1>${t("paper_answers", { title: inLanguage(lesson.title, language.value) })}</h1>
        <ol>${lesson.steps.map((step, i) => html`<${Answer} key=${i} step=${step} number=${i + 1} stage=${stages[i]} />`)}</ol>
        ${
          lesson.worksheet.length > 0 &&
          html`<h2>${t("paper_more")}</h2>
          <ol>${lesson.worksheet.map(({ question, answer }, i) => html`<li key=${i}><p><b>${said(question)}</b></p><p>${said(answer)}</p></li>`)}</ol>`
        }
      </section>
    </article>
  </div>`;
}

/**
 * Show a lesson as it will be on paper, over the page; it closes with Escape. Resolves when its pictures are there.
 * @param {Lesson} lesson
 */
export async function printWorksheet(lesson) {
  await style(import.meta.url, "worksheet.css");
  const before = document.activeElement;
  const page = /** @type {HTMLElement} */ (document.getElementById("app"));
  const root = Object.assign(document.createElement("div"), { id: "worksheet" });
  const stages = signal(/** @type {(Stage | null | undefined)[]} */ (lesson.steps.map(() => undefined)));
  let isOpen = true;
  const close = () => {
    isOpen = false;
    render(null, root);
    root.remove();
    page.inert = false;
    document.documentElement.removeAttribute("data-paper");
    if (before instanceof HTMLElement) before.focus();
  };
  const Live = () => html`<${Worksheet} lesson=${lesson} stages=${stages.value} onClose=${close} />`;
  page.inert = true; // and is not printed
  document.documentElement.setAttribute("data-paper", "");
  document.body.append(root);
  render(html`<${Live} />`, root);
  for (let i = 0; i < lesson.steps.length && isOpen; i++) {
    const stage = await stageOf(lesson, i + 1).catch((error) => {
      console.error(error);
      return null;
    });
    stages.value = stages.value.map((each, n) => (n === i ? stage : each));
  }
}
