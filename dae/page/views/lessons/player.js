// The panel of the open lesson beside the real page: what to look at, what to try, and the way through.

import * as course from "../../lesson/course.js";
import { inLanguage } from "../../lesson/lesson.js";
import { markup } from "../../lesson/markup.js";
import { reveal } from "../../lesson/pointing.js";
import { base, manifest, state } from "../../page.js";
import { html, useEffect, useRef } from "../../parts/html.js";
import { copy } from "../../parts/toast.js";
import { language, t } from "../../words.js";

/** @typedef {import("../../lesson/lesson.js").Text} Text */

/** @param {Text | undefined} text */
const said = (text) => inLanguage(text, language.value);
/** @param {Text | undefined} text */
const marked = (text) => markup(said(text));

function copyStep() {
  const query = new URLSearchParams({ lesson: state.peek("lesson"), step: String(state.peek("step")) });
  copy(`${base.href}?${query}`, t("lesson_link_copied"));
}

/** @param {{ question: import("../../lesson/lesson.js").Question }} props */
function Question({ question }) {
  const { answers } = course.done.value;
  const last = question.choices[answers[answers.length - 1]];
  return html`<div class="question" role="group" aria-labelledby="lesson-question">
    <p id="lesson-question" class="asked">${marked(question.text)}</p>
    <ul>${question.choices.map((choice, i) => {
      const isTapped = answers.includes(i);
      return html`<li key=${i}><button type="button" aria-pressed=${isTapped} data-right=${isTapped ? choice.right : undefined} onClick=${() => course.answer(i)}>
        ${marked(choice.text)}${isTapped && html`<span class="mark">${choice.right ? ` ✓ ${t("lesson_right")}` : ` ✗ ${t("lesson_wrong")}`}</span>`}
      </button></li>`;
    })}</ul>
    <p class="say" role="status">${last && marked(last.say)}</p>
  </div>`;
}

/** @param {{ task: import("../../lesson/lesson.js").Task }} props */
function Task({ task }) {
  const { done, hint } = course.done.value;
  if (!course.canDo.value) return html`<p class="say">${t("lesson_needs_server")}</p>`;
  return html`<div class="task" data-done=${done}>
    <p class="asked">${marked(task.text)}</p>
    ${task.hint && !hint && !done && html`<button type="button" class="hint" onClick=${course.hint}>${t("lesson_hint")}</button>`}
    ${task.hint && hint && html`<p class="hinted" role="status">${marked(task.hint)}</p>`}
    <p class="say" role="status">${done && html`<b>✓ ${t("lesson_done")}</b> ${marked(task.done)}`}</p>
  </div>`;
}

/** The lesson that comes after this one. @param {string} id */
const following = (id) => manifest.lessons[manifest.lessons.indexOf(id) + 1];

function End() {
  const id = state.get("lesson");
  const after = manifest.lessons.includes(id) && following(id);
  return html`<p>${t("lesson_ended")}</p>
    <div class="ways">
      ${after && html`<button type="button" class="main" onClick=${() => course.open(after, 1)}>${t("lesson_following")}</button>`}
      <button type="button" onClick=${toList}>${t("lesson_all")}</button>
      <button type="button" onClick=${course.restart}>${t("lesson_restart")}</button>
    </div>`;
}

function toList() {
  course.leave();
  state.set({ tab: "lessons" });
}

function Step() {
  const step = course.step.value;
  const lesson = course.lesson.value;
  if (!step || !lesson) return null;
  const number = state.get("step");
  const { answers, done } = course.done.value;
  const isOpen = (step.question && !answers.length) || (step.task && !done);
  const isLast = number === lesson.steps.length;
  const look = course.spot.value;
  return html`<p>${marked(step.text)}</p>
    ${look && html`<button type="button" class="look" onClick=${() => reveal(look)}>${t("lesson_look")} <b>${t(`spot_${look}`)}</b></button>`}
    ${step.question && html`<${Question} key=${number} question=${step.question} />`}
    ${step.task && html`<${Task} key=${number} task=${step.task} />`}
    <div class="ways">
      <button type="button" disabled=${number === 1} onClick=${course.back}>${t("lesson_back")}</button>
      <button type="button" class=${isOpen ? "" : "main"} onClick=${course.next}>${t(isLast ? "lesson_finish" : isOpen ? "lesson_skip" : "lesson_next")}</button>
    </div>
    <div class="tools">
      <button type="button" onClick=${course.reset}>${t("lesson_reset")}</button>
      <button type="button" onClick=${course.restart}>${t("lesson_restart")}</button>
      <button type="button" onClick=${copyStep}>${t("lesson_link")}</button>
    </div>`;
}

export default function Player() {
  const heading = useRef(/** @type {HTMLElement | null} */ (null));
  const [lesson, step] = [course.lesson.value, course.step.value];
  const place = lesson && `${lesson.id} ${state.get("step")} ${course.ended.value}`;
  useEffect(() => {
    if (place) heading.current?.focus({ preventScroll: true });
  }, [place]);
  const title = lesson ? said(lesson.title) : t("tab_lessons");
  return html`<aside class="player" aria-label=${title}>
    <div class="head">
      <p class="of">${title}${lesson && step && html` · ${t("lesson_step", { step: state.get("step"), steps: lesson.steps.length })}`}</p>
      <button type="button" class="leave" aria-label=${t("lesson_leave")} title=${t("lesson_leave")} onClick=${course.leave}>×</button>
    </div>
    ${
      lesson
        ? html`<h2 tabindex="-1" ref=${heading}>${step ? said(step.name) : t("lesson_end")}</h2>
          ${step ? html`<${Step} />` : html`<${End} />`}`
        : html`<p class="problem" role="alert">${course.problem.value && t(`lesson_problem_${course.problem.value === "no_lesson" || course.problem.value === "unreachable" ? course.problem.value : "damaged"}`)}</p>
          <div class="ways"><button type="button" onClick=${toList}>${t("lesson_all")}</button></div>`
    }
  </aside>`;
}
