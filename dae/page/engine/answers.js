/**
 * What the engine can be asked: each kind is a function of its question.
 *
 * Images are `Float32Array(n * 784)` in [0, 1], codes `Float32Array(n * latentDim)`. Kinds work in slices of a few
 * milliseconds and let others in between (`context.turn`).
 */

import { EngineError } from "./errors.js";
import { figures } from "./metrics.js";
import { corrupt, PIXELS } from "./noise.js";
import { digitOf } from "./pen.js";

/**
 * @typedef {import("./network.js").Network} Network
 * @typedef {import("./verdict.js").Verdict} Verdict
 * @typedef {import("./metrics.js").Figures} Figures
 *
 * @typedef {object} Context what a kind can use, given by the worker
 * @property {(name: string) => Promise<Network>} network a shipped network or one of the visitor's own
 * @property {() => Promise<import("./verdict.js").Classifier>} classifier
 * @property {() => Promise<void>} quickRaster
 * @property {() => Promise<import("./photo/network.js").PhotoNetwork>} photoNetwork
 * @property {(path: string) => Promise<ArrayBuffer>} file relative to the page's base
 * @property {() => Promise<void>} turn lets more urgent questions go first; rejects where this one was overtaken
 * @property {(name: string, bytes: ArrayBuffer) => Promise<Network>} addModel
 * @property {(name: string) => void} removeModel
 *
 * @typedef {object} NoiseChoice
 * @property {string} noise a key of the noises
 * @property {boolean} [clip] Gaussian only; true unless given
 * @property {number} seed
 */

const SLICE_MS = 4;
const MOST = 64; // images at once
const SHORT = 4; // images that a slice of the rest may hold: metrics and verdicts

/**
 * @param {unknown} condition
 * @param {string} reason for the developer
 * @returns {asserts condition}
 */
export function expect(condition, reason) {
  if (!condition) throw new EngineError("bad_question", { reason });
}

/**
 * @param {Float32Array} images
 * @param {string} name
 * @returns {number} how many there are
 */
export function countOf(images, name) {
  const count = images instanceof Float32Array ? images.length / PIXELS : NaN;
  expect(Number.isInteger(count) && count > 0, `${name} is a Float32Array of n * ${PIXELS} values`);
  return count;
}

/** @param {Float32Array} images @param {number} i */
const image = (images, i) => images.subarray(i * PIXELS, (i + 1) * PIXELS);

/**
 * Work on rows in slices.
 *
 * @param {Context} context
 * @param {Network} network whose slice is fitted to how quick it proves to be
 * @param {Float32Array} rows
 * @param {number} width of each row
 * @param {(rows: Float32Array) => Float32Array} work some rows to as many
 * @returns {Promise<Float32Array>}
 */
export async function inSlices(context, network, rows, width, work) {
  const parts = [],
    count = rows.length / width;
  for (let done = 0; done < count; ) {
    await context.turn();
    const size = Math.min(network.slice, count - done),
      start = performance.now();
    parts.push(work(rows.subarray(done * width, (done + size) * width)));
    const fitting = (size * SLICE_MS) / Math.max(0.01, performance.now() - start);
    network.slice = Math.max(1, Math.min(MOST, Math.floor(fitting)));
    done += size;
  }
  if (parts.length === 1) return parts[0];
  const all = new Float32Array(parts.reduce((length, part) => length + part.length, 0));
  let place = 0;
  for (const part of parts) {
    all.set(part, place);
    place += part.length;
  }
  return all;
}

/** @param {Context} context @param {Network} network @param {Float32Array} images */
export const restoreAll = (context, network, images) =>
  inSlices(context, network, images, PIXELS, (part) => network.restore(part));

/** @param {Context} context @param {Network} network @param {Float32Array} images */
export const encodeAll = (context, network, images) =>
  inSlices(context, network, images, PIXELS, (part) => network.encode(part));

/** @param {Context} context @param {Network} network @param {Float32Array} codes */
export const decodeAll = (context, network, codes) =>
  inSlices(context, network, codes, network.latentDim, (part) => network.decode(part));

/**
 * Something of each image in turn.
 * @template T
 * @param {Context} context
 * @param {number} count
 * @param {(i: number) => T} work
 */
async function eachImage(context, count, work) {
  const results = [];
  for (let i = 0; i < count; i++) {
    if (i % SHORT === 0 && i) await context.turn();
    results.push(work(i));
  }
  return results;
}

/** @param {Context} context @returns {Promise<import("./verdict.js").Classifier | null>} null where it cannot be had */
const classifierOrNone = (context) => context.classifier().catch(() => null);

/**
 * The stage of one digit. Without `model`, or with one that cannot be loaded, there is what needs no network and the
 * code of what is missing.
 *
 * @param {NoiseChoice & { model?: string | null, digit: Float32Array, level: number, passes?: number }} question
 * @param {Context} context
 */
async function stage({ model, digit, noise, level, clip, seed, passes: count = 1 }, context) {
  expect(countOf(digit, "digit") === 1, "digit is one image");
  expect(Number.isInteger(count) && count >= 1, "passes is a whole number of at least 1");
  const noisy = corrupt(digit, noise, level, { seed, clip });
  const [classifier, network] = await Promise.all([
    classifierOrNone(context),
    model ? context.network(model).catch((/** @type {EngineError} */ error) => error) : null,
  ]);
  await context.turn();
  const verdicts = classifier && { clean: classifier.verdict(digit), noisy: classifier.verdict(noisy) };
  const start = { noisy, figures: { noisy: figures(noisy, digit) }, verdicts };
  if (!network) return { ...start, lacks: /** @type {const} */ ("no_model") };
  if (network instanceof Error) {
    if (!(network instanceof EngineError)) throw network;
    return { ...start, lacks: network.code };
  }
  /** @type {Float32Array[]} */
  const passes = [];
  for (let i = 0; i < count; i++) passes.push(await restoreAll(context, network, passes[i - 1] ?? noisy));
  const restored = passes[count - 1];
  const passFigures = passes.map((each) => figures(each, digit));
  return {
    noisy,
    passes,
    restored,
    error: restored.map((value, i) => value - digit[i]),
    figures: { ...start.figures, restored: passFigures[count - 1], passes: passFigures },
    verdicts: classifier && verdicts && { ...verdicts, restored: classifier.verdict(restored) },
  };
}

/**
 * One digit at several levels, with the same draw.
 *
 * @param {NoiseChoice & { model: string, digit: Float32Array, levels: ArrayLike<number> }} question
 * @param {Context} context
 */
async function strip({ model, digit, noise, clip, seed, levels }, context) {
  expect(countOf(digit, "digit") === 1, "digit is one image");
  const count = levels.length;
  expect(count > 0, "levels holds at least one level");
  const network = await context.network(model);
  const noisy = new Float32Array(count * PIXELS);
  for (let i = 0; i < count; i++) noisy.set(corrupt(digit, noise, levels[i], { seed, clip }), i * PIXELS);
  const restored = await restoreAll(context, network, noisy);
  return {
    noisy,
    restored,
    figures: {
      noisy: await eachImage(context, count, (i) => figures(image(noisy, i), digit)),
      restored: await eachImage(context, count, (i) => figures(image(restored, i), digit)),
    },
  };
}

/**
 * @param {NoiseChoice & { images: Float32Array, level: number | ArrayLike<number> }} question
 */
async function corruptImages({ images, noise, level, clip, seed }) {
  countOf(images, "images");
  return { noisy: corrupt(images, noise, level, { seed, clip }) };
}

/** @param {{ model: string, images: Float32Array, passes?: number }} question @param {Context} context */
async function restore({ model, images, passes = 1 }, context) {
  countOf(images, "images");
  const network = await context.network(model);
  let restored = images;
  for (let i = 0; i < passes; i++) restored = await restoreAll(context, network, restored);
  return { restored };
}

/** @param {{ model: string, images: Float32Array }} question @param {Context} context */
async function encode({ model, images }, context) {
  countOf(images, "images");
  const network = await context.network(model);
  return { codes: await encodeAll(context, network, images), latentDim: network.latentDim };
}

/** @param {{ model: string, codes: Float32Array }} question @param {Context} context */
async function decode({ model, codes }, context) {
  const network = await context.network(model);
  if (!network.hasCode) throw new EngineError("no_code");
  const count = codes.length / network.latentDim;
  expect(Number.isInteger(count) && count > 0, `codes is a Float32Array of n * ${network.latentDim} values`);
  return { images: await decodeAll(context, network, codes) };
}

/** @param {{ images: Float32Array }} question @param {Context} context */
async function verdict({ images }, context) {
  const count = countOf(images, "images"),
    classifier = await context.classifier();
  return { verdicts: await eachImage(context, count, (i) => classifier.verdict(image(images, i))) };
}

/**
 * @param {{ images: Float32Array, clean: Float32Array }} question `clean` is one image, or one for each
 * @param {Context} context
 */
async function metrics({ images, clean }, context) {
  const count = countOf(images, "images"),
    references = countOf(clean, "clean");
  expect(references === 1 || references === count, "clean is one image, or one for each");
  return {
    figures: await eachImage(context, count, (i) =>
      figures(image(images, i), image(clean, references === 1 ? 0 : i)),
    ),
  };
}

/** @param {Network} network */
const described = ({ info, config, latentDim, parameters, hasCode, bytes }) => ({
  info,
  config,
  latentDim,
  parameters,
  hasCode,
  bytes,
});

/** @param {{ model: string }} question @param {Context} context */
const info = async ({ model }, context) => described(await context.network(model));

/** @param {{ name: string, bytes: ArrayBuffer }} question @param {Context} context */
const addModel = async ({ name, bytes }, context) => described(await context.addModel(name, bytes));

/** @param {{ name: string }} question @param {Context} context */
async function removeModel({ name }, context) {
  context.removeModel(name);
  return {};
}

/**
 * The pad's drawing to a digit. The kernels of raster.c give the same: the first moves of a pen do not wait for them.
 * @param {{ pixels: Float32Array | Uint8ClampedArray | Uint8Array, width: number, height: number }} question
 * @param {Context} context
 */
async function pen({ pixels, width, height }, context) {
  context.quickRaster();
  return digitOf(pixels, width, height);
}

/**
 * All digits in a picture.
 * @param {{ rgba: Uint8ClampedArray, width: number, height: number }} question of at most 448 pixels a side
 * @param {Context} context
 */
async function photo({ rgba, width, height }, context) {
  expect(rgba.length === 4 * width * height, "four bytes for each pixel");
  const [{ read }, network, classifier] = await Promise.all([
    import("./photo/read.js"),
    context.photoNetwork(),
    classifierOrNone(context),
  ]);
  await context.turn();
  const confidence = (/** @type {Float32Array} */ digit) => classifier?.verdict(digit).confidence ?? 0;
  return read(rgba, width, height, (shown) => network.ink(shown), confidence);
}

export const KINDS = {
  stage,
  strip,
  corrupt: corruptImages,
  restore,
  encode,
  decode,
  verdict,
  metrics,
  info,
  pen,
  photo,
  addModel,
  removeModel,
};
