/** The network of `dae.score2d.Network`: x, y and log sigma through hidden layers of tanh units to the clean estimate. */

import { Generator } from "../rng.js";

/** @typedef {import("../kernels.js").Kernels} Kernels */
/** @typedef {import("./exact.js").Points} Points */
/** @typedef {{ inputs: number, outputs: number, weight: number, bias: number }} Layer weight: the place of `outputs` rows of `inputs` floats */

const LEAST_SIGMA = 1e-3; // what the network is told of no noise at all
const PLAIN = 0; // of the products: no activation is fused

/** How much larger the weights of the first layer start: curves need units that bend within the square. */
const FIRST = 2;

export class Network {
  /** @type {Layer[]} */
  layers = [];
  /** Places in the heap of all parameters, and of their gradients in the same order. */
  parameters = 0;
  gradients = 0;
  count = 0;

  /**
   * @param {Kernels} kernels an empty heap
   * @param {{ width: number, depth: number, seed: number }} settings
   */
  constructor(kernels, { width, depth, seed }) {
    this.kernels = kernels;
    const sizes = [3, ...Array(depth).fill(width), 2];
    for (let i = 0; i <= depth; i++) this.count += (sizes[i] + 1) * sizes[i + 1];
    this.parameters = kernels.take(this.count);
    this.gradients = kernels.take(this.count);
    this.zeros = kernels.take(Math.max(3, width)); // where a product has no bias
    kernels.floats.fill(0, this.zeros, this.zeros + Math.max(3, width));
    const generator = new Generator(seed);
    let place = this.parameters;
    for (let i = 0; i <= depth; i++) {
      const [inputs, outputs] = [sizes[i], sizes[i + 1]];
      const bound = (i === 0 ? FIRST : 1) * Math.sqrt(3 / inputs);
      for (const count of [inputs * outputs, outputs])
        generator.rand(count).forEach((each) => {
          kernels.floats[place++] = bound * (2 * each - 1);
        });
      this.layers.push({ inputs, outputs, weight: place - (inputs + 1) * outputs, bias: place - outputs });
    }
  }

  /** All weights and biases, layer by layer. */
  get values() {
    return this.kernels.floats.slice(this.parameters, this.parameters + this.count);
  }

  /**
   * The clean estimates of noisy points.
   * @param {Points} noisy @param {number | Float32Array} sigma one for all, or one for each
   * @returns {Points}
   */
  denoise(noisy, sigma) {
    const { mark } = this.kernels;
    const places = this.#forward(noisy, sigma);
    const last = places[places.length - 1];
    const found = this.kernels.floats.slice(last, last + noisy.length);
    this.kernels.release(mark);
    return /** @type {Points} */ (found);
  }

  /**
   * The loss of a batch, whose gradients are left in the heap: the squared distance to the targets, mean over points and
   * both values.
   * @param {Points} noisy @param {number | Float32Array} sigma @param {Points} target
   */
  gradient(noisy, sigma, target) {
    const { kernels, layers } = this;
    const { mark } = kernels;
    const batch = target.length / 2;
    const values = this.#forward(noisy, sigma);
    const widest = Math.max(...layers.map((layer) => Math.max(layer.inputs, layer.outputs)));
    // Gradients of a layer's outputs and of its inputs, and both turned around, with the points along the rows.
    const places = [0, 1, 2, 3].map(() => kernels.take(batch * widest));
    const turned = kernels.take(widest * widest);
    const packed = kernels.take(kernels.packedSize(Math.max(batch, widest), widest));
    const { floats } = kernels;
    let [delta, other] = places;
    let loss = 0;
    for (let i = 0; i < target.length; i++) {
      const difference = floats[values[layers.length] + i] - target[i];
      loss += difference * difference;
      floats[delta + i] = difference / batch;
    }
    for (let n = layers.length - 1; n >= 0; n--) {
      const { inputs, outputs, weight, bias } = layers[n];
      const toGradient = this.gradients - this.parameters;
      turn(floats, delta, places[2], batch, outputs);
      turn(floats, values[n], places[3], batch, inputs);
      const to = weight + toGradient;
      kernels.pack(places[3], packed, batch, inputs);
      kernels.product(places[2], packed, this.zeros, to, outputs, batch, inputs, inputs, PLAIN);
      for (let o = 0; o < outputs; o++) {
        let sum = 0;
        for (let m = 0; m < batch; m++) sum += floats[places[2] + o * batch + m];
        floats[bias + toGradient + o] = sum;
      }
      if (n === 0) break;
      turn(floats, weight, turned, outputs, inputs);
      kernels.pack(turned, packed, outputs, inputs);
      kernels.product(delta, packed, this.zeros, other, batch, outputs, inputs, inputs, PLAIN);
      for (let i = 0; i < batch * inputs; i++) {
        const value = floats[values[n] + i];
        floats[other + i] *= 1 - value * value;
      }
      [delta, other] = [other, delta];
    }
    kernels.release(mark);
    return loss / target.length;
  }

  /**
   * The places of each layer's inputs, and of the output. They are the caller's to release.
   * @param {Points} noisy @param {number | Float32Array} sigma
   */
  #forward(noisy, sigma) {
    const { kernels } = this;
    const count = noisy.length / 2;
    const places = [3, ...this.layers.map((layer) => layer.outputs)].map((width) =>
      kernels.take(count * width),
    );
    const sizes = this.layers.map(({ inputs, outputs }) => kernels.packedSize(inputs, outputs));
    const packed = kernels.take(Math.max(...sizes));
    const { floats } = kernels;
    for (let m = 0; m < count; m++) {
      floats[places[0] + 3 * m] = noisy[2 * m];
      floats[places[0] + 3 * m + 1] = noisy[2 * m + 1];
      const told = typeof sigma === "number" ? sigma : sigma[m];
      floats[places[0] + 3 * m + 2] = Math.log(Math.max(told, LEAST_SIGMA));
    }
    this.layers.forEach(({ inputs, outputs, weight, bias }, n) => {
      const to = places[n + 1];
      kernels.pack(weight, packed, inputs, outputs);
      kernels.product(places[n], packed, bias, to, count, inputs, outputs, outputs, PLAIN);
      if (n < this.layers.length - 1)
        for (let i = to; i < to + count * outputs; i++) floats[i] = tanh(floats[i]);
    });
    return places;
  }
}

/** Twice as quick as Math.tanh, and the same in single precision. @param {number} x */
const tanh = (x) => 1 - 2 / (Math.exp(2 * x) + 1);

/** A matrix of rows turned around: out[j][i] = from[i][j]. @param {Float32Array} floats @param {number} from @param {number} out @param {number} rows @param {number} columns */
function turn(floats, from, out, rows, columns) {
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) floats[out + j * rows + i] = floats[from + i * columns + j];
}
