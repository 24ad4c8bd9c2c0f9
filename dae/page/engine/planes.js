/** The plane of a network's codes: stored beforehand, or made from the gallery here. */

import { readSafetensors } from "./checkpoint.js";
import { EngineError } from "./errors.js";
import { CLASSES, galleryCodes } from "./gallery.js";
import { pca } from "./pca.js";

/**
 * @typedef {import("./answers.js").Context} Context
 * @typedef {import("./network.js").Network} Network
 *
 * @typedef {object} Space a network and the gallery that its plane is made from
 * @property {string} model
 * @property {number} perClass how many digits of each class the gallery has
 * @property {string} [digest] how the SHA-256 of the network's file begins: of a shipped network, whose plane is stored
 *
 * @typedef {object} Plane
 * @property {"code" | "pca"} kind
 * @property {Float32Array} xy places of the gallery's codes, x and y in turn
 * @property {Float32Array} mean
 * @property {Float32Array[]} axes two, orthonormal, but for a code of one value: its horizontal axis
 * @property {number[]} share PCA: of the codes' variance along each axis
 * @property {number} scale the mean distance between the centroids of the classes
 * @property {{ noise: string, level: number, drift: number }[]} drift of the whole gallery, where it is stored
 * @property {Float32Array | null} tsne places, where they are stored
 */

const FORMAT = "dae-planes-2";

/** @param {Float32Array} a @param {number} i @param {Float32Array} b @param {number} j @param {number} width of both rows */
export function distance(a, i, b, j, width) {
  let sum = 0;
  for (let k = 0; k < width; k++) sum += (a[i * width + k] - b[j * width + k]) ** 2;
  return Math.sqrt(sum);
}

/** @type {WeakMap<Network, Plane>} */
const planes = new WeakMap();

/**
 * Codes to places: (z - mean) A^T.
 * @param {Pick<Plane, "mean" | "axes">} plane
 * @param {Float32Array} codes
 */
export function project({ mean, axes }, codes) {
  const width = mean.length;
  const count = codes.length / width;
  const places = new Float32Array(2 * count);
  for (let n = 0; n < count; n++) {
    axes.forEach((axis, a) => {
      let sum = 0;
      for (let i = 0; i < width; i++) sum += (codes[n * width + i] - mean[i]) * axis[i];
      places[2 * n + a] = sum;
    });
  }
  return places;
}

/**
 * Places to codes: mean + p A.
 * @param {Pick<Plane, "mean" | "axes">} plane
 * @param {ArrayLike<number>} places
 */
export function lift({ mean, axes }, places) {
  const width = mean.length;
  const codes = new Float32Array((places.length / 2) * width);
  for (let i = 0; i < codes.length; i++) {
    const n = Math.floor(i / width);
    codes[i] = mean[i % width];
    axes.forEach((axis, a) => {
      codes[i] += places[2 * n + a] * axis[i % width];
    });
  }
  return codes;
}

/**
 * What `python -m dae planes` has stored of a network; null where there is nothing, or something of another file.
 * @param {Space} space
 * @param {Context} context
 * @returns {Promise<Plane | null>}
 */
async function stored({ model, perClass, digest }, context) {
  if (!digest) return null;
  try {
    const { metadata, tensors } = readSafetensors(
      await context.file(`checkpoints/planes/${model}.safetensors`),
    );
    const header = JSON.parse(metadata.dae);
    if (header.format !== FORMAT || !header.checkpoint.startsWith(digest)) return null;
    const data = (/** @type {string} */ name) => tensors.get(name)?.tensor.data ?? new Float32Array(0);
    const [kind, ...share] = header.linear;
    const mean = data("mean");
    const axes = [0, 1].map((a) => data("axes").slice(a * mean.length, (a + 1) * mean.length));
    /** @param {string} name @param {number} steps */
    const places = (name, steps) => {
      const [low, high] = [data(`${name}_extent`).subarray(0, 2), data(`${name}_extent`).subarray(2)];
      const all = data(name).map((step, i) => low[i % 2] + (step / steps) * (high[i % 2] - low[i % 2]));
      const ofClass = all.length / CLASSES;
      // A smaller gallery has the first digits of each class.
      return all.filter((_, i) => i % ofClass < 2 * perClass);
    };
    const tsne = tensors.has("tsne") ? places("tsne", 255) : null;
    const { scale, drift } = header;
    return { kind, xy: places("linear", 65535), mean, axes, share, scale, drift, tsne };
  } catch (error) {
    if (error instanceof EngineError || error instanceof SyntaxError || error instanceof TypeError)
      return null;
    throw error;
  }
}

/** @param {Float32Array[]} parts the codes of each class @param {number} width */
function classScale(parts, width) {
  const centroids = parts.map((part) => {
    const sum = new Float64Array(width);
    part.forEach((value, i) => {
      sum[i % width] += value;
    });
    return Float32Array.from(sum, (value) => (value * width) / part.length);
  });
  const apart = centroids.flatMap((a, i) => centroids.slice(0, i).map((b) => distance(a, 0, b, 0, width)));
  return apart.reduce((sum, each) => sum + each, 0) / apart.length;
}

/** @param {Network} network @param {Context} context @returns {Promise<Plane>} */
async function computed(network, context) {
  const parts = await galleryCodes(context, network);
  const width = network.latentDim;
  const linear =
    width > 2
      ? { kind: /** @type {const} */ ("pca"), ...(await pca(parts, width, context.turn)) }
      : {
          kind: /** @type {const} */ ("code"),
          mean: new Float32Array(width),
          axes: [...Array(width).keys()].map((a) =>
            Float32Array.from({ length: width }, (_, i) => Number(i === a)),
          ),
          share: [],
        };
  const places = parts.map((part) => project(linear, part));
  const xy = new Float32Array(places.reduce((length, part) => length + part.length, 0));
  places.reduce((start, part) => {
    xy.set(part, start);
    return start + part.length;
  }, 0);
  return { ...linear, xy, scale: classScale(parts, width), drift: [], tsne: null };
}

/** @param {Network} network @param {Space} space @param {Context} context */
export async function planeOf(network, space, context) {
  const found = (await planeAtHand(network, space, context)) ?? (await computed(network, context));
  planes.set(network, found);
  return found;
}

/**
 * The plane where it takes no long work: known, or stored.
 * @param {Network} network @param {Space} space @param {Context} context
 */
export async function planeAtHand(network, space, context) {
  const found = planes.get(network) ?? (await stored(space, context));
  if (found) planes.set(network, found);
  return found;
}
