// What can be set in the Score tab: the points and the noise, the network that learns, and what is drawn.
import { manifest, state } from "../../page.js";
import { Menu, NumberBox, Segments, Slider, Switch } from "../../parts/controls.js";
import { html } from "../../parts/html.js";
import { Term } from "../../parts/term.js";
import { t } from "../../words.js";
import { clean, isMany } from "./lab.js";
import { falls, tool } from "./walkers.js";

export const set = (/** @type {string} */ name) => (/** @type {unknown} */ value) =>
  state.set({ [name]: value });
/** The choices of a field, as a menu has them. @param {string} name */
export const choices = (name) =>
  (manifest.state[name].choices ?? []).map((value) => ({ value, label: t(`${name}_${value}`) }));

/** @param {{ name: string, term?: string, step?: number | "any" }} props */
function Box({ name, term, step = 1 }) {
  const { low, high } = manifest.state[name];
  const label = t(name);
  return html`<${NumberBox} name=${name} label=${label} value=${state.get(name)} low=${low} high=${high} step=${step}
    help=${term && html`<${Term} of=${term} word=${label} />`} onChange=${set(name)} />`;
}

/** The points, and the noise that moves them: beside the plane, as it is what one plays with. */
export function Points() {
  const isDrawn = state.get("score_points") === "drawn";
  const most = (manifest.state.score_drawn.longest ?? 0) / 3;
  return html`<div class="chosen"><${Menu} name="score_points" label=${t("score_points")} value=${state.get("score_points")} options=${choices("score_points")} onChange=${set("score_points")} /><${Sigma} /></div>
    ${
      isDrawn &&
      html`<div class="bar"><${Segments} name="score_tool" label=${t("score_tool")} value=${tool.value} onChange=${(
        /** @type {"draw" | "drop"} */ value,
      ) => {
        tool.value = value;
      }} options=${["draw", "drop"].map((value) => ({ value, label: t(`score_tool_${value}`) }))} />
      <button type="button" id="score-clear" disabled=${!clean.value.length} onClick=${() => state.set({ score_drawn: "" })}>${t("clear")}</button>
        <span class="quiet">${t("score_drawn_count", { count: clean.value.length / 2, most })}</span></div>`
    }`;
}

function Sigma() {
  const { low, high } = manifest.state.score_sigma;
  const label = t("score_sigma");
  return html`<${Slider} name="score_sigma" label=${label} help=${html`<${Term} of="sigma" word=${label} />`} value=${state.get("score_sigma")} low=${low} high=${high} step=${0.01}
    text=${(/** @type {number} */ value) => String(Number(value.toFixed(3)))} onInput=${set("score_sigma")} />`;
}

function Layers() {
  const shown = /** @type {string[]} */ (state.get("score_layers"));
  const all = manifest.state.score_layers.choices ?? [];
  return html`<fieldset class="control layers" data-control="score_layers"><legend>${t("score_layers")}</legend>
    ${all.map(
      (name) => html`<label class="layer" key=${name} data-layer=${name}>
        <input type="checkbox" checked=${shown.includes(name)} onChange=${(/** @type {any} */ event) => state.set({ score_layers: all.filter((each) => (each === name ? event.target.checked : shown.includes(each))) })} />
        <i aria-hidden="true"></i><span>${t(`score_layers_${name}`)}</span>
      </label>`,
    )}
  </fieldset>`;
}

export function Form() {
  const hasRange = isMany.value || falls.value;
  return html`<div class="form">
    ${
      state.shows("score_network") &&
      html`<div class="group network">
        <${Segments} name="score_sigmas" label=${t("score_sigmas")} value=${state.get("score_sigmas")} options=${choices("score_sigmas")} onChange=${set("score_sigmas")} />
        <p class="quiet">${t(isMany.value ? "score_about_many" : "score_about_one")}</p>
        <div class="fields">
          ${hasRange && html`<${Box} name="score_low" step="any" /><${Box} name="score_high" step="any" />`}
          <${Box} name="score_steps" term="step" />
          <${Box} name="score_rate" term="learning_rate" step="any" />
          <${Box} name="score_batch" term="batch_size" />
          <${Box} name="score_width" term="widths" />
          <${Box} name="score_seed" term="seed" />
        </div>
      </div>`
    }
    ${
      (state.shows("score_layers") || state.shows("score_beside")) &&
      html`<div class="group">
        ${state.shows("score_layers") && html`<${Layers} />`}
        ${state.shows("score_beside") && html`<${Switch} name="score_beside" label=${t("score_beside")} help=${html`<${Term} of="plain" word=${t("score_plain")} />`} checked=${state.get("score_beside")} onChange=${set("score_beside")} />`}
      </div>`
    }
  </div>`;
}
