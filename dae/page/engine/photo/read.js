/** All digits in a picture, as `dae.preprocessing.read` gives them. */

import { FAINTEST } from "../paper.js";
import { shaped } from "../pen.js";
import { boxOf } from "../raster.js";
import { greyLevels } from "./grey.js";
import { digitsIn, find, SMALL } from "./ink.js";

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
  const { ink, region, isSure } = find(greyLevels(rgba, width, height), network);
  const whole = shaped(ink);
  let written = Math.max(width, height) > SMALL ? digitsIn(ink) : [ink];
  let digits = written.map((each) => (each === ink ? whole : shaped(each)));
  if (isOneInPieces(ink, whole, digits, confidence)) [written, digits] = [[ink], [whole]];
  return {
    ink,
    region,
    digits,
    whole,
    boxes: written.map((each) => boxOf(each, FAINTEST)),
    isSure,
  };
}

/**
 * Whether pieces are one digit: all of the ink is clearly one, and they are not clearly more.
 * @param {import("../raster.js").Grey} ink
 * @param {Float32Array} whole all of the ink as one digit
 * @param {Float32Array[]} pieces
 * @param {(digit: Float32Array) => number} confidence
 */
function isOneInPieces(ink, whole, pieces, confidence) {
  if (pieces.length < 2) return false;
  const { top, bottom, left, right } = boxOf(ink, 0.3);
  if (right - left > MOST_WIDE * (bottom - top)) return false;
  const clear = confidence(whole);
  if (clear <= CONFIDENT) return false;
  if (pieces.length === 2) return true;
  const sum = pieces.reduce((all, piece) => all + confidence(piece), 0);
  return clear > sum / pieces.length + CLEARER;
}
