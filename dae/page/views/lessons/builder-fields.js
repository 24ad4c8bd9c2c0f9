// What the teacher's bench writes texts into.
import { inLanguage, LONGEST } from "../../lesson/lesson.js";
import { html, useId } from "../../parts/html.js";
import { language, t } from "../../words.js";
import { worded, wording } from "./building.js";

/** @typedef {import("../../lesson/lesson.js").Text} Text */

/**
 * A text of the lesson, in the page's language.
 * @param {{ label: string, text: Text | undefined, onText: (text: Text | undefined) => void, rows?: number, name: string }} props
 */
export function Words({ label, text, onText, rows = 1, name }) {
  const id = useId();
  const common = {
    id,
    "data-text": name,
    value: wording(text),
    maxlength: rows > 1 ? LONGEST.text : LONGEST.line,
    placeholder: inLanguage(text, language.value),
    onInput: (/** @type {any} */ event) => onText(worded(text, event.target.value)),
  };
  return html`<div class="control">
    <label for=${id}>${label}</label>
    ${rows > 1 ? html`<textarea ...${common} rows=${rows}></textarea>` : html`<input type="text" ...${common} />`}
  </div>`;
}

/** What a step is called in the list. @param {import("./building.js").DraftStep} step @param {number} place */
export const called = (step, place) =>
  inLanguage(step.name, language.value) || t("build_step_unnamed", { step: place + 1 });
