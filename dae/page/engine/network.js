/**
 * What all networks share, as in `dae/models`: f(x~) = output(decoder(code)), code = sparsity(activation(encoder(x~))).
 *
 * Images are `Float32Array(n * 784)`, codes `Float32Array(n * latentDim)`.
 */

import { EngineError } from "./errors.js";
import { PIXELS } from "./noise.js";

/**
 * @typedef {import("./checkpoint.js").Info} Info
 * @typedef {import("./layers.js").Layer} Layer
 * @typedef {import("./layers.js").Layers} Layers
 *
 * @typedef {object} Filters what an encoder's first layer looks for
 * @property {Float32Array} pictures `count` of them, each `side * side` values
 * @property {number} count
 * @property {number} side 28 for a fully connected layer, else the kernel's
 * @property {boolean} isConvolution
 * @property {boolean} onePerFeature filter i leads to feature i and to no other
 */

/** A network in evaluation mode. Architectures give `encodeRaw` and `decodeRaw`, or `restoreRaw`. */
export class Network {
  /**
   * @param {Info} info
   * @param {Layers} layers with the heap that holds the weights
   */
  constructor(info, layers) {
    this.info = info;
    this.config = info.model;
    this.layers = layers;
    this.latentDim = info.model.latent_dim;
    this.hasCode = info.model.architecture !== "unet";
    this.parameters = 0;
    /** The size of its file. */
    this.bytes = 0;
    /** How many images a slice of work holds; found out as it runs. */
    this.slice = 1;
    /** The encoder's first layer, where there is a code. @type {Layer | null} */
    this.first = null;
    /** The decoder's only layer, where it has but one. @type {Layer | null} */
    this.only = null;
  }

  /**
   * The code before its activation.
   * @param {number} _images their place on the heap
   * @param {number} _count
   * @returns {number} place of the codes
   */
  encodeRaw(_images, _count) {
    throw new EngineError("no_code");
  }

  /**
   * Images before the output activation.
   * @param {number} _codes their place on the heap
   * @param {number} _count
   * @returns {number} place of the images
   */
  decodeRaw(_codes, _count) {
    throw new EngineError("no_code");
  }

  /**
   * @param {number} images
   * @param {number} count
   * @returns {number}
   */
  restoreRaw(images, count) {
    return this.decodeRaw(this.#encode(images, count), count);
  }

  /** @param {number} images @param {number} count @returns {number} */
  #encode(images, count) {
    const codes = this.encodeRaw(images, count);
    this.layers.activate(this.config.code_activation, codes, count * this.latentDim);
    const { kind, k } = this.config.sparsity; // lifetime sparsity is for training only
    if (kind === "topk") {
      const { floats } = this.layers.kernels;
      for (let i = 0; i < count; i++) {
        const start = codes + i * this.latentDim;
        keepLargest(floats.subarray(start, start + this.latentDim), k);
      }
    }
    return codes;
  }

  /** @param {number} logits @param {number} count @returns {number} */
  #output(logits, count) {
    this.layers.activate(this.config.output, logits, count * PIXELS);
    return logits;
  }

  /**
   * Run something on the heap, from rows to rows.
   * @param {Float32Array} values
   * @param {number} width of each row of the values
   * @param {number} outWidth of each row of the results
   * @param {(place: number, count: number) => number} work
   */
  #run(values, width, outWidth, work) {
    const { kernels } = this.layers,
      mark = kernels.mark,
      count = values.length / width;
    try {
      const place = work(this.layers.store(values), count);
      return this.#read(place, count * outWidth);
    } finally {
      kernels.release(mark);
    }
  }

  /**
   * @param {Float32Array} images
   * @returns {Float32Array} codes
   * @throws {EngineError} `no_code`
   */
  encode(images) {
    return this.#run(images, PIXELS, this.latentDim, (place, count) => this.#encode(place, count));
  }

  /**
   * @param {Float32Array} codes
   * @returns {Float32Array} images
   * @throws {EngineError} `no_code`
   */
  decode(codes) {
    return this.#run(codes, this.latentDim, PIXELS, (place, count) =>
      this.#output(this.decodeRaw(place, count), count),
    );
  }

  /**
   * @param {Float32Array} codes
   * @returns {Float32Array} images before the output activation
   * @throws {EngineError} `no_code`
   */
  decodeLogits(codes) {
    return this.#run(codes, this.latentDim, PIXELS, (place, count) => this.decodeRaw(place, count));
  }

  /**
   * The output activation.
   * @param {Float32Array} logits of images
   * @returns {Float32Array} images
   */
  output(logits) {
    return this.#run(logits, PIXELS, PIXELS, (place, count) => this.#output(place, count));
  }

  /**
   * The layer of a decoder that has but one before its output activation.
   * @returns {{ weight: Float32Array, bias: Float32Array } | null} weight (784, latentDim) row by row, bias (784)
   */
  linearDecoder() {
    const { only } = this;
    return (
      only && {
        weight: this.layers.kernels.unpack(only.weight, only.inputs, PIXELS),
        bias: this.#read(only.bias, PIXELS),
      }
    );
  }

  /**
   * @returns {Filters}
   * @throws {EngineError} `no_code`
   */
  encoderFilters() {
    if (!this.first) throw new EngineError("no_code");
    const { weight, inputs, outputs } = this.first,
      isConvolution = this.config.architecture !== "mlp";
    return {
      pictures: this.layers.kernels.unpack(weight, inputs, outputs),
      count: outputs,
      side: Math.sqrt(inputs),
      isConvolution,
      onePerFeature: !isConvolution && !this.config.hidden.length,
    };
  }

  /** @param {number} place @param {number} count */
  #read(place, count) {
    return this.layers.kernels.floats.slice(place, place + count);
  }

  /**
   * @param {Float32Array} noisy images
   * @returns {Float32Array} restored images
   */
  restore(noisy) {
    return this.#run(noisy, PIXELS, PIXELS, (place, count) =>
      this.#output(this.restoreRaw(place, count), count),
    );
  }
}

/**
 * Keep the k largest values, set the others to 0.
 * @param {Float32Array} code changed in place
 * @param {number} k
 */
function keepLargest(code, k) {
  if (k >= code.length) return;
  const least = code.slice().sort()[code.length - k];
  let ties = k;
  for (const value of code) if (value > least) ties--;
  code.forEach((value, i) => {
    if (value < least || (value === least && ties-- <= 0)) code[i] = 0;
  });
}
