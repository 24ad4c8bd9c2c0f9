/** Which digit a picture shows, or none, by the classifier of `dae/verdict.py`. */

import { readSafetensors } from "./checkpoint.js";
import { EngineError } from "./errors.js";
import { PIXELS } from "./noise.js";

const HIDDEN = 128;
const DIGITS = 10;
const CLASSES = DIGITS + 1; // the last: no digit
/** @type {Record<string, number[]>} */
const SHAPES = {
  weight_1: [PIXELS, HIDDEN],
  bias_1: [HIDDEN],
  weight_2: [HIDDEN, CLASSES],
  bias_2: [CLASSES],
  least: [1],
};

/**
 * @typedef {object} Verdict
 * @property {number | null} digit null: not sure, or no digit
 * @property {number} confidence the probability of the likeliest digit
 * @property {Float32Array} probabilities of the ten digits; what they lack of 1 is that of no digit
 */

/** One hidden layer of rectified units and a softmax. */
export class Classifier {
  /**
   * @param {ArrayBuffer} buffer the file verdict.safetensors
   * @throws {EngineError} `damaged`, `weights_do_not_fit`
   */
  constructor(buffer) {
    const { tensors } = readSafetensors(buffer);
    /** @type {Record<string, Float32Array>} */
    this.layers = {};
    for (const [name, shape] of Object.entries(SHAPES)) {
      const tensor = tensors.get(name)?.tensor;
      if (String(tensor?.shape) !== String(shape)) throw new EngineError("weights_do_not_fit");
      this.layers[name] = /** @type {import("./checkpoint.js").Tensor} */ (tensor).data;
    }
  }

  /**
   * @param {Float32Array} image 784 pixels; values outside [0, 1] are clamped
   * @returns {Verdict}
   */
  verdict(image) {
    const hidden = this.layers.bias_1.slice();
    for (let i = 0; i < PIXELS; i++) {
      const pixel = Math.min(1, Math.max(0, image[i]));
      if (pixel > 0) add(hidden, pixel, this.layers.weight_1, i * HIDDEN);
    }
    const logits = this.layers.bias_2.slice();
    hidden.forEach((value, i) => {
      if (value > 0) add(logits, value, this.layers.weight_2, i * CLASSES);
    });
    const highest = Math.max(...logits);
    const odds = logits.map((logit) => Math.exp(logit - highest));
    const sum = odds.reduce((total, value) => total + value, 0);
    const probabilities = odds.subarray(0, DIGITS).map((value) => value / sum);
    const confidence = Math.max(...probabilities);
    const digit = confidence >= this.layers.least[0] ? probabilities.indexOf(confidence) : null;
    return { digit, confidence, probabilities };
  }
}

/**
 * sums += factor * row
 * @param {Float32Array} sums
 * @param {number} factor
 * @param {Float32Array} matrix
 * @param {number} row where it begins
 */
function add(sums, factor, matrix, row) {
  for (let i = 0; i < sums.length; i++) sums[i] += factor * matrix[row + i];
}
