/**
 * What follows from the Train tab's settings, as in `dae/trial/settings.py`: the network, how it is trained, whether that
 * makes sense. The rules come from the manifest, which Python writes.
 */

import { parameterShapes, parseConfig } from "../config.js";
import { PIXELS, SIDE } from "../noise.js";

/**
 * @typedef {import("../../types.d.ts").Settings} Settings
 * @typedef {import("../../types.d.ts").TrainChoices & { levels: Record<string, number> }} Rules levels: the most of each
 *   noise
 * @typedef {import("../config.js").ModelConfig} ModelConfig
 * @typedef {import("./trainer.js").Stage} Stage
 * @typedef {{ code: string, values?: Record<string, string> }} Problem
 * @typedef {{ width: number, label: string, isCode: boolean }} Bar a layer of the network's drawing
 */

const PLAIN = "none"; // in the place of a noise: clean to clean

/** What each sparsity reads of its strengths: what it does not read stays out of the config. @type {Record<string, ("k" | "fraction" | "weight" | "rho")[]>} */
const STRENGTHS = { topk: ["k"], lifetime: ["fraction"], l1: ["weight"], kl: ["weight", "rho"] };

/** As Python's ":g". @param {number} value */
const short = (value) => String(Number(value.toPrecision(6)));
/** As Python's ":,". @param {number} value */
const counted = (value) => value.toLocaleString("en-US");

/** The network's config. @param {Settings} settings @returns {ModelConfig} */
export function configOf(settings) {
  const { architecture, widths, latent_dim, activation, code_activation, output, tied, sparsity } = settings;
  const strengths = (STRENGTHS[sparsity] ?? []).map((name) => [name, settings[name]]);
  return parseConfig({
    architecture,
    [architecture === "mlp" ? "hidden" : "channels"]: widths,
    ...{ latent_dim, activation, code_activation, output, tied },
    sparsity: { kind: sparsity, ...Object.fromEntries(strengths) },
  });
}

/** The noise that it is trained on: none or one. @param {Settings} settings */
export const noisesOf = ({ noise, low, high, clip }) =>
  noise === PLAIN ? [] : [{ key: noise, high, low: low === high ? null : low, clip }];

/** How it is trained. @param {Settings} settings @param {Rules} rules @returns {Stage} */
export const stageOf = (settings, rules) => ({
  ...rules.stage,
  noises: noisesOf(settings),
  loss: settings.loss,
  batch_size: settings.batch_size,
  learning_rate: settings.learning_rate,
});

/** Layer widths from the pixels to the code and back. @param {ModelConfig} config of a fully connected network */
function widthsOf({ hidden, latent_dim }) {
  const half = [PIXELS, ...hidden, latent_dim];
  return [...half, ...half.slice(0, -1).reverse()];
}

/** The settings in a few words: layers, noise, loss. @param {Settings} settings */
export function titleOf(settings) {
  const { architecture, widths, latent_dim, noise, low, high } = settings;
  const shape =
    architecture === "mlp"
      ? widthsOf(configOf(settings)).join("-")
      : `conv ${widths.join("-")}, ${latent_dim}`;
  const levels = low === high ? short(high) : `${short(low)}-${short(high)}`;
  return `${shape}, ${noise === PLAIN ? "plain" : `${noise.replaceAll("_", "-")} ${levels}`}`;
}

/** @param {ModelConfig} config */
export function parametersOf(config) {
  let count = 0;
  for (const shape of parameterShapes(config).values()) count += shape.reduce((size, side) => size * side, 1);
  return count;
}

/** Multiplications of one picture's way through a fully connected network. @param {ModelConfig} config */
export function workOf(config) {
  const widths = widthsOf(config);
  return widths.slice(1).reduce((sum, width, i) => sum + width * widths[i], 0);
}

const SPEED = 1.5e10; // multiplications a second, before any are measured
const OVERHEAD = 2e-3; // seconds of a step that are not multiplications

/** A number of steps in two digits. @param {number} steps */
export const roundedSteps = (steps) => Math.max(1, Math.trunc(Number(steps.toPrecision(2))));

/** How many steps fit into the time, roughly, before any was made. @param {Settings} settings */
function guessedSteps(settings) {
  const seconds = (3 * workOf(configOf(settings)) * settings.batch_size) / SPEED + OVERHEAD;
  return roundedSteps(settings.seconds / seconds);
}

/** How many steps runs make that take turns. @param {Settings[]} all */
export const guessedTogether = (all) => roundedSteps(Math.min(...all.map(guessedSteps)) / all.length);

/** The network's layers, from pixels to pixels. @param {Settings} settings @returns {Bar[]} */
export function barsOf(settings) {
  const { architecture, widths, latent_dim } = settings;
  /** @type {[number, string][]} */
  let named;
  if (architecture === "mlp") named = widthsOf(configOf(settings)).map((width) => [width, counted(width)]);
  else {
    const half = widths.map((channels, i) => {
      const side = SIDE / 2 ** Math.min(2, i);
      return /** @type {[number, string]} */ ([channels * side ** 2, `${channels}×${side}²`]);
    });
    /** @type {[number, string]} */
    const pixels = [PIXELS, String(PIXELS)];
    named = [pixels, ...half, [latent_dim, counted(latent_dim)], ...half.reverse(), pixels];
  }
  const middle = named.length >> 1;
  return named.map(([width, label], i) => ({ width, label, isCode: i === middle }));
}

/** Pixels per code value; of a top-k code, per value that is kept. @param {Settings} settings */
export const compressionOf = ({ sparsity, k, latent_dim }) => PIXELS / (sparsity === "topk" ? k : latent_dim);

const UNSEEN = 10; // one digit of so many is kept to judge by: the last ones of each class

/** How many digits of each class a run learns from. @param {number} perClass that there are */
export const seenOf = (perClass) => perClass - Math.floor(perClass / UNSEEN);

/** Whether the browser trains such a network. @param {Settings} settings */
export const isTrainedHere = ({ architecture }) => architecture === "mlp";

/**
 * Why settings make no sense; null where they do. As `Settings.check`, and what a visitor may not do on a server.
 * @param {Settings} settings of a fully connected network
 * @param {Rules} rules
 * @param {number} digits how many there are to train on
 * @returns {Problem | null}
 */
export function problemOf(settings, rules, digits) {
  const { ranges, choices, limits } = rules;
  /** @type {(name: keyof Settings) => any} */
  const value = (name) => settings[name];
  for (const [field, known] of Object.entries(choices))
    if (!known.includes(value(/** @type {keyof Settings} */ (field))))
      return { code: "choice", values: { field } };
  const [low, high] = ranges.learning_rate;
  const { learning_rate: rate, batch_size: batch } = settings;
  if (!(rate >= low && rate <= high))
    return { code: "learning_rate", values: { value: short(rate), low: short(low), high: short(high) } };
  if (batch > digits) return { code: "batch", values: { batch: counted(batch), digits: counted(digits) } };
  for (const [field, [from, to]] of Object.entries(ranges)) {
    const found = value(/** @type {keyof Settings} */ (field));
    if (!(found >= from && found <= to))
      return { code: "range", values: { field, low: short(from), high: short(to) } };
  }
  return badNetwork(settings, rules) ?? tooMuch(settings, limits);
}

/** @param {Settings} settings @param {Rules} rules @returns {Problem | null} */
function badNetwork(settings, rules) {
  const { widths, architecture, sparsity, code_activation, loss, output, k, latent_dim, start } = settings;
  const [fewest, most, largest] = rules.widths[architecture];
  if (
    widths.length < fewest ||
    widths.length > most ||
    !widths.every((width) => width >= 1 && width <= largest)
  )
    return { code: "widths", values: { fewest: `${fewest}`, most: `${most}`, largest: `${largest}` } };
  const { low, high, noise } = settings;
  const limit = rules.levels[noise];
  if (noise !== PLAIN && !(low >= 0 && low <= high && high <= limit))
    return { code: "levels", values: { limit: short(limit) } };
  if (sparsity === "kl" && code_activation !== "sigmoid") return { code: "kl_unbounded" };
  if (loss !== "mse" && output !== "sigmoid") return { code: "bce_unbounded" };
  if (sparsity === "topk" && k >= latent_dim)
    return { code: "topk_all", values: { k: `${k}`, code: `${latent_dim}` } };
  const own = rules.weights[start];
  if (start && !(own && JSON.stringify(configOf(own)) === JSON.stringify(configOf(settings))))
    return { code: "weights", values: { name: start } };
  return null;
}

/** @param {Settings} settings @param {{ parameters: number, work: number }} limits @returns {Problem | null} */
function tooMuch(settings, limits) {
  const config = configOf(settings);
  if (workOf(config) * settings.batch_size > limits.work) return { code: "work" };
  if (parametersOf(config) > limits.parameters)
    return { code: "size", values: { most: counted(limits.parameters) } };
  return null;
}
