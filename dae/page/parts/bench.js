// The controls that all tabs share, beside the view that they change: digit, noise, level, seed, network.
import { signal } from "@preact/signals-core";
import { manifest, modelLabel, modelLine, modelSummary, models, state } from "../page.js";
import { t } from "../words.js";
import { Menu, NumberBox, Slider, Switch } from "./controls.js";
import { html, useLayoutEffect } from "./html.js";
import { Source } from "./source.js";
import { Term } from "./term.js";

/** @typedef {import("../types.d.ts").ModelLine} ModelLine */

const STEP = 0.005; // of the level's slider; every tenth and every fifth of each noise's range is a multiple of it
const GROUPS = ["own", ...manifest.groups.map((group) => group.key)];

/** The networks as groups of a menu. @param {(model: ModelLine) => boolean} [fits] which can be chosen */
export function modelGroups(fits = () => true) {
  return GROUPS.map((group) => ({
    label: t(`group_${group}`),
    options: models.value
      .filter((model) => model.group === group)
      .map((model) => ({
        value: model.name,
        label: modelLabel(model.name),
        title: modelSummary(model),
        disabled: !fits(model),
      })),
  })).filter((group) => group.options.length);
}

/** The open tab's bench: whether the view follows the chosen network; null where a view has none. @type {import("@preact/signals-core").Signal<{ model: boolean } | null>} */
export const bench = signal(null);

/** The "?" of a control that is called as its term is. @param {string} term */
const help = (term) => html`<${Term} of=${term} word=${t(term)} />`;

const set = (/** @type {string} */ name) => (/** @type {unknown} */ value) => state.set({ [name]: value });

export function NoiseMenu() {
  const { key } = state.noise.value;
  return html`<${Menu} name="noise" label=${t("noise")} help=${html`<${Term} of=${key} word=${t(`noise_${key}`)} />`} value=${key} onChange=${set("noise")}
    options=${[...state.noises.keys()].map((each) => ({ value: each, label: t(`noise_${each}`) }))} />`;
}

export function LevelSlider() {
  const { symbol, maximum } = state.noise.value;
  return html`<${Slider} name="level" label="${t("level")} ${symbol}" help=${help("level")} value=${state.get("level")} low=${0} high=${maximum}
    step=${STEP} text=${(/** @type {number} */ level) => String(Number(level.toFixed(3)))} onInput=${set("level")} />`;
}

export const ModelMenu = () =>
  html`<${Menu} name="model" label=${t("model")} help=${help("model")} value=${state.get("model")} groups=${modelGroups()} onChange=${set("model")} />`;

export const newNoise = () =>
  state.set({ seed: Math.floor(Math.random() * (1 + (state.fields.seed.high ?? 0))) });

function NoiseControls() {
  const noise = state.noise.value;
  return html`<div class="group noise">
    ${state.shows("noise") && html`<${NoiseMenu} /><p class="about">${t(`about_${noise.key}`)}</p>`}
    ${state.shows("level") && html`<${LevelSlider} />`}
    ${
      state.shows("clip") &&
      noise.canClip &&
      html`<${Switch} name="clip" label=${t("clip")} help=${help("clip")} checked=${state.get("clip")} onChange=${set("clip")} />`
    }
    ${
      state.shows("seed") &&
      html`<div class="seed-row">
        <${NumberBox} name="seed" label=${t("seed")} help=${help("seed")} value=${state.get("seed")} low=${0} high=${state.fields.seed.high} onChange=${set("seed")} />
        <button type="button" id="new-noise" onClick=${newNoise}>${t("new_noise")}</button>
      </div>`
    }
  </div>`;
}

function ModelControls() {
  const model = modelLine(state.get("model"));
  return html`<${ModelMenu} /><p class="about">${model && modelSummary(model)}</p>`;
}

/**
 * @param {{ children: any, model?: boolean, about?: any, passes?: any, pictures?: any }} props
 *   model: whether the view follows the chosen network; about: what there is to say of it; passes: further controls below;
 *   pictures: what the controls change: above the rest of the view, and on a narrow screen above the controls, where it
 *   stays in sight while they are used
 */
export function Bench({ children, model = true, about, passes, pictures }) {
  useLayoutEffect(() => {
    const mine = { model };
    bench.value = mine;
    return () => {
      if (bench.peek() === mine) bench.value = null;
    };
  }, [model]);
  const hasClip = state.noise.value.canClip;
  const showsNoise = ["noise", "level", "seed", ...(hasClip ? ["clip"] : [])].some((name) =>
    state.shows(name),
  );
  const showsModel = model && state.shows("model");
  const showsPasses = passes && state.shows("passes");
  const showsControls = state.shows("digit") || showsNoise || showsModel || showsPasses;
  return html`<div class="bench" data-controls=${Boolean(showsControls)}>
    ${pictures && html`<div class="held">${pictures}</div>`}
    ${
      showsControls &&
      html`<div class="controls">
        <${Source} />
        ${showsNoise && html`<${NoiseControls} />`}
        ${(showsModel || showsPasses) && html`<div class="group model">${showsModel && html`<${ModelControls} />${about}`}${showsPasses && passes}</div>`}
      </div>`
    }
    <div class="stage">${children}</div>
  </div>`;
}
