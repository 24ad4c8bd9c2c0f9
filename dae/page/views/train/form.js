// What can be set of a run.
import { Menu } from "../../parts/controls.js";
import { html, useId } from "../../parts/html.js";
import { Term } from "../../parts/term.js";
import { has, t } from "../../words.js";
import { isOver } from "./run.js";
import {
  choicesOf,
  enter,
  GROUPS,
  RECIPES,
  rangeOf,
  recipe,
  settings,
  takeRecipe,
  takeWeights,
  WEIGHTS,
} from "./settings.js";

/** @typedef {import("./settings.js").SettingField} SettingField */

/** @param {string} name @param {string} value */
const choiceWord = (name, value) => {
  if (name === "noise") return t(value === "none" ? "train_noise_plain" : `noise_${value}`);
  return has(`train_${name}_${value}`) ? t(`train_${name}_${value}`) : t(`train_choice_${value}`);
};

const REASONS = /** @type {Record<string, string>} */ ({
  learning_rate: "learning_rate",
  batch: "batch_size",
});

/** What a setting is called in the glossary; its own name elsewhere. @type {Record<string, (now: import("../../types.d.ts").Settings) => string>} */
const TERMS = {
  sparsity: (now) => (now.sparsity === "none" ? "sparsity" : now.sparsity),
  k: () => "topk",
  fraction: () => "lifetime",
  weight: (now) => now.sparsity,
  rho: () => "kl",
  noise: (now) => (now.noise === "none" ? "plain" : now.noise),
  low: () => "level",
  high: () => "level",
  loss: (now) => (now.loss === "bce_with_logits" ? "logits" : now.loss),
};

/** @param {{ field: SettingField, wrong?: string }} props wrong: why the settings make no sense */
function Field({ field, wrong = "" }) {
  const id = useId();
  const now = settings.value;
  if (field.when && !field.when(now)) return null;
  const value = now[field.name];
  const disabled = !isOver();
  const word = t(`train_${field.name}`);
  const help = html`<${Term} of=${TERMS[field.name]?.(now) ?? field.name} word=${word} />`;
  const common = { id, disabled, "data-setting": field.name, "aria-invalid": REASONS[wrong] === field.name };
  if (field.kind === "choice") {
    return html`<div class=${field.wide ? "wide" : ""}><${Menu} name=${`train-${field.name}`} label=${word} help=${help} value=${value} disabled=${disabled}
      options=${choicesOf(field).map((each) => ({ value: each, label: choiceWord(field.name, each) }))} onChange=${(/** @type {string} */ each) => enter(field, each)} /></div>`;
  }
  if (field.kind === "check") {
    return html`<div class="asked"><label class="control switch"><input type="checkbox" ...${common} checked=${value} onChange=${(/** @type {any} */ event) => enter(field, event.target.checked)} /><span>${word}</span></label>${help}</div>`;
  }
  const shown = Array.isArray(value) ? value.join(", ") : value;
  // What was entered and is nonsense makes room for the value that holds.
  const entered = (/** @type {any} */ event) => {
    enter(field, event.target.value);
    const held = settings.peek()[field.name];
    event.target.value = Array.isArray(held) ? held.join(", ") : held;
  };
  const [low, high] = field.kind === "widths" ? [] : rangeOf(field, now);
  const kind =
    field.kind === "widths"
      ? { type: "text", inputmode: "numeric", autocomplete: "off", placeholder: t("train_widths_example") }
      : { type: "number", min: low, max: high, step: field.step ?? (field.kind === "level" ? 0.05 : 1) };
  return html`<div class="control ${field.wide ? "wide" : ""}"><div class="asked"><label for=${id}>${word}</label>${help}</div><input ...${common} ...${kind} value=${shown} onChange=${entered} /></div>`;
}

/** @param {{ wrong?: string }} props */
export function Form({ wrong }) {
  const disabled = !isOver();
  return html`<div class="form">
    <div class="group">
      <${Menu} name="recipe" label=${t("train_recipe")} help=${html`<${Term} of="recipe" word=${t("train_recipe")} />`} value=${recipe.value} disabled=${disabled} options=${RECIPES.map((name) => ({ value: name, label: name }))} onChange=${takeRecipe} />
      <${Menu} name="train-start" label=${t("train_start")} help=${html`<${Term} of="start" word=${t("train_start")} />`} value=${settings.value.start} disabled=${disabled}
        options=${[{ value: "", label: t("train_start_random") }, ...WEIGHTS.map((name) => ({ value: name, label: name }))]} onChange=${takeWeights} />
    </div>
    ${GROUPS.map(
      ([group, fields]) => html`<div class="group" key=${group}><h2>${t(`train_group_${group}`)}</h2>
        <div class="fields">${fields.map((field) => html`<${Field} key=${field.name} field=${field} wrong=${wrong} />`)}</div></div>`,
    )}
  </div>`;
}
