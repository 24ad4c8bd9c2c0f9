// A run's settings: a recipe's, and what the state says otherwise. The rules behind them are the library's.
import { computed, signal } from "@preact/signals-core";
import { hasServer } from "../../ask.js";
import { isTrainedHere } from "../../engine/training/settings.js";
import { manifest, state } from "../../page.js";

/** @typedef {import("../../types.d.ts").Settings} Settings */
/** @typedef {import("../../engine/training/settings.js").Problem} Problem */
/** @typedef {{ settings: Settings[], compared: string }} Plan one run, or two that differ in what is compared */
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
const FEW = 16; // values of a code that is compared with a large one
const CONV_CODE = 64; // values of a convolutional network's code: larger ones take more weights than a run may have
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

const NO_WIDTHS = ["none", "无", ""];

/** How a value is written in a link. @param {unknown} value */
const asText = (value) =>
  Array.isArray(value)
    ? value.join("-") || "none"
    : typeof value === "boolean"
      ? String(Number(value))
      : String(value);

/** A list of widths as people write it, with digits and commas of any kind. @param {string} text */
const plain = (text) =>
  text.normalize("NFKC").replaceAll("、", ",").replaceAll(";", ",").trim().toLowerCase();

/**
 * A field's value from a text, and what has to be said of it: nonsense has no value.
 * @param {SettingField} field @param {string} text @param {Settings} settings
 * @returns {{ value?: any, note?: Problem }}
 */
function read(field, text, settings) {
  const { name, kind } = field;
  if (kind === "choice") return choices[name].includes(text) ? { value: text } : {};
  if (kind === "check") return ["0", "1"].includes(text) ? { value: text === "1" } : {};
  if (kind === "widths") {
    const [fewest, most, largest] = widths[settings.architecture];
    const said = plain(text);
    if (NO_WIDTHS.includes(said)) return { value: [] };
    if (!/^\d+([\s,-]+\d+)*$/.test(said)) return { note: { code: "unread", values: { text } } };
    const entered = (said.match(/\d+/g) ?? []).map(Number);
    const value = entered.slice(0, most).map((width) => Math.min(Math.max(width, 1), largest));
    const isTaken = String(value) === String(entered);
    const limits = { fewest: `${fewest}`, most: `${most}`, largest: `${largest}` };
    return isTaken ? { value } : { value, note: { code: "widths", values: limits } };
  }
  const said = text.normalize("NFKC").trim();
  const entered = said === "" ? Number.NaN : Number(said);
  if (!Number.isFinite(entered)) return { note: { code: "number", values: { field: name } } };
  const whole = kind === "whole" ? Math.round(entered) : entered;
  const [low, high] = rangeOf(field, settings);
  const value = field.free ? whole : Math.min(Math.max(whole, low), high);
  if (whole !== entered) return { value, note: { code: "number", values: { field: name } } };
  if (value === whole) return { value };
  const limits = { field: name, low: `${low}`, high: `${high}`, limit: `${high}` };
  return { value, note: { code: kind === "level" ? "levels" : "range", values: limits } };
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
    const { value } = text === "" ? {} : read(field, text, found);
    if (value !== undefined) found[field.name] = value;
  }
  if (found.low > found.high) found.low = found.high;
  return found;
});

/** What two runs can differ in. */
export const COMPARED = /** @type {string[]} */ (state.fields.train_compare.choices);

/** The field of what is compared. @param {string} name */
export const fieldOf = (name) => /** @type {SettingField} */ (FIELDS.find((field) => field.name === name));

/** The levels of another noise. @param {Settings} before @param {string} noise */
function levelsOf({ low, high }, noise) {
  const most = state.noises.get(noise)?.maximum ?? high;
  return { low: Math.min(low, most), high: Math.min(high, most) };
}

/** What the second run has in the place of the first one's value, unless another is chosen. @param {string} name @param {Settings} first */
function usualSecond(name, first) {
  if (name === "noise") return first.noise === "none" ? "gaussian" : "none";
  if (name === "sparsity") return first.sparsity === "none" ? "topk" : "none";
  if (name === "latent_dim") return first.latent_dim > FEW ? FEW : 16 * FEW;
  const lower = Number((first.learning_rate / 10).toPrecision(6));
  return lower >= ranges.learning_rate[0] ? lower : 10 * first.learning_rate;
}

/** The settings with another value of what is compared. @param {Settings} first @param {string} name @param {any} value @returns {Settings} */
const withValue = (first, name, value) => ({
  ...first,
  [name]: value,
  ...(name === "noise" ? levelsOf(first, value) : {}),
});

/** What a press on Train begins. @type {import("@preact/signals-core").ReadonlySignal<Plan>} */
export const plan = computed(() => {
  const [first, compared] = [settings.value, state.get("train_compare")];
  if (!compared) return { settings: [first], compared };
  const { value } = read(fieldOf(compared), state.get("train_with"), first);
  return {
    settings: [first, withValue(first, compared, value ?? usualSecond(compared, first))],
    compared,
  };
});

/** The run on whose noise all of a plan are judged: the first that has any. @param {Plan} plan */
export const judgedBy = ({ settings }) => settings.find(({ noise }) => noise !== "none") ?? settings[0];

/** Whether the server lends a GPU; false until it is known. */
export const hasGpu = signal(false);
/** Where the present settings can be trained. */
export const places = computed(() => [
  ...(isTrainedHere(settings.value) ? ["browser"] : []),
  ...(hasServer && !plan.value.compared ? ["server"] : []),
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

/** A field was entered: what there is to say of it. @param {SettingField} field @param {string | boolean} entered */
export function enter(field, entered) {
  const before = settings.peek();
  const { value, note } = read(field, typeof entered === "boolean" ? asText(entered) : entered, before);
  if (value === undefined) return note;
  /** @type {any} */
  const values = { [field.name]: value };
  if (field.name === "noise") Object.assign(values, levelsOf(before, value));
  if (field.name === "low") values.high = Math.max(before.high, Number(value));
  if (field.name === "high") values.low = Math.min(before.low, Number(value));
  if (field.name === "architecture" && value !== before.architecture) {
    values.widths = value === "conv" ? [16, 32] : [256];
    values.tied = false;
    if (value === "conv") values.latent_dim = Math.min(before.latent_dim, CONV_CODE);
  }
  write(values);
  return note;
}

/** Compare two runs that differ in a setting, or have one run (""). @param {string} name */
export const compare = (name) => state.set({ train_compare: name, train_with: "" });

/** The second run's value was entered: what there is to say of it. @param {SettingField} field @param {string} entered */
export function enterSecond(field, entered) {
  const first = settings.peek();
  const { value, note } = read(field, entered, first);
  const isUsual = value === usualSecond(field.name, first);
  if (value !== undefined) state.set({ train_with: isUsual ? "" : asText(value) });
  return note;
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
