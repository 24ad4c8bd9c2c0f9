/** Walks of points, as those of `dae.score2d`: each yields the points at the start and after each step. */

import { Generator } from "../rng.js";
import { field } from "./exact.js";

/** @typedef {import("./exact.js").Points} Points */
/** @typedef {import("./exact.js").Denoiser} Denoiser */

/**
 * x <- r(x), again and again at one sigma.
 * @param {Denoiser} denoiser @param {Points} start @param {number} sigma @param {number} steps
 * @returns {globalThis.Generator<Points>}
 */
export function* repeat(denoiser, start, sigma, steps) {
  let points = start;
  yield points;
  for (let i = 0; i < steps; i++) {
    points = denoiser(points, sigma);
    yield points;
  }
}

/**
 * Annealed Langevin dynamics: `steps` times at each of the falling sigmas x <- x + a/2 score(x) + sqrt(a) z with
 * a = rate sigma^2.
 * @param {Denoiser} denoiser @param {Points} start @param {number[]} sigmas
 * @param {{ steps: number, rate: number, seed: number }} options
 * @returns {globalThis.Generator<Points>}
 */
export function* langevin(denoiser, start, sigmas, { steps, rate, seed }) {
  const generator = new Generator(seed);
  let points = start;
  yield points;
  for (const sigma of sigmas) {
    const size = rate * sigma ** 2;
    for (let i = 0; i < steps; i++) {
      const noise = generator.randn(points.length);
      const score = field(points, denoiser(points, sigma), sigma);
      points = points.map((each, n) => each + (size / 2) * score[n] + Math.sqrt(size) * noise[n]);
      yield points;
    }
  }
}

/**
 * The deterministic ladder x <- r(x) + (sigma' / sigma) (x - r(x)) down a row of sigmas, and r(x) at the last.
 * @param {Denoiser} denoiser @param {Points} start @param {number[]} sigmas
 * @returns {globalThis.Generator<Points>}
 */
export function* ladder(denoiser, start, sigmas) {
  let points = start;
  yield points;
  for (const [i, sigma] of sigmas.entries()) {
    const share = (sigmas[i + 1] ?? 0) / sigma;
    const denoised = denoiser(points, sigma);
    points = denoised.map((each, n) => each + share * (points[n] - each));
    yield points;
  }
}

/** Sigmas from high to low in equal ratios. @param {number} high @param {number} low @param {number} count at least 2 */
export const falling = (high, low, count) =>
  Array.from({ length: count }, (_, i) => high * (low / high) ** (i / (count - 1)));
