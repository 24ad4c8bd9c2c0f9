/** How the features of a code fire over the gallery: what `dae/firing.py` stores, or the same measured here. */

import { readSafetensors } from "./checkpoint.js";
import { CLASSES } from "./gallery.js";

export const EXCITING = 9;
const BINS = 24;
const STEPS = 255; // a stored share is a whole number up to here
const ACTIVE = 0.01; // a feature fires above this share of the largest value of all
const FORMAT = "dae-firing-1";

/**
 * @typedef {object} Firing of D features, over N digits
 * @property {number} digits N
 * @property {number} threshold a feature fires when |value| is above it
 * @property {Float32Array} rate share of the digits for which it fires
 * @property {Float32Array} mean
 * @property {Float32Array} std population standard deviation
 * @property {Float32Array} energy mean square
 * @property {Float32Array} classShare D x 10: share of each class among the digits for which it fires
 * @property {Float32Array} exciting D x 9: the digits for which its value is largest in size, the largest first
 * @property {Float32Array} histogram D x 24: of its values where it fires, as shares of the tallest bar
 * @property {Float32Array} edges D x 2: the lowest and the highest of those values
 * @property {Float32Array | null} similar the features with like beside like; null where that is not known yet
 * @property {number[]} active shares of the digits by how many features fire for them, from none to `most`
 * @property {number} most
 * @property {number} nonzero how many features fire for a digit, on average
 */

/** @param {Float32Array} mean @param {Float32Array} std */
const energyOf = (mean, std) => mean.map((value, i) => value ** 2 + std[i] ** 2);

/**
 * What is stored of a shipped network.
 * @param {ArrayBuffer} buffer the whole file
 * @param {string} digest how the SHA-256 of the network's file begins
 * @returns {Firing | null} null where it belongs to another file, or makes no sense
 */
export function readFiring(buffer, digest) {
  try {
    const { metadata, tensors } = readSafetensors(buffer);
    const header = JSON.parse(metadata.dae);
    if (header.format !== FORMAT || !digest || !header.checkpoint.startsWith(digest)) return null;
    const { digits, threshold, active, most, nonzero } = header;
    /** @param {string} name @param {number} [unit] */
    const data = (name, unit = 1) => {
      const found = tensors.get(name);
      if (!found) throw new TypeError(name);
      return unit === 1 ? found.tensor.data : found.tensor.data.map((value) => value / unit);
    };
    const [mean, std, counts] = [data("mean"), data("std"), data("counts")]; // counts: of each class
    const total = mean.map((_, i) =>
      counts.subarray(i * CLASSES, (i + 1) * CLASSES).reduce((a, b) => a + b, 0),
    );
    return {
      digits,
      threshold,
      active,
      most,
      nonzero,
      mean,
      std,
      energy: energyOf(mean, std),
      rate: total.map((count) => count / digits),
      classShare: counts.map((count, i) => count / Math.max(1, total[Math.floor(i / CLASSES)])),
      exciting: data("exciting"),
      histogram: data("histogram", STEPS),
      edges: data("edges"),
      similar: data("similar"),
    };
  } catch {
    return null;
  }
}

/**
 * How many features fire for each digit.
 * @param {Float32Array} codes N x width
 * @param {number} width
 * @param {number} threshold
 */
export function activeOf(codes, width, threshold) {
  const active = new Uint16Array(codes.length / width);
  for (let i = 0; i < codes.length; i++) if (Math.abs(codes[i]) > threshold) active[(i / width) | 0]++;
  return active;
}

/**
 * For which share of the digits how many features fire: the numbers from 0 to `most` spread over at most 24 bins.
 * @param {Uint16Array} active
 * @param {number} most larger ones count as this
 */
export function shares(active, most) {
  const bins = Math.min(BINS, most + 1);
  const found = new Array(bins).fill(0);
  for (const count of active)
    found[Math.floor((Math.min(count, most) * bins) / (most + 1))] += 1 / active.length;
  return found;
}

/** @param {Uint16Array} active @returns {number} their mean */
export const meanOf = (active) => active.reduce((sum, count) => sum + count, 0) / active.length;

/**
 * How features fire for some digits.
 * @param {Float32Array} codes N x width
 * @param {number} width
 * @param {Uint8Array} labels the digits' classes
 * @param {() => Promise<void>} [turn] is awaited between slices of the work
 * @returns {Promise<Firing>}
 */
export async function measureFiring(codes, width, labels, turn = async () => {}) {
  const count = labels.length;
  const threshold = Math.fround(ACTIVE) * codes.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const active = activeOf(codes, width, threshold);
  const most = Math.min(width, Math.floor((3 * active.reduce((a, b) => Math.max(a, b), 0)) / 2) + 1);
  const floats = (/** @type {number} */ columns) => new Float32Array(width * columns);
  const [rate, mean, std] = [floats(1), floats(1), floats(1)];
  const [classShare, exciting, histogram, edges] = [
    floats(CLASSES),
    floats(EXCITING),
    floats(BINS),
    floats(2),
  ];
  for (let feature = 0; feature < width; feature++) {
    if (feature % 8 === 0) await turn();
    const values = Float32Array.from({ length: count }, (_, n) => codes[n * width + feature]);
    let sum = 0;
    for (const value of values) sum += value;
    let squares = 0;
    for (const value of values) squares += (value - sum / count) ** 2;
    mean[feature] = sum / count;
    std[feature] = values.every((value) => value === values[0]) ? 0 : Math.sqrt(squares / count);
    const firing = [...values.keys()].filter((n) => Math.abs(values[n]) > threshold);
    rate[feature] = firing.length / count;
    for (const n of firing) classShare[feature * CLASSES + labels[n]] += 1 / firing.length;
    exciting.set(mostExciting(values), feature * EXCITING);
    const bars = histogramOf(firing.map((n) => values[n]));
    histogram.set(bars.heights, feature * BINS);
    edges.set(bars.edges, feature * 2);
  }
  return {
    digits: count,
    threshold,
    rate,
    mean,
    std,
    energy: energyOf(mean, std),
    classShare,
    exciting,
    histogram,
    edges,
    similar: null,
    active: shares(active, most),
    most,
    nonzero: meanOf(active),
  };
}

/** @param {Float32Array} values @returns {number[]} the places of the nine that are largest in size */
function mostExciting(values) {
  /** @type {number[]} */
  const found = [];
  for (let n = 0; n < values.length; n++) {
    const size = Math.abs(values[n]);
    if (found.length === EXCITING && size <= Math.abs(values[found[EXCITING - 1]])) continue;
    const place = found.findIndex((other) => Math.abs(values[other]) < size);
    found.splice(place < 0 ? found.length : place, 0, n);
    found.length = Math.min(found.length, EXCITING);
  }
  return found;
}

/** @param {number[]} values */
function histogramOf(values) {
  const edges = values.length ? [Math.min(...values), Math.max(...values)] : [0, 1];
  if (edges[0] === edges[1]) [edges[0], edges[1]] = [edges[0] - 0.5, edges[1] + 0.5];
  const heights = new Float32Array(BINS);
  for (const value of values) {
    heights[Math.min(BINS - 1, Math.floor(((value - edges[0]) / (edges[1] - edges[0])) * BINS))]++;
  }
  const tallest = Math.max(1, ...heights);
  return { heights: heights.map((height) => height / tallest), edges };
}
