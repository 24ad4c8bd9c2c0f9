/** Training step by step, with the draws and the arithmetic of `dae.score2d.train`. */

import { Generator } from "../rng.js";
import { Network } from "./network.js";

/** @typedef {import("./exact.js").Points} Points */
/**
 * @typedef {object} Training as `dae.score2d.Training`
 * @property {number} sigmaLow
 * @property {number} sigmaHigh both 0: no noise at all, a plain autoencoder
 * @property {number} width
 * @property {number} depth
 * @property {number} batchSize
 * @property {number} learningRate
 * @property {number} steps
 * @property {number} seed
 */

const { fround } = Math;
const [BETA1, BETA2, EPSILON] = [0.9, 0.999, 1e-8]; // of Adam

export class Trainer {
  step = 0;

  /**
   * @param {import("../kernels.js").Kernels} kernels an empty heap
   * @param {Points} clean
   * @param {Training} training
   */
  constructor(kernels, clean, training) {
    this.clean = clean;
    this.training = training;
    this.network = new Network(kernels, training);
    this.generator = new Generator(training.seed + 1);
    this.mean = new Float32Array(this.network.count);
    this.square = new Float32Array(this.network.count);
  }

  get isOver() {
    return this.step >= this.training.steps;
  }

  /** One step of Adam on a batch of its own. @returns {number} the loss of the batch, before the step */
  advance() {
    const { noisy, sigma, target } = this.#batch();
    const loss = this.network.gradient(noisy, sigma, target);
    const { steps, learningRate } = this.training;
    // The learning rate falls to 0 along half a cosine.
    this.#adam(learningRate * 0.5 * (1 + Math.cos((Math.PI * this.step) / steps)));
    return loss;
  }

  #batch() {
    const { clean, generator } = this;
    const { batchSize, sigmaLow, sigmaHigh } = this.training;
    const count = clean.length / 2;
    const target = new Float32Array(2 * batchSize);
    generator.rand(batchSize).forEach((each, i) => {
      const place = Math.min(count - 1, Math.floor(fround(each * count)));
      target[2 * i] = clean[2 * place];
      target[2 * i + 1] = clean[2 * place + 1];
    });
    const isOne = sigmaLow === sigmaHigh;
    const ratio = sigmaHigh / sigmaLow;
    const sigma = isOne
      ? new Float32Array(batchSize).fill(sigmaLow)
      : generator.rand(batchSize).map((each) => sigmaLow * fround(ratio ** each));
    const noise = generator.randn(2 * batchSize);
    const noisy = target.map((each, i) => each + fround(sigma[i >> 1] * noise[i]));
    return { noisy, sigma, target };
  }

  /** @param {number} rate */
  #adam(rate) {
    this.step++;
    const { mean, square, network } = this;
    const { floats } = network.kernels;
    const size = rate / (1 - BETA1 ** this.step);
    const root = Math.sqrt(1 - BETA2 ** this.step);
    for (let i = 0; i < network.count; i++) {
      const gradient = floats[network.gradients + i];
      mean[i] += (1 - BETA1) * (gradient - mean[i]);
      square[i] = BETA2 * square[i] + (1 - BETA2) * gradient * gradient;
      floats[network.parameters + i] -= (size * mean[i]) / (Math.sqrt(square[i]) / root + EPSILON);
    }
  }
}
