// What can be set of a run.
import { Menu } from "../../parts/controls.js";
import { html, useId, useSignal } from "../../parts/html.js";
import { Term } from "../../parts/term.js";
import { labelled, t } from "../../words.js";
import { isOver } from "./run.js";
import { choiceWord, sentence } from "./sentence.js";
import {
  COMPARED,
  choicesOf,
  compare,
  enter,
  enterSecond,
  fieldOf,
  GROUPS,
  plan,
  RECIPES,
  rangeOf,
  recipe,
  settings,
  takeRecipe,
  takeWeights,
  WEIGHTS,
} from "./settings.js";

/** @typedef {import("../../types.d.ts").Settings} Settings */
/** @typedef {import("./settings.js").SettingField} SettingField */

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

/**
 * A setting of a run: its field, and what there is to say of what was entered.
 * @param {{ field: SettingField, now: Settings, word: string, name?: string, wrong?: boolean, onEnter: (field: SettingField, entered: any) => import("./settings.js").Problem | undefined }} props
 *   now: the run's settings; name: the field's, unless it is called otherwise here; wrong: whether the settings make no
 *   sense for it; onEnter: answers with what there is to say
 */
export function Entry({ field, now, word, name = field.name, wrong = false, onEnter }) {
  const id = useId();
  const noted = useSignal(/** @type {{ said: string, by: Settings } | null} */ (null));
  const value = now[field.name];
  const disabled = !isOver();
  const help = html`<${Term} of=${TERMS[field.name]?.(now) ?? field.name} word=${word} />`;
  const common = { id, disabled, "data-setting": name, "aria-invalid": wrong };
  if (field.kind === "choice") {
    return html`<div class=${field.wide ? "wide" : ""}><${Menu} name=${`train-${name}`} label=${word} help=${help} value=${value} disabled=${disabled}
      options=${choicesOf(field).map((each) => ({ value: each, label: choiceWord(field.name, each) }))} onChange=${(/** @type {string} */ each) => onEnter(field, each)} /></div>`;
  }
  if (field.kind === "check") {
    return html`<div class="asked"><label class="control switch"><input type="checkbox" ...${common} checked=${value} onChange=${(/** @type {any} */ event) => onEnter(field, event.target.checked)} /><span>${word}</span></label>${help}</div>`;
  }
  const written = (/** @type {any} */ held) => (Array.isArray(held) ? held.join(", ") : held);
  // What was entered and is nonsense makes room for the value that holds.
  const entered = (/** @type {any} */ event) => {
    const note = onEnter(field, event.target.value);
    const [held, by] = [plan.peek().settings[name === field.name ? 0 : 1], settings.peek()];
    noted.value = note ? { said: sentence(note), by } : null;
    event.target.value = written(held[field.name]);
  };
  const [low, high] = field.kind === "widths" ? [] : rangeOf(field, now);
  const kind =
    field.kind === "widths"
      ? { type: "text", inputmode: "numeric", autocomplete: "off", placeholder: t("train_widths_example") }
      : { type: "number", min: low, max: high, step: field.step ?? (field.kind === "level" ? 0.05 : 1) };
  const said = noted.value?.by === settings.value ? noted.value.said : "";
  return html`<div class="control ${field.wide ? "wide" : ""}"><div class="asked"><label for=${id}>${word}</label>${help}</div><input ...${common} ...${kind} aria-describedby=${`${id}-note`} value=${written(value)} onChange=${entered} /><span class="quiet note" role="status" id=${`${id}-note`}>${said}</span></div>`;
}

/** A setting of the first run, where it has a meaning for it or for the second. @param {{ field: SettingField, wrong: string }} props */
function Field({ field, wrong }) {
  const now = plan.value.settings.find((each) => field.when?.(each) ?? true);
  return (
    now &&
    html`<${Entry} field=${field} now=${now} word=${t(`train_${field.name}`)} wrong=${REASONS[wrong] === field.name} onEnter=${enter} />`
  );
}

/** Two runs beside each other from one press: what they differ in, and the second one's value. */
export function Compared() {
  const { settings: runs, compared } = plan.value;
  const options = COMPARED.map((name) => ({ value: name, label: t(`train_${name}`) }));
  return html`<div class="where compared">
    <${Menu} name="train_compare" label=${t("train_compare")} value=${compared} disabled=${!isOver()}
      options=${[{ value: "", label: t("train_compare_none") }, ...options]} onChange=${compare} />
    ${
      compared &&
      html`<${Entry} key=${compared} field=${fieldOf(compared)} now=${runs[1]} name="with" word=${labelled(t("train_with"), t(`train_${compared}`))} onEnter=${enterSecond} />
      <p class="quiet">${t("train_compare_about")} ${compared === "noise" ? t("train_compare_noise_about") : ""}</p>`
    }
  </div>`;
}

/** @param {{ wrong?: string }} props */
export function Form({ wrong = "" }) {
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
