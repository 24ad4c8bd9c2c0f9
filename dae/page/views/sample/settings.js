// What a sampling is made with: the denoiser, the schedule, the seed and how many samples.
import { computed, signal } from "@preact/signals-core";
import { manifest, modelLine, modelSummary, state } from "../../page.js";
import { modelGroups } from "../../parts/bench.js";
import { Menu, NumberBox, Segments, Slider } from "../../parts/controls.js";
import { html } from "../../parts/html.js";
import { Term } from "../../parts/term.js";
import { scheduleOf } from "../../sampling.js";
import { lackForSampling } from "../../suited.js";
import { t } from "../../words.js";

const SUITED = /** @type {string} */ (manifest.state.sample_model.start);
const STEP = 0.01; // of beta's slider

const set = (/** @type {string} */ name) => (/** @type {unknown} */ value) => state.set({ [name]: value });

const FIELDS = ["sample_schedule", "sample_beta", "sample_sigmas"];

/** The schedule that is chosen. */
export const schedule = computed(() =>
  scheduleOf(Object.fromEntries(FIELDS.map((name) => [name, state.get(name)]))),
);

/** The same as text, to tell whether it is another one. */
export const scheduleKey = computed(() =>
  state.get("sample_schedule") === "ladder"
    ? `ladder ${state.get("sample_sigmas")}`
    : `ascent ${state.get("sample_beta")}`,
);

/** How often a network that could not be fetched has been asked for again. */
export const tries = signal(0);

/** The network, so that one which has been trained further is another one, as is one that is asked for again. */
export const denoiserKey = computed(() => {
  const name = state.get("sample_model");
  return `${name} ${/** @type {any} */ (modelLine(name))?.version ?? ""} ${tries.value}`;
});

/** The schedule in words. */
export const scheduleWords = () =>
  state.get("sample_schedule") === "ladder"
    ? t("sample_with_ladder", { count: state.get("sample_sigmas") })
    : t("sample_with_ascent", { beta: state.get("sample_beta") });

/** Whether the network is made for this, and a button to one that is. */
function Suited() {
  const model = modelLine(state.get("sample_model"));
  if (!model) return null;
  const lack = lackForSampling(model);
  return html`<div class="suited" data-suited=${!lack}>
    <p role="status">${t(lack ? `sample_lacks_${lack}` : "sample_suited")}</p>
    ${lack && html`<button type="button" id="use-suited" onClick=${() => state.set({ sample_model: SUITED })}>${t("use_model", { name: SUITED })}</button>`}
  </div>`;
}

function Schedule() {
  const kind = state.get("sample_schedule");
  const options = (manifest.state.sample_schedule.choices ?? []).map((value) => ({
    value,
    label: t(`sample_schedule_${value}`),
  }));
  const { low = 0, high = 1 } = state.fields.sample_beta;
  return html`<${Segments} name="sample_schedule" label=${t("sample_schedule")} value=${kind} options=${options} onChange=${set("sample_schedule")} />
    <p class="about">${t(`sample_schedule_about_${kind}`, manifest.sampling.ladder)}</p>
    ${
      kind === "ladder"
        ? html`<${NumberBox} name="sample_sigmas" label=${t("sample_sigmas")} value=${state.get("sample_sigmas")} low=${state.fields.sample_sigmas.low} high=${state.fields.sample_sigmas.high} onChange=${set("sample_sigmas")} />`
        : html`<${Slider} name="sample_beta" label=${t("sample_beta")} help=${html`<${Term} of="beta" word=${t("sample_beta")} />`} value=${state.get("sample_beta")} low=${low} high=${high} step=${STEP}
            text=${(/** @type {number} */ beta) => String(Number(beta.toFixed(3)))} onInput=${set("sample_beta")} />`
    }`;
}

export const newSeed = () =>
  state.set({ sample_seed: Math.floor(Math.random() * (1 + (state.fields.sample_seed.high ?? 0))) });

/** Whether any of these controls is shown. */
export const hasSettings = () =>
  ["sample_model", "sample_schedule", "sample_count"].some((name) => state.shows(name));

export function Settings() {
  const model = modelLine(state.get("sample_model"));
  return html`<div class="group settings">
    ${
      state.shows("sample_model") &&
      html`<${Menu} name="sample_model" label=${t("model")} help=${html`<${Term} of="blind" word=${t("model")} />`} value=${state.get("sample_model")} groups=${modelGroups()} onChange=${set("sample_model")} />
      <p class="about">${model && modelSummary(model)}</p><${Suited} />`
    }
    ${state.shows("sample_schedule") && html`<${Schedule} />`}
    ${
      state.shows("sample_count") &&
      html`<div class="seed-row">
        <${NumberBox} name="sample_seed" label=${t("sample_seed")} help=${html`<${Term} of="seed" word=${t("seed")} />`} value=${state.get("sample_seed")} low=${0} high=${state.fields.sample_seed.high} onChange=${set("sample_seed")} />
        <button type="button" id="new-sample-seed" onClick=${newSeed}>${t("sample_new_seed")}</button>
      </div>
      <${NumberBox} name="sample_count" label=${t("sample_count")} value=${state.get("sample_count")} low=${1} high=${state.fields.sample_count.high} onChange=${set("sample_count")} />`
    }
  </div>`;
}
