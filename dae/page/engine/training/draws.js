/** What a batch is spoilt with: torch's draws, the normal ones made by the kernels. */

import { corrupt, PIXELS } from "../noise.js";
import { Generator } from "../rng.js";
import { WasmKernels } from "./kernels.js";

const BLOCK = 16; // values that torch.randn draws together
const { fround } = Math;

/**
 * @typedef {{ key: string, high: number, low: number | null, clip: boolean }} TrainingNoise as `dae.stages.TrainingNoise`
 */

/**
 * A generator whose draws the kernels make: quicker, the uniform ones the same, the normal ones within about 1e-6 of torch
 * as those of `Generator`.
 */
export class QuickGenerator extends Generator {
  /** @param {number} seed @param {import("./kernels.js").Kernels} kernels */
  constructor(seed, kernels) {
    super(seed);
    this.kernels = kernels;
  }

  /** Uniform draws to a place on the heap. @param {number} place @param {number} count */
  #rand(place, count) {
    const { kernels } = this;
    if (kernels instanceof WasmKernels) this.skipTo(kernels.uniform(this.state, this.next, place, count));
    else kernels.floats.set(super.rand(count), place);
  }

  /** @param {number} count */
  rand(count) {
    return this.#drawn(count, (place) => this.#rand(place, count));
  }

  /** @param {number} count */
  randn(count) {
    if (count < BLOCK) return super.randn(count);
    return this.#drawn(count, (place) => this.randnTo(place, count));
  }

  /** Normal draws to a place on the heap. @param {number} place @param {number} count at least 16 */
  randnTo(place, count) {
    this.#rand(place, count);
    this.kernels.toNormal(place, count);
    if (count % BLOCK === 0) return;
    this.#rand(place + count - BLOCK, BLOCK);
    this.kernels.toNormal(place + count - BLOCK, BLOCK);
  }

  /** @param {number} count @param {(place: number) => void} draw */
  #drawn(count, draw) {
    const { kernels } = this;
    const { mark } = kernels;
    const place = kernels.take(count);
    draw(place);
    const values = kernels.floats.slice(place, place + count);
    kernels.release(mark);
    return values;
  }
}

/** The levels of a noise: one for all, or one for each image. @param {TrainingNoise} noise @param {number} count @param {Generator} generator */
const levelsOf = ({ high, low }, count, generator) =>
  low === null
    ? new Float32Array(count).fill(high)
    : generator.rand(count).map((each) => fround(low) + fround(fround(high - low) * each));

/**
 * Corrupt a batch, as `dae.stages.spoil`: each noise gets an equal share of it.
 * @param {Float32Array} clean
 * @param {TrainingNoise[]} noises
 * @param {Generator} generator
 * @returns {Float32Array} noisy; the clean ones themselves where there is no noise
 */
export function spoil(clean, noises, generator) {
  if (!noises.length) return clean;
  const count = clean.length / PIXELS;
  const noisy = new Float32Array(clean.length);
  let first = 0;
  noises.forEach((noise, i) => {
    const size = Math.floor(count / noises.length) + (i < count % noises.length ? 1 : 0);
    const share = clean.subarray(first * PIXELS, (first + size) * PIXELS);
    const levels = levelsOf(noise, size, generator);
    noisy.set(corrupt(share, noise.key, levels, { generator, clip: noise.clip }), first * PIXELS);
    first += size;
  });
  return noisy;
}

/**
 * The same on the heap; Gaussian noise alone is made there, which takes a tenth of the time.
 * @param {import("./kernels.js").Kernels} kernels
 * @param {Float32Array} clean
 * @param {{ clean: number, noisy: number }} places where it is already, and where it shall be
 * @param {TrainingNoise[]} noises
 * @param {Generator} generator
 */
export function spoilOnHeap(kernels, clean, places, noises, generator) {
  const [noise] = noises;
  const isQuick = kernels instanceof WasmKernels && generator instanceof QuickGenerator;
  if (!isQuick || noises.length !== 1 || noise.key !== "gaussian") {
    const noisy = spoil(clean, noises, generator); // first: the heap may grow meanwhile
    kernels.floats.set(noisy, places.noisy);
    return;
  }
  const levels = levelsOf(noise, clean.length / PIXELS, generator);
  generator.randnTo(places.noisy, clean.length);
  levels.forEach((level, n) => {
    const from = n * PIXELS;
    kernels.disturb(places.clean + from, places.noisy + from, level, PIXELS, noise.clip);
  });
}
