// The digit that the page talks about: from the gallery, drawn or uploaded. It follows the state.
import { batch, effect, signal } from "@preact/signals-core";
import { decode } from "./base64.js";
import { base, manifest, state } from "./page.js";
import { decodeDigit, encodeDigit } from "./pixels.js";

const PIXELS = 28 * 28;

/** The clean digit, 784 values in [0, 1]; null until the first is there. @type {import("@preact/signals-core").Signal<Float32Array | null>} */
export const clean = signal(null);
/** Whether it is that of a stroke which still goes on. */
export const passing = signal(false);
/** Whether the digit that the state asks for is still on its way. */
export const waiting = signal(true);
/** Whether the picture that was given last had no digit, so that the one of before is shown. */
export const isOfBefore = signal(false);
/** Whether the gallery's digits could not be fetched. */
export const missing = signal(false);

/** @type {Map<number, Promise<Uint8Array>>} */
const classes = new Map();

/**
 * The gallery's digits of one class, 784 grey values each.
 * @param {number} digit the class, 0 to 9
 * @returns {Promise<Uint8Array>}
 */
export function galleryOf(digit) {
  let found = classes.get(digit);
  if (!found) {
    found = fetch(new URL(`gallery/${digit}.bin`, base)).then(async (answer) => {
      if (!answer.ok) throw new Error(`gallery ${digit}: ${answer.status}`);
      return new Uint8Array(await answer.arrayBuffer());
    });
    found.catch(() => classes.delete(digit)); // another attempt may succeed
    classes.set(digit, found);
  }
  return found;
}

/** @param {Uint8Array} digits @param {number} index */
export const digitAt = (digits, index) =>
  Float32Array.from(digits.subarray(PIXELS * index, PIXELS * (index + 1)), (value) => value / 255);

/** Grey values in base64 as a digit, in [0, 1]. @param {string} text */
export const digitOf = (text) => digitAt(decode(text), 0);

/** The digit that the page starts with, which the manifest brings. */
export const firstDigit = digitOf(manifest.first.pictures.clean);

/** How many digits of each class this edition brings. */
export const perClass = manifest.gallery.perClass;

/** The digit that was taken last, with its text, and where it came from. */
export let known = { text: "", digit: /** @type {Float32Array | null} */ (null), source: "" };

let turn = 0;
effect(() => {
  const source = state.get("source");
  const [digit, index, text] = [state.get("digit"), state.get("index"), state.get("pixels")];
  const mine = ++turn;
  const show = (/** @type {Float32Array | null} */ found) => {
    if (mine !== turn || !found) return;
    batch(() => {
      clean.value = found;
      passing.value = false;
      waiting.value = false;
    });
  };
  waiting.value = true;
  if (source !== "pick" && text) {
    if (known.text === text) show(known.digit);
    else decodeDigit(text).then((found) => (found ? show(found) : state.set({ source: "pick", pixels: "" })));
    return;
  }
  if (digit === manifest.state.digit.start && index === manifest.state.index.start) {
    show(firstDigit);
    return;
  }
  galleryOf(digit).then(
    (digits) => {
      missing.value = false;
      show(digitAt(digits, Math.min(index, digits.length / PIXELS - 1)));
    },
    () => {
      missing.value = true;
    },
  );
});

/**
 * Show a digit, in the 8 bits that a link holds of it: what it gives back is the same.
 * @param {Float32Array} digit @param {boolean} isPassing
 */
function put(digit, isPassing) {
  turn++;
  const kept = digit.map((value) => Math.round(255 * value) / 255);
  batch(() => {
    clean.value = kept;
    passing.value = isPassing;
    waiting.value = false;
    isOfBefore.value = false;
  });
  return kept;
}

/** @param {Float32Array} digit that of a stroke which still goes on: shown, and not yet in the link */
export function preview(digit) {
  put(digit, true);
}

/**
 * Take a drawn or uploaded digit.
 * @param {Float32Array} digit 784 values in [0, 1]
 * @param {"draw" | "upload"} source
 * @returns {Promise<string | null>} its text, as the state's `pixels`; null where another has been taken meanwhile
 */
export async function take(digit, source) {
  const kept = put(digit, false);
  const mine = turn;
  const text = await encodeDigit(kept);
  if (mine !== turn) return null;
  known = { text, digit: kept, source };
  state.set({ source, pixels: text });
  return text;
}
