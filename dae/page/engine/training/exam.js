/** What a run learns from and is judged by: the gallery's digits, as `dae.data.visitor_split` and `dae.trial.exam`. */

import { CLASSES, classOf, imagesOf } from "../gallery.js";
import { mse } from "../metrics.js";
import { PIXELS } from "../noise.js";
import { Generator } from "../rng.js";
import { spoil } from "./draws.js";
import { seenOf } from "./settings.js";

const SHOWN = [0, 2, 3, 4, 5, 7, 8, 9]; // classes

/**
 * @typedef {object} Digits
 * @property {Float32Array} seen to train on
 * @property {Float32Array} unseen to judge by
 * @property {number} perClass of the whole gallery
 * @property {string} source the digits to train on, as they call themselves
 */

/** @param {import("../answers.js").Context} context @returns {Promise<Digits>} */
export async function digitsOf(context) {
  /** @type {{ seen: Float32Array[], unseen: Float32Array[] }} */
  const parts = { seen: [], unseen: [] };
  let perClass = 0;
  for (let digit = 0; digit < CLASSES; digit++) {
    const images = imagesOf(await classOf(context, digit));
    perClass = images.length / PIXELS;
    const kept = seenOf(perClass) * PIXELS;
    parts.seen.push(images.subarray(0, kept));
    parts.unseen.push(images.subarray(kept));
  }
  const [seen, unseen] = [joined(parts.seen), joined(parts.unseen)];
  const count = seen.length / PIXELS;
  const source = `MNIST gallery, the first ${count / CLASSES} of each class (${count.toLocaleString("en-US")})`;
  return { seen, unseen, perClass, source };
}

/** @param {Float32Array[]} parts */
function joined(parts) {
  const all = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let place = 0;
  for (const part of parts) {
    all.set(part, place);
    place += part.length;
  }
  return all;
}

/** Values in [0, 1] as bytes. @param {Float32Array} images */
const greys = (images) =>
  Uint8Array.from(images, (value) => Math.round(255 * Math.min(1, Math.max(0, value || 0))));

/** Digits that a run never sees, corrupted always in the same way. */
export class Exam {
  /** @param {Digits} digits @param {import("./draws.js").TrainingNoise[]} noises */
  constructor({ unseen }, noises) {
    this.clean = unseen;
    this.noisy = spoil(unseen, noises, new Generator(0));
    this.nothing = mse(this.noisy, this.clean);
    const perClass = unseen.length / PIXELS / CLASSES;
    this.#places = SHOWN.map((digit) => digit * perClass * PIXELS);
  }

  #places;

  /** The eight that are shown. @param {Float32Array} images all of them @returns {Uint8Array} */
  shown(images) {
    const eight = new Float32Array(SHOWN.length * PIXELS);
    this.#places.forEach((from, i) => {
      eight.set(images.subarray(from, from + PIXELS), i * PIXELS);
    });
    return greys(eight);
  }
}

const FEATURES = 40; // that are shown, at most
const EVERY = 5; // digits, of which one is encoded to find the mean code

/**
 * Signed pictures of the code's first values, each on a scale of its own, as `dae.trial.features`.
 * @param {import("./network.js").Network} network
 * @param {Exam} exam
 * @returns {Int8Array}
 */
export function featuresOf(network, { clean }) {
  const { latent_dim: width } = network.config;
  const count = Math.min(FEATURES, width);
  const pictures = network.pairs > 1 ? moved(network, clean, count) : columns(network, count);
  const signed = new Int8Array(pictures.length);
  for (let from = 0; from < pictures.length; from += PIXELS) {
    let peak = 1e-9;
    for (let i = from; i < from + PIXELS; i++) peak = Math.max(peak, Math.abs(pictures[i]));
    for (let i = from; i < from + PIXELS; i++) signed[i] = Math.round((127 * pictures[i]) / peak);
  }
  return signed;
}

/** The columns of a decoder's only matrix. @param {import("./network.js").Network} network @param {number} count */
function columns({ config, tensors, parameters, kernels }, count) {
  const { latent_dim: width, tied } = config;
  const from = parameters + (tensors.get(tied ? "encoder.0.weight" : "decoder.0.weight")?.from ?? 0);
  const { floats } = kernels;
  if (tied) return floats.slice(from, from + count * PIXELS);
  const pictures = new Float32Array(count * PIXELS);
  for (let i = 0; i < count; i++)
    for (let pixel = 0; pixel < PIXELS; pixel++)
      pictures[i * PIXELS + pixel] = floats[from + pixel * width + i];
  return pictures;
}

/** What changes in the picture when one value moves from the mean code by its deviation. @param {import("./network.js").Network} network @param {Float32Array} clean @param {number} count */
function moved(network, clean, count) {
  const { latent_dim: width } = network.config;
  const some = new Float32Array(Math.ceil(clean.length / PIXELS / EVERY) * PIXELS);
  for (let n = 0; n * PIXELS < some.length; n++)
    some.set(clean.subarray(EVERY * n * PIXELS, (EVERY * n + 1) * PIXELS), n * PIXELS);
  const codes = network.encode(some);
  const total = codes.length / width;
  const asked = new Float32Array((count + 1) * width);
  const steps = new Float32Array(count);
  for (let i = 0; i < width; i++) {
    let [sum, squares, least, most] = [0, 0, Infinity, -Infinity];
    for (let n = i; n < codes.length; n += width) {
      sum += codes[n];
      squares += codes[n] ** 2;
      least = Math.min(least, codes[n]);
      most = Math.max(most, codes[n]);
    }
    const mean = sum / total;
    for (let n = i; n < asked.length; n += width) asked[n] = mean;
    if (i >= count) continue;
    steps[i] = most > least ? Math.sqrt(Math.max(0, squares / total - mean ** 2)) : 0;
    asked[(i + 1) * width + i] += steps[i];
  }
  const pictures = network.decode(asked);
  const changes = pictures.slice(PIXELS);
  for (let i = 0; i < changes.length; i++)
    changes[i] = steps[Math.floor(i / PIXELS)] ? changes[i] - pictures[i % PIXELS] : 0;
  return changes;
}
