// How points of the plane and their field are drawn: as dots and lines on a pen, which is a canvas or an SVG path's text.

/** @typedef {import("../engine/score2d/exact.js").Points} Points */
/** @typedef {{ moveTo: (x: number, y: number) => void, lineTo: (x: number, y: number) => void, circle: (x: number, y: number, radius: number) => void }} Pen */
/** @typedef {{ side: number, reach: number }} Square pixels along a side, and how far the plane is seen from its middle */

/** On the dark slide; told apart by colour-blind people, and by their strokes. */
export const COLOURS = {
  points: "#8d99a8",
  exact: "#ffffff",
  learnt: "#2fe0a5",
  walkers: "#ffd24a",
  mean: "#ff7ab8",
};
export const WIDTHS = { exact: 3.2, learnt: 1.6, walkers: 1.2 }; // of lines, at a side of 500 pixels

/** How opaque: the exact arrows lie beneath the learnt ones. */
export const OPACITY = { points: 0.75, exact: 0.6, learnt: 1, walkers: 0.55 };

/** @param {Square} square @param {number} x @param {number} y @returns {[number, number]} in pixels */
export const pixel = ({ side, reach }, x, y) => [((x / reach + 1) * side) / 2, ((1 - y / reach) * side) / 2];

/** @param {Square} square @param {number} px @param {number} py @returns {[number, number]} */
export const place = ({ side, reach }, px, py) => [
  ((2 * px) / side - 1) * reach,
  (1 - (2 * py) / side) * reach,
];

/** @param {CanvasRenderingContext2D} context @returns {Pen} */
export const canvasPen = (context) => ({
  moveTo: (x, y) => context.moveTo(x, y),
  lineTo: (x, y) => context.lineTo(x, y),
  circle: (x, y, radius) => {
    context.moveTo(x + radius, y);
    context.arc(x, y, radius, 0, 2 * Math.PI);
  },
});

/** A pen that writes the `d` of an SVG path. */
export class PathPen {
  d = "";

  /** @param {number} x @param {number} y */
  moveTo(x, y) {
    this.d += `M${x.toFixed(1)} ${y.toFixed(1)}`;
  }

  /** @param {number} x @param {number} y */
  lineTo(x, y) {
    this.d += `L${x.toFixed(1)} ${y.toFixed(1)}`;
  }

  /** @param {number} x @param {number} y @param {number} radius */
  circle(x, y, radius) {
    const r = radius.toFixed(1);
    this.moveTo(x - radius, y);
    this.d += `a${r} ${r} 0 1 0 ${(2 * radius).toFixed(1)} 0a${r} ${r} 0 1 0 ${(-2 * radius).toFixed(1)} 0Z`;
  }
}

/** @param {Pen} pen @param {Square} square @param {ArrayLike<number>} xy @param {number} radius in pixels */
export function dots(pen, square, xy, radius) {
  for (let i = 0; i + 1 < xy.length; i += 2) {
    const [x, y] = pixel(square, xy[i], xy[i + 1]);
    pen.circle(x, y, radius);
  }
}

/** The length of field that is drawn as long as a cell: nine tenths of the exact arrows are no longer. @param {Points} score */
export function longest(score) {
  const lengths = Float32Array.from({ length: score.length / 2 }, (_, i) =>
    Math.hypot(score[2 * i], score[2 * i + 1]),
  ).sort();
  return lengths[Math.floor(0.9 * (lengths.length - 1))] || 1;
}

const HEAD = 0.34; // of an arrow's length

/**
 * A field as arrows from the places of a grid.
 * @param {Pen} pen @param {Square} square @param {Points} score two values for each place, row by row from the bottom
 * @param {number} unit the length of field that is drawn as long as a cell
 * @param {number} reach of the grid
 */
export function arrows(pen, square, score, unit, reach) {
  const count = Math.round(Math.sqrt(score.length / 2));
  const cell = (square.side * reach) / square.reach / (count - 1);
  const step = (2 * reach) / (count - 1);
  for (let i = 0; i < count * count; i++) {
    const [sx, sy] = [score[2 * i], score[2 * i + 1]];
    const length = Math.hypot(sx, sy);
    if (!(length > 0)) continue;
    const drawn = cell * Math.min(1.15, (0.92 * length) / unit);
    if (drawn < 0.6) continue;
    const [x, y] = pixel(square, (i % count) * step - reach, Math.floor(i / count) * step - reach);
    const [dx, dy] = [(drawn * sx) / length, (-drawn * sy) / length];
    pen.moveTo(x, y);
    pen.lineTo(x + dx, y + dy);
    const [bx, by] = [HEAD * dx, HEAD * dy];
    pen.moveTo(x + dx - bx + 0.6 * by, y + dy - by - 0.6 * bx);
    pen.lineTo(x + dx, y + dy);
    pen.lineTo(x + dx - bx - 0.6 * by, y + dy - by + 0.6 * bx);
  }
}

/** The ways of walkers, one line each. @param {Pen} pen @param {Square} square @param {Points[]} trail */
export function trails(pen, square, trail) {
  for (let i = 0; trail.length && i + 1 < trail[0].length; i += 2) {
    for (const [n, points] of trail.entries()) {
      const [x, y] = pixel(square, points[i], points[i + 1]);
      if (n) pen.lineTo(x, y);
      else pen.moveTo(x, y);
    }
  }
}

/**
 * Values of a square as a picture, in one colour whose opacity grows with them.
 * @param {ArrayLike<number>} values in [0, 1]; what is larger is clamped
 * @param {number} side @param {[number, number, number]} colour @param {{ most: number, fromBottom?: boolean }} options most: the opacity of 1
 */
export function picture(values, side, colour, { most, fromBottom = false }) {
  const canvas = Object.assign(document.createElement("canvas"), { width: side, height: side });
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const image = context.createImageData(side, side);
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      const value = Math.min(1, values[(fromBottom ? side - 1 - row : row) * side + column]);
      image.data.set([...colour, Math.round(255 * most * value)], 4 * (row * side + column));
    }
  }
  context.putImageData(image, 0, 0);
  return canvas;
}

/** @type {[number, number, number]} */
const VIOLET = [128, 108, 255];
/** @type {[number, number, number]} */
const RED = [255, 84, 112];

/** The density: its square root, so that its tails show. @param {{ density: Float32Array, side: number }} scene */
export const densityPicture = ({ density, side }) =>
  picture(density.map(Math.sqrt), side, VIOLET, { most: 0.5 });

/** The error between two fields, as a share of the exact one's mean length. @param {Float32Array} apart */
export const errorPicture = (apart) =>
  picture(apart, Math.round(Math.sqrt(apart.length)), RED, { most: 0.8, fromBottom: true });

/**
 * Draw a picture whose pixels' middles reach to `reach` where it is one of a grid's places.
 * @param {Square} square @param {number} reach @param {number} pixels along a side; 0: the picture reaches there with its edge
 * @returns {[number, number, number]} left, top and width
 */
export function spanOf(square, reach, pixels) {
  const outer = pixels ? reach * (1 + 1 / (pixels - 1)) : reach;
  const [left, top] = pixel(square, -outer, outer);
  return [left, top, (square.side * outer) / square.reach];
}
