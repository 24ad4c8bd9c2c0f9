// One plane of the Score tab: points, density, fields, the error between them, and walkers. A press drops one, or draws.
import { state } from "../../page.js";
import {
  arrows,
  COLOURS,
  canvasPen,
  densityPicture,
  dots,
  errorPicture,
  longest,
  OPACITY,
  pixel,
  place,
  spanOf,
  WIDTHS,
  trails as ways,
} from "../../parts/field-draw.js";
import { html, useEffect, useRef, useSignal, useSignalEffect } from "../../parts/html.js";
import { t } from "../../words.js";
import { clean, draw, panes, REACH, scene } from "./lab.js";
import { drop, start, tool, trails } from "./walkers.js";

/** @typedef {import("../../parts/field-draw.js").Square} Square */

const APART = 0.03; // between points that the pen leaves behind
const SLOP = 6; // pixels that a press may move and still be a click
/** @type {Record<string, number[]>} */
const KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
const isPen = () => state.peek("score_points") === "drawn" && tool.peek() === "draw";
const shows = (/** @type {string} */ layer) => state.get("score_layers").includes(layer);
export const errorReach = (/** @type {number} */ sigma) => 1.25 + 2 * sigma;

/** @param {CanvasRenderingContext2D} context @param {"exact" | "learnt" | "walkers"} name @param {number} side */
function strokes(context, name, side) {
  context.globalAlpha = OPACITY[name];
  context.strokeStyle = COLOURS[name];
  context.lineWidth = WIDTHS[name] * Math.max(0.7, side / 500);
  context.beginPath();
}

/** @param {CanvasRenderingContext2D} context @param {Square} square @param {"exact" | "learnt"} name @param {import("../../parts/field-draw.js").Points | undefined} score */
function paintArrows(context, square, name, score) {
  const seen = scene.value;
  if (!seen || !score || !shows(name)) return;
  strokes(context, name, square.side);
  arrows(canvasPen(context), square, score, longest(seen.score), seen.scoreReach);
  context.stroke();
  context.globalAlpha = 1;
}

/** What stays while a network learns. @param {CanvasRenderingContext2D} context @param {Square} square */
function paintScene(context, square) {
  const seen = scene.value;
  if (seen && shows("density")) {
    const [left, top, width] = spanOf(square, seen.reach, 0);
    context.imageSmoothingQuality = "high";
    context.drawImage(densityPicture(seen), left, top, width, width);
  }
  if (shows("points")) {
    context.globalAlpha = OPACITY.points;
    context.fillStyle = COLOURS.points;
    context.beginPath();
    dots(canvasPen(context), square, clean.value, square.side / 280);
    context.fill();
    context.globalAlpha = 1;
  }
  if (!shows("error")) paintArrows(context, square, "exact", seen?.score);
}

/** What the network has learnt; the arrows lie above the error. @param {CanvasRenderingContext2D} context @param {Square} square @param {number} n of the pane */
function paintLearnt(context, square, n) {
  const pane = panes.value[n];
  if (shows("error")) {
    if (pane?.apart) {
      const picture = errorPicture(pane.apart);
      const [left, top, width] = spanOf(square, errorReach(pane.sigma), picture.width);
      context.drawImage(picture, left, top, width, width);
    }
    paintArrows(context, square, "exact", scene.value?.score);
  }
  paintArrows(context, square, "learnt", pane?.score);
}

/** @param {CanvasRenderingContext2D} context @param {Square} square @param {number} n of the pane */
function paintWalkers(context, square, n) {
  const trail = trails.value[n] ?? [start.value];
  if (trail.length > 1) {
    strokes(context, "walkers", square.side);
    ways(canvasPen(context), square, trail);
    context.stroke();
  }
  context.globalAlpha = 1;
  context.fillStyle = COLOURS.walkers;
  context.strokeStyle = "#000";
  context.lineWidth = 1;
  context.beginPath();
  dots(canvasPen(context), square, trail[trail.length - 1], Math.max(2.5, square.side / 130));
  context.fill();
  context.stroke();
}

/** @param {CanvasRenderingContext2D} context @param {Square} square @param {number[]} at */
function paintCursor(context, square, at) {
  const [x, y] = pixel(square, at[0], at[1]);
  for (const [colour, width] of /** @type {const} */ ([
    ["#000", 4],
    ["#fff", 2],
  ])) {
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.beginPath();
    context.arc(x, y, 9, 0, 2 * Math.PI);
    context.moveTo(x - 14, y);
    context.lineTo(x + 14, y);
    context.moveTo(x, y - 14);
    context.lineTo(x, y + 14);
    context.stroke();
  }
}

/** @param {{ pane: number, label: string }} props pane: 0 the denoiser's, 1 the plain autoencoder's */
export function Field({ pane, label }) {
  const under = useRef(/** @type {HTMLCanvasElement | null} */ (null));
  const top = useRef(/** @type {HTMLCanvasElement | null} */ (null));
  const side = useSignal(0);
  const cursor = useSignal(/** @type {number[] | null} */ (null));
  const said = useSignal("");
  const press = useRef(/** @type {{ from: number[], last: number[] | null } | null} */ (null));
  useEffect(() => {
    const measure = () => {
      side.value = top.current?.clientWidth ?? 0;
    };
    const observer = new ResizeObserver(measure);
    if (top.current) observer.observe(top.current);
    measure();
    return () => observer.disconnect();
  }, []);
  /** @param {HTMLCanvasElement | null} canvas */
  const prepared = (canvas) => {
    const ratio = window.devicePixelRatio || 1;
    const context = canvas?.getContext("2d");
    if (!canvas || !context || !side.value) return null;
    const wide = Math.round(side.value * ratio);
    if (canvas.width !== wide) canvas.width = canvas.height = wide;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, side.value, side.value);
    return context;
  };
  const square = () => ({ side: side.value, reach: REACH });
  useSignalEffect(() => {
    const context = prepared(under.current);
    if (context) paintScene(context, square());
  });
  useSignalEffect(() => {
    const context = prepared(top.current);
    if (!context) return;
    paintLearnt(context, square(), pane);
    paintWalkers(context, square(), pane);
    if (cursor.value) paintCursor(context, square(), cursor.value);
  });

  /** @param {PointerEvent} event */
  const at = (event) => {
    const box = /** @type {HTMLElement} */ (event.currentTarget).getBoundingClientRect();
    const [x, y] = place(
      { side: box.width, reach: REACH },
      event.clientX - box.left,
      event.clientY - box.top,
    );
    return [Math.min(REACH, Math.max(-REACH, x)), Math.min(REACH, Math.max(-REACH, y))];
  };
  /** @param {number[]} point */
  const act = ([x, y]) => {
    const draws = isPen();
    if (draws) draw([[x, y]]);
    else drop(x, y);
    const values = { x: x.toFixed(2), y: y.toFixed(2) };
    said.value = draws ? t("score_said_point", values) : t("score_said_walker", values);
  };
  /** @param {PointerEvent} event */
  const down = (event) => {
    if (event.button !== 0) return;
    cursor.value = null;
    press.current = { from: [event.clientX, event.clientY], last: null };
    if (!isPen()) return;
    /** @type {HTMLElement} */ (event.currentTarget).setPointerCapture(event.pointerId);
    press.current.last = at(event);
    act(press.current.last);
  };
  /** @param {PointerEvent} event */
  const move = (event) => {
    const last = press.current?.last;
    if (!last || !press.current) return;
    const now = at(event);
    const steps = Math.floor(Math.hypot(now[0] - last[0], now[1] - last[1]) / APART);
    if (!steps) return;
    draw(
      Array.from({ length: steps }, (_, i) =>
        last.map((each, n) => each + ((now[n] - each) * (i + 1)) / steps),
      ),
    );
    press.current.last = now;
  };
  /** @param {PointerEvent} event */
  const up = (event) => {
    const { from, last } = press.current ?? { from: [0, 0], last: null };
    const moved = Math.hypot(event.clientX - from[0], event.clientY - from[1]);
    if (press.current && !last && moved <= SLOP) act(at(event));
    press.current = null;
  };
  /** @param {KeyboardEvent} event */
  const key = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const way = KEYS[event.key];
    if (way) {
      const pace = event.shiftKey ? 0.2 : 0.04;
      cursor.value = (cursor.value ?? [0, 0]).map((each, i) =>
        Math.min(REACH, Math.max(-REACH, each + pace * way[i])),
      );
    } else if (event.key === "Enter" || event.key === " ") {
      cursor.value ??= [0, 0];
      act(cursor.value);
    } else return;
    event.preventDefault();
  };
  return html`<div class="field" data-pane=${pane}>
    <canvas class="under" ref=${under} aria-hidden="true"></canvas>
    <canvas class="top" ref=${top} tabindex="0" role="application" aria-label=${label} data-pen=${state.get("score_points") === "drawn" && tool.value === "draw"}
      onPointerDown=${down} onPointerMove=${move} onPointerUp=${up} onPointerCancel=${() => {
        press.current = null;
      }} onKeyDown=${key} onBlur=${() => {
        cursor.value = null;
      }}></canvas>
    <div class="unseen" aria-live="polite">${said.value}</div>
  </div>`;
}
