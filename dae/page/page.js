// What every part and view of the page stands on: the manifest, the one state, the engine, the networks that there are.
import { computed, signal } from "@preact/signals-core";
import { base, engine } from "./engine.js";
import { State } from "./state.js";
import { has, t } from "./words.js";

/** @typedef {import("./types.d.ts").Manifest} Manifest */
/** @typedef {import("./types.d.ts").ModelLine} ModelLine */

export { base, engine };

const answer = await fetch(new URL("page/manifest.json", base));
/** @type {Manifest} */
export const manifest = await answer.json();

/** The visitor's own networks, trained or loaded in this page. @type {import("@preact/signals-core").Signal<import("./types.d.ts").OwnNetwork[]>} */
export const own = signal([]);

/** Every network that may be chosen, in the menus' order. @type {import("@preact/signals-core").ReadonlySignal<ModelLine[]>} */
export const models = computed(() => [...own.value, ...manifest.models]);

/** @param {string} name */
export const modelLine = (name) => models.value.find((model) => model.name === name);

/** What a network is called on the page. @param {string} name */
export const modelLabel = (name) => {
  const mine = own.value.find((model) => model.name === name);
  return mine ? t("your_model", { number: mine.number }) : name;
};

/** One line on a network, in the page's language. @param {ModelLine} model */
export const modelSummary = (model) =>
  has(`summary_${model.name}`) ? t(`summary_${model.name}`) : model.summary;

export const state = new State(manifest, () => models.peek().map((model) => model.name));
