/**
 * What the values of a code stand for, as `dae.features` defines it: the decoder's dictionary, the encoder's filters, and
 * a digit built up from its strongest features.
 */

import { exciting, firing, once, underNoise, wholeFiring, withCode } from "./activity.js";
import { decodeAll, encodeAll } from "./answers.js";
import { mse } from "./metrics.js";
import { corrupt, PIXELS } from "./noise.js";
import { similarityOrder } from "./similarity.js";

/**
 * @typedef {import("./answers.js").Context} Context
 * @typedef {import("./answers.js").NoiseChoice} NoiseChoice
 * @typedef {import("./network.js").Network} Network
 * @typedef {import("./activity.js").Asked} Asked
 *
 * @typedef {object} Words the dictionary
 * @property {Float32Array} pictures D x 784
 * @property {Float32Array} lengths Euclidean ones of the pictures
 * @property {Float32Array | null} steps how far each value was moved from the mean code; null where the pictures are the
 *   columns of the decoder's only weight matrix
 * @property {Float32Array | null} bias of that only layer
 */

const CURVE_POINTS = 64; // pictures of a digit that is built up

/** The features with like beside like. @param {Asked} question @param {Context} context */
async function similar(question, context) {
  const network = await withCode(question.model, context);
  const { similar: stored } = await wholeFiring(network, question, context);
  if (stored) return { order: Array.from(stored) };
  const { pictures } = await wordsOf(network, question, context);
  const order = once(
    network,
    "order",
    async () => (await similarityOrder(pictures, network.latentDim, context.turn)).order,
  );
  return { order: (await order).slice() };
}

// The dictionary and the filters

/** @param {Float32Array} pictures */
const lengthsOf = (pictures) =>
  Float32Array.from({ length: pictures.length / PIXELS }, (_, i) => {
    let length = 0;
    for (let k = i * PIXELS; k < (i + 1) * PIXELS; k++) length += pictures[k] ** 2;
    return Math.sqrt(length);
  });

/** @param {Network} network @param {Asked} asked @param {Context} context @returns {Promise<Words>} */
async function wordsOf(network, asked, context) {
  return once(network, "words", async () => {
    const width = network.latentDim;
    const layer = network.linearDecoder();
    if (layer) {
      const pictures = new Float32Array(width * PIXELS);
      for (let pixel = 0; pixel < PIXELS; pixel++) {
        for (let i = 0; i < width; i++) pictures[i * PIXELS + pixel] = layer.weight[pixel * width + i];
      }
      return { pictures, lengths: lengthsOf(pictures), steps: null, bias: layer.bias };
    }
    const { mean, std } = await wholeFiring(network, asked, context);
    const codes = new Float32Array((width + 1) * width);
    for (let i = 0; i <= width; i++) codes.set(mean, i * width);
    for (let i = 0; i < width; i++) codes[i * width + i] += std[i];
    const decoded = await decodeAll(context, network, codes);
    const start = decoded.subarray(width * PIXELS);
    const pictures = decoded.slice(0, width * PIXELS);
    for (let i = 0; i < width; i++) {
      for (let k = i * PIXELS; k < (i + 1) * PIXELS; k++)
        pictures[k] = std[i] ? pictures[k] - start[k - i * PIXELS] : 0;
    }
    return { pictures, lengths: lengthsOf(pictures), steps: std.slice(), bias: null };
  });
}

/** @param {Float32Array} values */
const peakOf = (values) => values.reduce((peak, value) => Math.max(peak, Math.abs(value)), 0);

/**
 * A network's dictionary and filters.
 * @param {Asked} question
 * @param {Context} context
 */
async function dictionary(question, context) {
  const network = await withCode(question.model, context);
  const { pictures, steps } = await wordsOf(network, question, context);
  const filters = network.encoderFilters();
  const { output, tied } = network.config;
  return {
    count: network.latentDim,
    pictures: pictures.slice(),
    steps: steps?.slice() ?? null,
    peak: peakOf(pictures),
    output,
    filters: {
      ...filters,
      tied,
      pictures: tied ? new Float32Array(0) : filters.pictures, // tied ones are the dictionary
      peak: peakOf(filters.pictures),
    },
  };
}

// One digit

/**
 * At most 64 whole numbers from 0 to `total`: every one at first, then ever wider apart.
 * @param {number} total
 * @param {number} [points]
 */
export function curveCounts(total, points = CURVE_POINTS) {
  if (total < points) return [...Array(total + 1).keys()];
  const counts = [0];
  for (let left = points - 1; left > 0; left--) {
    const last = counts[counts.length - 1];
    // The ratio that leads from here to the end in the steps that are left.
    const ratio = (total / Math.max(last, 1)) ** (1 / left);
    counts.push(left === 1 ? total : Math.max(last + 1, Math.floor(last * ratio)));
  }
  return counts;
}

/**
 * A digit from its strongest features, one at a time; the last picture is the reconstruction. A linear decoder's partial
 * sums are exact before the output function. Any other decoder starts at the mean code and takes the digit's values one
 * after the other: an approximation, as what a feature changes there depends on the others.
 *
 * @param {Network} network @param {Float32Array} code @param {Words} words @param {Float32Array} mean
 * @param {Context} context
 */
async function buildUp(network, code, { pictures, lengths, steps, bias }, mean, context) {
  const width = network.latentDim;
  const sizes = lengths.map((length, i) => {
    const share = steps ? (steps[i] > 0 ? Math.abs(code[i] - mean[i]) / steps[i] : 0) : Math.abs(code[i]);
    return share * length;
  });
  const sorted = [...sizes.keys()].sort((a, b) => sizes[b] - sizes[a]);
  const order = bias ? sorted.filter((i) => code[i] !== 0) : sorted;
  const counts = curveCounts(order.length);
  if (!bias) {
    const codes = new Float32Array(counts.length * width);
    counts.forEach((count, n) => {
      codes.set(mean, n * width);
      for (const i of order.slice(0, count)) codes[n * width + i] = code[i];
    });
    return { isExact: false, order, counts, pictures: await decodeAll(context, network, codes) };
  }
  const sums = new Float32Array(counts.length * PIXELS);
  const sum = Float64Array.from(bias);
  let added = 0;
  counts.forEach((count, n) => {
    for (; added < count; added++) {
      const i = order[added];
      for (let pixel = 0; pixel < PIXELS; pixel++) sum[pixel] += code[i] * pictures[i * PIXELS + pixel];
    }
    sums.set(sum, n * PIXELS);
  });
  return { isExact: true, order, counts, pictures: network.output(sums) };
}

/**
 * What a digit and its noise do: its codes, clean and noisy, which features the noise switches on and off, the noisy
 * image, and the digit built up.
 * @param {Asked & NoiseChoice & { digit: Float32Array, level: number, from: string }} question `from`: the digit that is
 *   built up, "noisy" or "clean"
 * @param {Context} context
 */
async function features({ model, digest, digit, noise, level, clip, seed, from }, context) {
  const network = await withCode(model, context);
  const { threshold, mean } = await wholeFiring(network, { model, digest }, context);
  const words = await wordsOf(network, { model, digest }, context);
  const images = new Float32Array(2 * PIXELS);
  images.set(digit);
  images.set(corrupt(digit, noise, level, { seed, clip }), PIXELS);
  const codes = await encodeAll(context, network, images);
  const [clean, noisy] = [codes.slice(0, network.latentDim), codes.slice(network.latentDim)];
  const fires = (/** @type {number} */ value) => Math.abs(value) > threshold;
  const build = await buildUp(network, from === "clean" ? clean : noisy, words, mean, context);
  const errors = build.counts.map((_, n) =>
    mse(build.pictures.subarray(n * PIXELS, (n + 1) * PIXELS), digit),
  );
  return {
    on: [...clean.keys()].filter((i) => fires(noisy[i]) && !fires(clean[i])),
    off: [...clean.keys()].filter((i) => fires(clean[i]) && !fires(noisy[i])),
    clean,
    noisy,
    image: images.slice(PIXELS),
    build: { ...build, errors },
  };
}

export const KINDS = { firing, similar, dictionary, features, underNoise, exciting };
