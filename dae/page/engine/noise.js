/**
 * The corruption processes of `dae/noise.py`, with the same draws and the same rounding.
 *
 * Images are `Float32Array(n * 784)` in [0, 1].
 */

import { EngineError } from "./errors.js";
import { roundToEven } from "./raster.js";
import { Generator } from "./rng.js";

export const SIDE = 28;
export const PIXELS = SIDE * SIDE;

const { fround } = Math;

/**
 * @callback Process
 * @param {Float32Array} clean
 * @param {Float32Array} levels one per image
 * @param {Generator} generator
 * @param {boolean} clip
 * @returns {Float32Array} noisy
 */

/**
 * A process that treats each pixel alone.
 * @param {"rand" | "randn"} draw
 * @param {(clean: number, level: number, draw: number, clip: boolean) => number} pixel
 * @returns {Process}
 */
function pixelwise(draw, pixel) {
  return (clean, levels, generator, clip) => {
    const draws = generator[draw](clean.length);
    const noisy = new Float32Array(clean.length);
    for (let n = 0, i = 0; n < levels.length; n++) {
      const level = levels[n];
      for (const end = i + PIXELS; i < end; i++) noisy[i] = pixel(clean[i], level, draws[i], clip);
    }
    return noisy;
  };
}

/** @param {number} value */
export const clamp = (value) => Math.min(1, Math.max(0, value));

/** @type {Process} */
function block(clean, levels, generator) {
  const noisy = clean.slice(),
    count = levels.length;
  const draws = generator.rand(2 * count);
  for (let n = 0; n < count; n++) {
    const side = roundToEven(fround(levels[n] * SIDE));
    const top = Math.floor(fround(draws[n] * (SIDE - side + 1)));
    const left = Math.floor(fround(draws[count + n] * (SIDE - side + 1)));
    for (let row = top; row < Math.min(top + side, SIDE); row++) {
      const start = n * PIXELS + row * SIDE;
      noisy.fill(0, start + left, start + Math.min(left + side, SIDE));
    }
  }
  return noisy;
}

/** The processes, and the level that none of their images may pass. @type {Record<string, [Process, number]>} */
const NOISES = {
  gaussian: [
    pixelwise("randn", (x, level, e, clip) => {
      const noisy = x + fround(level * e);
      return clip ? clamp(noisy) : noisy;
    }),
    Infinity,
  ],
  masking: [pixelwise("rand", (x, level, u) => (u >= level ? x : 0)), 1],
  salt_and_pepper: [
    pixelwise("rand", (x, level, u) => (u >= fround(1 - level / 2) ? 1 : u < level / 2 ? 0 : x)),
    1,
  ],
  dropout: [pixelwise("rand", (x, level, u) => (u >= level ? x : 0) / fround(1 - level)), 0.999],
  speckle: [pixelwise("randn", (x, level, e) => clamp(x + fround(fround(level * x) * e))), Infinity],
  block: [block, 1],
};

/**
 * Corrupt images: `dae.corrupt(clean, noise, level, seed=seed, clip=clip)`.
 *
 * @param {Float32Array} clean
 * @param {string} noise
 * @param {number | ArrayLike<number>} level one number, or one per image
 * @param {{ seed?: number, generator?: Generator, clip?: boolean }} options the draws' seed, or where they come from;
 *   `clip` means something for Gaussian noise only
 * @returns {Float32Array} noisy; in [0, 1] but for dropout and unclipped Gaussian noise
 * @throws {EngineError} `no_such_noise`, `bad_level`
 */
export function corrupt(clean, noise, level, { seed = 0, generator = new Generator(seed), clip = true }) {
  const count = clean.length / PIXELS;
  if (!Object.hasOwn(NOISES, noise)) throw new EngineError("no_such_noise", { noise });
  const [process, limit] = NOISES[noise];
  const levels = typeof level === "number" ? new Float32Array(count).fill(level) : Float32Array.from(level);
  if (
    levels.length !== count ||
    !levels.every((each) => each >= 0 && each <= fround(limit) && each < Infinity)
  ) {
    throw new EngineError("bad_level", { noise, limit });
  }
  return process(clean, levels, generator, clip);
}
