/** The ink on paper of one shade: as `dae/ink.py` and `dae/shaping.py`, whose constants these are. */

import { EngineError } from "./errors.js";
import { clamp } from "./noise.js";
import { label, roundToEven, wasm } from "./raster.js";

/** @typedef {import("./raster.js").Grey} Grey */

const PAPER_TOLERANCE = 3;
export const FAINTEST = 0.02;
const RULES = { leastContrast: 0.04, faintest: FAINTEST, speck: 0.01 };

/**
 * The shades of a picture's paper.
 * @param {Uint8Array} levels grey, row by row
 * @param {Uint32Array} counts how often there is each
 * @param {number} width
 * @param {number} leastEdge the share of the outermost pixels that are paper at least
 * @returns {Uint8Array} 1 for each level that is near to the paper's
 * @throws {EngineError} `too_much_ink`
 */
function paperOf(levels, counts, width, leastEdge) {
  const edge = [];
  for (let x = 0; x < width; x++) edge.push(levels[x], levels[levels.length - width + x]);
  for (let row = 0; row < levels.length; row += width) edge.push(levels[row], levels[row + width - 1]);
  const atEdge = new Uint32Array(256);
  for (const level of edge) atEdge[level]++;
  // The commonest shade, where the outermost pixels have as many votes as the whole picture.
  const votes = Float64Array.from(counts, (n, i) => atEdge[i] / edge.length + n / levels.length);
  let paper = 0,
    most = 0;
  for (let shade = 0; shade < 256; shade++) {
    let sum = 0;
    for (
      let near = Math.max(0, shade - PAPER_TOLERANCE);
      near <= Math.min(255, shade + PAPER_TOLERANCE);
      near++
    ) {
      sum += votes[near];
    }
    if (sum > most) [paper, most] = [shade, sum];
  }
  const isNear = Uint8Array.from(counts, (_, level) => Number(Math.abs(level - paper) <= PAPER_TOLERANCE));
  const share = counts.reduce((sum, n, level) => sum + isNear[level] * n, 0) / levels.length;
  const atPaper = edge.reduce((sum, level) => sum + isNear[level], 0);
  if (atPaper < leastEdge * edge.length || share < 0.3) throw new EngineError("too_much_ink");
  return isNear;
}

/**
 * The ink on its paper, which is of one shade, without the connected parts that weigh less than 1 % of the heaviest.
 * @param {Grey} picture
 * @param {number} [leastEdge] the share of the outermost pixels that are paper at least
 * @returns {Grey}
 * @throws {EngineError} `no_ink`, `too_much_ink` where the paper is another
 */
export function inkOf(picture, leastEdge = 0.6) {
  const { width, height } = picture;
  const pixels = inkOn(picture, (levels, counts) => paperOf(levels, counts, width, leastEdge), RULES);
  if (!pixels) throw new EngineError("no_ink");
  return { width, height, pixels };
}

/**
 * The ink of a picture, given which levels are paper.
 * @param {Grey} picture in [0, 1]
 * @param {(levels: Uint8Array, counts: Uint32Array) => Uint8Array} paperOf
 * @param {{ leastContrast: number, faintest: number, speck: number }} rules speck: a connected part of what is more than
 *   the faintest is one if it weighs less than this share of the heaviest
 * @returns {Float32Array | null} in [0, 1]; null where the contrast is less
 */
function inkOn(picture, paperOf, rules) {
  if (wasm) return wasm.inkOn(picture, paperOf, rules);
  const { width, pixels } = picture,
    { leastContrast, faintest, speck } = rules;
  const levels = new Uint8Array(pixels.length),
    counts = new Uint32Array(256);
  for (let i = 0; i < pixels.length; i++) {
    levels[i] = roundToEven(Math.fround(pixels[i] * 255));
    counts[levels[i]]++;
  }
  const isNear = paperOf(levels, counts);
  const paper = new Float32Array(pixels.length);
  let count = 0,
    least = Infinity,
    most = -Infinity;
  for (let i = 0; i < pixels.length; i++) {
    const value = pixels[i];
    if (isNear[levels[i]]) paper[count++] = value;
    if (value < least) least = value;
    if (value > most) most = value;
  }
  const median = medianOf(paper.subarray(0, count));
  least = Math.fround(least - median);
  most = Math.fround(most - median);
  const sign = -least > most ? -1 : 1; // ink is darker than its paper, or brighter
  const contrast = Math.max(-least, most);
  if (contrast < leastContrast) return null;
  const ink = new Float32Array(pixels.length),
    mask = new Uint8Array(pixels.length);
  for (let i = 0; i < ink.length; i++) {
    if (isNear[levels[i]]) continue;
    ink[i] = clamp((sign * Math.fround(pixels[i] - median)) / contrast);
    if (ink[i] > faintest) mask[i] = 1;
  }
  const { labels, count: parts } = label(mask, width);
  const weights = new Float64Array(parts + 1);
  for (let i = 0; i < ink.length; i++) if (ink[i]) weights[labels[i]] += ink[i];
  const heaviest = weights.reduce((most, weight) => Math.max(most, weight));
  for (let i = 0; i < ink.length; i++) if (ink[i] && !(weights[labels[i]] >= speck * heaviest)) ink[i] = 0;
  return ink;
}

/** The middle value, or the mean of the two middle ones. @param {Float32Array} values some */
export function medianOf(values) {
  const own = values.slice(),
    half = own.length >> 1,
    upper = selected(own, half);
  if (own.length % 2) return upper;
  let lower = -Infinity; // what is before the place is not larger
  for (let i = 0; i < half; i++) if (own[i] > lower) lower = own[i];
  return Math.fround((lower + upper) / 2);
}

/**
 * The value that would stand at a place if all were sorted: C. A. R. Hoare, 1961. They change their places.
 * @param {Float32Array} values
 * @param {number} place
 */
export function selected(values, place) {
  for (let first = 0, last = values.length - 1; first < last; ) {
    const pivot = values[(first + last) >> 1];
    let i = first,
      j = last;
    while (i <= j) {
      while (values[i] < pivot) i++;
      while (values[j] > pivot) j--;
      if (i > j) break;
      const value = values[i];
      values[i++] = values[j];
      values[j--] = value;
    }
    if (place <= j) last = j;
    else if (place >= i) first = i;
    else break;
  }
  return values[place];
}
