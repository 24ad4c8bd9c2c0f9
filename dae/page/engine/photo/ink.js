/** Where the ink of a digit is in a picture: the rules of `dae/ink.py`, which says why, and whose constants these are. */

import { EngineError } from "../errors.js";
import { FAINTEST, inkOf, medianOf } from "../paper.js";
import { strokeWidth } from "../pen.js";
import {
  BICUBIC,
  blur,
  boxOf,
  crop,
  dilated,
  distances,
  HAMMING,
  label,
  largestAround,
  longerSide,
  resize,
  roundToEven,
} from "../raster.js";
import { inkInUnevenLight } from "./light.js";
import { above, digitsIn, sharesWithin, touching, withoutTables } from "./parts.js";

/**
 * @typedef {import("../raster.js").Grey} Grey
 * @typedef {import("../raster.js").Box} Box
 * @typedef {{ ink: Grey, region: Box, isSure: boolean, isPlain: boolean }} Found the ink, and what of the picture it covers
 * @typedef {(photo: Grey) => Grey} Look what the network sees in a photo, of the same size
 */

export const SMALL = 56;
const CLEAR = 0.4;
const SHOWN = 128;
const INKED = 0.5;
const SEEN = 0.35;
const ROOM = 0.35;
const CLOSER = 0.7;
const FURTHER = 64;
const BROAD = 12;
const THIN = 2.5;
const THINNEST = 0.05;
const BROADER = 1;
const MARGIN = 2;
const EVEN = 7;
const AROUND = 8;
const LEAST_LEVEL = 0.05;
const LEAST_CERTAINTY = 0.7;
const NEARER = 50;
const STILL = 0.4;

/**
 * The ink of the digit or the digits in a picture.
 * @param {Grey} grey
 * @param {Look} network
 * @returns {Found}
 * @throws {EngineError} `no_ink`
 */
export function find(grey, network) {
  const { width, height } = grey;
  const plain = plainInk(grey) ?? inkInUnevenLight(grey);
  if (!plain) return findInPhoto(grey, look(grey, network), network);
  const found = { ink: plain, region: wholeOf(grey), isSure: true, isPlain: true };
  const { labels, count } = label(above(plain, FAINTEST), width);
  if (Math.max(width, height) <= SMALL || (count === 1 && !touching(labels, width).size)) return found;
  const looked = look(grey, network);
  const chosen = choose(plain, labels, count, looked.seen);
  if (chosen) return { ...found, ink: chosen };
  try {
    return findInPhoto(grey, looked, network);
  } catch (error) {
    const isNoInk = error instanceof EngineError && error.code === "no_ink";
    if (!isNoInk || count > 1 || spreadOf(grey) < CLEAR) throw error;
    return { ...found, isSure: false };
  }
}

/** @param {Grey} grey @returns {Box} */
const wholeOf = ({ width, height }) => ({ top: 0, bottom: height, left: 0, right: width });

/** From the darkest to the lightest. @param {Grey} grey */
function spreadOf({ pixels }) {
  let [least, most] = [1, 0];
  for (let i = 0; i < pixels.length; i++) {
    if (pixels[i] < least) least = pixels[i];
    if (pixels[i] > most) most = pixels[i];
  }
  return most - least;
}

/** @param {Grey} grey */
function plainInk(grey) {
  try {
    return inkOf(grey);
  } catch (error) {
    if (error instanceof EngineError && error.code === "too_much_ink") return null;
    throw error;
  }
}

/**
 * The parts that the network sees as ink of the digit too; null if it sees another.
 * @param {Grey} ink
 * @param {Int32Array} labels
 * @param {number} count
 * @param {Grey} seen
 * @returns {Grey | null}
 */
function choose(ink, labels, count, seen) {
  const { width, height, pixels } = ink,
    rows = Int32Array.from({ length: height }, (_, y) => Math.floor((y * seen.height) / height)),
    columns = Int32Array.from({ length: width }, (_, x) => Math.floor((x * seen.width) / width));
  const { weights, shares } = sharesWithin(ink, { labels, count }, { of: seen, rows, columns }, INKED);
  const heaviest = Math.max(...weights.subarray(1));
  const isMixed = shares.some(
    (share, part) => weights[part] > 0.25 * heaviest && share > 0.1 && share <= 0.5,
  );
  if (isMixed || !shares.some((share) => share > 0.5)) return null;
  const chosen = new Float32Array(pixels.length);
  let most = 0;
  for (let i = 0; i < chosen.length; i++) {
    if (!(shares[labels[i]] > 0.5)) continue;
    chosen[i] = pixels[i];
    if (chosen[i] > most) most = chosen[i];
  }
  for (let i = 0; i < chosen.length; i++) chosen[i] /= most;
  return { width, height, pixels: chosen };
}

/**
 * @typedef {{ shown: Grey, seen: Grey }} Looked a picture as the network is shown it, and the ink that it sees
 */

/** @param {Grey} grey @param {Look} network @param {number} [longer] @returns {Looked} */
function look(grey, network, longer = SHOWN) {
  const scale = longer / Math.max(grey.width, grey.height);
  const [width, height] = [grey.width, grey.height].map((side) => Math.max(1, roundToEven(side * scale)));
  const resized = resize(grey, width, height, scale < 1 ? HAMMING : BICUBIC);
  const shown = { ...resized, pixels: resized.pixels.map((value) => Math.min(1, Math.max(0, value))) };
  return { shown, seen: network(shown) };
}

/** From further away where it is better. @param {Grey} grey @param {Looked} looked @param {Look} network @returns {Looked} */
function lookWell(grey, looked, network) {
  const mask = above(looked.seen, INKED);
  if (!mask.includes(1) || strokeWidth(mask, depthOf(mask, looked.seen)) > BROAD) {
    const further = look(grey, network, FURTHER);
    if (above(further.seen, INKED).includes(1)) return further;
  }
  return looked;
}

/** @param {Grey} grey @param {Looked} once @param {Look} network @returns {Found} */
function findInPhoto(grey, once, network) {
  const region = wholeOf(grey);
  const looked = lookWell(grey, once, network);
  const first = { ...counting(looked), region, isPlain: false };
  const counts = looked.seen.pixels.map((value, i) => Math.max(value, first.ink.pixels[i]));
  const box = boxOf({ ...looked.seen, pixels: counts }, SEEN);
  let closer = around(first, box, grey);
  const isCloser = longerSide(closer) < CLOSER * longerSide(region);
  if (!isCloser) closer = region;
  let part = crop(grey, closer, 0);
  const mask = above(first.ink, INKED);
  const stroke = strokeWidth(mask, depthOf(mask, first.ink));
  const isThin =
    (stroke * longerSide(region)) / longerSide(closer) < THIN && stroke < THINNEST * longerSide(box);
  if (isThin) {
    const radius = Math.max(1, roundToEven((BROADER * longerSide(closer)) / SHOWN));
    part = broadened(part, radius, isDark(looked.shown, mask));
  } else if (!isCloser) return first;
  const nearer = seenIn(part, network);
  if (!nearer) return { ...first, isSure: false };
  const runTogether = isThin && digitsIn(nearer.ink).length < digitsIn(first.ink).length;
  return runTogether ? first : { ...nearer, region: closer, isPlain: false };
}

/** What counts in a part of a picture; null where that is nothing. @param {Grey} part @param {Look} network */
function seenIn(part, network) {
  try {
    return counting(lookWell(part, look(part, network), network));
  } catch (error) {
    if (!(error instanceof EngineError) || error.code !== "no_ink") throw error;
    return null;
  }
}

/**
 * One digit of several from nearer, where it is small.
 * @param {Grey} grey
 * @param {Found} found the ink of all of them
 * @param {Grey} own this digit's, as `digitsIn` gives it
 * @param {Look} network
 * @returns {Found | null} null: from nearer it is no digit, or part of a line that goes on
 */
export function nearer(grey, found, own, network) {
  const box = boxOf(own, SEEN);
  if (found.isPlain || longerSide(box) >= NEARER) return { ...found, ink: own };
  const region = around(found, box, grey);
  const seen = seenIn(crop(grey, region, 0), network);
  if (!seen) return null;
  // Of what is seen now, what was the digit's before.
  const near = { ...seen, region, isPlain: false };
  const { width, height, pixels } = seen.ink;
  const places = (
    /** @type {number} */ count,
    /** @type {"top" | "left"} */ side,
    /** @type {number} */ size,
  ) =>
    Int32Array.from({ length: count }, (_, i) =>
      Math.min(size - 1, Math.max(0, Math.trunc(into(near, found, i + 0.5, side)))),
    );
  const [rows, columns] = [places(height, "top", own.height), places(width, "left", own.width)];
  const { labels, count } = label(above(seen.ink, FAINTEST), width);
  const { shares } = sharesWithin(seen.ink, { labels, count }, { of: own, rows, columns }, FAINTEST);
  const border = touching(labels, width);
  const isKept = shares.map((share, part) => Number(!border.has(part) && share > 0.5));
  const ink = { width, height, pixels: pixels.map((value, i) => (isKept[labels[i]] ? value : 0)) };
  if (!above(ink, SEEN).includes(1)) return null;
  const now = longerSide(boxOf(ink, SEEN)) * scaleOf(near);
  return now < STILL * longerSide(box) * scaleOf(found) ? null : { ...near, ink };
}

/** How many pixels of the picture each of the ink is. @param {Pick<Found, "ink" | "region">} found */
const scaleOf = ({ ink, region }) => longerSide(region) / Math.max(ink.width, ink.height);

/**
 * A place in one ink in pixels of another's ink of the same picture.
 * @param {Found} one
 * @param {Found} other
 * @param {number} place
 * @param {"top" | "left"} side where it is counted from
 */
export const into = (one, other, place, side) =>
  (one.region[side] + place * scaleOf(one) - other.region[side]) / scaleOf(other);

/** What of the picture a box in the ink covers, with room around it. @param {Found} found @param {Box} box @param {Grey} grey @returns {Box} */
function around(found, box, grey) {
  const room = ROOM * longerSide(box),
    scale = scaleOf(found),
    { top, left } = found.region;
  return {
    top: Math.max(0, top + Math.trunc((box.top - room) * scale)),
    bottom: Math.min(grey.height, top + Math.trunc((box.bottom + room) * scale) + 1),
    left: Math.max(0, left + Math.trunc((box.left - room) * scale)),
    right: Math.min(grey.width, left + Math.trunc((box.right + room) * scale) + 1),
  };
}

/** @param {Uint8Array} mask @param {Grey} of */
const depthOf = (mask, { width, height }) => distances(mask, width, height);

/** Whether what is masked is darker than what is around it. @param {Grey} shown @param {Uint8Array} mask */
function isDark({ width, pixels }, mask) {
  const near = dilated(mask, width, 2),
    far = dilated(mask, width, 4);
  const sums = [0, 0],
    counts = [0, 0];
  pixels.forEach((value, i) => {
    const place = mask[i] ? 0 : far[i] && !near[i] ? 1 : -1;
    if (place < 0) return;
    sums[place] += value;
    counts[place]++;
  });
  return counts[1] === 0 || sums[0] / counts[0] < sums[1] / counts[1];
}

/** Dark, or else light, lines made broader. @param {Grey} grey @param {number} radius @param {boolean} dark @returns {Grey} */
function broadened({ width, height, pixels }, radius, dark) {
  const sign = dark ? -1 : 1;
  const values = new Float64Array(pixels.map((value) => sign * value));
  const largest = largestAround(values, width, height, radius);
  return { width, height, pixels: new Float32Array(largest.map((value) => sign * value)) };
}

/**
 * What counts of the ink that the network sees.
 * @param {Looked} looked
 * @returns {{ ink: Grey, isSure: boolean }}
 */
function counting({ shown, seen }) {
  const { width, height, pixels } = seen;
  const most = pixels.reduce((largest, value) => Math.max(largest, value), 0);
  if (most <= SEEN) throw new EngineError("no_ink");
  const threshold = most > INKED ? INKED : 0.5 * most;
  const { labels, count } = label(above(seen, threshold / 2), width);
  const weights = new Float64Array(count + 1);
  pixels.forEach((value, i) => {
    if (value > threshold && labels[i]) weights[labels[i]] += value;
  });
  const border = touching(labels, width, MARGIN);
  for (const part of border) weights[part] *= 0.1;
  const heaviest = Math.max(...weights);
  const isCut = border.has(weights.indexOf(heaviest));
  const kept = weights.map((weight, part) =>
    Number(part > 0 && weight >= 0.02 * heaviest && (isCut || !border.has(part))),
  );
  const mask = new Uint8Array(labels.map((part) => kept[part]));
  let sum = 0,
    size = 0;
  mask.forEach((isKept, i) => {
    sum += isKept * pixels[i];
    size += isKept;
  });
  const isSure = threshold === INKED && sum / size > LEAST_CERTAINTY;
  const near = dilated(mask, width, 2);
  const more = continued(shown, mask);
  const ink = new Float64Array(pixels.map((value, i) => Math.max(near[i] ? value : 0, more[i])));
  const largest = largestAround(ink, width, height, (EVEN - 1) / 2);
  const even = new Float32Array(ink.map((value, i) => value / Math.max(largest[i], threshold / 2)));
  return { ink: withoutTables({ width, height, pixels: even }), isSure };
}

/**
 * Where strokes go on that the network sees but in part: ink of the same shade as what is masked.
 * @param {Grey} shown
 * @param {Uint8Array} mask
 */
function continued(shown, mask) {
  const { width, pixels } = shown,
    sign = isDark(shown, mask) ? -1 : 1,
    around = blur(shown, AROUND).pixels;
  const apart = pixels.map((value, i) => sign * (value - around[i]));
  const level = medianOf(apart.filter((_, i) => mask[i]));
  const more = new Float32Array(pixels.length);
  if (level < LEAST_LEVEL) return more;
  const candidates = mask.map((isInk, i) => Number(isInk || apart[i] > 0.5 * level));
  const { labels, count } = label(candidates, width);
  const sizes = new Float64Array(count + 1),
    seen = new Float64Array(count + 1);
  labels.forEach((part, i) => {
    sizes[part]++;
    seen[part] += mask[i];
  });
  const border = touching(labels, width, MARGIN);
  labels.forEach((part, i) => {
    if (part && !border.has(part) && seen[part] > 0.4 * sizes[part]) {
      more[i] = Math.min(1, Math.max(0, apart[i] / level));
    }
  });
  return more;
}
