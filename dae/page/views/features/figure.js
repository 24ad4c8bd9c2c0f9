// The dictionary as a file for slides: all tiles on one sheet, with what they are below.
import { paintSigned, SIDE } from "../../parts/picture.js";
import { pngOf, saveBlob } from "../../parts/save.js";

const PIXELS = SIDE ** 2;
const WIDE = 2000; // pixels of the sheet, about
const MARGIN = 48;
const LINE = 30;

/** @param {string} text @param {number} width in pixels, at 20 pixels a letter's height */
function lines(text, width) {
  const context = /** @type {CanvasRenderingContext2D} */ (document.createElement("canvas").getContext("2d"));
  context.font = "20px sans-serif";
  /** @type {string[]} */
  const found = [""];
  // Chinese breaks anywhere, other words at their spaces.
  for (const part of text.match(/[\u3000-\uffef]|[^\s\u3000-\uffef]+\s*|\s+/g) ?? []) {
    const longer = found[found.length - 1] + part;
    if (found[found.length - 1] && context.measureText(longer.trimEnd()).width > width) found.push(part);
    else found[found.length - 1] = longer;
  }
  return found.map((line) => line.trimEnd());
}

/** @param {string} text */
const escaped = (text) =>
  text.replace(
    /[&<>"]/g,
    (letter) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[letter] ?? "",
  );

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
export async function saveDictionary({ pictures, order, peak, title, caption, less, more, name, format }) {
  const grid = gridOf(pictures, order, peak);
  const width = Math.max(grid.width, 900) + 2 * MARGIN;
  const words = lines(caption, width - 2 * MARGIN);
  const foot = MARGIN + 50 + grid.height + 44;
  const height = foot + 20 + words.length * LINE + MARGIN;
  const text = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="sans-serif" font-size="20">
<title>${escaped(title)}</title><desc>${escaped(caption)}</desc>
<defs><linearGradient id="ink"><stop offset="0" stop-color="rgb(78,154,255)"/><stop offset="0.5" stop-color="#000"/><stop offset="1" stop-color="rgb(255,149,42)"/></linearGradient></defs>
<rect width="${width}" height="${height}" fill="#fff"/>
<text x="${MARGIN}" y="${MARGIN + 24}" font-size="30" font-weight="600" fill="#16191d">${escaped(title)}</text>
<image x="${MARGIN}" y="${MARGIN + 50}" width="${grid.width}" height="${grid.height}" href="${grid.toDataURL("image/png")}"/>
<text x="${MARGIN + 160}" y="${foot}" text-anchor="end" fill="#565f6b">${escaped(less)}</text>
<rect x="${MARGIN + 172}" y="${foot - 14}" width="180" height="14" fill="url(#ink)"/>
<text x="${MARGIN + 364}" y="${foot}" fill="#565f6b">${escaped(more)}</text>
${words.map((line, i) => `<text x="${MARGIN}" y="${foot + 20 + (i + 1) * LINE}" fill="#565f6b">${escaped(line)}</text>`).join("\n")}
</svg>`;
  const svg = new Blob([text], { type: "image/svg+xml" });
  saveBlob(format === "svg" ? svg : await pngOf(svg, width, height), `${name}.${format}`);
}
