/** Codes to a plane and back, and what noise does to them: the questions of `dae/latent.py`, as kinds of the engine. */

import { countOf, decodeAll, encodeAll, expect } from "./answers.js";
import { EngineError } from "./errors.js";
import { CLASSES, classCodes, digitsAt, encodedClasses, galleryCodes } from "./gallery.js";
import { corrupt, PIXELS } from "./noise.js";
import { distance, lift, planeAtHand, planeOf, project } from "./planes.js";
import { Generator } from "./rng.js";

/**
 * @typedef {import("./answers.js").Context} Context
 * @typedef {import("./answers.js").NoiseChoice} NoiseChoice
 * @typedef {import("./network.js").Network} Network
 * @typedef {import("./planes.js").Space} Space
 */

const COPIES = 64; // noisy copies of one digit
const STEPS = 9; // of an interpolation, both ends included
const GRID = 20; // pictures along each side of a grid

/** @param {string} model @param {Context} context */
async function coded(model, context) {
  const network = await context.network(model);
  if (!network.hasCode) throw new EngineError("no_code");
  return network;
}

/**
 * The gallery on a network's plane. `plane` is null where its codes have to be worked out first, see `encodeClass`.
 * @param {Space} space
 * @param {Context} context
 */
async function plane(space, context) {
  const network = await coded(space.model, context);
  const isLong = encodedClasses(network) < CLASSES && !(await planeAtHand(network, space, context));
  const found = isLong ? null : await planeOf(network, space, context);
  return { plane: structuredClone(found), width: network.latentDim }; // what is answered is handed over
}

/**
 * Work out the codes of the gallery's digits of one class, and keep them.
 * @param {{ model: string, digit: number }} question
 * @param {Context} context
 * @returns {Promise<{ done: number }>} how much of the gallery is done, 0 to 1
 */
async function encodeClass({ model, digit }, context) {
  const network = await coded(model, context);
  await classCodes(context, network, digit);
  return { done: encodedClasses(network) / CLASSES };
}

/**
 * The decoder's pictures of places on the plane.
 * @param {Space & { places: ArrayLike<number> }} question
 * @param {Context} context
 */
async function decodePlaces({ places, ...space }, context) {
  const network = await coded(space.model, context);
  const codes = lift(await planeOf(network, space, context), places);
  return { images: await decodeAll(context, network, codes) };
}

/**
 * The decoder's pictures all over a plane, row by row from the top left.
 * @param {Space & { extent: number[] }} question extent: left, right, bottom, top
 * @param {Context} context
 */
async function decodeGrid({ extent: [left, right, bottom, top], ...space }, context) {
  const middle = (/** @type {number} */ i) => (i + 0.5) / GRID;
  const places = [...Array(GRID ** 2).keys()].flatMap((n) => [
    left + middle(n % GRID) * (right - left),
    top - middle(Math.floor(n / GRID)) * (top - bottom),
  ]);
  return { ...(await decodePlaces({ ...space, places }, context)), side: GRID };
}

// Noise and codes

/**
 * One digit and its noisy copies: their places, and how far noise moves the code (see `dae.latent.drift`).
 * @param {Space & NoiseChoice & { digit: Float32Array, level: number }} question
 * @param {Context} context
 */
async function cloud({ digit, noise, level, clip, seed, ...space }, context) {
  expect(countOf(digit, "digit") === 1, "digit is one image");
  const network = await coded(space.model, context);
  const plane = await planeOf(network, space, context);
  const clean = new Float32Array(COPIES * PIXELS);
  for (let n = 0; n < COPIES; n++) clean.set(digit, n * PIXELS);
  const copies = corrupt(clean, noise, level, { seed, clip });
  const code = await encodeAll(context, network, digit);
  const codes = await encodeAll(context, network, copies);
  let sum = 0;
  for (let n = 0; n < COPIES; n++) sum += distance(code, 0, codes, n, network.latentDim);
  return {
    place: Array.from(project(plane, code)),
    places: project(plane, codes),
    drift: plane.scale > 0 ? sum / COPIES / plane.scale : NaN,
    noisy: copies.slice(0, PIXELS),
  };
}

/**
 * The gallery's digits whose codes are nearest to that of a digit, the nearest first.
 * @param {{ model: string, digit: Float32Array, count: number, leaveOut?: number }} question leaveOut: an index that
 *   shall not be its own neighbour
 * @param {Context} context
 */
async function neighbours({ model, digit, count, leaveOut = -1 }, context) {
  expect(countOf(digit, "digit") === 1, "digit is one image");
  const network = await coded(model, context);
  const code = await encodeAll(context, network, digit);
  /** @type {{ index: number, distance: number }[]} */
  const found = [];
  const width = network.latentDim;
  for (const part of await galleryCodes(context, network)) {
    await context.turn();
    for (let i = 0; i < part.length / width; i++) {
      found.push({ index: found.length, distance: distance(code, 0, part, i, width) });
    }
  }
  const near = found
    .filter(({ index }) => index !== leaveOut)
    .sort((a, b) => a.distance - b.distance || a.index - b.index)
    .slice(0, count);
  return { indices: near.map(({ index }) => index), distances: near.map((each) => each.distance) };
}

/**
 * Even steps on the straight line between two rows, both ends included.
 * @param {Float32Array} start @param {Float32Array} end
 */
function interpolate(start, end) {
  const rows = new Float32Array(STEPS * start.length);
  for (let step = 0; step < STEPS; step++) {
    const weight = step / (STEPS - 1);
    for (let i = 0; i < start.length; i++)
      rows[step * start.length + i] = (1 - weight) * start[i] + weight * end[i];
  }
  return rows;
}

/**
 * From one digit to another, through the codes and through the pixels.
 * @param {{ model: string, start: Float32Array, end: Float32Array }} question
 * @param {Context} context
 */
async function between({ model, start, end }, context) {
  expect(countOf(start, "start") === 1 && countOf(end, "end") === 1, "start and end are one image each");
  const network = await coded(model, context);
  const [first, last] = [await encodeAll(context, network, start), await encodeAll(context, network, end)];
  return {
    code: await decodeAll(context, network, interpolate(first, last)),
    pixel: interpolate(start, end),
  };
}

// Digits out of nothing

/**
 * Pictures of codes drawn from N(0, I), the prior of a variational network.
 * @param {{ model: string, count: number, seed: number }} question
 * @param {Context} context
 */
async function samples({ model, count, seed }, context) {
  const network = await coded(model, context);
  const codes = new Generator(seed).randn(count * network.latentDim);
  return { images: await decodeAll(context, network, codes) };
}

/**
 * The inverse of the normal distribution function, by Newton's method on Marsaglia's series (J. Stat. Soft. 11(4), 2004).
 * @param {number} share in (0, 1), not nearer than 1e-9 to its ends
 */
export function quantile(share) {
  let x = 0;
  for (let step = 0; step < 50; step++) {
    let [term, sum] = [x, x];
    for (let i = 3; Math.abs(term) > 1e-17 * Math.abs(sum); i += 2) {
      term *= (x * x) / i;
      sum += term;
    }
    const density = Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
    const change = (0.5 + density * sum - share) / density;
    x -= Math.max(-1, Math.min(1, change));
    if (Math.abs(change) < 1e-14) break;
  }
  return x;
}

/**
 * Pictures of equally probable codes of the prior N(0, I), as `dae.latent.manifold`.
 * @param {Space} space
 * @param {Context} context
 */
async function manifold(space, context) {
  const network = await coded(space.model, context);
  const { axes } = await planeOf(network, space, context);
  const at = [...Array(GRID).keys()].map((i) => quantile((i + 0.5) / GRID));
  const places = at.flatMap((_, row) => at.flatMap((x) => [x, at[GRID - 1 - row]]));
  const codes = lift({ mean: new Float32Array(network.latentDim), axes }, places);
  return { images: await decodeAll(context, network, codes), side: GRID };
}

// A batch of codes as a picture

/** @type {WeakMap<Network, Float32Array>} the clean codes of the batch that was asked for last */
const cleanBatches = new WeakMap();

/** @param {Float32Array} values @param {number} share with linear interpolation, as torch.quantile */
function quantileOf(values, share) {
  const sorted = values.slice().sort();
  const at = share * (sorted.length - 1);
  const [low, high] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]];
  return low + (at % 1) * (high - low);
}

/**
 * The codes of many digits, evenly over the gallery, clean and noisy: of the values that vary most, in units of `scale`.
 * @param {Space & NoiseChoice & { level: number, count: number, units: number }} question
 * @param {Context} context
 * @returns {Promise<{ clean: Float32Array, noisy: Float32Array, shown: number, scale: number, classes: number[] }>} one
 *   row for each of the `shown` values, one column for each digit; how many digits each class has
 */
async function batch({ model, perClass, noise, level, clip, seed, count, units }, context) {
  const network = await coded(model, context);
  const width = network.latentDim;
  const last = CLASSES * perClass - 1;
  const indices = [...Array(count).keys()].map((n) => Math.round((n * last) / (count - 1)));
  const images = await digitsAt(context, indices);
  let clean = cleanBatches.get(network);
  if (clean?.length !== count * width) {
    clean = await encodeAll(context, network, images);
    cleanBatches.set(network, clean);
  }
  const noisy = await encodeAll(context, network, corrupt(images, noise, level, { seed, clip }));
  await context.turn();
  const spread = [...Array(width).keys()].map((unit) => {
    let [sum, squares] = [0, 0];
    for (let n = 0; n < count; n++) sum += clean[n * width + unit];
    for (let n = 0; n < count; n++) squares += (clean[n * width + unit] - sum / count) ** 2;
    return { unit, squares };
  });
  const chosen = spread
    .sort((a, b) => b.squares - a.squares)
    .slice(0, units)
    .map(({ unit }) => unit)
    .sort((a, b) => a - b);
  /** @param {Float32Array} codes */
  const rows = (codes) => {
    const values = new Float32Array(chosen.length * count);
    chosen.forEach((unit, row) => {
      for (let n = 0; n < count; n++) values[row * count + n] = codes[n * width + unit];
    });
    return values;
  };
  const [cleanRows, noisyRows] = [rows(clean), rows(noisy)];
  const scale = quantileOf(cleanRows.map(Math.abs), 0.995) || 1;
  const classes = Array(CLASSES).fill(0);
  for (const index of indices) classes[Math.floor(index / perClass)]++;
  const scaled = (/** @type {Float32Array} */ values) => values.map((value) => value / scale);
  return { clean: scaled(cleanRows), noisy: scaled(noisyRows), shown: chosen.length, scale, classes };
}

export const KINDS = {
  plane,
  encodeClass,
  decodePlaces,
  decodeGrid,
  cloud,
  neighbours,
  between,
  samples,
  manifold,
  batch,
};
