/** The light on a picture's paper, and the picture without it: as `dae.grey.in_even_light`. */

import { EngineError } from "../errors.js";
import { clamp } from "../noise.js";
import { inkOf } from "../paper.js";

/** @typedef {import("../raster.js").Grey} Grey */

const SAMPLES = 48;
const TOLERANCE = 3 / 255;
const LEAST_LIT = 0.5;
const LEAST = 0.1;
const TERMS = 6;
const EVEN_EDGE = 0.9; // as in `dae/ink.py`

/** @param {number} x @param {number} y */
const termsAt = (x, y) => [1, x, y, x * x, x * y, y * y];

/** @param {number} place @param {number} side */
const at = (place, side) => (side > 1 ? -1 + (2 * place) / (side - 1) : -1);

/**
 * The ink on paper of one shade that light falls off on.
 * @param {Grey} grey
 * @returns {Grey | null} null where it is not of that kind
 */
export function inkInUnevenLight(grey) {
  try {
    const even = inEvenLight(grey);
    return even && inkOf(even, EVEN_EDGE);
  } catch (error) {
    if (error instanceof EngineError) return null; // the network may see more
    throw error;
  }
}

/**
 * A picture as if its paper lay in even light.
 * @param {Grey} grey
 * @returns {Grey | null} null where it is no such paper, or too dark to say
 */
function inEvenLight({ width, height, pixels }) {
  const step = Math.max(1, Math.floor(Math.max(width, height) / SAMPLES));
  const [across, down] = [Math.ceil(width / step), Math.ceil(height / step)];
  /** @type {{ terms: number[], level: number, isEdge: boolean }[]} */
  const samples = [];
  for (let row = 0; row < down; row++) {
    for (let column = 0; column < across; column++) {
      const [x, y] = [column * step, row * step];
      samples.push({
        terms: termsAt(at(x, width), at(y, height)),
        level: pixels[y * width + x],
        isEdge: row === 0 || column === 0 || row === down - 1 || column === across - 1,
      });
    }
  }
  const edge = samples.filter(({ isEdge }) => isEdge);
  let surface = fitted(edge);
  for (let number = 0; number < 9; number++) {
    const now = surface;
    const apart = (/** @type {typeof samples[number]} */ { terms, level }) =>
      Math.abs(level - sum(terms, now));
    const most = Math.max(TOLERANCE, 2 * middle(edge.map(apart)));
    surface = fitted((number < 6 ? edge : samples).filter((sample) => apart(sample) <= most));
  }
  const isLit = (/** @type {typeof samples[number]} */ { terms, level }) =>
    Math.abs(level - sum(terms, surface)) <= TOLERANCE;
  if (edge.filter(isLit).length < LEAST_LIT * edge.length) return null;
  const even = new Float32Array(width * height);
  const [one, right, below, right2, both, below2] = surface;
  const usual = middle(samples.map(({ terms }) => sum(terms, surface)));
  let least = Infinity;
  for (let row = 0, i = 0; row < height; row++) {
    const y = at(row, height);
    for (let column = 0; column < width; column++, i++) {
      const x = at(column, width);
      const light = one + right * x + below * y + right2 * x * x + both * x * y + below2 * y * y;
      if (light < least) least = light;
      even[i] = clamp((pixels[i] / light) * usual);
    }
  }
  if (!(least >= LEAST)) return null;
  return { width, height, pixels: even };
}

/** @param {number[]} terms @param {number[]} surface */
function sum(terms, surface) {
  let all = 0;
  for (let i = 0; i < TERMS; i++) all += terms[i] * surface[i];
  return all;
}

/** @param {number[]} values */
function middle(values) {
  const sorted = values.sort((a, b) => a - b),
    half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

/**
 * The surface by least squares: the normal equations, by Gaussian elimination with pivots.
 * @param {{ terms: number[], level: number }[]} samples
 */
function fitted(samples) {
  const rows = Array.from({ length: TERMS }, (_, i) =>
    Array.from({ length: TERMS + 1 }, (_, j) => (i === j ? 1e-9 : 0)),
  );
  for (const { terms, level } of samples) {
    for (let i = 0; i < TERMS; i++) {
      for (let j = 0; j < TERMS; j++) rows[i][j] += terms[i] * terms[j];
      rows[i][TERMS] += terms[i] * level;
    }
  }
  for (let i = 0; i < TERMS; i++) {
    const pivot = rows.reduce(
      (best, row, j) => (j >= i && Math.abs(row[i]) > Math.abs(rows[best][i]) ? j : best),
      i,
    );
    [rows[i], rows[pivot]] = [rows[pivot], rows[i]];
    for (let j = 0; j < TERMS; j++) {
      if (j === i) continue;
      const factor = rows[j][i] / rows[i][i];
      for (let k = i; k <= TERMS; k++) rows[j][k] -= factor * rows[i][k];
    }
  }
  return rows.map((row, i) => row[TERMS] / row[i]);
}
