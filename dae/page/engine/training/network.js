/**
 * A fully connected network that can be trained: `dae.models.MLP` with the way back, and torch's first weights.
 *
 * 784 - hidden - latent_dim - hidden mirrored - 784; a batch of images is `count` rows of 784 floats on the heap.
 */

import { parameterShapes } from "../config.js";
import { PIXELS } from "../noise.js";
import { Generator } from "../rng.js";
import { ACTIVATIONS } from "./kernels.js";
import { klOf, l1Of, lifetime, topk } from "./sparsity.js";

/**
 * @typedef {import("./kernels.js").Kernels} Kernels
 * @typedef {import("../config.js").ModelConfig} ModelConfig
 * @typedef {import("../checkpoint.js").Tensor} Tensor
 *
 * @typedef {object} Layer
 * @property {number} weight place of the first parameter; `outputs` rows of `inputs` floats
 * @property {number} bias
 * @property {number} inputs
 * @property {number} outputs
 * @property {boolean} tied its weight is another layer's, transposed: `inputs` rows of `outputs` floats
 * @property {number} kind of the activation after it, a place in `ACTIVATIONS`
 *
 * @typedef {{ input: number, values: number, made: number }} Trace places of a layer's input, and of its output before and
 *   after the activation
 *
 * @typedef {object} Pass a batch's way through the network
 * @property {Trace[]} traces of the layers, from the pixels to the pixels
 * @property {number} code place of the code, after activation and sparsity
 * @property {Uint8Array | null} kept 1 where hard sparsity has kept a value
 * @property {Float32Array | null} draws of a variational code
 */

/** Uniform between a bound and its negative, as torch draws. @param {Generator} generator @param {number} count @param {number} bound */
function uniform(generator, count, bound) {
  const { fround } = Math;
  const limit = fround(bound);
  return generator.rand(count).map((each) => fround(each * 2 * limit - limit));
}

/** A network's first weights, as `dae.models.build(config, seed)` has them. @param {ModelConfig} config @param {number} seed @returns {Map<string, Tensor>} */
export function firstWeights(config, seed) {
  const generator = new Generator(seed);
  const shapes = parameterShapes(config);
  const pairs = config.hidden.length + 1;
  /** @type {Map<string, Tensor>} */
  const weights = new Map();
  /** As `torch.nn.Linear`: both bounds are one over the root of the inputs, reached in two ways. @param {string} name */
  const draw = (name) => {
    const shape = /** @type {[number, number]} */ (shapes.get(`${name}.weight`));
    const [outputs, inputs] = shape;
    const bound = Math.sqrt(3) * (Math.sqrt(2 / 6) / Math.sqrt(inputs));
    weights.set(`${name}.weight`, { shape, data: uniform(generator, outputs * inputs, bound) });
    weights.set(`${name}.bias`, {
      shape: [outputs],
      data: uniform(generator, outputs, 1 / Math.sqrt(inputs)),
    });
  };
  for (let i = 0; i < pairs; i++) {
    if (config.variational && i === pairs - 1) {
      // The library makes a plain layer first and puts the wider one in its place.
      const inputs = config.hidden[i - 1] ?? PIXELS;
      generator.rand((inputs + 1) * config.latent_dim);
    }
    draw(`encoder.${i}`);
  }
  for (let i = 0; i < pairs; i++) {
    if (!config.tied) draw(`decoder.${i}`);
    else {
      const shape = /** @type {number[]} */ (shapes.get(`decoder_biases.${i}`));
      weights.set(`decoder_biases.${i}`, { shape, data: new Float32Array(shape[0]) });
    }
  }
  return weights;
}

export class Network {
  /** How many parameters there are. */
  count = 0;
  /** Where each tensor begins, counted from the first parameter. @type {Map<string, { from: number, shape: number[] }>} */
  tensors = new Map();
  /** @type {Layer[]} */
  layers = [];

  /**
   * @param {Kernels} kernels an empty heap
   * @param {ModelConfig} config of a fully connected network
   * @param {Map<string, Tensor>} weights
   */
  constructor(kernels, config, weights) {
    this.kernels = kernels;
    this.config = config;
    this.pairs = config.hidden.length + 1;
    for (const [name, { data, shape }] of weights) {
      this.tensors.set(name, { from: this.count, shape });
      this.count += data.length;
    }
    /** Places of all parameters, and of their gradients in the same order. */
    this.parameters = kernels.take(this.count);
    this.gradients = kernels.take(this.count);
    kernels.floats.fill(0, this.parameters, this.gradients + this.count + 4);
    this.load(weights);
    const inner = ACTIVATIONS.indexOf(config.activation);
    const placeOf = (/** @type {string} */ name) => this.tensors.get(name)?.from ?? 0;
    for (let i = 0; i < this.pairs; i++) {
      const [outputs, inputs] = this.tensors.get(`encoder.${i}.weight`)?.shape ?? [];
      const [weight, bias] = [placeOf(`encoder.${i}.weight`), placeOf(`encoder.${i}.bias`)];
      const kind = i < this.pairs - 1 ? inner : ACTIVATIONS.indexOf(config.code_activation);
      this.layers.push({ weight, bias, inputs, outputs, tied: false, kind });
    }
    for (let i = 0; i < this.pairs; i++) {
      const mirrored = this.pairs - 1 - i;
      const { inputs: outputs } = this.layers[mirrored];
      const inputs = mirrored === this.pairs - 1 ? config.latent_dim : this.layers[mirrored].outputs;
      const weight = placeOf(config.tied ? `encoder.${mirrored}.weight` : `decoder.${i}.weight`);
      const bias = placeOf(config.tied ? `decoder_biases.${i}` : `decoder.${i}.bias`);
      const kind = i < this.pairs - 1 ? inner : ACTIVATIONS.indexOf(config.output);
      this.layers.push({ weight, bias, inputs, outputs, tied: config.tied, kind });
    }
  }

  /** Take weights over. @param {Map<string, Tensor>} weights */
  load(weights) {
    for (const [name, { from }] of this.tensors) {
      const data = weights.get(name)?.data ?? new Float32Array(0);
      this.kernels.floats.set(data, this.parameters + from);
    }
  }

  /** All parameters, in the order of the tensors: a copy. */
  get values() {
    return this.kernels.floats.slice(this.parameters, this.parameters + this.count);
  }

  set values(values) {
    this.kernels.floats.set(values, this.parameters);
  }

  /** The weights by name: copies. @returns {Map<string, Tensor>} */
  get weights() {
    const { values } = this;
    return new Map(
      [...this.tensors].map(([name, { from, shape }]) => [
        name,
        { shape, data: values.slice(from, from + shape.reduce((size, side) => size * side, 1)) },
      ]),
    );
  }

  /** @param {Layer} layer @param {number} input place of `count` rows @param {number} count @returns {Trace} */
  #through({ weight, bias, inputs, outputs, tied, kind }, input, count) {
    const { kernels, parameters } = this;
    const values = kernels.take(count * outputs);
    const made = kind ? kernels.take(count * outputs) : values;
    const { mark } = kernels;
    let turned = parameters + weight;
    if (!tied) {
      turned = kernels.take(inputs * outputs);
      kernels.transpose(parameters + weight, turned, outputs, inputs);
    }
    kernels.multiply(input, inputs, 1, turned, values, count, outputs, inputs);
    kernels.release(mark);
    kernels.addBias(values, parameters + bias, count, outputs);
    if (kind) kernels.activate(values, made, count * outputs, kind);
    return { input, values, made };
  }

  /**
   * The way from images to images. Its places are the caller's to release.
   * @param {number} noisy
   * @param {number} count
   * @param {Generator | null} generator of what is random while training; null: not training
   * @returns {Pass}
   */
  run(noisy, count, generator) {
    const { layers, pairs } = this;
    /** @type {Trace[]} */
    const traces = [];
    let place = noisy;
    for (let i = 0; i < pairs; i++) {
      traces.push(this.#through(layers[i], place, count));
      place = traces[i].made;
    }
    const { code, kept, draws } = this.#code(place, count, generator);
    place = code;
    for (let i = pairs; i < 2 * pairs; i++) {
      traces.push(this.#through(layers[i], place, count));
      place = traces[i].made;
    }
    return { traces, code, kept, draws };
  }

  /** The code from what the encoder makes. @param {number} made @param {number} count @param {Generator | null} generator */
  #code(made, count, generator) {
    const { kernels, config } = this;
    const { sparsity, latent_dim: width, variational } = config;
    if (variational) {
      const draws = generator?.randn(count * width) ?? null;
      const code = kernels.take(count * width);
      const { floats } = kernels;
      for (let i = 0; i < count * width; i++) {
        const mean = made + 2 * width * Math.floor(i / width) + (i % width);
        floats[code + i] = floats[mean] + (draws ? Math.exp(0.5 * floats[mean + width]) * draws[i] : 0);
      }
      return { code, kept: null, draws };
    }
    const isLifetime = sparsity.kind === "lifetime" && generator !== null;
    if (sparsity.kind !== "topk" && !isLifetime) return { code: made, kept: null, draws: null };
    const code = kernels.take(count * width);
    const values = kernels.floats.subarray(made, made + count * width);
    const kept = isLifetime
      ? lifetime(values, count, width, sparsity.fraction)
      : topk(values, width, sparsity.k);
    for (let i = 0; i < values.length; i++) kernels.floats[code + i] = kept[i] ? values[i] : 0;
    return { code, kept, draws: null };
  }

  /** What the soft sparsity adds to the loss, as `Sparsity.penalty`. @param {number} code @param {number} count @param {number} [gradient] place of the code's gradient, which it is added to */
  penalty(code, count, gradient) {
    const { sparsity, latent_dim: width, variational } = this.config;
    const { floats } = this.kernels;
    const values = floats.subarray(code, code + count * width);
    const slopes = gradient === undefined ? null : floats.subarray(gradient, gradient + count * width);
    if (variational || !["l1", "kl"].includes(sparsity.kind)) return 0;
    return sparsity.kind === "l1"
      ? l1Of(values, sparsity.weight, slopes)
      : klOf(values, count, width, sparsity, slopes);
  }

  /** The KL divergence of a variational code from N(0, I), per pixel. @param {number} made what the encoder makes @param {number} count @param {number} weight */
  divergence(made, count, weight) {
    const { floats } = this.kernels;
    const { latent_dim: width } = this.config;
    let sum = 0;
    for (let n = 0; n < count; n++) {
      for (let i = made + 2 * width * n; i < made + 2 * width * n + width; i++)
        sum -= 0.5 * (1 + floats[i + width] - floats[i] ** 2 - Math.exp(floats[i + width]));
    }
    return (weight * sum) / count / PIXELS;
  }

  /**
   * The gradients of all parameters, from that of what the last layer makes.
   * @param {Pass} pass
   * @param {number} count
   * @param {number} gradient place of it, `count` rows of 784; changed
   * @param {{ fromLogits: boolean, klWeight: number }} options fromLogits: it is that of the logits
   */
  backward(pass, count, gradient, { fromLogits, klWeight }) {
    const { kernels, layers, pairs } = this;
    const { mark } = kernels;
    /** @type {Set<number>} */
    const written = new Set();
    for (let i = 2 * pairs - 1; i >= 0; i--) {
      const layer = layers[i];
      const { input, values, made } = pass.traces[i];
      if (i === pairs - 1) gradient = this.#behindCode(pass, count, gradient, klWeight);
      if (layer.kind && !(fromLogits && i === 2 * pairs - 1))
        kernels.chain(gradient, values, made, count * layer.outputs, layer.kind);
      this.#parameters(layer, input, gradient, count, written);
      if (i === 0) break;
      const before = kernels.take(count * layer.inputs);
      const inner = kernels.mark;
      let weight = this.parameters + layer.weight;
      if (layer.tied) {
        const turned = kernels.take(layer.inputs * layer.outputs);
        kernels.transpose(weight, turned, layer.inputs, layer.outputs);
        weight = turned;
      }
      kernels.multiply(gradient, layer.outputs, 1, weight, before, count, layer.inputs, layer.outputs);
      kernels.release(inner);
      gradient = before;
    }
    kernels.release(mark);
  }

  /** A code's gradient to that of what the encoder makes. @param {Pass} pass @param {number} count @param {number} gradient @param {number} klWeight */
  #behindCode({ traces, code, kept, draws }, count, gradient, klWeight) {
    const { kernels, pairs } = this;
    const { latent_dim: width, variational } = this.config;
    this.penalty(code, count, gradient);
    if (kept) for (let i = 0; i < count * width; i++) if (!kept[i]) kernels.floats[gradient + i] = 0;
    if (!variational) return gradient;
    const both = kernels.take(2 * count * width);
    const { floats } = kernels;
    const { made } = traces[pairs - 1];
    const share = klWeight / count / PIXELS;
    for (let n = 0; n < count; n++) {
      for (let i = 0; i < width; i++) {
        const [from, at] = [gradient + n * width + i, 2 * width * n + i];
        const [mean, logVariance] = [floats[made + at], floats[made + at + width]];
        floats[both + at] = floats[from] + share * mean;
        const spread = draws ? 0.5 * Math.exp(0.5 * logVariance) * draws[n * width + i] : 0;
        floats[both + at + width] = floats[from] * spread + 0.5 * share * (Math.exp(logVariance) - 1);
      }
    }
    return both;
  }

  /** The gradients of a layer's weight and bias. @param {Layer} layer @param {number} input @param {number} gradient @param {number} count @param {Set<number>} written weights that have theirs already */
  #parameters({ weight, bias, inputs, outputs, tied }, input, gradient, count, written) {
    const { kernels, gradients } = this;
    kernels.columnSums(gradient, gradients + bias, count, outputs);
    const { mark } = kernels;
    const isShared = written.has(weight);
    const to = isShared ? kernels.take(inputs * outputs) : gradients + weight;
    if (tied) kernels.multiply(input, 1, inputs, gradient, to, inputs, outputs, count);
    else kernels.multiply(gradient, 1, outputs, input, to, outputs, inputs, count);
    written.add(weight);
    if (isShared) {
      const { floats } = kernels;
      for (let i = 0; i < inputs * outputs; i++) floats[gradients + weight + i] += floats[to + i];
    }
    kernels.release(mark);
  }

  /** Restored images, as in evaluation. @param {Float32Array} noisy @returns {Float32Array} */
  restore(noisy) {
    return this.#evaluated(noisy, PIXELS, ({ traces }) => traces[2 * this.pairs - 1].made);
  }

  /** The codes of images, as in evaluation. @param {Float32Array} images @returns {Float32Array} */
  encode(images) {
    return this.#evaluated(images, this.config.latent_dim, ({ code }) => code);
  }

  /**
   * What a pass in evaluation makes of images.
   * @param {Float32Array} images
   * @param {number} width of what is made of each
   * @param {(pass: ReturnType<Network["run"]>) => number} placeOf where the pass has it
   */
  #evaluated(images, width, placeOf) {
    const { kernels } = this;
    const { mark } = kernels;
    const count = images.length / PIXELS;
    const place = kernels.take(images.length);
    kernels.floats.set(images, place);
    const from = placeOf(this.run(place, count, null));
    const made = kernels.floats.slice(from, from + count * width);
    kernels.release(mark);
    return made;
  }

  /** The pictures of codes. @param {Float32Array} codes @returns {Float32Array} */
  decode(codes) {
    const { kernels, layers, pairs } = this;
    const { mark } = kernels;
    const count = codes.length / this.config.latent_dim;
    let place = kernels.take(codes.length);
    kernels.floats.set(codes, place);
    for (let i = pairs; i < 2 * pairs; i++) place = this.#through(layers[i], place, count).made;
    const pictures = kernels.floats.slice(place, place + count * PIXELS);
    kernels.release(mark);
    return pictures;
  }
}
