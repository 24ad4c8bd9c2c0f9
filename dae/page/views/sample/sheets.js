// Runs as pictures for slides: a sheet of moments, and the frames of a film.
import { paint, SIDE } from "../../parts/picture.js";

/** @typedef {import("./run.js").Frame} Frame */

const PIXELS = SIDE ** 2;
const MOMENTS = 5;
const COVERED = [
  [62, 74, 92],
  [44, 54, 68],
]; // a chequered pattern that no digit has

/** @param {number} width @param {number} height */
export const canvasOf = (width, height) => Object.assign(document.createElement("canvas"), { width, height });

/** @param {HTMLCanvasElement} canvas */
const contextOf = (canvas) => {
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  context.imageSmoothingEnabled = false;
  return context;
};

/** A picture of grey values, pixel for pixel. @param {Uint8ClampedArray} greys */
function tileOf(greys) {
  const tile = canvasOf(SIDE, SIDE);
  paint(
    tile,
    Float32Array.from(greys, (value) => value / 255),
  );
  return tile;
}

/** Each of n pictures of grey values. @param {Uint8ClampedArray} greys */
export const tilesOf = (greys) =>
  Array.from({ length: greys.length / PIXELS }, (_, n) =>
    tileOf(greys.subarray(n * PIXELS, (n + 1) * PIXELS)),
  );

/** What is left of a digit: its hidden pixels are chequered. @param {HTMLCanvasElement} canvas @param {Float32Array} values @param {Float32Array | null} mask */
export function paintCovered(canvas, values, mask) {
  const image = new ImageData(SIDE, SIDE);
  values.forEach((value, i) => {
    const grey = Math.round(255 * Math.min(1, Math.max(0, value)));
    const isHidden = mask && !mask[i];
    const colour = isHidden ? COVERED[(Math.floor(i / SIDE) + i) % 2] : [grey, grey, grey];
    image.data.set([...colour, 255], 4 * i);
  });
  contextOf(canvas).putImageData(image, 0, 0);
}

/**
 * Pictures in rows.
 * @param {HTMLCanvasElement[][]} rows of tiles
 * @param {number} pixel the side of a pixel on the sheet
 */
export function sheetOf(rows, pixel) {
  const step = (SIDE + 2) * pixel;
  const columns = Math.max(...rows.map((row) => row.length));
  const sheet = canvasOf(columns * step - 2 * pixel, rows.length * step - 2 * pixel);
  const context = contextOf(sheet);
  for (const [y, row] of rows.entries())
    for (const [x, tile] of row.entries())
      context.drawImage(tile, x * step, y * step, SIDE * pixel, SIDE * pixel);
  return sheet;
}

/** Some steps of a run, the first and the last among them, evenly spread. @param {Frame[]} frames */
export const momentsOf = (frames) => [
  ...new Set(
    Array.from({ length: MOMENTS }, (_, i) => frames[Math.round((i * (frames.length - 1)) / (MOMENTS - 1))]),
  ),
];

/** How many samples stand side by side. @param {number} count */
export const columnsOf = (count) => (count > 10 ? Math.ceil(count / 2) : count);

/**
 * A moment of a film, 16:9: y above where it leads, and how far sigma has fallen.
 * @param {HTMLCanvasElement} film @param {Frame} frame @param {number} count samples
 * @param {{ title: string, words: string, curve: number[], at: number }} about curve: of log sigma, from 1 to 0
 */
export function paintMoment(film, frame, count, { title, words, curve, at }) {
  const context = contextOf(film);
  const { width, height } = film;
  const [edge, head] = [width / 32, height / 9];
  const columns = columnsOf(count);
  const lines = Math.ceil(count / columns);
  const room = { width: width - 2 * edge, height: height - head - height / 5 };
  const side = Math.min(room.width / columns, room.height / (2 * lines)) - 6;
  const left = (width - columns * (side + 6) + 6) / 2;
  context.fillStyle = "#0b0d10";
  context.fillRect(0, 0, width, height);
  context.fillStyle = "#eceff3";
  context.font = `600 ${Math.round(height / 24)}px sans-serif`;
  context.textBaseline = "middle";
  context.fillText(title, edge, head / 2, room.width);
  for (let n = 0; n < count; n++) {
    const x = left + (n % columns) * (side + 6);
    const y = head + Math.floor(n / columns) * 2 * (side + 6);
    [frame.noisy, frame.end].forEach((greys, i) => {
      const tile = tileOf(greys.subarray(n * PIXELS, (n + 1) * PIXELS));
      context.drawImage(tile, x, y + i * (side + 6), side, side);
    });
  }
  const [top, foot] = [height - height / 7, height - height / 20];
  context.fillText(words, edge, (top + foot) / 2, room.width / 2);
  context.strokeStyle = "#34d3a6";
  context.lineWidth = height / 200;
  context.beginPath();
  const from = width / 2 + edge;
  curve.slice(0, at + 1).forEach((value, i) => {
    const x = from + (i / Math.max(1, curve.length - 1)) * (room.width - from + edge);
    context.lineTo(x, foot - value * (foot - top));
  });
  context.stroke();
}
