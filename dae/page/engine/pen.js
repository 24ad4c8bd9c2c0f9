/**
 * The pad's drawing to a digit of 28x28: what `dae.shaping.drawing` makes of it, as MNIST's makers prepared
 * their digits. Its constants and steps are those of `dae/ink.py` and `dae/shaping.py`, which say why.
 */

import { EngineError } from "./errors.js";
import { clamp, SIDE } from "./noise.js";
import { FAINTEST, inkOf } from "./paper.js";
import {
  BICUBIC,
  blur,
  boxOf,
  crop,
  distances,
  HAMMING,
  largestAround,
  longerSide,
  resize,
  roundToEven,
} from "./raster.js";

/** @typedef {import("./raster.js").Grey} Grey */

const WORKING_SIDE = 448;
export const BOX_SIDE = 20;
const SUPERSAMPLING = 4;
const SHARPENING_SIGMA = 2;
const EDGE_GAIN = 4;
const MIN_STROKE = 1.6;
const MAX_STROKE = 3;

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
  const mask = new Uint8Array(pixels.map((value) => Number(value > 0.5)));
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
