/** All digits in a picture, as `dae.preprocessing.read` gives them. */

import { FAINTEST } from "../paper.js";
import { shaped } from "../pen.js";
import { boxOf } from "../raster.js";
import { greyLevels } from "./grey.js";
import { find, into, nearer, SMALL } from "./ink.js";
import { digitsIn } from "./parts.js";

/**
 * @typedef {object} Reading
 * @property {import("../raster.js").Grey} ink that was found, in [0, 1]
 * @property {import("../raster.js").Box} region what of the picture the ink covers, in its pixels
 * @property {Float32Array[]} digits 784 pixels each, in [0, 1], in reading order
 * @property {Float32Array} whole all of the ink as one digit
 * @property {import("../raster.js").Box[]} boxes of each digit, in pixels of the ink
 * @property {boolean} isSure else the ink was hard to tell from what is around it
 */

const MOST_WIDE = 1.2;
const CONFIDENT = 0.9;
const CLEARER = 0.05;

/**
 * @param {Uint8ClampedArray} rgba
 * @param {number} width at most 448, as the height
 * @param {number} height
 * @param {import("./ink.js").Look} network
 * @param {(digit: Float32Array) => number} confidence of the classifier that a picture shows a digit
 * @returns {Reading}
 * @throws {import("../errors.js").EngineError} `no_ink`
 */
export function read(rgba, width, height, network, confidence) {
  const grey = greyLevels(rgba, width, height);
  const found = find(grey, network);
  const whole = shaped(found.ink);
  const written = Math.max(width, height) > SMALL ? writtenIn(grey, found, network, confidence) : [found];
  return {
    ink: found.ink,
    region: found.region,
    digits: written.map(({ ink }) => (ink === found.ink ? whole : shaped(ink))),
    whole,
    boxes: written.map((one) => boxIn(found, one)),
    isSure: found.isSure,
  };
}

/**
 * Each digit of what was found, from nearer where there are several and it is small.
 * @param {import("../raster.js").Grey} grey
 * @param {import("./ink.js").Found} found
 * @param {import("./ink.js").Look} network
 * @param {(digit: Float32Array) => number} confidence
 */
function writtenIn(grey, found, network, confidence) {
  const pieces = separate(found.ink, confidence);
  if (pieces.length < 2) return [found];
  const written = pieces.flatMap((own) => {
    const near = nearer(grey, found, own, network);
    if (!near) return [];
    const inks = near.region === found.region ? [own] : separate(near.ink, confidence);
    return inks.map((ink) => ({ ...near, ink }));
  });
  return written.length ? written : pieces.map((ink) => ({ ...found, ink }));
}

/**
 * The ink of each digit; all of it where its pieces are one: it clearly is, and they are not clearly more.
 * @param {import("../raster.js").Grey} ink
 * @param {(digit: Float32Array) => number} confidence
 */
function separate(ink, confidence) {
  const pieces = digitsIn(ink);
  if (pieces.length < 2) return pieces;
  const { top, bottom, left, right } = boxOf(ink, 0.3);
  if (right - left > MOST_WIDE * (bottom - top)) return pieces;
  const clear = confidence(shaped(ink));
  if (clear <= CONFIDENT) return pieces;
  if (pieces.length === 2) return [ink];
  const sum = pieces.reduce((all, piece) => all + confidence(shaped(piece)), 0);
  return clear > sum / pieces.length + CLEARER ? [ink] : pieces;
}

/**
 * The box around one digit, in pixels of all of the ink.
 * @param {import("./ink.js").Found} found all of it
 * @param {import("./ink.js").Found} one
 * @returns {import("../raster.js").Box}
 */
function boxIn(found, one) {
  const box = boxOf(one.ink, FAINTEST);
  if (one.region === found.region) return box;
  return {
    top: Math.max(0, Math.trunc(into(one, found, box.top, "top"))),
    bottom: Math.min(found.ink.height, Math.ceil(into(one, found, box.bottom, "top"))),
    left: Math.max(0, Math.trunc(into(one, found, box.left, "left"))),
    right: Math.min(found.ink.width, Math.ceil(into(one, found, box.right, "left"))),
  };
}
