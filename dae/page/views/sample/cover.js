// What the question leaves of the page's digit: a part of its pixels, the means of its blocks, or its noisy version.
import { computed, effect, signal } from "@preact/signals-core";
import { clean } from "../../digit.js";
import { corrupt } from "../../engine/noise.js";
import { Generator } from "../../engine/rng.js";
import { coarse, known } from "../../engine/sampling.js";
import { state } from "../../page.js";
import { Drawing, SIDE as PAPER } from "../../parts/drawing.js";
import { SIDE } from "../../parts/picture.js";
import { decodeDigit, encodeDigit } from "../../pixels.js";

/** @typedef {import("../../engine/sampling.js").Measurement} Measurement */
/**
 * @typedef {object} Asked what is asked about a digit
 * @property {string} key tells whether it is another question
 * @property {Float32Array} clean
 * @property {Float32Array} shown what is left of it; black where it is hidden. The one-step answer is made of this
 * @property {Float32Array | null} mask 1 where a pixel is known; null where not single pixels are
 * @property {Measurement | null} measurement
 * @property {Float32Array} [start] the noisy digit that the samples start from
 */

const PIXELS = SIDE ** 2;
const HIDDEN = 0.8; // share of the pixels
const HOLE = [8, 20]; // rows and columns of the hole in the middle
export const BLOCK = 4;
const HALF = SIDE / 2;

/** The hole's paper, which lies over the digit. */
export const drawing = new Drawing();
/** 1 where the drawn cover hides, as the state's `hole` says; null until that is read. @type {import("@preact/signals-core").Signal<Float32Array | null>} */
const hole = signal(null);

/** What is hidden by a drawing on the paper: pixels that are at least half inked. */
function holeOf() {
  const grey = drawing.grey();
  const scale = PAPER / SIDE;
  const sums = new Float32Array(PIXELS);
  for (let i = 0; i < grey.length; i++)
    sums[SIDE * Math.floor(i / PAPER / scale) + Math.floor((i % PAPER) / scale)] += grey[i];
  return sums.map((sum) => (sum >= (255 * scale ** 2) / 2 ? 1 : 0));
}

/** The drawing has changed. @param {boolean} lifted the pen is up again, so that the link may follow */
export async function drawn(lifted) {
  const hidden = holeOf();
  hole.value = hidden;
  if (!lifted || drawing.isDown) return;
  const text = hidden.some(Boolean) ? await encodeDigit(hidden) : "";
  if (hole.peek() !== hidden) return; // the pen went on meanwhile
  drawing.text = text;
  state.set({ sample_hole: text });
}

/** Follow the state's `hole`, which a link may bring. Returns what ends it. */
export const followHole = () =>
  effect(() => {
    const text = state.get("sample_hole");
    if (text === drawing.text && hole.peek()) return;
    drawing.text = text;
    const take = (/** @type {Float32Array | null} */ found) => {
      if (drawing.text !== text) return;
      const hidden = found?.map((value) => (value >= 0.5 ? 1 : 0)) ?? new Float32Array(PIXELS);
      hole.value = hidden;
      drawing.restore(found && paperOf(hidden));
    };
    if (text) decodeDigit(text).then((found) => (found ? take(found) : state.set({ sample_hole: "" })));
    else take(null);
  });

/** A cover as a base of the drawing, its pixels as blocks. @param {Float32Array} hidden */
function paperOf(hidden) {
  const paper = Object.assign(document.createElement("canvas"), { width: PAPER, height: PAPER });
  const context = /** @type {CanvasRenderingContext2D} */ (paper.getContext("2d"));
  const scale = PAPER / SIDE;
  context.fillStyle = "#fff";
  hidden.forEach((value, i) => {
    if (value) context.fillRect((i % SIDE) * scale, Math.floor(i / SIDE) * scale, scale, scale);
  });
  return paper;
}

/** Pixels for which a rule holds. @param {(row: number, column: number) => boolean} rule */
const where = (rule) =>
  Float32Array.from({ length: PIXELS }, (_, i) => (rule(Math.floor(i / SIDE), i % SIDE) ? 1 : 0));

/** @param {number} place */
const inHole = (place) => place >= HOLE[0] && place < HOLE[1];

/** Which pixels each cover leaves. @type {Record<string, () => Float32Array | null>} */
const MASKS = {
  lower: () => where((row) => row < HALF),
  upper: () => where((row) => row >= HALF),
  left: () => where((_, column) => column >= HALF),
  middle: () => where((row, column) => !(inHole(row) && inHole(column))),
  pixels: () => new Generator(state.get("seed")).rand(PIXELS).map((draw) => (draw >= HIDDEN ? 1 : 0)),
  drawn: () => hole.value?.map((value) => 1 - value) ?? null,
};

let counted = 0;
/** @type {WeakMap<Float32Array, number>} */
const numbers = new WeakMap();

/** A number for each digit, to tell them apart. @param {Float32Array} digit */
function numberOf(digit) {
  const number = numbers.get(digit) ?? ++counted;
  numbers.set(digit, number);
  return number;
}

/** Why there is nothing to ask: "" where there is. */
export const lacksQuestion = computed(() => {
  if (state.get("sample_cover") === "noisy" && state.get("noise") !== "gaussian") return "gaussian";
  if (state.get("sample_cover") === "drawn" && hole.value && !hole.value.some(Boolean)) return "hole";
  return "";
});

/** What is asked; null while the digit is on its way, or there is nothing to ask. @type {import("@preact/signals-core").ReadonlySignal<Asked | null>} */
export const asked = computed(() => {
  const digit = clean.value;
  const cover = state.get("sample_cover");
  if (!digit || lacksQuestion.value) return null;
  const key = `${numberOf(digit)} ${cover}`;
  if (cover === "noisy") {
    const [level, seed] = [state.get("level"), state.get("seed")];
    const start = corrupt(digit, "gaussian", level, { seed, clip: false });
    return {
      key: `${key} ${level} ${seed}`,
      clean: digit,
      shown: start,
      mask: null,
      measurement: null,
      start,
    };
  }
  if (cover === "coarse") {
    const measurement = coarse(digit, BLOCK);
    return { key, clean: digit, shown: measurement.values, mask: null, measurement };
  }
  const mask = MASKS[cover]();
  if (!mask) return null;
  const measurement = known(digit, mask);
  return { key: `${key} ${mask.join("")}`, clean: digit, shown: measurement.values, mask, measurement };
});
