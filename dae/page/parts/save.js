// Files that the page makes: a chart as a figure for slides, a picture, a text.
import { decode } from "../base64.js";

/** Give the browser a file to save. @param {Blob} blob @param {string} name */
export function saveBlob(blob, name) {
  const address = URL.createObjectURL(blob);
  const link = Object.assign(document.createElement("a"), { href: address, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

const SVG = "http://www.w3.org/2000/svg";
const STYLES = [
  "fill",
  "stroke",
  "stroke-width",
  "stroke-dasharray",
  "opacity",
  "font-size",
  "font-weight",
  "color",
];
const WIDE = 1600; // pixels; 16:9
const TALL = 900;
const MARGIN = 60;

/** @param {Element} from @param {Element} to styles are copied from one tree to the other: the file has no style sheet */
function copyStyles(from, to) {
  const computed = getComputedStyle(from);
  for (const name of STYLES) to.setAttribute(name, computed.getPropertyValue(name));
  for (let i = 0; i < from.children.length; i++) copyStyles(from.children[i], to.children[i]);
}

/** @param {string} name @param {Record<string, string | number>} attributes @param {string} [text] */
function node(name, attributes, text) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  if (text !== undefined) made.textContent = text;
  return made;
}

/**
 * Save a chart as a 16:9 figure, with the colours that it has on the page.
 * @param {SVGSVGElement} chart
 * @param {{ name: string, format: "png" | "svg", title: string, legend: { name: string, colour?: string, dash?: string }[], note: string }} options
 */
export async function saveFigure(chart, { name, format, title, legend, note }) {
  const style = getComputedStyle(document.body);
  const ink = style.color;
  const figure = node("svg", {
    xmlns: SVG,
    viewBox: `0 0 ${WIDE} ${TALL}`,
    width: WIDE,
    height: TALL,
    "font-family": "sans-serif",
  });
  figure.append(node("rect", { width: WIDE, height: TALL, fill: style.backgroundColor }));
  const copy = /** @type {SVGSVGElement} */ (chart.cloneNode(true));
  copyStyles(chart, copy);
  const box = chart.viewBox.baseVal;
  const room = { width: WIDE - 2 * MARGIN - (legend.length ? 300 : 0), height: TALL - 2 * MARGIN - 60 };
  const scale = Math.min(room.width / box.width, room.height / box.height);
  for (const [key, value] of Object.entries({
    x: MARGIN,
    y: MARGIN + 20,
    width: box.width * scale,
    height: box.height * scale,
  }))
    copy.setAttribute(key, String(value));
  figure.append(copy);
  figure.append(
    node("text", { x: MARGIN, y: MARGIN, fill: ink, "font-size": 30, "font-weight": 600 }, title),
  );
  const probe = document.createElement("i");
  document.body.append(probe);
  legend.forEach((line, i) => {
    probe.style.color = line.colour ?? "";
    const y = MARGIN + 60 + 34 * i;
    const x = MARGIN + box.width * scale + 30;
    figure.append(
      node("line", {
        x1: x,
        x2: x + 44,
        y1: y - 7,
        y2: y - 7,
        stroke: getComputedStyle(probe).color,
        "stroke-width": 4,
        "stroke-dasharray": line.dash || "none",
      }),
    );
    figure.append(node("text", { x: x + 56, y, fill: ink, "font-size": 22 }, line.name));
  });
  probe.remove();
  figure.append(node("text", { x: MARGIN, y: TALL - 24, fill: ink, "font-size": 18, opacity: 0.7 }, note));
  const text = new XMLSerializer().serializeToString(figure);
  const svg = new Blob([text], { type: "image/svg+xml" });
  saveBlob(format === "svg" ? svg : await pngOf(svg), `${name}.${format}`);
}

/** A picture of vectors as one of pixels. @param {Blob} svg @param {number} [width] @param {number} [height] @returns {Promise<Blob>} */
export async function pngOf(svg, width = WIDE, height = TALL) {
  const address = URL.createObjectURL(svg);
  try {
    const image = new Image(width, height);
    image.src = address;
    await image.decode();
    const canvas = Object.assign(document.createElement("canvas"), { width, height });
    /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d")).drawImage(image, 0, 0, width, height);
    return await new Promise((resolve, reject) =>
      canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("no picture"))), "image/png"),
    );
  } finally {
    URL.revokeObjectURL(address);
  }
}

/** Save a file that Python made. @param {{ name: string, type: string, content: string }} file */
export const saveFile = ({ name, type, content }) => saveBlob(new Blob([decode(content)], { type }), name);
