/**
 * How features fire over the gallery, what noise does to them there, and the digits that excite them.
 *
 * A *feature* is one value of the code. It *fires* for a digit when the size of its value is above a threshold.
 */

import { encodeAll, expect } from "./answers.js";
import { EngineError } from "./errors.js";
import { activeOf, EXCITING, meanOf, measureFiring, readFiring, shares } from "./firing.js";
import { CLASSES, classCodes, classOf, digitsAt, encodedClasses } from "./gallery.js";
import { corrupt, PIXELS } from "./noise.js";
import { Generator } from "./rng.js";

/**
 * @typedef {import("./answers.js").Context} Context
 * @typedef {import("./answers.js").NoiseChoice} NoiseChoice
 * @typedef {import("./network.js").Network} Network
 * @typedef {import("./firing.js").Firing} Firing
 * @typedef {{ model: string, digest?: string }} Asked `digest`: how the SHA-256 of a shipped network's file begins
 */

const SAMPLED = 50; // digits of each class that show what noise does
const BATCH = 32; // digits that are tried at once for those that excite a feature

/** What is known of a network's features; it goes when the network goes. @type {WeakMap<Network, Record<string, any>>} */
const known = new WeakMap();

/**
 * Something of a network, computed once.
 * @template T
 * @param {Network} network @param {string} name @param {() => Promise<T>} make
 * @returns {Promise<T>}
 */
export async function once(network, name, make) {
  const found = known.get(network) ?? {};
  known.set(network, found);
  if (!(name in found)) {
    const made = await make();
    found[name] ??= made; // unless another question has made it meanwhile
  }
  return found[name];
}

/** @param {string} model @param {Context} context */
export async function withCode(model, context) {
  const network = await context.network(model);
  if (!network.hasCode) throw new EngineError("no_code");
  return network;
}

/** The classes of the gallery's digits. @param {Context} context */
async function labelsOf(context) {
  const labels = [];
  for (let digit = 0; digit < CLASSES; digit++) {
    const count = (await classOf(context, digit)).length / PIXELS;
    labels.push(...new Uint8Array(count).fill(digit));
  }
  return Uint8Array.from(labels);
}

/**
 * @param {Network} network @param {Asked} asked @param {Context} context
 * @returns {Promise<Firing | null>} null where nothing is stored of this network
 */
async function storedFiring(network, { model, digest = "" }, context) {
  return once(network, `stored ${digest}`, async () => {
    if (!digest) return { firing: null };
    const file = await context.file(`checkpoints/features/${model}.safetensors`).catch(() => null);
    return { firing: file && readFiring(file, digest) };
  }).then(({ firing }) => firing);
}

/**
 * What is stored, or the same measured on the gallery.
 * @param {Network} network @param {Asked} asked @param {Context} context @param {number} [classes] after how many to stop
 * @returns {Promise<{ done: number, firing: Firing | null }>} `done` classes of ten
 */
async function firingOf(network, asked, context, classes = CLASSES) {
  const stored = await storedFiring(network, asked, context);
  if (stored) return { done: CLASSES, firing: stored };
  for (let digit = encodedClasses(network); digit < classes; digit++)
    await classCodes(context, network, digit);
  if (encodedClasses(network) < CLASSES) return { done: encodedClasses(network), firing: null };
  const firing = await once(network, "firing", async () => {
    const labels = await labelsOf(context);
    const codes = new Float32Array(labels.length * network.latentDim);
    let place = 0;
    for (let digit = 0; digit < CLASSES; digit++) {
      const part = await classCodes(context, network, digit);
      codes.set(part, place);
      place += part.length;
    }
    return measureFiring(codes, network.latentDim, labels, context.turn);
  });
  return { done: CLASSES, firing };
}

/** @param {Network} network @param {Asked} asked @param {Context} context */
export async function wholeFiring(network, asked, context) {
  const { firing } = await firingOf(network, asked, context);
  return /** @type {Firing} */ (firing);
}

/**
 * How a network's features fire over the gallery: at once where it is stored; else it is measured, and stops after so
 * many classes, so that whoever asks can say how far it is.
 * @param {Asked & { classes?: number }} question
 * @param {Context} context
 */
export async function firing(question, context) {
  const network = await withCode(question.model, context);
  const { done, firing: found } = await firingOf(network, question, context, question.classes);
  return { done, of: CLASSES, firing: found && structuredClone(found) };
}

/**
 * What noise does to the features, over a sample of the gallery.
 * @param {Asked & NoiseChoice & { level: number }} question
 * @param {Context} context
 */
export async function underNoise({ model, digest, noise, level, clip, seed }, context) {
  const network = await withCode(model, context);
  const { threshold, rate, most } = await wholeFiring(network, { model, digest }, context);
  const total = (await labelsOf(context)).length;
  const every = Math.max(1, Math.floor(total / (CLASSES * SAMPLED)));
  const places = [...Array(total).keys()].filter((n) => n % every === 0);
  const images = await digitsAt(context, places);
  const clean = await once(network, "sample", () => encodeAll(context, network, images));
  await context.turn();
  const noisy = await encodeAll(context, network, corrupt(images, noise, level, { seed, clip }));
  const width = network.latentDim;
  const [drift, on, off] = [0, 1, 2].map(() => new Float32Array(width));
  for (let i = 0; i < noisy.length; i++) {
    const feature = i % width;
    const [before, after] = [Math.abs(clean[i]) > threshold, Math.abs(noisy[i]) > threshold];
    drift[feature] += Math.abs(noisy[i] - clean[i]) / places.length;
    if (after && !before) on[feature] += 1 / places.length;
    if (before && !after) off[feature] += 1 / places.length;
  }
  const active = activeOf(noisy, width, threshold);
  const woken = on.filter((share, i) => share > 0 && rate[i] === 0).length;
  return {
    digits: places.length,
    nonzero: meanOf(active),
    woken,
    active: shares(active, most),
    drift,
    on,
    off,
  };
}

/**
 * Digits of the gallery that make a feature fire: those for which its value is largest in size, and some at random.
 * @param {Asked & { index: number, seed: number, only?: "some" }} question `only` those at random
 * @param {Context} context
 */
export async function exciting({ model, digest, index, seed, only }, context) {
  const network = await withCode(model, context);
  expect(Number.isInteger(index) && index >= 0 && index < network.latentDim, "index is that of a feature");
  const found = await wholeFiring(network, { model, digest }, context);
  const labels = await labelsOf(context);
  const total = labels.length;
  /** @param {number[]} places */
  const valuesAt = async (places) => {
    const codes = await encodeAll(context, network, await digitsAt(context, places));
    return places.map((_, n) => codes[n * network.latentDim + index]);
  };
  /** @param {number[]} places @param {number[]} values */
  const digits = async (places, values) => ({
    images: await digitsAt(context, places),
    labels: places.map((n) => labels[n]),
    values,
  });
  const fires = found.rate[index] > 0;
  /** @type {number[]} */
  let most = [];
  if (fires && !only) {
    // An edition with a part of the gallery looks for its own.
    most = Array.from(found.exciting.subarray(index * EXCITING, (index + 1) * EXCITING));
    if (found.digits !== total) {
      const all = [...Array(total).keys()];
      const values = await valuesAt(all);
      most = all.sort((a, b) => Math.abs(values[b]) - Math.abs(values[a])).slice(0, EXCITING);
    }
  }
  // Digits are tried in a random order, so that the first that fire are a fair choice among all that do.
  const isThere = (/** @type {number} */ n) => found.classShare[index * CLASSES + labels[n]] > 0;
  const draws = new Generator(seed).rand(total);
  const tried = [...draws.keys()].filter((n) => fires && isThere(n)).sort((a, b) => draws[a] - draws[b]);
  /** @type {{ place: number, value: number }[]} */
  const some = [];
  const firing = Math.round(found.rate[index] * found.digits);
  const enough = Math.min(EXCITING, firing);
  for (let at = 0; at < tried.length && some.length < enough; at += BATCH) {
    const places = tried.slice(at, at + BATCH);
    const values = await valuesAt(places);
    places.forEach((place, n) => {
      if (Math.abs(values[n]) > found.threshold && some.length < enough)
        some.push({ place, value: values[n] });
    });
  }
  some.sort((a, b) => a.place - b.place);
  return {
    most: await digits(most, most.length ? await valuesAt(most) : []),
    some: await digits(
      some.map(({ place }) => place),
      some.map(({ value }) => value),
    ),
    isAll: firing <= EXCITING, // there are no others
  };
}
