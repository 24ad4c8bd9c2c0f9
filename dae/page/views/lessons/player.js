// The panel of the open lesson beside the real page: what to look at, what to try, and the way through.
import { isBuilding } from "../../lesson/bench.js";
import * as course from "../../lesson/course.js";
import { inLanguage } from "../../lesson/lesson.js";
import { markup } from "../../lesson/markup.js";
import { inWords } from "../../lesson/problems.js";
import { progressOf } from "../../lesson/progress.js";
import { isTheirs } from "../../lesson/theirs.js";
import { base, manifest, state } from "../../page.js";
import { html, useEffect, useLayoutEffect, useRef, useState } from "../../parts/html.js";
import { copy } from "../../parts/toast.js";
import { language, t } from "../../words.js";
import { Summary } from "./summary.js";

/** @typedef {import("../../lesson/lesson.js").Text} Text */

/** @param {Text | undefined} text */
const said = (text) => inLanguage(text, language.value);
/** @param {Text | undefined} text */
const marked = (text) => markup(said(text));

function copyStep() {
  const query = new URLSearchParams({ lesson: state.peek("lesson"), step: String(state.peek("step")) });
  copy(
    `${base.href}?${query}${isTheirs(state.peek("lesson")) ? location.hash : ""}`,
    t("lesson_link_copied"),
  );
}

/** Go on building at the step that was tried. */
async function toBench() {
  const place = state.peek("step") - 1;
  const { choose } = await import("./building.js");
  course.leave();
  choose(place);
}

/** Whether a link can name the step: a teacher's lesson may be too long for one. */
const canLink = () => !isTheirs(state.get("lesson")) || location.hash !== "";

/** @param {{ question: import("../../lesson/lesson.js").Question }} props */
function Question({ question }) {
  const { answers } = course.done.value;
  const last = question.choices[answers[answers.length - 1]];
  const isRight = answers.some((i) => question.choices[i]?.right);
  const say = useRef(/** @type {HTMLElement | null} */ (null));
  useEffect(() => {
    if (last) say.current?.scrollIntoView({ block: "nearest" });
  }, [last]);
  return html`<div class="question" data-right=${isRight} role="group" aria-labelledby="lesson-question">
    <p id="lesson-question" class="prompt">${marked(question.text)}</p>
    <ul>${question.choices.map((choice, i) => {
      const isTapped = answers.includes(i);
      return html`<li key=${i}><button type="button" aria-pressed=${isTapped} data-right=${isTapped ? choice.right : undefined} onClick=${() => course.answer(i)}>
        ${marked(choice.text)}${isTapped && html`<span class="mark">${choice.right ? ` ✓ ${t("lesson_right")}` : ` ✗ ${t("lesson_wrong")}`}</span>`}
      </button></li>`;
    })}</ul>
    <p class="say" role="status" ref=${say}>${last && marked(last.say)}</p>
  </div>`;
}

/** @param {{ task: import("../../lesson/lesson.js").Task }} props */
function Task({ task }) {
  const { done, hint } = course.done.value;
  if (!course.canDo.value) return html`<p class="say">${t("lesson_needs_server")}</p>`;
  return html`<div class="task" data-done=${done}>
    <p class="prompt">${marked(task.text)}</p>
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
  const lesson = course.lesson.value;
  return html`<p>${t("lesson_ended")}</p>
    ${lesson && html`<${Summary} lesson=${lesson} />`}
    <div class="ways">
      ${after && html`<button type="button" class="main" onClick=${() => course.open(after, 1)}>${t("lesson_following")}</button>`}
      <button type="button" onClick=${toList}>${t("lesson_all")}</button>
      <button type="button" onClick=${restart}>${t("lesson_restart")}</button>
    </div>`;
}

/** From the first step; what was done would be gone. */
function restart() {
  const { steps = {} } = progressOf(state.peek("lesson")) ?? {};
  const isEmpty = Object.values(steps).every(({ answers, done }) => !answers.length && !done);
  if (isEmpty || confirm(t("lesson_restart_sure"))) course.restart();
}

function toList() {
  course.leave();
  state.set({ tab: "lessons" });
}

/** What the step says and asks. */
function Step() {
  const step = course.step.value;
  if (!step) return null;
  const number = state.get("step");
  const look = course.spot.value;
  return html`<p>${marked(step.text)}</p>
    ${look && html`<button type="button" class="look" onClick=${() => course.look(look)}>${t("lesson_look")} <b>${t(`spot_${look}`)}</b></button>`}
    ${step.question && html`<${Question} key=${number} question=${step.question} />`}
    ${step.task && html`<${Task} key=${number} task=${step.task} />`}
    <div class="tools">
      <button type="button" onClick=${course.reset}>${t("lesson_reset")}</button>
      <button type="button" onClick=${restart}>${t("lesson_restart")}</button>
      ${canLink() && html`<button type="button" onClick=${copyStep}>${t("lesson_link")}</button>`}
    </div>`;
}

/** The way through the steps. */
function Ways() {
  const [lesson, step] = [course.lesson.value, course.step.value];
  if (!lesson || !step) return null;
  const { answers, done } = course.done.value;
  const isOpen = (step.question && !answers.length) || (step.task && !done);
  const isLast = state.get("step") === lesson.steps.length;
  const onward = isLast ? "lesson_finish" : isOpen ? "lesson_skip" : "lesson_next";
  return html`<div class="ways">
    <button type="button" disabled=${state.get("step") === 1} onClick=${course.back}>${t("lesson_back")}</button>
    <button type="button" class=${isOpen ? "onward" : "onward main"} onClick=${course.next}>${t(onward)}</button>
  </div>`;
}

/** Why there is nothing to show. */
function Missing() {
  if (!course.problem.value) return null;
  return html`<p class="problem" role="alert">${inWords(course.problem.value)}</p>
    <div class="ways"><button type="button" onClick=${toList}>${t("lesson_all")}</button></div>`;
}

/** Mark the panel where its text does not fit: for a projector. @param {HTMLElement} panel */
function tighten(panel) {
  panel.removeAttribute("data-tight");
  panel.toggleAttribute("data-tight", panel.scrollHeight > panel.clientHeight);
}

export default function Player() {
  const panel = useRef(/** @type {HTMLElement | null} */ (null));
  const heading = useRef(/** @type {HTMLElement | null} */ (null));
  const [isFolded, fold] = useState(false);
  const [lesson, step] = [course.lesson.value, course.step.value];
  const place = lesson && `${lesson.id} ${state.get("step")} ${course.ended.value}`;
  useEffect(() => {
    if (!place) return;
    heading.current?.focus({ preventScroll: true });
    if (panel.current) panel.current.scrollTop = 0;
  }, [place]);
  useLayoutEffect(() => {
    const fit = () => panel.current && tighten(panel.current);
    queueMicrotask(fit); // the step's parts are rendered after the panel
    window.addEventListener("resize", fit);
    return () => window.removeEventListener("resize", fit);
  }, [place, course.done.value, language.value, state.get("present"), isFolded]);
  const title = lesson ? said(lesson.title) : t("tab_lessons");
  return html`<aside class="player" ref=${panel} aria-label=${title} data-folded=${isFolded}>
    <div class="head">
      <p class="of">${title}</p>
      ${isBuilding.value && lesson && isTheirs(lesson.id) && html`<button type="button" data-do="bench" onClick=${toBench}>${t("build_back")}</button>`}
      <button type="button" class="fold" aria-expanded=${!isFolded} onClick=${() => fold(!isFolded)}>${t(isFolded ? "lesson_unfold" : "lesson_fold")}</button>
      <button type="button" class="leave" aria-label=${t("lesson_leave")} title=${t("lesson_leave")} onClick=${course.leave}>×</button>
    </div>
    ${
      lesson
        ? html`<h2 tabindex="-1" ref=${heading}>
            ${step && html`<span class="of">${t("lesson_step", { step: state.get("step"), steps: lesson.steps.length })}</span>`}
            ${step ? said(step.name) : t("lesson_end")}
          </h2>
          ${!isFolded && (step ? html`<${Step} />` : html`<${End} />`)}
          <${Ways} />`
        : html`<${Missing} />`
    }
  </aside>`;
}
