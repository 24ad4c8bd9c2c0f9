// What the question leaves of the page's digit: a part of its pixels, the means of its blocks, or its noisy version.
import { computed, effect, signal } from "@preact/signals-core";
import { clean } from "../../digit.js";
import { state } from "../../page.js";
import { Drawing, SIDE as PAPER } from "../../parts/drawing.js";
import { SIDE } from "../../parts/picture.js";
import { decodeDigit, encodeDigit } from "../../pixels.js";
import { questionOf } from "../../sampling.js";

/** What is asked about a digit; the key tells whether it is another question. @typedef {import("../../sampling.js").Question & { key: string, clean: Float32Array }} Asked */

const PIXELS = SIDE ** 2;

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
  if (cover === "drawn" && !hole.value) return null;
  const [level, seed] = [state.get("level"), state.get("seed")];
  const question = questionOf(digit, { sample_cover: cover, level, seed }, hole.value ?? undefined);
  const { start, mask } = question;
  const key = `${numberOf(digit)} ${cover} ${start ? `${level} ${seed}` : (mask?.join("") ?? "")}`;
  return { key, clean: digit, ...question };
});
