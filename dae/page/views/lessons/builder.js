// The teacher's bench: a lesson is built beside the page that it is about, step by step, from the views that it shows.
import { build, wasOpenedNow } from "../../lesson/bench.js";
import { MOST } from "../../lesson/lesson.js";
import { state } from "../../page.js";
import { NumberBox } from "../../parts/controls.js";
import { html, useEffect, useRef } from "../../parts/html.js";
import { t } from "../../words.js";
import { called, Words } from "./builder-fields.js";
import { StepEditor } from "./builder-step.js";
import { addView, at, change, choose, deleted, draft, move, remove, undo } from "./building.js";
import { Share } from "./share.js";

/** @typedef {import("../../lesson/lesson.js").Text} Text */
/** @typedef {import("../../lesson/lesson.js").Exercise} Exercise */

/** A whole number from 1 to the highest, whatever was entered. @param {string} text @param {number} highest */
const whole = (text, highest) => Math.min(highest, Math.max(1, Math.trunc(Number(text)) || 1));

function Steps() {
  const steps = draft.value.steps;
  const list = useRef(/** @type {HTMLElement | null} */ (null));
  const focus = (/** @type {number} */ place) =>
    setTimeout(() => {
      const buttons = list.current?.querySelectorAll(".choose");
      /** @type {HTMLElement | undefined} */ (buttons?.[place])?.focus();
    });
  const key = (/** @type {KeyboardEvent} */ event, /** @type {number} */ place) => {
    const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    const to = place + (by ?? 0);
    if (event.key === "Delete") remove(place);
    else if (!by || to < 0 || to >= steps.length) return;
    else if (event.altKey) move(place, to);
    event.preventDefault();
    focus(event.key === "Delete" ? Math.min(place, steps.length - 2) : to);
  };
  if (!steps.length) return html`<p class="quiet">${t("build_empty")}</p>`;
  return html`<ol class="steps" ref=${list} aria-label=${t("build_steps")}>
    ${steps.map((step, place) => {
      const name = called(step, place);
      return html`<li key=${place}>
        <button type="button" class="choose" aria-current=${place === at.value ? "step" : "false"} onClick=${() => choose(place)}
          onKeyDown=${(/** @type {KeyboardEvent} */ event) => key(event, place)}><b>${place + 1}</b> ${name}</button>
        <button type="button" class="small" data-do="up" disabled=${place === 0} aria-label=${t("build_up", { name })} onClick=${() => move(place, place - 1)}>↑</button>
        <button type="button" class="small" data-do="down" disabled=${place === steps.length - 1} aria-label=${t("build_down", { name })} onClick=${() => move(place, place + 1)}>↓</button>
        <button type="button" class="small" data-do="delete" aria-label=${t("build_delete", { name })} onClick=${() => remove(place)}>×</button>
      </li>`;
    })}
  </ol>
  <p class="quiet">${t("build_keys")}</p>`;
}

function Undo() {
  const last = deleted.value.at(-1);
  return html`<p class="undo" role="status">${
    last &&
    html`${t("build_deleted", { name: called(last.step, last.place) })} <button type="button" class="small" data-do="undo" onClick=${undo}>${t("build_undo")}</button>`
  }</p>`;
}

/** Questions with room to write, for the printed worksheet. */
function Exercises() {
  const exercises = draft.value.worksheet;
  const set = (/** @type {number} */ place, /** @type {Partial<Exercise>} */ values) =>
    change({ worksheet: exercises.map((each, i) => (i === place ? { ...each, ...values } : each)) });
  return html`<details class="exercises">
    <summary>${t("build_exercises", { count: exercises.length })}</summary>
    ${exercises.map(
      (exercise, i) => html`<fieldset key=${i}>
        <legend>${t("build_exercise", { number: i + 1 })}</legend>
        <${Words} name="exercise" label=${t("build_exercise_question")} rows=${2} text=${exercise.question} onText=${(/** @type {Text} */ question) => set(i, { question })} />
        <${Words} name="answer" label=${t("build_exercise_answer")} rows=${2} text=${exercise.answer} onText=${(/** @type {Text} */ answer) => set(i, { answer })} />
        <${NumberBox} name="lines" label=${t("build_exercise_lines")} value=${exercise.lines} low=${1} high=${MOST.lines} onChange=${(/** @type {string} */ text) => set(i, { lines: whole(text, MOST.lines) })} />
        <button type="button" class="small" onClick=${() => change({ worksheet: exercises.filter((_, n) => n !== i) })}>${t("build_exercise_delete")}</button>
      </fieldset>`,
    )}
    <button type="button" data-do="exercise" disabled=${exercises.length >= MOST.exercises} onClick=${() => change({ worksheet: [...exercises, { question: {}, answer: {}, lines: 3 }] })}>${t("build_exercise_add")}</button>
  </details>`;
}

function About() {
  const lesson = draft.value;
  return html`<${Words} name="title" label=${t("build_title")} text=${lesson.title} onText=${(/** @type {Text} */ title) => change({ title: title ?? {} })} />
    <details>
      <summary>${t("build_about")}</summary>
      <${Words} name="summary" label=${t("build_summary")} rows=${2} text=${lesson.summary} onText=${(/** @type {Text} */ summary) => change({ summary: summary ?? {} })} />
      <${Words} name="audience" label=${t("build_audience")} text=${lesson.audience} onText=${(/** @type {Text} */ audience) => change({ audience: audience ?? {} })} />
      <${NumberBox} name="minutes" label=${t("build_minutes")} value=${lesson.minutes} low=${1} high=${MOST.minutes} onChange=${(/** @type {string} */ text) => change({ minutes: whole(text, MOST.minutes) })} />
    </details>`;
}

export default function Builder() {
  const panel = useRef(/** @type {HTMLElement | null} */ (null));
  useEffect(() => {
    if (wasOpenedNow()) panel.current?.querySelector("h2")?.focus({ preventScroll: true });
  }, []);
  const add = () => {
    addView();
    setTimeout(() => {
      const name = panel.current?.querySelector("[data-text=name]");
      if (name instanceof HTMLElement) name.focus();
    });
  };
  const lesson = draft.value;
  const full = lesson.steps.length >= Number(state.fields.step.high);
  return html`<aside class="builder" ref=${panel} aria-label=${t("build")}>
    <div class="head"><h2 tabindex="-1">${t("build")}</h2><button type="button" class="small" data-do="close" onClick=${() => build(false)}>${t("build_close")}</button></div>
    <button type="button" class="main" id="add-step" disabled=${full} onClick=${add}>${t("build_add")}</button>
    <p class="quiet">${t("build_add_about")}</p>
    ${state.leavesOut && html`<p class="note">${t("build_leaves_out")}</p>`}
    <${About} />
    <${Steps} />
    <${Undo} />
    ${lesson.steps[at.value] && html`<${StepEditor} key=${at.value} place=${at.value} />`}
    <${Exercises} />
    <${Share} />
  </aside>`;
}
