/** A checkpoint's weights to layers on a heap, in the order in which the kernels read them. */

import { WasmKernels } from "./kernels.js";
import { Layers } from "./layers.js";

/**
 * @typedef {import("./checkpoint.js").Tensor} Tensor
 * @typedef {import("./layers.js").Layer} Layer
 */

export class Builder {
  /**
   * @param {Map<string, Tensor>} weights
   * @param {() => import("./kernels.js").Kernels} createKernels
   */
  constructor(weights, createKernels) {
    this.weights = weights;
    const kernels = createKernels();
    let size = 0;
    for (const { data } of weights.values()) size += data.length + 4; // and the gaps between them
    kernels.release(kernels.take(size)); // so that the heap seldom grows
    this.layers = new Layers(kernels);
  }

  /** @param {string} name @returns {Tensor} */
  tensor(name) {
    return /** @type {Tensor} */ (this.weights.get(name));
  }

  /**
   * @param {Float32Array} weight one row for each output
   * @param {Float32Array} bias
   * @param {number} [kernel]
   * @returns {Layer}
   */
  #place(weight, bias, kernel = 1) {
    const { kernels } = this.layers,
      outputs = bias.length,
      inputs = weight.length / outputs;
    const place = this.#made(weight, kernels.packedSize(inputs, outputs), (from, to) =>
      kernels.pack(from, to, inputs, outputs),
    );
    return { weight: place, bias: this.layers.store(bias), inputs, outputs, kernel };
  }

  /**
   * What is made of some values, which are not kept.
   * @param {Float32Array} values
   * @param {number} size of what is made
   * @param {(from: number, to: number) => void} make
   * @returns {number} its place
   */
  #made(values, size, make) {
    const { kernels } = this.layers,
      place = kernels.take(size),
      mark = kernels.mark;
    make(this.layers.store(values), place);
    kernels.release(mark);
    return place;
  }

  /** A linear layer or a convolution. @param {string} name @returns {Layer} */
  layer(name) {
    const weight = this.tensor(`${name}.weight`),
      { data: bias } = this.tensor(`${name}.bias`);
    return weight.shape.length > 2
      ? this.#place(channelsLast(weight), bias, weight.shape[2])
      : this.#place(weight.data, bias);
  }

  /** A 3x3 convolution of stride 1 and padding 1, by Winograd's products where they can be had. @param {string} name @returns {Layer} */
  square(name) {
    const weight = this.tensor(`${name}.weight`),
      { data: bias } = this.tensor(`${name}.bias`);
    const [outputs, channels] = weight.shape,
      { kernels } = this.layers;
    if (!(kernels instanceof WasmKernels) || channels % 4 || outputs % 4) return this.layer(name);
    const place = this.#made(weight.data, kernels.preparedSize(channels, outputs), (from, to) =>
      kernels.prepare(from, to, channels, outputs),
    );
    const inputs = 9 * channels;
    return { weight: place, bias: this.layers.store(bias), inputs, outputs, kernel: 3, isWinograd: true };
  }

  /** The quarters of a transposed convolution, see `Layers.expand`. @param {string} name @returns {Layer[]} */
  quarters(name) {
    const weight = this.tensor(`${name}.weight`),
      { data: bias } = this.tensor(`${name}.bias`);
    return transposedQuarters(weight).map((rows) => this.#place(rows, bias, weight.shape[2] / 2));
  }

  /**
   * A linear layer whose inputs are a picture, which torch flattens channels-first.
   * @param {string} name
   * @param {number} side
   * @returns {Layer}
   */
  fromPicture(name, side) {
    const {
      data,
      shape: [outputs, inputs],
    } = this.tensor(`${name}.weight`);
    const rows = channelsLast({ data, shape: [outputs, inputs / side ** 2, side, side] });
    return this.#place(rows, this.tensor(`${name}.bias`).data);
  }

  /**
   * A linear layer whose outputs become a picture, channels-first in torch.
   * @param {string} name
   * @param {number} side
   * @returns {Layer}
   */
  toPicture(name, side) {
    const {
      data,
      shape: [outputs, inputs],
    } = this.tensor(`${name}.weight`);
    const area = side ** 2,
      channels = outputs / area;
    /** @param {Float32Array} values @param {number} width */
    const moved = (values, width) => {
      const rows = new Float32Array(values.length);
      for (let i = 0; i < outputs; i++) {
        const from = ((i % channels) * area + Math.floor(i / channels)) * width;
        rows.set(values.subarray(from, from + width), i * width);
      }
      return rows;
    };
    return this.#place(moved(data, inputs), moved(this.tensor(`${name}.bias`).data, 1));
  }

  /**
   * A decoder's layer that is tied to an encoder's: its weights transposed, a bias of its own.
   * @param {string} encoder
   * @param {string} bias
   * @returns {Layer}
   */
  tied(encoder, bias) {
    const {
      data,
      shape: [rows, columns],
    } = this.tensor(`${encoder}.weight`);
    const transposed = new Float32Array(data.length);
    for (let r = 0; r < rows; r++)
      for (let c = 0; c < columns; c++) transposed[c * rows + r] = data[r * columns + c];
    return this.#place(transposed, this.tensor(bias).data);
  }
}

/**
 * A layer's weights from torch's channels-first to channels-last order: (out, in, rows, columns) to
 * (out, rows, columns, in).
 * @param {Tensor} weight
 * @returns {Float32Array}
 */
function channelsLast({ data, shape: [outputs, inputs, rows, columns] }) {
  const moved = new Float32Array(data.length),
    area = rows * columns;
  let to = 0;
  for (let o = 0; o < outputs; o++) {
    for (let place = 0; place < area; place++) {
      for (let i = 0; i < inputs; i++) moved[to++] = data[(o * inputs + i) * area + place];
    }
  }
  return moved;
}

/**
 * The kernels of the four convolutions that make up a transposed one: for each parity of row and column
 * (out, kernel / 2, kernel / 2, in). The kernel's rows are met from the last on.
 * @param {Tensor} weight (in, out, kernel, kernel), stride 2, kernel 2 (no padding) or 4 (padding 1)
 * @returns {Float32Array[]}
 */
function transposedQuarters({ data, shape: [inputs, outputs, kernel] }) {
  const taps = kernel / 2,
    padding = taps - 1;
  /** @param {number} parity @param {number} tap */
  const from = (parity, tap) => ((parity + padding) % 2) + 2 * (taps - 1 - tap);
  return [0, 1, 2, 3].map((quarter) => {
    const moved = new Float32Array(data.length / 4);
    let to = 0;
    for (let o = 0; o < outputs; o++) {
      for (let y = 0; y < taps; y++) {
        for (let x = 0; x < taps; x++) {
          const place = from(quarter >> 1, y) * kernel + from(quarter & 1, x);
          for (let i = 0; i < inputs; i++) moved[to++] = data[(i * outputs + o) * kernel * kernel + place];
        }
      }
    }
    return moved;
  });
}
