// What is on the drawing pad: strokes over a base picture. Strokes are kept as points in units of the paper's side, so
// that they can be drawn again at any size.
import { signal } from "@preact/signals-core";

/** @typedef {{ x: number, y: number, width: number }} Point width: of the line there, 1 for the usual pen */
/** @typedef {{ base: HTMLCanvasElement | null, strokes: Point[][] }} Content */

/** The side of the picture that is made of a drawing, in pixels. */
export const SIDE = 112;
const PEN = 1 / 12; // the usual width of a line
const NEAREST = 0.003; // points nearer than this are one
const MOST_UNDO = 100;

/** @param {Point} a @param {Point} b */
const middle = (a, b) => ({ x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 });

/**
 * Draw the points of a line from number `first` on: curves through the middles of the measured points.
 * @param {CanvasRenderingContext2D} context @param {number} side of the canvas @param {Point[]} line
 * @param {number} first @param {boolean} ended whether the line goes on to its last point
 */
function ink(context, side, line, first, ended) {
  context.strokeStyle = context.fillStyle = "#fff";
  context.lineCap = context.lineJoin = "round";
  for (let i = first; i < line.length; i++) {
    const point = line[i];
    context.beginPath();
    if (i === 0) {
      // A line of length zero draws nothing, so that a dot is a disc.
      context.arc(point.x * side, point.y * side, (PEN * point.width * side) / 2, 0, 2 * Math.PI);
      context.fill();
      continue;
    }
    const corner = line[i - 1];
    const from = i > 1 ? middle(line[i - 2], corner) : corner;
    const to = middle(corner, point);
    context.lineWidth = PEN * point.width * side;
    context.moveTo(from.x * side, from.y * side);
    context.quadraticCurveTo(corner.x * side, corner.y * side, to.x * side, to.y * side);
    context.stroke();
  }
  if (!ended || line.length < 2) return;
  const last = line[line.length - 1];
  const from = middle(line[line.length - 2], last);
  context.lineWidth = PEN * last.width * side;
  context.beginPath();
  context.moveTo(from.x * side, from.y * side);
  context.lineTo(last.x * side, last.y * side);
  context.stroke();
}

/** @param {HTMLCanvasElement} canvas */
const contextOf = (canvas) => /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));

export class Drawing {
  /** What the state's `pixels` say of this drawing: the digit's text. */
  text = "";
  /** Whether there is nothing on the paper, and whether there is something to undo. */
  isEmpty = signal(true);
  canUndo = signal(false);
  /** @type {Content} never changed in place: the undo list shares it */
  #content = { base: null, strokes: [] };
  /** @type {Content[]} */
  #before = [];
  /** @type {Point[] | null} the line that is being drawn */
  #stroke = null;
  /** @type {HTMLCanvasElement | null} where it is shown */
  #view = null;
  #small;

  constructor() {
    const canvas = Object.assign(document.createElement("canvas"), { width: SIDE, height: SIDE });
    // Read back often, so kept off the graphics card.
    this.#small = /** @type {CanvasRenderingContext2D} */ (
      canvas.getContext("2d", { willReadFrequently: true })
    );
    this.#redraw();
  }

  get isDown() {
    return this.#stroke !== null;
  }

  /** Show it here from now on, at this size in pixels. @param {HTMLCanvasElement} canvas @param {number} side */
  showIn(canvas, side) {
    this.#view = canvas;
    if (canvas.width !== side || canvas.height !== side) canvas.width = canvas.height = side;
    this.#redraw();
  }

  /** The drawing as SIDE x SIDE grey values, 0 to 255. */
  grey() {
    const { data } = this.#small.getImageData(0, 0, SIDE, SIDE);
    const grey = new Uint8ClampedArray(SIDE * SIDE);
    for (let i = 0; i < grey.length; i++) grey[i] = data[4 * i];
    return grey;
  }

  /** @param {Point} point */
  begin(point) {
    this.#remember();
    this.#stroke = [point];
    this.#ink(this.#stroke, 0, false);
    this.#tell();
  }

  /** Whether the line got any longer. @param {Point[]} points */
  extend(points) {
    const line = this.#stroke;
    if (!line) return false;
    const first = line.length;
    for (const point of points) {
      const last = line[line.length - 1];
      if (Math.hypot(point.x - last.x, point.y - last.y) >= NEAREST) line.push(point);
    }
    this.#ink(line, first, false);
    return line.length > first;
  }

  finish() {
    if (!this.#stroke) return;
    this.#ink(this.#stroke, this.#stroke.length, true);
    this.#content = { ...this.#content, strokes: [...this.#content.strokes, this.#stroke] };
    this.#stroke = null;
    this.#tell();
  }

  /** Whether there was something to undo. */
  undo() {
    const before = this.#before.pop();
    if (!before) return false;
    this.#content = before;
    this.#redraw();
    return true;
  }

  /** Whether there was something to clear. */
  clear() {
    if (this.isEmpty.peek()) return false;
    this.#remember();
    this.#content = { base: null, strokes: [] };
    this.#redraw();
    return true;
  }

  /** Begin anew over this picture, or over nothing. @param {HTMLCanvasElement | null} base */
  restore(base) {
    this.#content = { base, strokes: [] };
    this.#before = [];
    this.#stroke = null;
    this.#redraw();
  }

  #remember() {
    this.#before = [...this.#before, this.#content].slice(-MOST_UNDO);
  }

  #tell() {
    this.isEmpty.value = !this.#content.base && !this.#content.strokes.length && !this.#stroke;
    this.canUndo.value = this.#before.length > 0;
  }

  /** @param {Point[]} line @param {number} first @param {boolean} ended */
  #ink(line, first, ended) {
    if (this.#view?.width) ink(contextOf(this.#view), this.#view.width, line, first, ended);
    ink(this.#small, SIDE, line, first, ended);
  }

  #redraw() {
    for (const context of [this.#small, ...(this.#view?.width ? [contextOf(this.#view)] : [])]) {
      const side = context.canvas.width;
      context.fillStyle = "#000";
      if (context === this.#small) context.fillRect(0, 0, side, side);
      else context.clearRect(0, 0, side, side);
      context.imageSmoothingQuality = "high";
      if (this.#content.base) context.drawImage(this.#content.base, 0, 0, side, side);
    }
    for (const line of this.#content.strokes) this.#ink(line, 0, true);
    if (this.#stroke) this.#ink(this.#stroke, 0, false);
    this.#tell();
  }
}
