/**
 * The pad's drawing to a digit of 28x28: what `dae.shaping.drawing` makes of it, as MNIST's makers prepared
 * their digits. Its constants and steps are those of `dae/ink.py` and `dae/shaping.py`, which say why.
 */

import { EngineError } from "./errors.js";
import { clamp, SIDE } from "./noise.js";
import {
  BICUBIC,
  blur,
  boxOf,
  crop,
  distances,
  HAMMING,
  label,
  largestAround,
  resize,
  roundToEven,
} from "./raster.js";

/** @typedef {import("./raster.js").Grey} Grey */

const WORKING_SIDE = 448;
export const BOX_SIDE = 20;
const PAPER_TOLERANCE = 3;
export const FAINTEST = 0.02;
const MIN_CONTRAST = 0.04;
const SUPERSAMPLING = 4;
const SHARPENING_SIGMA = 2;
const EDGE_GAIN = 4;
const MIN_STROKE = 1.6;
const MAX_STROKE = 3;

const { fround } = Math;

/** @param {Float32Array} values */
function largest(values) {
  let most = -Infinity;
  for (let i = 0; i < values.length; i++) if (values[i] > most) most = values[i];
  return most;
}

/**
 * A drawing to a digit.
 *
 * @param {Float32Array | Uint8Array | Uint8ClampedArray} pixels grey, row by row; floats are in [0, 1]
 * @param {number} width at most 448, as the height
 * @param {number} height
 * @returns {Float32Array} 784 pixels in [0, 1], white ink on black
 * @throws {EngineError} `no_ink`, `too_much_ink` where the paper cannot be told, `bad_question`
 */
export function digitOf(pixels, width, height) {
  if (pixels.length !== width * height || Math.max(width, height) > WORKING_SIDE) {
    throw new EngineError("bad_question", {
      reason: `a grey picture of at most ${WORKING_SIDE} pixels a side`,
    });
  }
  if (!pixels.length) throw new EngineError("no_ink");
  const grey = new Float32Array(pixels);
  if (!(pixels instanceof Float32Array)) for (let i = 0; i < grey.length; i++) grey[i] /= 255;
  return shaped(inkOf({ width, height, pixels: grey }));
}

/**
 * Ink to a digit: its size and its place are those of MNIST's digits.
 * @param {Grey} ink some
 * @returns {Float32Array} 784 pixels in [0, 1], white ink on black
 */
export const shaped = (ink) => place(normaliseSize(ink));

/**
 * Where the paper is.
 * @param {Grey} picture
 * @param {number} leastEdge the share of the outermost pixels that are paper at least
 * @returns {Uint8Array} 1 where the picture is near to the paper's shade
 */
function paperOf({ width, height, pixels }, leastEdge) {
  const levels = new Uint8Array(pixels.length),
    counts = new Uint32Array(256);
  for (let i = 0; i < pixels.length; i++) {
    levels[i] = roundToEven(fround(pixels[i] * 255));
    counts[levels[i]]++;
  }
  const edge = [];
  for (let x = 0; x < width; x++) edge.push(levels[x], levels[levels.length - width + x]);
  for (let y = 0; y < height; y++) edge.push(levels[y * width], levels[y * width + width - 1]);
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
  /** @param {number} level */
  const isNear = (level) => Math.abs(level - paper) <= PAPER_TOLERANCE;
  const share = counts.reduce((sum, n, level) => sum + (isNear(level) ? n : 0), 0) / levels.length;
  if (edge.filter(isNear).length < leastEdge * edge.length || share < 0.3)
    throw new EngineError("too_much_ink");
  const near = levels; // in its place
  for (let i = 0; i < near.length; i++) near[i] = isNear(levels[i]) ? 1 : 0;
  return near;
}

/**
 * The ink on its paper, which is of one shade.
 * @param {Grey} picture
 * @param {number} [leastEdge] the share of the outermost pixels that are paper at least
 * @returns {Grey}
 * @throws {EngineError} `no_ink`, `too_much_ink` where the paper is another
 */
export function inkOf(picture, leastEdge = 0.6) {
  const { width, height, pixels } = picture;
  const near = paperOf(picture, leastEdge);
  const paper = new Float32Array(pixels.length);
  let count = 0,
    least = Infinity,
    most = -Infinity;
  for (let i = 0; i < pixels.length; i++) {
    const value = pixels[i];
    if (near[i]) paper[count++] = value;
    if (value < least) least = value;
    if (value > most) most = value;
  }
  const median = medianOf(paper.subarray(0, count));
  least = fround(least - median);
  most = fround(most - median);
  const sign = -least > most ? -1 : 1; // ink is darker than its paper, or brighter
  const contrast = Math.max(-least, most);
  if (contrast < MIN_CONTRAST) throw new EngineError("no_ink");
  const ink = new Float32Array(pixels.length);
  for (let i = 0; i < ink.length; i++)
    if (!near[i]) ink[i] = clamp((sign * fround(pixels[i] - median)) / contrast);
  return { width, height, pixels: withoutSpecks(ink, width) };
}

/** The middle value, or the mean of the two middle ones. @param {Float32Array} values some */
export function medianOf(values) {
  const own = values.slice(),
    half = own.length >> 1,
    upper = selected(own, half);
  if (own.length % 2) return upper;
  let lower = -Infinity; // what is before the place is not larger
  for (let i = 0; i < half; i++) if (own[i] > lower) lower = own[i];
  return fround((lower + upper) / 2);
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

/**
 * Ink without the connected parts that weigh less than 1 % of the heaviest.
 * @param {Float32Array} ink
 * @param {number} width
 */
function withoutSpecks(ink, width) {
  const mask = new Uint8Array(ink.length);
  for (let i = 0; i < ink.length; i++) if (ink[i] > FAINTEST) mask[i] = 1;
  const { labels, count } = label(mask, width);
  const weights = new Float64Array(count + 1);
  for (let i = 0; i < ink.length; i++) if (ink[i]) weights[labels[i]] += ink[i];
  const least = 0.01 * weights.reduce((most, weight) => Math.max(most, weight));
  const kept = new Float32Array(ink.length);
  for (let i = 0; i < ink.length; i++) if (ink[i] && weights[labels[i]] >= least) kept[i] = ink[i];
  return kept;
}

/**
 * The digit alone, its longer side 20 pixels, its brightest pixel 1.
 * @param {Grey} ink
 * @returns {Grey}
 */
function normaliseSize(ink) {
  const whole = boxOf(ink, FAINTEST);
  const isSmall = Math.max(ink.width, ink.height) <= 2 * SIDE;
  if (isSmall && [BOX_SIDE - 1, BOX_SIDE].includes(longerSide(whole))) return crop(ink, whole, 0); // a digit of MNIST
  const inked = boxOf(ink, 0.3),
    long = longerSide(inked);
  const margin = Math.ceil((3 * long) / BOX_SIDE); // for the tails of blur and for thicker strokes
  const around = crop(ink, inked, margin);
  const factor = (BOX_SIDE * SUPERSAMPLING) / long;
  const [width, height] = [around.width, around.height].map((side) =>
    Math.max(1, roundToEven(side * factor)),
  );
  const fine = normaliseStroke(sharpened(resize(around, width, height, factor < 1 ? HAMMING : BICUBIC)));
  const box = boxOf(fine, 0.3),
    shrink = BOX_SIDE / longerSide(box);
  const digit = resize(
    fine,
    Math.max(1, roundToEven((box.right - box.left) * shrink)),
    Math.max(1, roundToEven((box.bottom - box.top) * shrink)),
    HAMMING,
    box,
  );
  const most = largest(digit.pixels);
  return { ...digit, pixels: digit.pixels.map((value) => clamp(value) / most) };
}

/** @param {import("./raster.js").Box} box */
const longerSide = ({ top, bottom, left, right }) => Math.max(bottom - top, right - left);

/**
 * Blur undone, then a soft threshold.
 * @param {Grey} picture
 * @returns {Grey}
 */
function sharpened({ width, height, pixels }) {
  const most = largest(pixels);
  const fine = pixels.map((value) => clamp(value / most));
  const blurred = blur({ width, height, pixels: fine }, SHARPENING_SIGMA * SUPERSAMPLING).pixels;
  return {
    width,
    height,
    pixels: fine.map((value, i) => clamp((value + (value - blurred[i]) - 0.5) * EDGE_GAIN + 0.5)),
  };
}

/** The mean width of the strokes in a mask, in pixels. @param {ArrayLike<number>} mask @param {ArrayLike<number>} depth how far inside of them each pixel lies */
export function strokeWidth(mask, depth) {
  let sum = 0,
    size = 0;
  for (let i = 0; i < depth.length; i++) {
    sum += depth[i]; // it is 0 outside of the mask
    size += mask[i];
  }
  // Across a stroke of width w the depth rises from 1/2 to w/2 and falls again, so its mean is w/4 + 1/2.
  return 4 * (sum / size - 0.5);
}

/**
 * Strokes whose mean width is outside of MNIST's usual range, brought to the nearer limit.
 * @param {Grey} fine
 * @returns {Grey}
 */
function normaliseStroke({ width, height, pixels }) {
  const mask = pixels.map((value) => Number(value > 0.5));
  const depth = distances(mask, width, height);
  const stroke = strokeWidth(mask, depth) / SUPERSAMPLING;
  if (stroke < MIN_STROKE) {
    const outside = distances(
      mask.map((value) => 1 - value),
      width,
      height,
    );
    const reach = ((MIN_STROKE - stroke) / 2) * SUPERSAMPLING + 1;
    return { width, height, pixels: pixels.map((value, i) => Math.max(value, clamp(reach - outside[i]))) };
  }
  if (stroke > MAX_STROKE) {
    // In proportion to the depth of the stroke's middle: the thin parts of a digit must not break.
    const middle = largestAround(depth, width, height, Math.ceil((stroke * SUPERSAMPLING) / 2));
    const share = 1 - MAX_STROKE / stroke;
    const thinned = pixels.map((value, i) => Math.min(value, clamp(depth[i] - middle[i] * share + 0.5)));
    return { width, height, pixels: thinned };
  }
  return { width, height, pixels };
}

/**
 * A digit in its frame, its centre of mass nearest to (14, 14), nothing cut off.
 * @param {Grey} digit at most 28 pixels a side
 */
export function place({ width, height, pixels }) {
  let total = 0,
    down = 0,
    right = 0;
  pixels.forEach((value, i) => {
    total += value;
    down += value * Math.floor(i / width);
    right += value * (i % width);
  });
  /** @param {number} moment @param {number} side */
  const start = (moment, side) => Math.min(Math.max(roundToEven(SIDE / 2 - moment / total), 0), SIDE - side);
  const top = start(down, height),
    left = start(right, width);
  const frame = new Float32Array(SIDE * SIDE);
  for (let y = 0; y < height; y++) {
    frame.set(pixels.subarray(y * width, (y + 1) * width), (top + y) * SIDE + left);
  }
  return frame;
}
