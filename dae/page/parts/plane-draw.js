// Drawing a plane: its points pixel by pixel, its axes, and what lies above them.
import { ticks } from "./chart.js";
import { clamp } from "./plane-view.js";

/**
 * @typedef {import("./plane-view.js").PlaneView} PlaneView
 * @typedef {[number, number, number]} Colour red, green and blue, 0 to 255
 * @typedef {{ xy: Float32Array, classes: Uint8Array }} Points x and y in turn; a class for each point
 * @typedef {{ places: Float32Array, centre: number[], colour: string }} Cloud
 * @typedef {{ stars: number[][], clouds: Cloud[], dim: boolean }} Overlay dim: the points stand back
 */

/** @param {Colour} colour */
export const css = (colour) => `rgb(${colour.join(" ")})`;

/** @type {{ radius: number, reach: number, side: number, shapes: Float32Array[] } | null} */
let masks = null;

/**
 * How much of each pixel a dot covers, for dots whose centre lies at a quarter of a pixel in either direction.
 * @param {number} radius in device pixels
 */
function dotMasks(radius) {
  if (masks?.radius === radius) return masks;
  const reach = Math.ceil(radius + 1);
  const side = 2 * reach + 1;
  const shapes = [...Array(16).keys()].map((n) => {
    const [dx, dy] = [(n & 3) / 4, (n >> 2) / 4];
    return Float32Array.from({ length: side ** 2 }, (_, at) =>
      clamp(radius + 0.5 - Math.hypot((at % side) - reach - dx, Math.floor(at / side) - reach - dy), 0, 1),
    );
  });
  masks = { radius, reach, side, shapes };
  return masks;
}

/**
 * The points, set pixel by pixel: without a graphics card that is many times faster than thousands of canvas calls.
 * @param {CanvasRenderingContext2D} context in device pixels
 * @param {PlaneView} view
 * @param {Points} points
 * @param {{ ratio: number, colours: Colour[], hidden: Set<number>, spotlight: number, strength: number }} look
 *   ratio: device pixels in one CSS pixel; spotlight: a class that stands out, or -1; strength: of the colours, 0 to 1
 */
export function drawPoints(context, view, { xy, classes }, { ratio, colours, hidden, spotlight, strength }) {
  const { width: wide, height: tall } = context.canvas;
  const image = context.getImageData(0, 0, wide, tall);
  const data = image.data;
  const crowd = clamp(Math.sqrt((view.width * view.height) / Math.max(1, classes.length)) * 0.22, 1.8, 5);
  const { reach, side, shapes } = dotMasks(crowd * Math.min(2, Math.sqrt(view.zoom)) * ratio);
  for (let n = 0; n < classes.length; n++) {
    if (hidden.has(classes[n])) continue;
    const [px, py] = view.toPixel(xy[2 * n], xy[2 * n + 1]);
    const [qx, qy] = [Math.round(px * ratio * 4 - 2), Math.round(py * ratio * 4 - 2)];
    const [cx, cy] = [qx >> 2, qy >> 2];
    if (cx < -reach || cx >= wide + reach || cy < -reach || cy >= tall + reach) continue;
    const shape = shapes[(qy & 3) * 4 + (qx & 3)];
    const [red, green, blue] = colours[classes[n]];
    const alpha = spotlight === -1 ? strength : classes[n] === spotlight ? 1 : 0.1;
    const [lastY, lastX] = [Math.min(tall - 1, cy + reach), Math.min(wide - 1, cx + reach)];
    for (let y = Math.max(0, cy - reach); y <= lastY; y++) {
      const row = (y - cy + reach) * side - cx + reach;
      for (let x = Math.max(0, cx - reach); x <= lastX; x++) {
        const over = shape[row + x] * alpha;
        if (over === 0) continue;
        const at = 4 * (y * wide + x);
        const below = (data[at + 3] / 255) * (1 - over);
        const sum = over + below;
        data[at] = (red * over + data[at] * below) / sum;
        data[at + 1] = (green * over + data[at + 1] * below) / sum;
        data[at + 2] = (blue * over + data[at + 2] * below) / sum;
        data[at + 3] = 255 * sum;
      }
    }
  }
  context.putImageData(image, 0, 0);
}

/**
 * Lines at round values, with their numbers.
 * @param {CanvasRenderingContext2D} context in CSS pixels
 * @param {PlaneView} view
 * @param {{ colour: string, size: number, font: string }} look size: of the text, in CSS pixels; font: its family
 */
export function drawAxes(context, view, { colour, size, font }) {
  const { width, height } = view;
  const [left, bottom] = view.toPlane(0, height);
  const [right, top] = view.toPlane(width, 0);
  const wanted = Math.max(2, width / (7 * size));
  const [across, up] = [ticks(left, right, wanted), ticks(bottom, top, wanted)];
  context.strokeStyle = context.fillStyle = colour;
  context.lineWidth = 1;
  context.font = `${size}px ${font}`;
  /** @param {number} value @param {number[]} from @param {number[]} to */
  const line = (value, from, to) => {
    context.globalAlpha = value === 0 ? 0.3 : 0.1;
    context.beginPath();
    context.moveTo(from[0], from[1]);
    context.lineTo(to[0], to[1]);
    context.stroke();
    context.globalAlpha = 0.6;
  };
  const name = (/** @type {number} */ value) => String(value).replace("-", "−");
  context.textAlign = "center";
  for (const value of across) {
    const x = Math.round(view.toPixel(value, 0)[0]) + 0.5;
    line(value, [x, 0], [x, height]);
    if (x > 2.5 * size && x < width - 1.5 * size) context.fillText(name(value), x, height - size / 2);
  }
  context.textAlign = "left";
  for (const value of up) {
    const y = Math.round(view.toPixel(0, value)[1]) + 0.5;
    line(value, [0, y], [width, y]);
    if (y > 1.5 * size && y < height - 2 * size) context.fillText(name(value), size / 2, y - size / 3);
  }
  context.globalAlpha = 1;
}

/**
 * @param {CanvasRenderingContext2D} context @param {number[]} at in CSS pixels
 * @param {number} radius @param {string} colour @param {number} thick
 */
export function ring(context, [x, y], radius, colour, thick) {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  for (const [stroke, width] of /** @type {const} */ ([
    ["#000", thick + 2],
    [colour, thick],
  ])) {
    context.strokeStyle = stroke;
    context.lineWidth = width;
    context.stroke();
  }
}

/**
 * Where the pointer has put the marker.
 * @param {CanvasRenderingContext2D} context @param {number[]} at @param {number} unit CSS pixels, of how large it is
 */
export function drawMarker(context, at, unit) {
  ring(context, at, 9 * unit, "#fff", 2 * unit);
  context.beginPath();
  context.arc(at[0], at[1], 2 * unit, 0, 2 * Math.PI);
  context.fillStyle = "#fff";
  context.fill();
}

/** @param {CanvasRenderingContext2D} context @param {number[]} at @param {number} radius */
function star(context, [x, y], radius) {
  context.beginPath();
  for (let i = 0; i < 10; i++) {
    const angle = (i * Math.PI) / 5 - Math.PI / 2;
    const reach = i % 2 ? radius * 0.45 : radius;
    context.lineTo(x + reach * Math.cos(angle), y + reach * Math.sin(angle));
  }
  context.closePath();
  context.lineJoin = "round";
  context.strokeStyle = "#000";
  context.lineWidth = 3.5;
  context.stroke();
  context.fillStyle = "#fff";
  context.fill();
}

/**
 * Clouds, each place with a line to its centre, and stars.
 * @param {CanvasRenderingContext2D} context in CSS pixels
 * @param {PlaneView} view
 * @param {Overlay} overlay
 * @param {number} unit CSS pixels, of how large the marks are
 */
export function drawOverlay(context, view, { stars, clouds }, unit) {
  for (const { places, centre, colour } of clouds) {
    const middle = view.toPixel(centre[0], centre[1]);
    const at = [];
    for (let i = 0; i + 1 < places.length; i += 2) at.push(view.toPixel(places[i], places[i + 1]));
    context.strokeStyle = context.fillStyle = colour;
    context.globalAlpha = 0.45;
    context.lineWidth = 1;
    context.beginPath();
    for (const [x, y] of at) {
      context.moveTo(middle[0], middle[1]);
      context.lineTo(x, y);
    }
    context.stroke();
    context.globalAlpha = 1;
    context.strokeStyle = "rgb(0 0 0 / 60%)";
    for (const [x, y] of at) {
      context.beginPath();
      context.arc(x, y, 3.5 * unit, 0, 2 * Math.PI);
      context.fill();
      context.stroke();
    }
    ring(context, middle, 6 * unit, colour, 2 * unit);
  }
  for (const place of stars) star(context, view.toPixel(place[0], place[1]), 11 * unit);
}
