// The photo with the ink that was found in it, a box around each of several digits, and the frame of a crop.
import { signal } from "@preact/signals-core";
import { t } from "../words.js";
import { between, isInside, moved, oppositeCorner, START, stepped } from "./crop.js";
import { html, useEffect, useLayoutEffect, useRef } from "./html.js";
import { contextOf } from "./photo-file.js";

/** @typedef {import("./crop.js").Area} Area */
/** @typedef {import("./crop.js").Place} Place */
/** @typedef {import("./photo.js").Opened} Opened */
/** @typedef {Pick<Opened, "view" | "reading"> & { chosen?: number }} Looked */

const LEAST = 12; // pixels of the screen that a box is wide and high; less is a tap
const CORNER = 22; // pixels of the screen around a corner where it is taken hold of

/** What is framed of the picture; null while nothing is. @type {import("@preact/signals-core").Signal<Area | null>} */
export const frame = signal(null);
/** Whether the frame stays until it is read. */
export const isCropping = signal(false);

export function beginCrop() {
  frame.value = START;
  isCropping.value = true;
}

export function endCrop() {
  frame.value = null;
  isCropping.value = false;
}

/** The photo with the ink that was found, and a box around each of several digits. @param {HTMLCanvasElement} canvas @param {Looked} of */
export function paintPhoto(canvas, { view, reading, chosen }) {
  canvas.width = view.width;
  canvas.height = view.height;
  const context = contextOf(canvas);
  context.drawImage(view, 0, 0);
  if (!reading) return;
  const { ink, region, boxes } = reading;
  const layer = document.createElement("canvas");
  layer.width = ink.width;
  layer.height = ink.height;
  const image = new ImageData(ink.width, ink.height);
  for (const [i, value] of ink.pixels.entries())
    image.data.set([0, 190, 140, 255 * Math.min(1, value)], 4 * i);
  contextOf(layer).putImageData(image, 0, 0);
  const [wide, high] = [region.right - region.left, region.bottom - region.top];
  context.drawImage(layer, region.left, region.top, wide, high);
  if (boxes.length < 2) return;
  const [across, down] = [wide / ink.width, high / ink.height];
  context.lineWidth = Math.max(2, view.width / 120);
  boxes.forEach(({ top, bottom, left, right }, i) => {
    context.strokeStyle = i === chosen ? "rgb(0 190 140)" : "rgb(128 128 128 / 0.7)";
    const [x, y] = [region.left + left * across, region.top + top * down];
    context.strokeRect(x, y, (right - left) * across, (bottom - top) * down);
  });
}

/** Which of several digits is at a place; -1 for none. @param {Looked} of @param {Place} place */
function pieceAt({ view, reading }, { x, y }) {
  if (!reading || reading.boxes.length < 2) return -1;
  const { ink, region, boxes } = reading;
  const across = ((x * view.width - region.left) / (region.right - region.left)) * ink.width;
  const down = ((y * view.height - region.top) / (region.bottom - region.top)) * ink.height;
  return boxes.findIndex(
    ({ top, bottom, left, right }) => across >= left && across < right && down >= top && down < bottom,
  );
}

/** @param {Area} frame */
const spoken = ({ x, y, width, height }) => {
  const percent = (/** @type {number} */ share) => Math.round(100 * share);
  const [left, top, right, bottom] = [x, y, x + width, y + height].map(percent);
  return t("crop_at", { left, top, right, bottom });
};

/**
 * @param {{ of: Opened, hint: string, onCrop: (frame: Area) => void, onPiece: (place: number) => void }} props
 *   hint: the id of what describes the frame; onCrop: this part is to be read; onPiece: this digit was tapped
 */
export function Seen({ of, hint, onCrop, onPiece }) {
  const canvas = useRef(/** @type {HTMLCanvasElement | null} */ (null));
  const box = useRef(/** @type {HTMLElement | null} */ (null));
  const held = useRef(/** @type {HTMLElement | null} */ (null));
  const hand = useRef(
    /** @type {{ from: Place, anchor: Place, moves: Area | null, before: Area | null } | null} */ (null),
  );
  useLayoutEffect(() => {
    if (canvas.current) paintPhoto(canvas.current, of);
  }, [of]);
  useEffect(() => {
    if (isCropping.value) held.current?.focus();
  }, [isCropping.value]);
  useEffect(() => endCrop, [of]);

  /** Where a pointer is, and how large a pixel of the screen is. @param {PointerEvent} event */
  const placeOf = ({ clientX, clientY }) => {
    const { left, top, width, height } = /** @type {HTMLElement} */ (box.current).getBoundingClientRect();
    const share = (/** @type {number} */ at, /** @type {number} */ size) =>
      Math.min(1, Math.max(0, at / size));
    return {
      at: { x: share(clientX - left, width), y: share(clientY - top, height) },
      pixel: { x: 1 / width, y: 1 / height },
    };
  };
  const down = (/** @type {PointerEvent} */ event) => {
    if (event.button !== 0) return;
    const { at, pixel } = placeOf(event);
    const now = isCropping.value ? frame.value : null;
    const corner = now && oppositeCorner(now, at, { x: CORNER * pixel.x, y: CORNER * pixel.y });
    const moves = now && !corner && isInside(now, at) ? now : null;
    hand.current = { from: at, anchor: corner ?? at, moves, before: now };
    // A finger scrolls past the photo, unless a frame is drawn; it taps digits all the same.
    if (isCropping.value || event.pointerType !== "touch") box.current?.setPointerCapture(event.pointerId);
  };
  const move = (/** @type {PointerEvent} */ event) => {
    if (!hand.current || !box.current?.hasPointerCapture(event.pointerId)) return;
    const { at } = placeOf(event);
    const { from, anchor, moves } = hand.current;
    frame.value = moves ? moved(moves, at.x - from.x, at.y - from.y) : between(anchor, at);
  };
  const up = (/** @type {PointerEvent} */ event) => {
    if (!hand.current) return;
    const { at, pixel } = placeOf(event);
    const { before, anchor } = hand.current;
    const drawn = frame.value;
    hand.current = null;
    const isSmall = !drawn || Math.min(drawn.width / pixel.x, drawn.height / pixel.y) < LEAST;
    if (isCropping.value) {
      if (isSmall) frame.value = before;
    } else if (isSmall) {
      frame.value = null;
      const stray = between(anchor, at);
      const piece = Math.max(stray.width / pixel.x, stray.height / pixel.y) < LEAST ? pieceAt(of, at) : -1;
      if (piece >= 0) onPiece(piece);
    } else onCrop(drawn);
  };
  const cancel = () => {
    if (hand.current) frame.value = hand.current.before;
    hand.current = null;
  };
  const press = (/** @type {KeyboardEvent} */ event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !frame.value) return;
    const next = stepped(frame.value, event.key, event.shiftKey);
    if (!next && event.key !== "Enter" && event.key !== "Escape") return;
    event.preventDefault();
    if (next) {
      frame.value = next;
      return;
    }
    /** @type {HTMLElement | null | undefined} */ (
      box.current?.parentElement?.querySelector(".crop")
    )?.focus();
    if (event.key === "Enter") onCrop(frame.value);
    else endCrop();
  };
  const shown = frame.value;
  const percent = (/** @type {number} */ share) => `${100 * share}%`;
  return html`<div class="seen" ref=${box} data-cropping=${isCropping.value} style=${{ "--ratio": of.view.width / of.view.height }}
    onPointerDown=${down} onPointerMove=${move} onPointerUp=${up} onPointerCancel=${cancel}>
    <canvas ref=${canvas} role="img" aria-label=${t("photo_seen")}></canvas>
    ${
      shown &&
      html`<div class="frame" ref=${held} ...${isCropping.value ? { tabindex: 0, role: "application", "aria-label": t("crop_frame"), "aria-describedby": hint } : {}}
      onKeyDown=${press} style=${{ left: percent(shown.x), top: percent(shown.y), width: percent(shown.width), height: percent(shown.height) }}></div>`
    }
    <p class="unseen" aria-live="polite">${isCropping.value && shown && spoken(shown)}</p>
  </div>`;
}
