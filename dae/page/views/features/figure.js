// The dictionary as a file for slides: all tiles on one sheet, with what they are below.
import { saveSheet } from "../../parts/figure.js";
import { paintSigned, SIDE } from "../../parts/picture.js";

const PIXELS = SIDE ** 2;
const WIDE = 2000; // pixels of the sheet, about

/**
 * @param {Float32Array} pictures @param {number[]} order @param {number | undefined} peak
 * @returns {HTMLCanvasElement} the tiles, row by row
 */
function gridOf(pictures, order, peak) {
  const columns = Math.min(order.length, Math.ceil(Math.sqrt(1.6 * order.length))); // a slide is wider than high
  const pixel = Math.max(1, Math.min(8, Math.floor(WIDE / (columns * (SIDE + 2)))));
  const step = (SIDE + 2) * pixel;
  const grid = document.createElement("canvas");
  Object.assign(grid, {
    width: columns * step - 2 * pixel,
    height: Math.ceil(order.length / columns) * step - 2 * pixel,
  });
  const context = /** @type {CanvasRenderingContext2D} */ (grid.getContext("2d"));
  context.imageSmoothingEnabled = false;
  const tile = Object.assign(document.createElement("canvas"), { width: SIDE, height: SIDE });
  order.forEach((feature, i) => {
    const values = pictures.subarray(feature * PIXELS, (feature + 1) * PIXELS);
    paintSigned(
      tile,
      values,
      (peak ?? values.reduce((most, value) => Math.max(most, Math.abs(value)), 0)) || 1,
    );
    context.drawImage(tile, (i % columns) * step, Math.floor(i / columns) * step, SIDE * pixel, SIDE * pixel);
  });
  return grid;
}

/**
 * @param {{ pictures: Float32Array, order: number[], peak?: number, title: string, caption: string, less: string, more: string,
 *   name: string, format: "png" | "svg" }} options `peak`: one scale of colours for all
 */
export const saveDictionary = ({ pictures, order, peak, less, more, ...rest }) =>
  saveSheet({ sheet: gridOf(pictures, order, peak), legend: { less, more }, ...rest });
