/** A picture's pixels to its grey levels, opaque: as `dae/grey.py`, whose steps these are. */

import { EngineError } from "../errors.js";
import { boxOf, wasm } from "../raster.js";

/** @typedef {import("../raster.js").Grey} Grey */

/**
 * Grey levels of a picture.
 * @param {Uint8ClampedArray} rgba four bytes for each pixel, row by row, not premultiplied
 * @param {number} width
 * @param {number} height
 * @returns {Grey} in [0, 1]
 * @throws {EngineError} `no_ink` where it is wholly transparent
 */
export function greyLevels(rgba, width, height) {
  const colours = onPaper(rgba, width, height);
  const { pixels, counts } = wasm ? wasm.lightnessOf(colours) : lightnessOf(colours);
  // Lightness, or the channel with most contrast where ink and paper differ but in hue.
  const [all, ...deviations] = [3, 0, 1, 2].map((kind) =>
    deviation(counts.subarray(256 * kind, 256 * (kind + 1))),
  );
  const most = Math.max(...deviations);
  if (all >= 0.4 * most) return { width, height, pixels };
  const channel = deviations.indexOf(most);
  for (let i = 0; i < pixels.length; i++) pixels[i] = colours[4 * i + channel] / 255;
  return { width, height, pixels };
}

/**
 * Lightness by ITU-R 601-2, in whole numbers.
 * @param {Uint8ClampedArray} colours
 * @returns {{ pixels: Float32Array, counts: Uint32Array }} in [0, 1]; how often there is each of the 256 levels of red, of
 *   green, of blue and of it
 */
function lightnessOf(colours) {
  const pixels = new Float32Array(colours.length / 4),
    counts = new Uint32Array(4 * 256);
  for (let i = 0, at = 0; i < pixels.length; i++, at += 4) {
    const [red, green, blue] = [colours[at], colours[at + 1], colours[at + 2]];
    const level = (19595 * red + 38470 * green + 7471 * blue + 32768) >> 16;
    counts[red]++;
    counts[256 + green]++;
    counts[512 + blue]++;
    counts[768 + level]++;
    pixels[i] = level / 255;
  }
  return { pixels, counts };
}

/** The standard deviation of levels. @param {Uint32Array} counts how often there is each */
function deviation(counts) {
  let count = 0,
    sum = 0,
    squares = 0;
  counts.forEach((times, level) => {
    count += times;
    sum += times * level;
    squares += times * level ** 2;
  });
  return Math.sqrt(Math.max(0, squares - sum ** 2 / count) / count);
}

/**
 * A picture on a paper that its ink stands out from.
 * @param {Uint8ClampedArray} rgba
 * @param {number} width
 * @param {number} height
 */
function onPaper(rgba, width, height) {
  let isOpaque = true;
  for (let i = 3; isOpaque && i < rgba.length; i += 4) isOpaque = rgba[i] === 255;
  if (isOpaque) return rgba;
  const alpha = new Float32Array(width * height);
  for (let i = 0; i < alpha.length; i++) alpha[i] = rgba[4 * i + 3];
  const most = alpha.reduce((largest, value) => Math.max(largest, value));
  if (most === 0) throw new EngineError("no_ink");
  const paper = paperFor(rgba, { width, height, pixels: alpha }, most / 2);
  const colours = new Uint8ClampedArray(rgba.length);
  for (let i = 0; i < rgba.length; i++) {
    const channel = i & 3,
      share = alpha[i >> 2];
    const mixed = rgba[i] * share + (paper[channel] ?? 255) * (255 - share) + 128;
    colours[i] = ((mixed >> 8) + mixed) >> 8;
  }
  return colours;
}

/**
 * @param {Uint8ClampedArray} rgba
 * @param {Grey} alpha
 * @param {number} threshold
 * @returns {number[]} red, green, blue
 */
function paperFor(rgba, alpha, threshold) {
  /** @type {number[][]} */
  const channels = [[], [], []];
  alpha.pixels.forEach((value, i) => {
    if (value > threshold) for (const [c, channel] of channels.entries()) channel.push(rgba[4 * i + c]);
  });
  const [red, green, blue] = channels,
    count = red.length;
  const means = red.map((value, i) => (value + green[i] + blue[i]) / 3);
  const mean = means.reduce((sum, value) => sum + value, 0) / count;
  const spread = Math.sqrt(means.reduce((sum, value) => sum + (value - mean) ** 2, 0) / count);
  const { top, bottom, left, right } = boxOf(alpha, threshold);
  if (count / ((bottom - top) * (right - left)) > 0.75 && spread > 0.05 * 255) return channels.map(middle); // a card
  return mean < 128 ? [255, 255, 255] : [0, 0, 0]; // nothing but ink
}

/** The median as a whole number. @param {number[]} values */
function middle(values) {
  const sorted = Float64Array.from(values).sort(),
    half = sorted.length >> 1;
  return Math.trunc(sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2);
}
