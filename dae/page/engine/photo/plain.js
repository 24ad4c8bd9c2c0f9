/** What is plainly done to a photo, beside which the network's reading is shown: as `dae/photo_quality.py`. */

import { BOX_SIDE, place } from "../pen.js";
import { boxOf, crop, resize, roundToEven } from "../raster.js";

/** @typedef {import("../raster.js").Grey} Grey */

const SIDE = 28;
/** The mean of what lies under a pixel. @type {import("../raster.js").Filter} */
const BOX = { support: 0.5, at: (x) => Number(x > -0.5 && x <= 0.5) };

/** @param {ArrayLike<number>} values */
function meanOf(values) {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return sum / values.length;
}

/** The level that parts dark from light best: N. Otsu, 1979. @param {Uint8Array} levels of more than one shade */
function thresholdOf(levels) {
  const counts = new Float64Array(256);
  let sum = 0;
  for (const level of levels) {
    counts[level]++;
    sum += level;
  }
  let [below, sumBelow, most, best] = [0, 0, -1, 0];
  for (let level = 0; level < 256; level++) {
    below += counts[level];
    sumBelow += counts[level] * level;
    const above = levels.length - below;
    if (!below || !above) continue;
    const variance = below * above * (sumBelow / below - (sum - sumBelow) / above) ** 2;
    if (variance > most) [most, best] = [variance, level];
  }
  return best;
}

/**
 * One threshold for all of a photo, and a crop.
 * @param {Grey} grey of more than one shade
 * @returns {Float32Array} 784 pixels in [0, 1]
 */
export function otsu({ width, height, pixels }) {
  const levels = Uint8Array.from(pixels, (value) => roundToEven(255 * value));
  const threshold = thresholdOf(levels);
  let ink = Float32Array.from(levels, (level) => Number(level > threshold));
  if (meanOf(ink) > 0.5) ink = ink.map((value) => 1 - value);
  const picture = { width, height, pixels: ink };
  const digit = crop(picture, boxOf(picture, 0.5), 0);
  const scale = BOX_SIDE / Math.max(digit.width, digit.height);
  const [wide, high] = [digit.width, digit.height].map((side) => Math.max(1, roundToEven(side * scale)));
  return place(resize(digit, wide, high, BOX));
}

/**
 * A photo scaled down, and where most of it is light turned to white on black.
 * @param {Grey} grey
 * @returns {Float32Array} 784 pixels in [0, 1]
 */
export function resized(grey) {
  const small = resize(grey, SIDE, SIDE, BOX).pixels;
  return meanOf(small) > 0.5 ? small.map((value) => 1 - value) : small.slice();
}
