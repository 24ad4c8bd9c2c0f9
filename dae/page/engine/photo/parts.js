/** The connected parts of ink, and which of them are one digit: as `dae/parts.py`, whose constants these are. */

import { dilated, label, largestAround, roundToEven } from "../raster.js";

/**
 * @typedef {import("../raster.js").Grey} Grey
 * @typedef {import("../raster.js").Box} Box
 */

const VISIBLE = 0.35;
const CELLS = 3;
const GAP = 0.02;
const TALL = 0.5;
const NEAR = 0.4;
const STACKED = 0.15;
const NEXT = 2; // pixels

/** Where a picture is above a threshold. @param {Grey} picture @param {number} threshold */
export function above({ pixels }, threshold) {
  const mask = new Uint8Array(pixels.length);
  for (let i = 0; i < mask.length; i++) mask[i] = pixels[i] > threshold ? 1 : 0;
  return mask;
}

/** The numbers of the parts that touch the border, or its outermost pixels. @param {Int32Array} labels @param {number} width */
export function touching(labels, width, margin = 1) {
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
 * Of each part of ink, its weight and the share of it where another picture is above a threshold; no part has none.
 * @param {Grey} ink
 * @param {{ labels: Int32Array, count: number }} parts
 * @param {{ of: Grey, rows: Int32Array, columns: Int32Array }} other the picture, and where each row and column of the
 *   ink is in it
 * @param {number} threshold
 */
export function sharesWithin({ width, height, pixels }, { labels, count }, { of, rows, columns }, threshold) {
  const weights = new Float64Array(count + 1),
    within = new Float64Array(count + 1);
  for (let y = 0, i = 0; y < height; y++) {
    const row = rows[y] * of.width;
    for (let x = 0; x < width; x++, i++) {
      if (!labels[i]) continue;
      weights[labels[i]] += pixels[i];
      if (of.pixels[row + columns[x]] > threshold) within[labels[i]] += pixels[i];
    }
  }
  return { weights, shares: within.map((weight, part) => weight / Math.max(weights[part], 1e-9)) };
}

/**
 * Ink without the lines of tables: parts in whose cells others are written.
 * @param {Grey} ink
 * @returns {Grey}
 */
export function withoutTables(ink) {
  const { width, height } = ink;
  const { labels, count } = label(above(ink, VISIBLE), width);
  const boxes = boxesOf({ labels, count }, width);
  let { pixels } = ink;
  boxes.forEach((box, i) => {
    const part = i + 1;
    const isInside = (/** @type {Box} */ other) =>
      box.top < other.top && other.bottom < box.bottom && box.left < other.left && other.right < box.right;
    if (boxes.filter(isInside).length < CELLS) return;
    const own = new Uint8Array(labels.length);
    for (let at = 0; at < own.length; at++) own[at] = Number(labels[at] === part);
    const lines = dilated(own, width, NEXT); // over gaps too
    const cells = label(
      lines.map((isLine) => 1 - isLine),
      width,
    ).labels;
    /** @type {Set<number>} */
    const held = new Set();
    for (let at = 0; at < lines.length; at++) if (labels[at] && !lines[at]) held.add(cells[at]);
    for (const outer of touching(cells, width)) held.delete(outer);
    if (held.size < CELLS) return;
    pixels = pixels.map((value, at) => (lines[at] && (!labels[at] || own[at]) ? 0 : value));
  });
  return { width, height, pixels };
}

/**
 * The ink of each digit, in reading order.
 * @param {Grey} ink
 * @returns {Grey[]} each as large
 */
export function digitsIn(ink) {
  const { width, height } = ink;
  const mask = above(ink, VISIBLE);
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
