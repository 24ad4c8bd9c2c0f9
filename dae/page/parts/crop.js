// A frame around a part of a picture, in shares of its sides: drawn, moved and sized by pointer and by keyboard.

/** @typedef {{ x: number, y: number, width: number, height: number }} Area */
/** @typedef {{ x: number, y: number }} Place */

/** The frame that one begins with. @type {Area} */
export const START = { x: 0.15, y: 0.15, width: 0.7, height: 0.7 };
const STEP = 0.02; // for an arrow key
const LEAST = 0.06; // of a frame's side
/** @type {Record<string, [number, number]>} */
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** @param {number} value @param {number} low @param {number} high */
const within = (value, low, high) => Math.min(high, Math.max(low, value));

/** The frame moved, but not out of the picture. @param {Area} frame @param {number} right @param {number} down @returns {Area} */
export const moved = (frame, right, down) => ({
  ...frame,
  x: within(frame.x + right, 0, 1 - frame.width),
  y: within(frame.y + down, 0, 1 - frame.height),
});

/**
 * What an arrow key makes of the frame: it moves, or its right and lower sides do. Null for another key.
 * @param {Area} frame @param {string} key @param {boolean} sizes
 * @returns {Area | null}
 */
export function stepped(frame, key, sizes) {
  if (!Object.hasOwn(ARROWS, key)) return null;
  const [right, down] = ARROWS[key].map((way) => way * STEP);
  if (!sizes) return moved(frame, right, down);
  const width = within(frame.width + right, LEAST, 1 - frame.x);
  return { ...frame, width, height: within(frame.height + down, LEAST, 1 - frame.y) };
}

/** The box between two places. @param {Place} from @param {Place} to @returns {Area} */
export const between = (from, to) => ({
  x: Math.min(from.x, to.x),
  y: Math.min(from.y, to.y),
  width: Math.abs(from.x - to.x),
  height: Math.abs(from.y - to.y),
});

/** The frame, grown about its middle to a least width and height, but not out of the picture. @param {Area} frame @param {number} wide @param {number} high @returns {Area} */
export function atLeast(frame, wide, high) {
  const [width, height] = [within(wide, frame.width, 1), within(high, frame.height, 1)];
  const [right, down] = [(frame.width - width) / 2, (frame.height - height) / 2];
  return moved({ ...frame, width, height }, right, down);
}

/**
 * The corner that stays while the one at a place is dragged; null where there is none.
 * @param {Area} frame @param {Place} at @param {Place} near how far off a corner may be
 * @returns {Place | null}
 */
export function oppositeCorner({ x, y, width, height }, at, near) {
  const side = (
    /** @type {number} */ low,
    /** @type {number} */ length,
    /** @type {number} */ here,
    /** @type {number} */ reach,
  ) => (Math.abs(here - low) <= reach ? low + length : Math.abs(here - low - length) <= reach ? low : null);
  const other = { x: side(x, width, at.x, near.x), y: side(y, height, at.y, near.y) };
  return other.x === null || other.y === null ? null : { x: other.x, y: other.y };
}

/** @param {Area} frame @param {Place} at */
export const isInside = ({ x, y, width, height }, at) =>
  at.x > x && at.x < x + width && at.y > y && at.y < y + height;
