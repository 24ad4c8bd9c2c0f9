/**
 * Training step by step, with the draws, the order and the arithmetic of `dae.training.Trainer`: the same seed gives the
 * same losses and weights, within the rounding of 32-bit floats.
 */

import { PIXELS } from "../noise.js";
import { QuickGenerator, spoilOnHeap } from "./draws.js";
import { LOSSES } from "./kernels.js";
import { firstWeights, Network } from "./network.js";
import { AdamW, clipped, Plateau, rateOf } from "./optimizer.js";

/**
 * @typedef {object} Stage how to train, with the names of `dae.stages.Stage`
 * @property {import("./draws.js").TrainingNoise[]} noises
 * @property {string} loss
 * @property {number} batch_size
 * @property {number} learning_rate
 * @property {string} schedule
 * @property {number} warmup_steps
 * @property {number} weight_decay
 * @property {number} clip_norm
 * @property {number} kl_weight
 *
 * @typedef {object} StepNumbers what one step of the optimiser did, as `dae.training.StepNumbers`
 * @property {number} loss
 * @property {number} lossAfter
 * @property {number} error
 * @property {number} gradient
 * @property {number} change
 */

export class Trainer {
  /** Made so far. */
  steps = 0;
  /** The loss of the last step, and the mean squared error of its batch. */
  loss = NaN;
  error = NaN;
  /** Euclidean norm of the last gradient, before it was clipped. */
  norm = NaN;
  /** Of the last step. */
  rate = 0;
  #epochLoss = 0;
  /** @type {Uint32Array} */
  #order = new Uint32Array(0);

  /**
   * @param {import("./kernels.js").Kernels} kernels an empty heap
   * @param {import("../config.js").ModelConfig} config of a fully connected network
   * @param {Float32Array} images
   * @param {Stage} stage
   * @param {{ seed: number, weights?: Map<string, import("../checkpoint.js").Tensor> }} options weights: to start from;
   *   without them the seed's
   */
  constructor(kernels, config, images, stage, { seed, weights = firstWeights(config, seed) }) {
    this.kernels = kernels;
    this.images = images;
    this.stage = stage;
    this.network = new Network(kernels, config, weights);
    this.optimizer = new AdamW(this.network, stage.weight_decay);
    this.plateau = new Plateau(stage.learning_rate);
    /** @type {import("../rng.js").Generator} */
    this.generator = new QuickGenerator(seed, kernels);
    this.perEpoch = Math.floor(images.length / PIXELS / stage.batch_size);
  }

  /** The next batch of clean digits. */
  #batch() {
    const { images, stage, generator, steps, perEpoch } = this;
    if (steps % perEpoch === 0) {
      this.#order = generator.randperm(images.length / PIXELS);
      if (steps && stage.schedule === "plateau") this.plateau.advance(this.#epochLoss / perEpoch);
      this.#epochLoss = 0;
    }
    const clean = new Float32Array(stage.batch_size * PIXELS);
    const first = (steps % perEpoch) * stage.batch_size;
    for (let n = 0; n < stage.batch_size; n++) {
      const from = this.#order[first + n] * PIXELS;
      clean.set(images.subarray(from, from + PIXELS), n * PIXELS);
    }
    return clean;
  }

  /**
   * Loss and mean squared error of a batch spoilt anew.
   * @param {Float32Array} clean
   * @param {import("../rng.js").Generator} generator
   * @param {boolean} learns whether the gradients are wanted
   */
  #measure(clean, generator, learns) {
    const { kernels, network, stage } = this;
    const { mark } = kernels;
    const [count, values] = [stage.batch_size, clean.length];
    const places = [0, 1, 2].map(() => kernels.take(values));
    const [input, target, gradient] = places;
    kernels.floats.set(clean, target);
    spoilOnHeap(kernels, clean, { clean: target, noisy: input }, stage.noises, generator);
    const pass = network.run(input, count, generator);
    const last = pass.traces[2 * network.pairs - 1];
    const kind = LOSSES.indexOf(stage.loss);
    let loss = kernels.loss(last.values, last.made, target, gradient, values, kind);
    if (network.config.variational)
      loss += network.divergence(pass.traces[network.pairs - 1].made, count, stage.kl_weight);
    loss += network.penalty(pass.code, count);
    const error = kernels.squaredError(last.made, target, values);
    if (learns)
      network.backward(pass, count, gradient, {
        fromLogits: stage.loss === "bce_with_logits",
        klWeight: stage.kl_weight,
      });
    kernels.release(mark);
    return { loss, error };
  }

  /**
   * One step of the optimiser.
   * @param {number} done how much of the run is over, 0 to 1; the schedule follows it
   * @returns {Float32Array} its batch of clean digits
   */
  step(done) {
    const { stage, optimizer, plateau } = this;
    const clean = this.#batch();
    this.before = this.generator.copy();
    this.rate = stage.schedule === "plateau" ? plateau.rate : rateOf(stage, this.steps, done);
    const { loss, error } = this.#measure(clean, this.generator, true);
    this.norm = optimizer.norm;
    optimizer.advance(this.rate, stage.clip_norm ? clipped(this.norm, stage.clip_norm) : 1);
    this.loss = loss;
    this.error = error;
    this.#epochLoss += loss;
    this.steps++;
    return clean;
  }

  /** As `step`, with what it did. @param {number} done @returns {StepNumbers} */
  measuredStep(done) {
    const old = this.network.values;
    const clean = this.step(done);
    const { loss: lossAfter } = this.#measure(clean, this.before ?? this.generator, false);
    const change = Math.sqrt(this.network.values.reduce((sum, value, i) => sum + (value - old[i]) ** 2, 0));
    return { loss: this.loss, lossAfter, error: this.error, gradient: this.norm, change };
  }

  /** From here on a new schedule, with the weights and the optimiser's memory as they are. */
  restart() {
    this.steps = 0;
  }
}
