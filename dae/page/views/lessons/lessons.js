// The Lessons tab: every lesson with what it is about, and the way into it.
import { useSignal } from "@preact/signals";
import * as course from "../../lesson/course.js";
import { inLanguage } from "../../lesson/lesson.js";
import { progressOf } from "../../lesson/progress.js";
import { manifest } from "../../page.js";
import { html, useEffect } from "../../parts/html.js";
import { language, t } from "../../words.js";

/** @typedef {import("../../lesson/lesson.js").Lesson} Lesson */

/** @param {{ lesson: Lesson, number: number }} props */
function Card({ lesson, number }) {
  const said = (/** @type {import("../../lesson/lesson.js").Text} */ text) =>
    inLanguage(text, language.value);
  const progress = progressOf(lesson.id);
  const isUnderWay = progress && !progress.finished && progress.step > 1;
  return html`<li class="group" data-lesson=${lesson.id}>
    <h2>${number}. ${said(lesson.title)}</h2>
    <p>${said(lesson.summary)}</p>
    <p class="quiet">${said(lesson.audience)} · ${t("lesson_minutes", { minutes: lesson.minutes })} · ${t("lesson_steps", { steps: lesson.steps.length })}${progress?.finished && html` · <b>✓ ${t("lesson_finished")}</b>`}</p>
    <div class="ways">
      ${isUnderWay && html`<button type="button" class="main" onClick=${() => course.open(lesson.id)}>${t("lesson_continue", { step: progress.step })}</button>`}
      <button type="button" class=${isUnderWay ? "" : "main"} onClick=${() => course.open(lesson.id, 1)}>${t(isUnderWay || progress?.finished ? "lesson_from_start" : "lesson_start")}</button>
    </div>
  </li>`;
}

export default function Lessons() {
  /** @type {import("@preact/signals-core").Signal<Lesson[]>} */
  const found = useSignal([]);
  const isMissing = useSignal(false);
  useEffect(() => {
    Promise.all(manifest.lessons.map(course.find)).then(
      (lessons) => {
        found.value = lessons;
      },
      (error) => {
        console.error(error);
        isMissing.value = true;
      },
    );
  }, []);
  return html`<div class="lessons">
    <p>${t("lessons_about")}</p>
    ${isMissing.value && html`<p class="problem" role="alert">${t("lesson_problem_unreachable")}</p>`}
    <ol>${found.value.map((lesson, i) => html`<${Card} key=${lesson.id} lesson=${lesson} number=${i + 1} />`)}</ol>
  </div>`;
}
