// A run's settings: a recipe's, and what the state says otherwise. The rules behind them are the library's.
import { computed, signal } from "@preact/signals-core";
import { hasServer } from "../../ask.js";
import { isTrainedHere } from "../../engine/training/settings.js";
import { manifest, state } from "../../page.js";

/** @typedef {import("../../types.d.ts").Settings} Settings */
/** @typedef {{ name: keyof Settings, kind: "choice" | "widths" | "whole" | "number" | "level" | "check", wide?: boolean, step?: number | "any", free?: boolean, when?: (settings: Settings) => boolean }} SettingField */

const { recipes, weights, ranges, widths, choices } = manifest.train;
/** What the rules of settings are made of. @type {import("../../engine/training/settings.js").Rules} */
export const rules = {
  ...manifest.train,
  levels: Object.fromEntries(manifest.noises.map(({ key, maximum }) => [key, maximum])),
};
export const RECIPES = Object.keys(recipes);
export const WEIGHTS = Object.keys(weights);

/** The settings by groups: how each is entered and when it has a meaning. @type {[string, SettingField[]][]} */
export const GROUPS = [
  [
    "network",
    [
      { name: "architecture", kind: "choice", wide: true },
      { name: "widths", kind: "widths", wide: true },
      { name: "latent_dim", kind: "whole" },
      { name: "activation", kind: "choice" },
      { name: "code_activation", kind: "choice" },
      { name: "output", kind: "choice" },
      { name: "sparsity", kind: "choice" },
      { name: "k", kind: "whole", when: (s) => s.sparsity === "topk" },
      { name: "fraction", kind: "number", step: 0.01, when: (s) => s.sparsity === "lifetime" },
      { name: "weight", kind: "number", step: 0.01, when: (s) => ["l1", "kl"].includes(s.sparsity) },
      { name: "rho", kind: "number", step: 0.01, when: (s) => s.sparsity === "kl" },
      { name: "tied", kind: "check", when: (s) => s.architecture === "mlp" },
    ],
  ],
  [
    "noise",
    [
      { name: "noise", kind: "choice", wide: true },
      { name: "low", kind: "level", when: (s) => s.noise !== "none" },
      { name: "high", kind: "level", when: (s) => s.noise !== "none" },
      { name: "clip", kind: "check", when: (s) => s.noise === "gaussian" },
    ],
  ],
  [
    "learning",
    [
      { name: "loss", kind: "choice", wide: true },
      // The library has a sentence for numbers that make no sense here, so they are not clamped.
      { name: "learning_rate", kind: "number", step: "any", free: true },
      { name: "batch_size", kind: "whole", free: true },
      { name: "seconds", kind: "number", step: 1 },
      { name: "seed", kind: "whole" },
    ],
  ],
];
const FIELDS = GROUPS.flatMap(([, fields]) => fields);
/** What comes with other weights: the network, and not how it is trained. */
const NETWORK = [
  "architecture",
  "widths",
  "latent_dim",
  "activation",
  "code_activation",
  "output",
  "tied",
  "sparsity",
  "k",
  "fraction",
  "weight",
  "rho",
];

/** @param {SettingField} field */
export const choicesOf = (field) => choices[field.name];

/** @param {SettingField} field @param {Settings} settings @returns {[number, number]} */
export const rangeOf = (field, settings) =>
  field.kind === "level"
    ? [0, state.noises.get(settings.noise)?.maximum ?? 1]
    : (ranges[field.name] ?? [0, 1e9]);

/** How a value is written in a link. @param {unknown} value */
const asText = (value) =>
  Array.isArray(value)
    ? value.join("-") || "none"
    : typeof value === "boolean"
      ? String(Number(value))
      : String(value);

/** A field's value from a text, or undefined for nonsense. @param {SettingField} field @param {string} text @param {Settings} settings */
function read(field, text, settings) {
  if (field.kind === "choice") return choices[field.name].includes(text) ? text : undefined;
  if (field.kind === "check") return ["0", "1"].includes(text) ? text === "1" : undefined;
  if (field.kind === "widths") {
    if (text !== "none" && !/^\d+([\s,-]+\d+)*$/.test(text.trim())) return undefined;
    const [, most, largest] = widths[settings.architecture];
    return (text.match(/\d+/g) ?? [])
      .slice(0, most)
      .map((width) => Math.min(Math.max(Number(width), 1), largest));
  }
  if (text.trim() === "" || !Number.isFinite(Number(text))) return undefined;
  const value = field.kind === "whole" ? Math.round(Number(text)) : Number(text);
  const [low, high] = rangeOf(field, settings);
  return field.free ? value : Math.min(Math.max(value, low), high);
}

/** The recipe that is chosen. */
export const recipe = computed(() => (recipes[state.get("recipe")] ? state.get("recipe") : RECIPES[0]));

/** The settings that a new run has. @type {import("@preact/signals-core").ReadonlySignal<Settings>} */
export const settings = computed(() => {
  /** @type {any} */
  const found = { ...recipes[recipe.value] };
  const start = state.get("train_start");
  if (weights[start]) found.start = start;
  for (const field of FIELDS) {
    const text = state.get(`train_${field.name}`);
    const value = text === "" ? undefined : read(field, text, found);
    if (value !== undefined) found[field.name] = value;
  }
  if (found.low > found.high) found.low = found.high;
  return found;
});

/** Whether the server lends a GPU; false until it is known. */
export const hasGpu = signal(false);
/** Where the present settings can be trained. */
export const places = computed(() => [
  ...(isTrainedHere(settings.value) ? ["browser"] : []),
  ...(hasServer ? ["server"] : []),
]);
/** Where a new run trains: as chosen, else in the browser unless a GPU is lent; empty where it cannot be. */
export const where = computed(() => {
  const usual = hasGpu.value ? "server" : "browser";
  return (
    [state.get("train_where"), usual].find((each) => places.value.includes(each)) ?? places.value[0] ?? ""
  );
});

/** Change settings; what is as in the recipe is not said in a link. @param {Partial<Settings>} values */
function write(values) {
  const usual = recipes[recipe.peek()];
  /** @type {Record<string, string>} */
  const texts = {};
  for (const [name, value] of Object.entries(values)) {
    const text = asText(value);
    texts[`train_${name}`] = text === asText(usual[/** @type {keyof Settings} */ (name)]) ? "" : text;
  }
  state.set(texts);
}

/** A field was entered. @param {SettingField} field @param {string | boolean} entered */
export function enter(field, entered) {
  const before = settings.peek();
  const text =
    typeof entered === "boolean"
      ? asText(entered)
      : field.kind === "widths" && entered.trim() === ""
        ? "none"
        : entered;
  const value = read(field, text, before);
  if (value === undefined) return;
  /** @type {any} */
  const values = { [field.name]: value };
  if (field.name === "noise" && value !== "none") {
    const most = state.noises.get(String(value))?.maximum ?? 1;
    values.high = Math.min(before.high, most);
    values.low = Math.min(before.low, values.high);
  }
  if (field.name === "low") values.high = Math.max(before.high, Number(value));
  if (field.name === "high") values.low = Math.min(before.low, Number(value));
  if (field.name === "architecture" && value !== before.architecture) {
    values.widths = value === "conv" ? [16, 32] : [256];
    values.tied = false;
  }
  write(values);
}

/** Start from a recipe: seconds and seed stay. @param {string} name */
export function takeRecipe(name) {
  const { seconds, seed } = settings.peek();
  state.set({
    recipe: name,
    ...Object.fromEntries(Object.keys(recipes[name]).map((each) => [`train_${each}`, ""])),
  });
  write({ seconds, seed });
}

/** Start from a shipped network's weights, or from random ones (""). @param {string} name */
export function takeWeights(name) {
  const network = weights[name]
    ? Object.fromEntries(NETWORK.map((each) => [each, weights[name][/** @type {keyof Settings} */ (each)]]))
    : {};
  write({ ...network, start: name });
}

export const newSeed = () => write({ seed: Math.floor(Math.random() * 1e6) });
