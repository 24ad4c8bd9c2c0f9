/**
 * Sampling with a denoiser, as `dae/sampling.py` does it, with the same draws: digits out of pure noise, or all that fit
 * what was measured. There stands where the formulas come from.
 *
 * Images are `Float32Array(n * 784)`.
 */

import { PIXELS, SIDE } from "./noise.js";
import { Generator } from "./rng.js";

// As in `dae.sampling`.
const START = 0.25;
const SIGMA_START = 1.5;

/**
 * @typedef {object} Schedule
 * @property {number} mostSteps
 * @property {(number: number, sigma: number) => boolean} goesOn whether a sample takes step `number`, from 1
 * @property {(number: number) => [number, number]} move of step `number`: h, and gamma in units of sigma
 * @property {number} sigmaStart
 *
 * @typedef {object} Measurement what is known of the clean image
 * @property {(image: Float32Array) => Float32Array} project onto what is measured
 * @property {Float32Array} values of one image
 *
 * @typedef {object} Step where all samples are before step `number`; those that have arrived stay as they were
 * @property {number} number from 1
 * @property {Float32Array} noisy y
 * @property {Float32Array} denoised D(y)
 * @property {Float32Array} sigma of each: root mean square of the direction
 * @property {boolean[]} running false for those that have arrived
 * @property {Float32Array} direction D(y) - y, or towards the measured values; y + direction is the end
 *
 * @typedef {object} Options
 * @property {number} [seed] of the first sample; each draws from a generator of its own
 * @property {Schedule} schedule
 * @property {Measurement | null} [measurement]
 * @property {number | Float32Array} [start] y starts as start + sigmaStart z where nothing is measured
 * @property {number} [sigmaStart] 0: the image to start from has its noise
 */

/** The denoiser does not lead to samples. */
export class SamplingError extends Error {
  /**
   * @param {"not_arrived" | "not_finite"} code
   * @param {Record<string, number>} [values] of its sentence: `{ steps, left, count, sigma }` where some have not arrived
   */
  constructor(code, values = {}) {
    super(code);
    this.code = code;
    this.values = values;
  }
}

/**
 * Kadkhodaie and Simoncelli's stochastic ascent.
 * @param {{ beta: number, h0: number, sigma_end: number, most_steps: number }} settings as of `dae.sampling.Ascent`
 * @returns {Schedule}
 */
export const ascent = ({ beta, h0, sigma_end, most_steps }) => ({
  mostSteps: most_steps,
  goesOn: (_, sigma) => sigma >= sigma_end,
  move(number) {
    const h = (h0 * number) / (1 + h0 * (number - 1));
    return [h, beta < 1 ? Math.sqrt(Math.max(0, (1 - beta * h) ** 2 - (1 - h) ** 2)) : 0];
  },
  sigmaStart: SIGMA_START,
});

/**
 * The deterministic ladder of a geometric row of sigmas.
 * @param {number} count 2 or more
 * @param {number} first
 * @param {number} last
 * @returns {Schedule}
 */
export function ladder(count, first, last) {
  const sigmas = Array.from({ length: count }, (_, step) => first * (last / first) ** (step / (count - 1)));
  return {
    mostSteps: count - 1,
    goesOn: (number) => number < count,
    move: (number) => [1 - sigmas[number] / sigmas[number - 1], 0],
    sigmaStart: sigmas[0],
  };
}

/**
 * Some pixels are known.
 * @param {Float32Array} clean one image
 * @param {ArrayLike<boolean | number>} mask true where a pixel is known
 * @returns {Measurement}
 */
export function known(clean, mask) {
  const project = (/** @type {Float32Array} */ image) => image.map((value, i) => (mask[i] ? value : 0));
  return { project, values: project(clean) };
}

/**
 * The mean of each block of `side` x `side` pixels is known.
 * @param {Float32Array} clean one image
 * @param {number} side divides the image's
 * @returns {Measurement}
 */
export function coarse(clean, side) {
  const across = SIDE / side;
  const blockOf = (/** @type {number} */ i) =>
    Math.floor(i / SIDE / side) * across + Math.floor((i % SIDE) / side);
  const project = (/** @type {Float32Array} */ image) => {
    const means = new Float64Array(across ** 2);
    for (let i = 0; i < PIXELS; i++) means[blockOf(i)] += image[i] / side ** 2;
    return image.map((_, i) => means[blockOf(i)]);
  };
  return { project, values: project(clean) };
}

/** @param {Float32Array} images @param {number} i */
const image = (images, i) => images.subarray(i * PIXELS, (i + 1) * PIXELS);

/** @param {Float32Array} start @param {Measurement | null} measurement */
function measuredStart(start, measurement) {
  if (!measurement) return start;
  const projected = measurement.project(start);
  return start.map((value, i) => value - projected[i] + measurement.values[i]);
}

/**
 * Where a sample is to go: D(y) - y, and towards the measured values where there are any.
 * @param {Float32Array} noisy @param {Float32Array} denoised @param {Measurement | null} measurement
 */
function directionOf(noisy, denoised, measurement) {
  const direction = denoised.map((value, i) => value - noisy[i]);
  if (!measurement) return direction;
  const { project, values } = measurement;
  const towards = project(direction.map((value, i) => values[i] - noisy[i] - value));
  return direction.map((value, i) => value + towards[i]);
}

/**
 * Walk from noise to samples. Gives a step before each step, the last one when all have arrived.
 * @param {(images: Float32Array) => Promise<Float32Array | null>} restore the denoiser; null ends the walk
 * @param {number} count how many samples
 * @param {Options} options
 * @returns {AsyncGenerator<Step, void>}
 * @throws {SamplingError}
 */
export async function* steps(restore, count, options) {
  const { seed = 0, schedule, measurement = null, start = START, sigmaStart = schedule.sigmaStart } = options;
  const from = typeof start === "number" ? new Float32Array(PIXELS).fill(start) : start;
  const centre = measuredStart(from, measurement);
  const generators = Array.from({ length: count }, (_, i) => new Generator(seed + i));
  const noisy = new Float32Array(count * PIXELS);
  generators.forEach((generator, n) => {
    const draws = generator.randn(PIXELS);
    image(noisy, n).set(centre.map((value, i) => value + sigmaStart * draws[i]));
  });
  const denoised = new Float32Array(noisy.length);
  const direction = new Float32Array(noisy.length);
  const sigma = new Float32Array(count).fill(Infinity);
  let own = [...generators.keys()]; // those that have not arrived
  for (let number = 1; ; number++) {
    const before = new Float32Array(own.length * PIXELS);
    own.forEach((n, place) => {
      before.set(image(noisy, n), place * PIXELS);
    });
    const after = await restore(before);
    if (!after) return;
    if (!after.every(Number.isFinite)) throw new SamplingError("not_finite");
    own.forEach((n, place) => {
      image(denoised, n).set(image(after, place));
      image(direction, n).set(directionOf(image(noisy, n), image(after, place), measurement));
      sigma[n] = Math.sqrt(image(direction, n).reduce((sum, value) => sum + value * value, 0) / PIXELS);
    });
    own = own.filter((n) => schedule.goesOn(number, sigma[n]));
    const running = generators.map((_, n) => own.includes(n));
    yield {
      number,
      noisy: noisy.slice(),
      denoised: denoised.slice(),
      sigma: sigma.slice(),
      running,
      direction: direction.slice(),
    };
    if (!own.length) return;
    if (number > schedule.mostSteps)
      throw new SamplingError("not_arrived", {
        steps: schedule.mostSteps,
        left: own.length,
        count,
        sigma: Math.max(...own.map((n) => sigma[n])),
      });
    const [h, gamma] = schedule.move(number);
    for (const n of own) {
      const [y, d] = [image(noisy, n), image(direction, n)];
      const width = gamma * sigma[n];
      const draws = gamma ? generators[n].randn(PIXELS) : null;
      for (let i = 0; i < PIXELS; i++) y[i] += h * d[i] + (draws ? width * draws[i] : 0);
    }
  }
}

/** Where a step leads: y + direction, the samples once all have arrived. @param {Step} step */
export const endOf = ({ noisy, direction }) => noisy.map((value, i) => value + direction[i]);
