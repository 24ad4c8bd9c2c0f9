/** The gallery's codes by each network: worked out class by class, once, and kept as long as the network is. */

import { encodeAll } from "./answers.js";
import { PIXELS } from "./noise.js";

/**
 * @typedef {import("./answers.js").Context} Context
 * @typedef {import("./network.js").Network} Network
 */

export const CLASSES = 10;

/** @type {Map<number, Uint8Array>} */
const digits = new Map();
/** @type {WeakMap<Network, Map<number, Float32Array>>} */
const codes = new WeakMap();

/**
 * The digits of one class.
 * @param {Context} context
 * @param {number} digit the class
 * @returns {Promise<Uint8Array>} 784 grey values each
 * @throws {import("./errors.js").EngineError} `unreachable`
 */
export async function classOf(context, digit) {
  const known = digits.get(digit) ?? new Uint8Array(await context.file(`gallery/${digit}.bin`));
  digits.set(digit, known);
  return known;
}

/** @param {Uint8Array} grey @returns {Float32Array} in [0, 1] */
export const imagesOf = (grey) => Float32Array.from(grey, (value) => value / 255);

/**
 * The codes of one class.
 * @param {Context} context
 * @param {Network} network
 * @param {number} digit the class
 * @returns {Promise<Float32Array>} one row for each digit
 */
export async function classCodes(context, network, digit) {
  const known = codes.get(network) ?? new Map();
  codes.set(network, known);
  let found = known.get(digit);
  if (!found) {
    found = await encodeAll(context, network, imagesOf(await classOf(context, digit)));
    known.set(digit, found);
  }
  return found;
}

/** How many classes' codes are there. @param {Network} network */
export const encodedClasses = (network) => codes.get(network)?.size ?? 0;

/**
 * The codes of all classes, in their order.
 * @param {Context} context
 * @param {Network} network
 */
export async function galleryCodes(context, network) {
  const all = [];
  for (let digit = 0; digit < CLASSES; digit++) all.push(await classCodes(context, network, digit));
  return all;
}

/**
 * Some digits of the gallery.
 * @param {Context} context
 * @param {number[]} indices places in the whole gallery, which is in the order of its classes
 */
export async function digitsAt(context, indices) {
  const images = new Float32Array(indices.length * PIXELS);
  const perClass = (await classOf(context, 0)).length / PIXELS;
  for (const [n, index] of indices.entries()) {
    const grey = await classOf(context, Math.floor(index / perClass));
    const from = (index % perClass) * PIXELS;
    images.set(imagesOf(grey.subarray(from, from + PIXELS)), n * PIXELS);
  }
  return images;
}
