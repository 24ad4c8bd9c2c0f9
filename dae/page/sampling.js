// What is sampled and how, as the page's state says it.
import { clamp, corrupt } from "./engine/noise.js";
import { Generator } from "./engine/rng.js";
import { ascent, coarse, known, ladder } from "./engine/sampling.js";
import { manifest } from "./page.js";

/** @typedef {import("./engine/sampling.js").Measurement} Measurement */
/**
 * @typedef {object} Question what is left of a digit
 * @property {Float32Array} shown black where it is hidden. The one-step answer is made of this
 * @property {Float32Array | null} mask 1 where a pixel is known; null where not single pixels are
 * @property {Measurement | null} measurement
 * @property {Float32Array} [start] the noisy digit that the samples start from
 */

const SIDE = 28;
const HALF = SIDE / 2;
const HIDDEN = 0.8; // share of the pixels
const HOLE = [8, 20]; // rows and columns of the hole in the middle
export const BLOCK = 4;
/** The ascent with a beta; the rest of it as in Python. @param {number} beta */
export const ascentOf = (beta) => ascent({ ...manifest.sampling.ascent, beta });

/** How what fits is drawn, as `dae.sampling.FITTING`: from a noisy digit, or about the one-step answer in noise. */
export const FITTING = manifest.sampling.fitting;

/**
 * The schedule of a state's fields.
 * @param {Record<string, any>} fields `sample_schedule`, and `sample_beta` or `sample_sigmas`
 */
export function scheduleOf({ sample_schedule, sample_beta, sample_sigmas }) {
  const { first, last } = manifest.sampling.ladder;
  return sample_schedule === "ladder" ? ladder(sample_sigmas, first, last) : ascentOf(sample_beta);
}

/**
 * How samples are drawn that fit what is left of a digit.
 * @param {Question} asked
 * @param {Float32Array | null | undefined} oneStep its one-step answer
 * @param {import("./engine/sampling.js").Schedule} schedule that is chosen, for what is known in another way
 * @returns {Pick<import("./engine/sampling.js").Options, "schedule" | "start" | "sigmaStart">}
 */
export function drawnBy({ start, mask }, oneStep, schedule) {
  const fitting = ascentOf(FITTING.beta);
  if (start) return { schedule: fitting, start, sigmaStart: 0 };
  if (!(mask && oneStep)) return { schedule };
  return { schedule: fitting, start: oneStep.map(clamp), sigmaStart: FITTING.sigma_start };
}

/** Pixels for which a rule holds. @param {(row: number, column: number) => boolean} rule */
const where = (rule) =>
  Float32Array.from({ length: SIDE ** 2 }, (_, i) => (rule(Math.floor(i / SIDE), i % SIDE) ? 1 : 0));

/** @param {number} place */
const inHole = (place) => place >= HOLE[0] && place < HOLE[1];

/** Which pixels each cover leaves. @type {Record<string, (seed: number) => Float32Array>} */
const MASKS = {
  lower: () => where((row) => row < HALF),
  upper: () => where((row) => row >= HALF),
  left: () => where((_, column) => column >= HALF),
  middle: () => where((row, column) => !(inHole(row) && inHole(column))),
  pixels: (seed) => new Generator(seed).rand(SIDE ** 2).map((draw) => (draw >= HIDDEN ? 1 : 0)),
};

/**
 * What a cover leaves of a digit.
 * @param {Float32Array} digit
 * @param {{ sample_cover: string, level: number, seed: number }} fields of the state
 * @param {Float32Array} [hole] 1 where the drawn cover hides
 * @returns {Question}
 */
export function questionOf(digit, { sample_cover: cover, level, seed }, hole = new Float32Array(SIDE ** 2)) {
  if (cover === "noisy") {
    const start = corrupt(digit, "gaussian", level, { seed, clip: false });
    return { shown: start, mask: null, measurement: null, start };
  }
  const mask =
    cover === "coarse" ? null : cover === "drawn" ? hole.map((value) => 1 - value) : MASKS[cover](seed);
  const measurement = mask ? known(digit, mask) : coarse(digit, BLOCK);
  return { shown: measurement.values, mask, measurement };
}
