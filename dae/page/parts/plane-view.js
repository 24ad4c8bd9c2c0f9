// What part of a plane is seen: plane coordinates, y upwards, to CSS pixels from the top left corner and back.

const MOST = 40; // times the whole plane

/** @param {number} value @param {number} low @param {number} high */
export const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

export class PlaneView {
  /** Left, right, bottom and top of the whole plane. */
  extent = [-1, 1, -1, 1];
  /** In CSS pixels. */
  width = 0;
  height = 0;
  x = 0; // the middle, in plane coordinates
  y = 0;
  zoom = 1;

  get perX() {
    return (this.width / (this.extent[1] - this.extent[0])) * this.zoom;
  }

  get perY() {
    return (this.height / (this.extent[3] - this.extent[2])) * this.zoom;
  }

  /** @param {number} x @param {number} y @returns {[number, number]} */
  toPixel(x, y) {
    return [this.width / 2 + (x - this.x) * this.perX, this.height / 2 - (y - this.y) * this.perY];
  }

  /** @param {number} px @param {number} py @returns {[number, number]} */
  toPlane(px, py) {
    return [this.x + (px - this.width / 2) / this.perX, this.y - (py - this.height / 2) / this.perY];
  }

  /** See some part, within the whole. @param {number} x @param {number} y @param {number} zoom */
  look(x, y, zoom) {
    const [left, right, bottom, top] = this.extent;
    this.zoom = clamp(zoom, 1, MOST);
    const [halfX, halfY] = [(right - left) / 2 / this.zoom, (top - bottom) / 2 / this.zoom];
    this.x = clamp(x, left + halfX, right - halfX);
    this.y = clamp(y, bottom + halfY, top - halfY);
  }

  /** See all of another plane. @param {number[]} extent */
  reset(extent) {
    this.extent = extent;
    this.look((extent[0] + extent[1]) / 2, (extent[2] + extent[3]) / 2, 1);
  }

  /** Zoom; what is at a pixel stays there. @param {number} px @param {number} py @param {number} factor */
  zoomAt(px, py, factor) {
    const [x, y] = this.toPlane(px, py);
    const zoom = clamp(this.zoom * factor, 1, MOST);
    const kept = this.zoom / zoom;
    this.look(x + (this.x - x) * kept, y + (this.y - y) * kept, zoom);
  }

  /** Move by pixels. @param {number} dx @param {number} dy */
  pan(dx, dy) {
    this.look(this.x - dx / this.perX, this.y + dy / this.perY, this.zoom);
  }
}

/**
 * A square around places, with a margin; larger in steps of a quarter until some others lie in it as well.
 * @param {ArrayLike<number>} xy x and y in turn
 * @param {ArrayLike<number>} [inside]
 * @returns {number[]} left, right, bottom, top
 */
export function extentOf(xy, inside = []) {
  const [low, high] = [
    [Infinity, Infinity],
    [-Infinity, -Infinity],
  ];
  for (let i = 0; i < xy.length; i++) {
    low[i % 2] = Math.min(low[i % 2], xy[i]);
    high[i % 2] = Math.max(high[i % 2], xy[i]);
  }
  const middle = [0, 1].map((i) => (low[i] + high[i]) / 2);
  let half = 0.54 * Math.max(high[0] - low[0], high[1] - low[1]) || 1;
  const reach =
    1.05 *
    Array.from(inside, (value, i) => Math.abs(value - middle[i % 2])).reduce((a, b) => Math.max(a, b), 0);
  while (half < reach) half *= 1.25;
  return [middle[0] - half, middle[0] + half, middle[1] - half, middle[1] + half];
}
