// The Lessons tab: every lesson with what it is about, and the way into it.
import { useSignal } from "@preact/signals";
import { build } from "../../lesson/bench.js";
import * as course from "../../lesson/course.js";
import { inLanguage } from "../../lesson/lesson.js";
import { inWords } from "../../lesson/problems.js";
import { progressOf } from "../../lesson/progress.js";
import { ofUpload } from "../../lesson/theirs.js";
import { manifest, state } from "../../page.js";
import { html, useEffect } from "../../parts/html.js";
import { language, t } from "../../words.js";
import { FileButton } from "./file-button.js";

/** @typedef {import("../../lesson/lesson.js").Lesson} Lesson */

/** @param {{ lesson: Lesson, number: number }} props */
function Card({ lesson, number }) {
  const said = (/** @type {import("../../lesson/lesson.js").Text | undefined} */ text) =>
    inLanguage(text, language.value);
  const progress = progressOf(lesson.id);
  const isUnderWay = progress && !progress.finished && progress.step > 1;
  return html`<li class="group" data-lesson=${lesson.id}>
    <h2>${number}. ${said(lesson.title)}</h2>
    <p>${said(lesson.summary)}</p>
    <p class="quiet">${lesson.audience && html`${said(lesson.audience)} · `}${t("lesson_minutes", { minutes: lesson.minutes })} · ${t("lesson_steps", { steps: lesson.steps.length })}${progress?.finished && html` · <b>✓ ${t("lesson_finished")}</b>`}</p>
    <div class="ways">
      ${isUnderWay && html`<button type="button" class="main" onClick=${() => course.open(lesson.id)}>${t("lesson_continue", { step: progress.step })}</button>`}
      <button type="button" class=${isUnderWay ? "" : "main"} onClick=${() => course.open(lesson.id, 1)}>${t(isUnderWay || progress?.finished ? "lesson_from_start" : "lesson_start")}</button>
      <button type="button" data-do="worksheet" onClick=${() => print(lesson)}>${t("share_worksheet")}</button>
      <button type="button" data-do="take" onClick=${() => takeOver(lesson)}>${t("own_lessons_take")}</button>
    </div>
  </li>`;
}

/** Put one of the page's lessons on the teacher's bench. @param {Lesson} lesson */
async function takeOver(lesson) {
  const { draft, take } = await import("./building.js");
  if (draft.peek().steps.length && !confirm(t("build_anew_sure"))) return;
  build(true);
  take(lesson);
}

/** @param {Lesson} lesson */
const print = async (lesson) => (await import("./worksheet.js")).printWorksheet(lesson);

/** The way to lessons of one's own: build one, or open one that was built. */
function OwnLessons() {
  const problem = useSignal("");
  const open = (/** @type {File} */ file) => {
    problem.value = "";
    ofUpload(file)
      .then((lesson) => course.present(lesson))
      .catch((error) => {
        problem.value = inWords(error);
      });
  };
  useEffect(() => {
    const over = (/** @type {DragEvent} */ event) => event.preventDefault(); // else the browser would leave the page
    const drop = (/** @type {DragEvent} */ event) => {
      event.preventDefault();
      const [file] = event.dataTransfer?.files ?? [];
      if (file) open(file);
    };
    document.addEventListener("dragover", over);
    document.addEventListener("drop", drop);
    return () => {
      document.removeEventListener("dragover", over);
      document.removeEventListener("drop", drop);
    };
  }, []);
  const begin = () => {
    build(true);
    state.set({ tab: "denoise" }); // a view to begin with
  };
  return html`<section class="group own">
    <h2>${t("own_lessons")}</h2>
    <p>${t("own_lessons_about")}</p>
    <div class="ways">
      <button type="button" id="build-lesson" onClick=${begin}>${t("build")}</button>
      <${FileButton} label=${t("own_lessons_open")} onFile=${open} />
    </div>
    <p class="problem" role="alert">${problem.value}</p>
  </section>`;
}

export default function Lessons() {
  /** @type {import("@preact/signals-core").Signal<Lesson[]>} */
  const found = useSignal([]);
  const isMissing = useSignal(false);
  useEffect(() => {
    Promise.allSettled(manifest.lessons.map(course.find)).then((answers) => {
      found.value = answers.flatMap((answer) => (answer.status === "fulfilled" ? [answer.value] : []));
      isMissing.value = found.value.length < answers.length;
    });
  }, []);
  return html`<div class="lessons">
    <p>${t("lessons_about")}</p>
    ${isMissing.value && html`<p class="problem" role="alert">${t("lesson_problem_unreachable")}</p>`}
    <ol>${found.value.map((lesson) => html`<${Card} key=${lesson.id} lesson=${lesson} number=${manifest.lessons.indexOf(lesson.id) + 1} />`)}</ol>
    <${OwnLessons} />
  </div>`;
}
