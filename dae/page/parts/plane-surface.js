// The surface of a plane: two canvases, what lies on them, and what a pointer or the keyboard does there. The points are
// on one canvas, drawn when they or the view change; what follows the pointer is on the other.
import { css, drawAxes, drawMarker, drawOverlay, drawPoints, ring } from "./plane-draw.js";
import { clamp, PlaneView } from "./plane-view.js";

/**
 * @typedef {import("./plane-draw.js").Points} Points
 * @typedef {import("./plane-draw.js").Overlay} Overlay
 * @typedef {{ picture: CanvasImageSource, extent: number[] }} Background
 *
 * @typedef {object} Told what the surface tells
 * @property {(x: number, y: number) => void} drag the marker moves
 * @property {(x: number, y: number, index: number) => void} pick a press; index of the point there, or -1
 * @property {(tip: { index: number, x: number, y: number } | null) => void} tip the point that is shown, and where it is
 * @property {(index: number) => void} nearest the point nearest to the marker, once it rests
 */

/** How far from a point it is still meant, in pixels. @type {Record<string, number>} */
const REACH = { mouse: 14, pen: 18, touch: 26 };
/** A press that moves less is a click. @type {Record<string, number>} */
const SLOP = { mouse: 4, pen: 6, touch: 10 };
const STEP = 1.6; // of zooming
const REST_MS = 250;
/** @type {Record<string, number[]>} */
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export class PlaneSurface {
  view = new PlaneView();
  /** @type {Points} */
  points = { xy: new Float32Array(0), classes: new Uint8Array(0) };
  /** @type {Overlay} */
  overlay = { stars: [], clouds: [], dim: false };
  /** @type {Background | null} */
  background = null;
  hasAxes = true;
  /** @type {Set<number>} */
  hidden = new Set();
  spotlight = -1;
  /** @type {number[] | null} in plane coordinates */
  marker = null;
  #shown = -1; // the point whose tip is shown
  #ratio = 1;
  #size = 13; // of the text, in CSS pixels; what is marked grows with it
  /** @type {Map<number, { at: number[], from: number[] }>} */
  #pointers = new Map();
  /** @type {"press" | "drag" | "pan" | "pinch" | "done" | null} a press may be a click */
  #gesture = null;
  #pinch = { x: 0, y: 0, apart: 0 };
  /** @type {Set<string>} */
  #held = new Set();
  #frame = 0;
  #all = false;
  #resting = 0;

  /**
   * @param {HTMLElement} stage
   * @param {HTMLCanvasElement} under
   * @param {HTMLCanvasElement} top
   * @param {import("./plane-draw.js").Colour[]} colours of the classes
   * @param {Told} told
   */
  constructor(stage, under, top, colours, told) {
    this.stage = stage;
    this.under = under;
    this.top = top;
    this.colours = colours;
    this.told = told;
    this.observer = new ResizeObserver(() => this.#resize());
    this.observer.observe(stage);
    top.addEventListener("pointerdown", (event) => this.#down(event));
    top.addEventListener("pointermove", (event) => this.#move(event));
    for (const name of /** @type {const} */ (["pointerup", "pointercancel", "lostpointercapture"])) {
      top.addEventListener(name, (event) => this.#up(event));
    }
    top.addEventListener("pointerleave", () => {
      if (!this.#pointers.size) this.#tip(-1);
    });
    top.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    top.addEventListener("keydown", (event) => this.#key(event));
    top.addEventListener("keyup", (event) => {
      if (this.#held.delete(event.key) && !this.#held.size) this.#rest();
    });
    top.addEventListener("blur", () => this.#held.clear());
  }

  close() {
    this.observer.disconnect();
    cancelAnimationFrame(this.#frame);
    clearTimeout(this.#resting);
  }

  /** Show other points; the marker goes. @param {Points} points @param {number[]} extent */
  setPoints(points, extent) {
    this.points = points;
    this.marker = null;
    this.view.reset(extent);
    this.#changed();
  }

  /** @param {Overlay} overlay */
  setOverlay(overlay) {
    const isOther = overlay.dim !== this.overlay.dim;
    this.overlay = overlay;
    this.draw(isOther);
  }

  /** Zoom by a step in or out about the marker, or see the whole plane. @param {"in" | "out" | "whole"} how */
  zoom(how) {
    const { width, height } = this.view;
    const at = this.marker && this.view.toPixel(this.marker[0], this.marker[1]);
    const isSeen = at && at[0] >= 0 && at[0] <= width && at[1] >= 0 && at[1] <= height;
    const [px, py] = isSeen ? at : [width / 2, height / 2];
    this.view.zoomAt(px, py, { in: STEP, out: 1 / STEP, whole: 0 }[how]);
    this.#changed();
  }

  #changed() {
    this.#tip(-1);
    this.draw(true);
  }

  // ---- drawing

  /** Draw in the next frame. @param {boolean} all the points too */
  draw(all) {
    this.#all ||= all;
    if (!this.#frame) {
      this.#frame = requestAnimationFrame(() => {
        this.#frame = 0;
        if (!this.view.width || !this.view.height) return;
        if (this.#all) this.#drawUnder();
        this.#all = false;
        this.#drawTop();
      });
    }
  }

  #resize() {
    this.view.width = this.stage.clientWidth;
    this.view.height = this.stage.clientHeight;
    this.#ratio = window.devicePixelRatio || 1;
    this.#size = Number.parseFloat(getComputedStyle(this.stage).fontSize);
    for (const canvas of [this.under, this.top]) {
      canvas.width = Math.round(this.view.width * this.#ratio);
      canvas.height = Math.round(this.view.height * this.#ratio);
    }
    this.#changed();
  }

  /** @param {HTMLCanvasElement} canvas cleared; the context measures in CSS pixels */
  #prepare(canvas) {
    const options = { willReadFrequently: canvas === this.under };
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", options));
    context.setTransform(this.#ratio, 0, 0, this.#ratio, 0, 0);
    context.clearRect(0, 0, this.view.width, this.view.height);
    return context;
  }

  #drawUnder() {
    const context = this.#prepare(this.under);
    if (this.background) {
      const { picture, extent } = this.background;
      const [left, upper] = this.view.toPixel(extent[0], extent[3]);
      const [right, lower] = this.view.toPixel(extent[1], extent[2]);
      context.imageSmoothingEnabled = false;
      context.drawImage(picture, left, upper, right - left, lower - upper);
    }
    if (this.hasAxes) {
      const { color, fontFamily } = getComputedStyle(this.stage);
      drawAxes(context, this.view, { colour: color, size: this.#size, font: fontFamily });
    }
    drawPoints(context, this.view, this.points, {
      ratio: this.#ratio,
      colours: this.colours,
      hidden: this.hidden,
      spotlight: this.spotlight,
      strength: this.overlay.dim ? 0.25 : 0.85,
    });
  }

  #drawTop() {
    const context = this.#prepare(this.top);
    const unit = this.#size / 13;
    drawOverlay(context, this.view, this.overlay, unit);
    if (this.marker) drawMarker(context, this.view.toPixel(this.marker[0], this.marker[1]), unit);
    if (this.#shown >= 0) {
      const { xy, classes } = this.points;
      const at = this.view.toPixel(xy[2 * this.#shown], xy[2 * this.#shown + 1]);
      ring(context, at, 7 * unit, css(this.colours[classes[this.#shown]]), 2.5 * unit);
    }
  }

  // ---- points

  /**
   * The nearest point that is not hidden, within `reach` pixels; -1 where there is none.
   * @param {number} px @param {number} py @param {number} reach
   */
  #nearest(px, py, reach) {
    const { perX, perY } = this.view;
    const { xy, classes } = this.points;
    const [x, y] = this.view.toPlane(px, py);
    let [best, least] = [-1, reach * reach];
    for (let i = 0; i < classes.length; i++) {
      if (this.hidden.has(classes[i])) continue;
      const [dx, dy] = [(xy[2 * i] - x) * perX, (xy[2 * i + 1] - y) * perY];
      if (dx * dx + dy * dy > least) continue;
      least = dx * dx + dy * dy;
      best = i;
    }
    return best;
  }

  /** @param {number} index of the point whose picture is shown; -1 for none */
  #tip(index) {
    if (index === this.#shown) return;
    this.#shown = index;
    const { xy } = this.points;
    const [x, y] = index < 0 ? [0, 0] : this.view.toPixel(xy[2 * index], xy[2 * index + 1]);
    this.told.tip(index < 0 ? null : { index, x, y });
    this.draw(false);
  }

  #rest() {
    clearTimeout(this.#resting);
    this.#resting = window.setTimeout(() => {
      if (!this.marker) return;
      const [px, py] = this.view.toPixel(this.marker[0], this.marker[1]);
      this.told.nearest(this.#nearest(px, py, Infinity));
    }, REST_MS);
  }

  // ---- the marker

  /** @param {number} px @param {number} py */
  #drag(px, py) {
    const [x, y] = this.view.toPlane(clamp(px, 0, this.view.width), clamp(py, 0, this.view.height));
    this.marker = [x, y];
    this.draw(false);
    this.told.drag(x, y);
    this.#rest();
  }

  /** @param {number} px @param {number} py @param {number} reach */
  #pick(px, py, reach) {
    const index = this.#nearest(px, py, reach);
    const { xy } = this.points;
    this.marker = index < 0 ? this.view.toPlane(px, py) : [xy[2 * index], xy[2 * index + 1]];
    this.#tip(index);
    this.draw(false);
    this.told.pick(this.marker[0], this.marker[1], index);
    this.#rest();
  }

  // ---- mouse, pen and touch

  /** @param {MouseEvent} event */
  #place(event) {
    const box = this.top.getBoundingClientRect();
    const { width, height } = this.view;
    return [
      ((event.clientX - box.left) * width) / box.width,
      ((event.clientY - box.top) * height) / box.height,
    ];
  }

  #pinchNow() {
    const [a, b] = [...this.#pointers.values()].map(({ at }) => at);
    return { x: (a[0] + b[0]) / 2, y: (a[1] + b[1]) / 2, apart: Math.hypot(a[0] - b[0], a[1] - b[1]) };
  }

  /** @param {PointerEvent} event */
  #down(event) {
    const isPan = event.button === 1 || (event.button === 0 && event.shiftKey);
    if ((event.button !== 0 && !isPan) || this.#pointers.size === 2) return;
    if (event.button === 1) event.preventDefault(); // no automatic scrolling
    this.top.setPointerCapture(event.pointerId);
    const at = this.#place(event);
    this.#pointers.set(event.pointerId, { at, from: at });
    if (this.#pointers.size === 2) {
      this.#gesture = "pinch";
      this.#pinch = this.#pinchNow();
    } else this.#gesture = isPan ? "pan" : "press";
  }

  /** @param {PointerEvent} event */
  #move(event) {
    const at = this.#place(event);
    const pointer = this.#pointers.get(event.pointerId);
    const kind = event.pointerType;
    if (!pointer) {
      if (!this.#pointers.size && kind !== "touch")
        this.#tip(this.#nearest(at[0], at[1], REACH[kind] ?? REACH.mouse));
      return;
    }
    const before = pointer.at;
    pointer.at = at;
    const moved = Math.hypot(at[0] - pointer.from[0], at[1] - pointer.from[1]);
    if (this.#gesture === "press" && moved > (SLOP[kind] ?? SLOP.mouse)) {
      this.#gesture = "drag";
      this.#tip(-1);
    }
    if (this.#gesture === "drag") this.#drag(at[0], at[1]);
    else if (this.#gesture === "pan") this.view.pan(at[0] - before[0], at[1] - before[1]);
    else if (this.#gesture === "pinch") {
      const now = this.#pinchNow();
      this.view.pan(now.x - this.#pinch.x, now.y - this.#pinch.y);
      if (this.#pinch.apart > 0 && now.apart > 0)
        this.view.zoomAt(now.x, now.y, now.apart / this.#pinch.apart);
      this.#pinch = now;
    }
    if (this.#gesture === "pan" || this.#gesture === "pinch") this.#changed();
  }

  /** @param {PointerEvent} event */
  #up(event) {
    const pointer = this.#pointers.get(event.pointerId);
    if (!pointer) return;
    this.#pointers.delete(event.pointerId);
    if (event.type === "pointerup") {
      const [px, py] = this.#place(event);
      if (this.#gesture === "drag") this.#drag(px, py);
      if (this.#gesture === "press") {
        this.#pick(pointer.at[0], pointer.at[1], REACH[event.pointerType] ?? REACH.mouse);
      }
    }
    // The finger that a pinch leaves behind must not begin to drag.
    this.#gesture = this.#pointers.size ? "done" : null;
  }

  /** @param {WheelEvent} event */
  #wheel(event) {
    if (!event.ctrlKey && !event.metaKey) return; // the page scrolls
    event.preventDefault();
    const [px, py] = this.#place(event);
    this.view.zoomAt(px, py, Math.exp(-clamp(event.deltaY, -50, 50) / 120));
    this.#changed();
  }

  // ---- keyboard

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (this.#pointers.size || event.ctrlKey || event.metaKey || event.altKey) return;
    const { width, height } = this.view;
    const here = this.marker ? this.view.toPixel(this.marker[0], this.marker[1]) : [width / 2, height / 2];
    const { key } = event;
    if (key in ARROWS) {
      this.#held.add(key);
      const pace = (event.shiftKey ? 0.1 : 0.02) * Math.min(width, height);
      for (const each of this.#held) {
        here[0] += ARROWS[each][0] * pace;
        here[1] += ARROWS[each][1] * pace;
      }
      const out = [here[0] - clamp(here[0], 0, width), here[1] - clamp(here[1], 0, height)];
      if (this.view.zoom > 1 && (out[0] || out[1])) {
        this.view.pan(-out[0], -out[1]); // the view follows the marker
        here[0] -= out[0];
        here[1] -= out[1];
        this.#changed();
      }
      this.#drag(here[0], here[1]);
      this.#tip(this.#nearest(clamp(here[0], 0, width), clamp(here[1], 0, height), REACH.mouse));
    } else if (key === "Enter" || key === " ") {
      if (!event.repeat) this.#pick(here[0], here[1], REACH.touch);
    } else if (key === "+" || key === "=") this.zoom("in");
    else if (key === "-") this.zoom("out");
    else if (key === "0") this.zoom("whole");
    else if (key === "Escape") this.#tip(-1);
    else return;
    event.preventDefault();
  }
}
