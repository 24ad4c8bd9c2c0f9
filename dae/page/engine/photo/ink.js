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
  resize,
  roundToEven,
} from "../raster.js";
import { inkInUnevenLight } from "./light.js";

/**
 * @typedef {import("../raster.js").Grey} Grey
 * @typedef {import("../raster.js").Box} Box
 * @typedef {{ ink: Grey, region: Box, isSure: boolean }} Found the ink, and what of the picture it covers
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
const GAP = 0.02;
const TALL = 0.5;
const NEAR = 0.4;
const STACKED = 0.15;
const NEXT = 2; // pixels

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
  const found = { ink: plain, region: wholeOf(grey), isSure: true };
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

/** @param {Grey} picture @param {number} threshold */
function above({ pixels }, threshold) {
  const mask = new Uint8Array(pixels.length);
  for (let i = 0; i < mask.length; i++) mask[i] = pixels[i] > threshold ? 1 : 0;
  return mask;
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
  const { width, height, pixels } = ink;
  const weights = new Float64Array(count + 1),
    inked = new Float64Array(count + 1),
    columns = Int32Array.from({ length: width }, (_, x) => Math.floor((x * seen.width) / width));
  for (let y = 0, i = 0; y < height; y++) {
    const row = Math.floor((y * seen.height) / height) * seen.width;
    for (let x = 0; x < width; x++, i++) {
      if (!labels[i]) continue;
      weights[labels[i]] += pixels[i];
      if (seen.pixels[row + columns[x]] > INKED) inked[labels[i]] += pixels[i];
    }
  }
  const heaviest = Math.max(...weights.subarray(1));
  const shares = inked.map((value, part) => (part ? value / Math.max(weights[part], 1e-9) : 0));
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
  const first = counting(looked);
  const counts = looked.seen.pixels.map((value, i) => Math.max(value, first.ink.pixels[i]));
  const { top, bottom, left, right } = boxOf({ ...looked.seen, pixels: counts }, SEEN);
  const long = Math.max(grey.width, grey.height),
    scale = long / Math.max(looked.shown.width, looked.shown.height),
    room = ROOM * Math.max(bottom - top, right - left);
  let closer = {
    top: Math.max(0, Math.trunc((top - room) * scale)),
    bottom: Math.min(grey.height, Math.trunc((bottom + room) * scale) + 1),
    left: Math.max(0, Math.trunc((left - room) * scale)),
    right: Math.min(grey.width, Math.trunc((right + room) * scale) + 1),
  };
  const isCloser = Math.max(closer.bottom - closer.top, closer.right - closer.left) < CLOSER * long;
  if (!isCloser) closer = region;
  let part = crop(grey, closer, 0);
  const partLong = Math.max(part.width, part.height);
  const mask = above(first.ink, INKED);
  const stroke = strokeWidth(mask, depthOf(mask, first.ink));
  const isThin =
    (stroke * long) / partLong < THIN && stroke < THINNEST * Math.max(bottom - top, right - left);
  if (isThin) {
    const radius = Math.max(1, roundToEven((BROADER * partLong) / SHOWN));
    part = broadened(part, radius, isDark(looked.shown, mask));
  } else if (!isCloser) return { ...first, region };
  try {
    const nearer = counting(lookWell(part, look(part, network), network));
    const runTogether = isThin && digitsIn(nearer.ink).length < digitsIn(first.ink).length;
    return runTogether ? { ...first, region } : { ...nearer, region: closer };
  } catch (error) {
    if (!(error instanceof EngineError) || error.code !== "no_ink") throw error;
    return { ...first, region, isSure: false };
  }
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
  return { ink: { width, height, pixels: even }, isSure };
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

/** The numbers of the parts that touch the border, or its outermost pixels. @param {Int32Array} labels @param {number} width */
function touching(labels, width, margin = 1) {
  /** @type {Set<number>} */
  const found = new Set();
  const height = labels.length / width;
  for (let y = 0; y < height; y++) {
    const isOuter = y < margin || y >= height - margin;
    for (let x = 0; x < width; x++) {
      if (!isOuter && x === margin) x = Math.max(x, width - margin);
      const part = labels[y * width + x];
      if (part) found.add(part);
    }
  }
  return found;
}

/**
 * The ink of each digit, in reading order.
 * @param {Grey} ink
 * @returns {Grey[]} each as large
 */
export function digitsIn(ink) {
  const { width, height } = ink;
  const mask = above(ink, 0.35);
  const rough = label(mask, width);
  if (rough.count <= 1) return [ink];
  const highest = Math.max(...boxesOf(rough, width).map(heightOf));
  const broad = largestAround(new Float64Array(mask), width, height, roundToEven(GAP * highest));
  const { labels, count } = label(new Uint8Array(broad), width);
  for (let i = 0; i < labels.length; i++) if (!mask[i]) labels[i] = 0;
  const boxes = boxesOf({ labels, count }, width);
  const least = TALL * Math.max(...boxes.map(heightOf));
  const isTall = boxes.map((box) => heightOf(box) >= least);
  /** @type {number[][]} */
  let groups = boxes.map((_, part) => [part]).filter(([part]) => isTall[part]);
  for (const one of [...groups]) {
    const other = groups.find(
      (group) => group !== one && isStacked(around(one, boxes), around(group, boxes)),
    );
    if (!other) continue;
    other.push(...one);
    groups = groups.filter((group) => group !== one);
  }
  const large = groups.map((group) => around(group, boxes));
  boxes.forEach((box, part) => {
    if (isTall[part]) return;
    const gaps = large.map((each) => gap(box, each) / heightOf(each));
    const nearest = gaps.indexOf(Math.min(...gaps));
    if (gaps[nearest] <= NEAR) groups[nearest].push(part);
  });
  return inReadingOrder(groups, boxes).map((group) => {
    const pixels = new Float32Array(ink.pixels.length);
    const isOwn = new Uint8Array(count + 1);
    for (const part of group) isOwn[part + 1] = 1;
    // Nothing of it is further away than it is made broader.
    const { top, bottom, left, right } = around(group, boxes);
    const [first, last] = [Math.max(0, top - NEXT), Math.min(height, bottom + NEXT)];
    const [start, end] = [Math.max(0, left - NEXT), Math.min(width, right + NEXT)];
    const own = new Uint8Array((last - first) * (end - start));
    for (let y = first, i = 0; y < last; y++)
      for (let x = start; x < end; x++, i++) own[i] = isOwn[labels[y * width + x]];
    const near = dilated(own, end - start, NEXT);
    for (let y = first, i = 0; y < last; y++) {
      for (let x = start; x < end; x++, i++) {
        const at = y * width + x;
        if (near[i] && (own[i] || !labels[at])) pixels[at] = ink.pixels[at];
      }
    }
    return { width, height, pixels };
  });
}

/** @param {Box} box */
const heightOf = ({ top, bottom }) => bottom - top;

/** The box of each part. @param {{ labels: Int32Array, count: number }} parts @param {number} width @returns {Box[]} */
function boxesOf({ labels, count }, width) {
  const boxes = Array.from({ length: count }, () => ({ top: Infinity, bottom: 0, left: Infinity, right: 0 }));
  const height = labels.length / width;
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      if (!labels[i]) continue;
      const box = boxes[labels[i] - 1];
      if (y < box.top) box.top = y;
      box.bottom = y + 1;
      if (x < box.left) box.left = x;
      if (x >= box.right) box.right = x + 1;
    }
  }
  return boxes;
}

/** The box around some parts. @param {number[]} group @param {Box[]} boxes @returns {Box} */
const around = (group, boxes) => ({
  top: Math.min(...group.map((part) => boxes[part].top)),
  bottom: Math.max(...group.map((part) => boxes[part].bottom)),
  left: Math.min(...group.map((part) => boxes[part].left)),
  right: Math.max(...group.map((part) => boxes[part].right)),
});

/** How far apart two boxes are. @param {Box} one @param {Box} other */
const gap = (one, other) =>
  Math.hypot(
    Math.max(0, Math.max(one.top, other.top) - Math.min(one.bottom, other.bottom)),
    Math.max(0, Math.max(one.left, other.left) - Math.min(one.right, other.right)),
  );

/** Whether two tall parts are one digit. @param {Box} one @param {Box} other */
function isStacked(one, other) {
  const overlap = Math.min(one.right, other.right) - Math.max(one.left, other.left);
  const narrower = Math.min(one.right - one.left, other.right - other.left);
  return overlap > 0.5 * narrower && gap(one, other) <= STACKED * Math.max(heightOf(one), heightOf(other));
}

/** @param {number[][]} groups @param {Box[]} boxes */
function inReadingOrder(groups, boxes) {
  /** @type {{ box: Box, group: number[] }[][]} */
  const rows = [];
  const middle = (/** @type {Box} */ box) => (box.top + box.bottom) / 2;
  const placed = groups.map((group) => ({ box: around(group, boxes), group }));
  for (const each of placed.sort((a, b) => middle(a.box) - middle(b.box))) {
    const row = rows.at(-1) ?? [];
    const isIn =
      middle(each.box) < Math.max(...row.map(({ box }) => box.bottom)) &&
      middle(each.box) > Math.min(...row.map(({ box }) => box.top));
    if (isIn) row.push(each);
    else rows.push([each]);
  }
  return rows.flatMap((row) => row.sort((a, b) => a.box.left - b.box.left)).map(({ group }) => group);
}
