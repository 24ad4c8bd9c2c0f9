/** Clean points of the plane, as `dae.score2d.points` draws them: x and y in turn, y upwards. */

import { Generator } from "../rng.js";

const { fround } = Math;
const TURN = 2 * Math.PI;

/** D, A and E in a row: x and y in turn along each stroke. */
const LETTERS = [
  [-0.9, -0.35, -0.9, 0.35, -0.65, 0.35, -0.45, 0.15, -0.45, -0.15, -0.65, -0.35, -0.9, -0.35],
  [-0.25, -0.35, 0, 0.35, 0.25, -0.35],
  [-0.14, -0.05, 0.14, -0.05],
  [0.85, 0.35, 0.45, 0.35, 0.45, -0.35, 0.85, -0.35],
  [0.45, 0, 0.75, 0],
];
const LINES = LETTERS.flatMap((stroke) =>
  Array.from({ length: stroke.length / 2 - 1 }, (_, i) => stroke.slice(2 * i, 2 * i + 4)),
);
const LENGTHS = LINES.map(([a, b, c, d]) => Math.hypot(c - a, d - b));
const LENGTH = LENGTHS.reduce((sum, each) => sum + each, 0);

/** @param {number} place @returns {[number, number]} */
function onLetters(place) {
  let left = place * LENGTH;
  let line = 0;
  while (line < LINES.length - 1 && left >= LENGTHS[line]) left -= LENGTHS[line++];
  const [a, b, c, d] = LINES[line];
  const share = left / LENGTHS[line];
  return [a + share * (c - a), b + share * (d - b)];
}

/** A set's name -> a place in [0, 1) to a point: evenly along its curve, or among its centres. @type {Record<string, (place: number) => [number, number]>} */
const CURVES = {
  ring: (place) => [0.8 * Math.cos(TURN * place), 0.8 * Math.sin(TURN * place)],
  spiral: (place) => {
    const turn = Math.sqrt(place);
    return [0.9 * turn * Math.cos(2 * TURN * turn), 0.9 * turn * Math.sin(2 * TURN * turn)];
  },
  moons: (place) => {
    const angle = TURN * place;
    const [x, y] =
      place < 0.5
        ? [Math.cos(angle) - 0.5, Math.sin(angle) - 0.25]
        : [0.5 - Math.cos(angle - Math.PI), 0.25 - Math.sin(angle - Math.PI)];
    return [0.6 * x, 0.6 * y];
  },
  clusters: (place) => {
    const angle = TURN * (Math.floor(fround(5 * place)) / 5 + 0.25);
    return [0.75 * Math.cos(angle), 0.75 * Math.sin(angle)];
  },
  letters: onLetters,
};

/** Around the curve. */
const spreadOf = (/** @type {string} */ name) => (name === "clusters" ? 0.08 : 0.02);

/**
 * Clean points of one of the sets: `dae.score2d.points(name, count, seed)`.
 * @param {string} name @param {number} count at least 8 @param {number} seed
 */
export function points(name, count, seed) {
  const generator = new Generator(seed);
  const places = generator.rand(count);
  const noise = generator.randn(2 * count);
  const spread = spreadOf(name);
  return Float32Array.from(noise, (each, i) => CURVES[name](places[i >> 1])[i & 1] + fround(spread * each));
}

/** How far points that are drawn by hand may lie from the middle. */
export const REACH = 1.28;
const CELLS = 512; // along each axis: two numbers of nine bits, which three letters hold
const LETTERS_OF_64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

const cellOf = (/** @type {number} */ value) =>
  Math.min(CELLS - 1, Math.max(0, Math.floor(((value + REACH) / (2 * REACH)) * CELLS)));
const middleOf = (/** @type {number} */ cell) =>
  Number((((cell + 0.5) / CELLS) * 2 * REACH - REACH).toFixed(4));

/** A point drawn by hand as three letters of a link. @param {number} x @param {number} y */
export function written(x, y) {
  const both = cellOf(x) * CELLS + cellOf(y);
  return [both >> 12, (both >> 6) & 63, both & 63].map((each) => LETTERS_OF_64[each]).join("");
}

/** The points of a link's text, three letters each; what is left over at its end is none. @param {string} text */
export function read(text) {
  const found = new Float32Array(2 * Math.floor(text.length / 3));
  for (let i = 0; i < found.length / 2; i++) {
    let both = 0;
    for (const letter of text.slice(3 * i, 3 * i + 3)) both = 64 * both + LETTERS_OF_64.indexOf(letter);
    found[2 * i] = middleOf(Math.floor(both / CELLS));
    found[2 * i + 1] = middleOf(both % CELLS);
  }
  return found;
}

const COUNT = 500; // points of a set

/** The points of a set, or those of a link's text where the set is called drawn. @param {string} name @param {string} text @param {number} seed */
export const pointsOf = (name, text, seed) => (name === "drawn" ? read(text) : points(name, COUNT, seed));
