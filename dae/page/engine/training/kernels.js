/**
 * What a training step computes with, over a heap of floats: matrix products, activations, losses, and the optimiser. In
 * WebAssembly with 128-bit SIMD (kernels.c), or here in plain JavaScript.
 *
 * Places in the heap are numbers of floats; matrices are stored row by row. Rooms are taken in multiples of 4.
 */

import { loadHeaps, ScriptHeap, WasmHeap } from "../kernels.js";

/** By their places in these lists the kernels know activations and losses. */
export const ACTIVATIONS = ["identity", "relu", "leaky_relu", "sigmoid", "tanh", "gelu"];
export const LOSSES = ["mse", "bce", "bce_with_logits"];

const [IDENTITY, RELU, LEAKY_RELU, SIGMOID, TANH] = ACTIVATIONS.keys();
const [MSE, BCE] = LOSSES.keys();
const SLOPE = 0.01; // torch's of leaky_relu
const [BETA1, BETA2, EPSILON] = [0.9, 0.999, 1e-8]; // of Adam
const [DEPTH, COLUMNS] = [256, 16]; // of the blocks that products are made of
const HALF = 8; // of the values that torch.randn draws together

const { exp, log, sqrt, abs, max } = Math;

/** @param {number} x */
const sigmoid = (x) => 1 / (1 + exp(-x));

/** The standard normal distribution's function, by the error function within 1.5e-7 (Abramowitz and Stegun, 7.1.26). @param {number} x */
function below(x) {
  const z = abs(x) * Math.SQRT1_2,
    t = 1 / (1 + 0.3275911 * z);
  const sum =
    t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  const tail = 0.5 * sum * exp(-z * z);
  return x < 0 ? tail : 1 - tail;
}

/** @param {number} x @param {number} kind */
function activated(x, kind) {
  if (kind === IDENTITY) return x;
  if (kind === RELU) return max(x, 0);
  if (kind === LEAKY_RELU) return x > 0 ? x : SLOPE * x;
  if (kind === SIGMOID) return sigmoid(x);
  return kind === TANH ? Math.tanh(x) : x * below(x);
}

/** The derivative of an activation. @param {number} x @param {number} y what it makes of x @param {number} kind */
function slope(x, y, kind) {
  if (kind === IDENTITY) return 1;
  if (kind === RELU) return x > 0 ? 1 : 0;
  if (kind === LEAKY_RELU) return x > 0 ? 1 : SLOPE;
  if (kind === SIGMOID) return y * (1 - y);
  return kind === TANH ? 1 - y * y : below(x) + (x * exp(-0.5 * x * x)) / sqrt(2 * Math.PI);
}

/** The kernels in plain JavaScript. */
export class ScriptKernels extends ScriptHeap {
  /**
   * out[m][n] = sum over k of a[m * row + k * step] b[k][n]
   *
   * @param {number} a
   * @param {number} row floats from one row of a to the next
   * @param {number} step floats from one column of a to the next
   * @param {number} b place of `depth` rows of `outputs` floats
   * @param {number} out place of `count` rows of `outputs` floats
   * @param {number} count
   * @param {number} outputs
   * @param {number} depth
   */
  multiply(a, row, step, b, out, count, outputs, depth) {
    const { floats } = this;
    const sums = new Float64Array(outputs);
    for (let m = 0; m < count; m++) {
      sums.fill(0);
      for (let k = 0; k < depth; k++) {
        const factor = floats[a + m * row + k * step];
        if (factor === 0) continue;
        for (let n = 0, from = b + k * outputs; n < outputs; n++) sums[n] += factor * floats[from + n];
      }
      floats.set(sums, out + m * outputs);
    }
  }

  /** A matrix turned around: to[c][r] = from[r][c]. @param {number} from @param {number} to @param {number} rows @param {number} columns */
  transpose(from, to, rows, columns) {
    const { floats } = this;
    for (let r = 0; r < rows; r++)
      for (let c = 0; c < columns; c++) floats[to + c * rows + r] = floats[from + r * columns + c];
  }

  /** @param {number} rows place of `count` rows @param {number} out place of their sum @param {number} count @param {number} width */
  columnSums(rows, out, count, width) {
    const { floats } = this;
    for (let n = 0; n < width; n++) {
      let sum = 0;
      for (let m = 0; m < count; m++) sum += floats[rows + m * width + n];
      floats[out + n] = sum;
    }
  }

  /** @param {number} rows changed in place @param {number} bias added to each @param {number} count @param {number} width */
  addBias(rows, bias, count, width) {
    const { floats } = this;
    for (let m = 0; m < count; m++)
      for (let n = 0; n < width; n++) floats[rows + m * width + n] += floats[bias + n];
  }

  /** @param {number} values @param {number} out their place after the activation; may be the same @param {number} count @param {number} kind place in `ACTIVATIONS` */
  activate(values, out, count, kind) {
    const { floats } = this;
    for (let i = 0; i < count; i++) floats[out + i] = activated(floats[values + i], kind);
  }

  /**
   * A gradient on its way back through an activation.
   * @param {number} gradient changed in place
   * @param {number} values before the activation
   * @param {number} made after it
   * @param {number} count
   * @param {number} kind place in `ACTIVATIONS`
   */
  chain(gradient, values, made, count, kind) {
    const { floats } = this;
    for (let i = 0; i < count; i++) floats[gradient + i] *= slope(floats[values + i], floats[made + i], kind);
  }

  /**
   * The mean loss; and its gradient with respect to the logits for a cross-entropy from logits, to what was made of them
   * by the output activation for the others.
   * @param {number} logits
   * @param {number} made
   * @param {number} clean
   * @param {number} gradient room for it
   * @param {number} count
   * @param {number} kind place in `LOSSES`
   */
  loss(logits, made, clean, gradient, count, kind) {
    const { floats } = this;
    let sum = 0;
    for (let i = 0; i < count; i++) {
      const [x, y, t] = [floats[logits + i], floats[made + i], floats[clean + i]];
      let by = y - t;
      if (kind === MSE) {
        sum += by * by;
        by *= 2;
      } else if (kind === BCE) {
        sum -= t * max(log(y), -100) + (1 - t) * max(log(1 - y), -100);
        by /= max(y * (1 - y), 1e-12);
      } else sum += max(x, 0) - x * t + Math.log1p(exp(-abs(x)));
      floats[gradient + i] = by / count;
    }
    return sum / count;
  }

  /** @param {number} a @param {number} b @param {number} count @returns {number} the mean of (a - b)^2 */
  squaredError(a, b, count) {
    const { floats } = this;
    let sum = 0;
    for (let i = 0; i < count; i++) sum += (floats[a + i] - floats[b + i]) ** 2;
    return sum / count;
  }

  /** @param {number} values @param {number} count @returns {number} the sum of their squares */
  squares(values, count) {
    const { floats } = this;
    let sum = 0;
    for (let i = 0; i < count; i++) sum += floats[values + i] ** 2;
    return sum;
  }

  /**
   * One step of Adam.
   * @param {number} weights changed in place, as are its `mean` and `square`
   * @param {number} gradient
   * @param {number} mean
   * @param {number} square
   * @param {number} count
   * @param {{ scale: number, keep: number, size: number, root: number }} by scale: of the gradient; keep: what is left of
   *   the weights by their decay; size: of the step, and root: of the squares' correction
   */
  adam(weights, gradient, mean, square, count, { scale, keep, size, root }) {
    const { floats } = this;
    for (let i = 0; i < count; i++) {
      const g = floats[gradient + i] * scale;
      const m = BETA1 * floats[mean + i] + (1 - BETA1) * g;
      const v = BETA2 * floats[square + i] + (1 - BETA2) * g * g;
      floats[mean + i] = m;
      floats[square + i] = v;
      floats[weights + i] = keep * floats[weights + i] - (size * m) / (sqrt(v) / root + EPSILON);
    }
  }

  /**
   * Blocks of 16 uniform values to normal ones in place (G. E. P. Box and M. E. Muller, 1958).
   * @param {number} values
   * @param {number} count what is left after the last whole block stays as it is
   */
  toNormal(values, count) {
    const { floats } = this;
    for (let i = values; i + 2 * HALF <= values + count; i += 2 * HALF) {
      for (let j = i; j < i + HALF; j++) {
        const radius = sqrt(-2 * log(1 - floats[j])),
          angle = 2 * Math.PI * floats[j + HALF];
        floats[j] = radius * Math.cos(angle);
        floats[j + HALF] = radius * Math.sin(angle);
      }
    }
  }
}

/** @typedef {(...places: number[]) => number} Kernel places are in bytes */
/** @typedef {Record<"multiply" | "transpose" | "columnSums" | "addBias" | "activate" | "chain" | "loss" | "squaredError" | "squares" | "adam" | "toNormal" | "uniform" | "disturb", Kernel>} Operations */
/** @typedef {Pick<import("../kernels.js").Exports, "memory" | "__heap_base"> & Operations} Exports of kernels.wasm */

/** The kernels in WebAssembly. @extends {WasmHeap<Exports>} */
export class WasmKernels extends WasmHeap {
  /** @type {ScriptKernels["multiply"]} */
  multiply(a, row, step, b, out, count, outputs, depth) {
    const mark = this.mark;
    const space = this.take(DEPTH * (COLUMNS + count + (count & 1)));
    const [from, by, to, room] = [a, b, out, space].map((place) => this.at(place));
    this.exports.multiply(from, row, step, by, to, room, count, outputs, depth);
    this.release(mark);
  }

  /** @type {ScriptKernels["transpose"]} */
  transpose(from, to, rows, columns) {
    this.exports.transpose(this.at(from), this.at(to), rows, columns);
  }

  /** @type {ScriptKernels["columnSums"]} */
  columnSums(rows, out, count, width) {
    this.exports.columnSums(this.at(rows), this.at(out), count, width);
  }

  /** @type {ScriptKernels["addBias"]} */
  addBias(rows, bias, count, width) {
    this.exports.addBias(this.at(rows), this.at(bias), count, width);
  }

  /** @type {ScriptKernels["activate"]} */
  activate(values, out, count, kind) {
    this.exports.activate(this.at(values), this.at(out), count, kind);
  }

  /** @type {ScriptKernels["chain"]} */
  chain(gradient, values, made, count, kind) {
    this.exports.chain(this.at(gradient), this.at(values), this.at(made), count, kind);
  }

  /** @type {ScriptKernels["loss"]} */
  loss(logits, made, clean, gradient, count, kind) {
    const [x, y, t, to] = [logits, made, clean, gradient].map((place) => this.at(place));
    return this.exports.loss(x, y, t, to, count, kind);
  }

  /** @type {ScriptKernels["squaredError"]} */
  squaredError(a, b, count) {
    return this.exports.squaredError(this.at(a), this.at(b), count);
  }

  /** @type {ScriptKernels["squares"]} */
  squares(values, count) {
    return this.exports.squares(this.at(values), count);
  }

  /** @type {ScriptKernels["adam"]} */
  adam(weights, gradient, mean, square, count, { scale, keep, size, root }) {
    const [w, g, m, v] = [weights, gradient, mean, square].map((place) => this.at(place));
    this.exports.adam(w, g, m, v, count, scale, keep, size, root);
  }

  /** @type {ScriptKernels["toNormal"]} */
  toNormal(values, count) {
    this.exports.toNormal(this.at(values), count);
  }

  /**
   * Gaussian noise.
   * @param {number} clean
   * @param {number} draws normal ones, which become the noisy values
   * @param {number} level
   * @param {number} count
   * @param {boolean} clips
   */
  disturb(clean, draws, level, count, clips) {
    this.exports.disturb(this.at(clean), this.at(draws), level, count, Number(clips));
  }

  /**
   * The next draws of `Generator.rand`.
   * @param {Uint32Array} state the generator's, changed in place
   * @param {number} next the word of it that comes next
   * @param {number} out
   * @param {number} count
   * @returns {number} the word that comes next then
   */
  uniform(state, next, out, count) {
    const { mark } = this;
    const place = this.take(state.length);
    const words = new Uint32Array(this.floats.buffer, this.at(place), state.length);
    words.set(state);
    const then = this.exports.uniform(this.at(place), next, this.at(out), count);
    state.set(words);
    this.release(mark);
    return then;
  }
}

/** @typedef {ScriptKernels | WasmKernels} Kernels */

/** What makes a training its kernels. @param {(name: string) => Promise<ArrayBuffer | null>} load reads a module from here */
export const loadKernels = (load) => loadHeaps(load, ScriptKernels, WasmKernels);
