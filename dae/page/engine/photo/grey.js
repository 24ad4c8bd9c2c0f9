/** A picture's pixels to its grey levels, opaque: as `dae/grey.py`, whose steps these are. */

import { EngineError } from "../errors.js";
import { boxOf } from "../raster.js";

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
  const count = width * height;
  const levels = new Uint8Array(count);
  for (let i = 0; i < count; i++) levels[i] = lightness(colours, 4 * i);
  // Lightness, or the channel with most contrast where ink and paper differ but in hue.
  const deviations = [0, 1, 2].map((channel) => deviation(colours, channel, 4));
  const most = Math.max(...deviations);
  const pixels = new Float32Array(count);
  if (deviation(levels, 0, 1) >= 0.4 * most) for (let i = 0; i < count; i++) pixels[i] = levels[i] / 255;
  else {
    const channel = deviations.indexOf(most);
    for (let i = 0; i < count; i++) pixels[i] = colours[4 * i + channel] / 255;
  }
  return { width, height, pixels };
}

/** ITU-R 601-2, in whole numbers. @param {Uint8ClampedArray} colours @param {number} at */
const lightness = (colours, at) =>
  (19595 * colours[at] + 38470 * colours[at + 1] + 7471 * colours[at + 2] + 32768) >> 16;

/** The standard deviation of every so many values. @param {ArrayLike<number>} values @param {number} first @param {number} step */
function deviation(values, first, step) {
  let sum = 0,
    squares = 0;
  for (let i = first; i < values.length; i += step) {
    sum += values[i];
    squares += values[i] ** 2;
  }
  const count = values.length / step;
  return Math.sqrt(Math.max(0, squares - sum ** 2 / count) / count);
}

/**
 * A picture on a paper that its ink stands out from.
 * @param {Uint8ClampedArray} rgba
 * @param {number} width
 * @param {number} height
 */
function onPaper(rgba, width, height) {
  const alpha = new Float32Array(width * height);
  for (let i = 0; i < alpha.length; i++) alpha[i] = rgba[4 * i + 3];
  let [least, most] = [255, 0];
  for (let i = 0; i < alpha.length; i++) {
    least = Math.min(least, alpha[i]);
    most = Math.max(most, alpha[i]);
  }
  if (least === 255) return rgba;
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
