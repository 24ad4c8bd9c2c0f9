// Pictures as a file for slides: a sheet of them with its title above and what it shows below.
import { pngOf, saveBlob } from "./save.js";

const MARGIN = 48;
const LINE = 30;
const LEAST = 900; // pixels, so that the words have room

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

/** What the colours of signed pictures mean. @typedef {{ less: string, more: string }} Legend */

/** @param {Legend} legend @param {number} y */
const scale = (
  { less, more },
  y,
) => `<text x="${MARGIN + 160}" y="${y}" text-anchor="end">${escaped(less)}</text>
<rect x="${MARGIN + 172}" y="${y - 14}" width="180" height="14" fill="url(#ink)"/>
<text x="${MARGIN + 364}" y="${y}">${escaped(more)}</text>`;

/**
 * @param {{ sheet: HTMLCanvasElement, title: string, caption: string, legend?: Legend, name: string, format: "png" | "svg" }} options
 *   `name` without the end that says the format
 */
export async function saveSheet({ sheet, title, caption, legend, name, format }) {
  const width = Math.max(sheet.width, LEAST) + 2 * MARGIN;
  const words = lines(caption, width - 2 * MARGIN);
  const below = MARGIN + 50 + sheet.height;
  const foot = below + (legend ? 64 : 14);
  const height = foot + words.length * LINE + MARGIN;
  const text = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="sans-serif" font-size="20">
<title>${escaped(title)}</title><desc>${escaped(caption)}</desc>
<defs><linearGradient id="ink"><stop offset="0" stop-color="rgb(78,154,255)"/><stop offset="0.5" stop-color="#000"/><stop offset="1" stop-color="rgb(255,149,42)"/></linearGradient></defs>
<rect width="${width}" height="${height}" fill="#fff"/>
<text x="${MARGIN}" y="${MARGIN + 24}" font-size="30" font-weight="600" fill="#16191d">${escaped(title)}</text>
<image x="${MARGIN}" y="${MARGIN + 50}" width="${sheet.width}" height="${sheet.height}" href="${sheet.toDataURL("image/png")}"/>
<g fill="#565f6b">${legend ? scale(legend, below + 44) : ""}
${words.map((line, i) => `<text x="${MARGIN}" y="${foot + (i + 1) * LINE}">${escaped(line)}</text>`).join("\n")}</g>
</svg>`;
  const svg = new Blob([text], { type: "image/svg+xml" });
  saveBlob(format === "svg" ? svg : await pngOf(svg, width, height), `${name}.${format}`);
}

/** What a file may be called after: letters and figures, and nothing that a file system minds. @param {string} text */
export const fileName = (text) => text.replaceAll(/[^\p{L}\p{N}.]+/gu, "-");
