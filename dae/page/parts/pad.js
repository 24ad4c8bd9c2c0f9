// The drawing pad: mouse, pen with its pressure, touch and keyboard on one drawing.
import { t } from "../words.js";
import { html, useEffect, useLayoutEffect, useRef, useState } from "./html.js";

/** @typedef {import("./drawing.js").Drawing} Drawing */

const STEP = 1 / 40; // of the paper, for an arrow key
/** @type {Record<string, [number, number]>} */
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** @param {PointerEvent} event @param {Element} paper @param {number} usual width of the line */
function place(event, paper, usual) {
  const box = paper.getBoundingClientRect();
  // A mouse reports the pressure 0.5; some touch screens report 0 or 1 always, so that only pens are believed.
  const width = event.pointerType === "pen" && event.pressure > 0 ? 0.75 + 0.5 * event.pressure : 1;
  return {
    x: (event.clientX - box.left) / box.width,
    y: (event.clientY - box.top) / box.height,
    width: usual * width,
  };
}

/**
 * @param {{ drawing: Drawing, onInk: (lifted: boolean) => void, label?: string, hint?: string, width?: number }} props
 *   onInk: the drawing has changed; lifted: and the pen is up again; hint: on the empty paper; width: of the line, 1 for
 *   that of digits
 */
export function Pad({ drawing, onInk, label = t("pad_canvas"), hint = t("draw_hint"), width = 1 }) {
  const paper = useRef(/** @type {HTMLDivElement | null} */ (null));
  const canvas = useRef(/** @type {HTMLCanvasElement | null} */ (null));
  const [cursor, setCursor] = useState(/** @type {{ x: number, y: number, down: boolean } | null} */ (null));
  const [said, say] = useState("");
  const hand = useRef({
    pointer: /** @type {number | null} */ (null), // that draws; null while the keyboard does
    at: { x: 0.5, y: 0.3 },
    held: /** @type {Set<string>} */ (new Set()),
    space: false,
    moved: false, // while space was held
  }).current;

  useLayoutEffect(() => {
    const [sheet, box] = [canvas.current, paper.current];
    if (!sheet || !box) return;
    const fit = () => {
      const side = Math.round(box.clientWidth * (window.devicePixelRatio || 1));
      if (side) drawing.showIn(sheet, side);
    };
    fit();
    const observer = new ResizeObserver(fit);
    observer.observe(box);
    return () => observer.disconnect();
  }, [drawing]);

  const finish = () => {
    if (!drawing.isDown) return;
    hand.pointer = null;
    drawing.finish();
    onInk(true);
  };
  useEffect(() => finish, [drawing]); // a pad that goes away lifts its pen

  const undo = () => {
    finish();
    if (drawing.undo()) onInk(true);
  };
  const clear = () => {
    finish();
    if (!drawing.clear()) return;
    onInk(true);
    say(t("pad_cleared"));
  };

  const down = (/** @type {PointerEvent} */ event) => {
    if (event.button !== 0 || hand.pointer !== null || !canvas.current) return;
    finish();
    hand.pointer = event.pointerId;
    canvas.current.setPointerCapture(event.pointerId);
    setCursor(null);
    drawing.begin(place(event, canvas.current, width));
    onInk(false);
  };
  const move = (/** @type {PointerEvent} */ event) => {
    if (event.pointerId !== hand.pointer || !canvas.current) return;
    const fine = event.getCoalescedEvents?.() ?? [];
    const sheet = canvas.current;
    if (drawing.extend((fine.length ? fine : [event]).map((each) => place(each, sheet, width)))) onInk(false);
  };
  const up = (/** @type {PointerEvent} */ event) => {
    if (event.pointerId === hand.pointer) finish();
  };

  // Space held while moving draws until it is let go; space tapped puts the pen down until the next tap.
  const showCursor = () => setCursor({ ...hand.at, down: drawing.isDown });
  const lift = () => {
    finish();
    showCursor();
    say(t("pad_pen_up"));
  };
  const walk = (/** @type {KeyboardEvent} */ event) => {
    hand.held.add(event.key);
    const pace = event.shiftKey ? 4 * STEP : STEP;
    const inside = (/** @type {number} */ value) => Math.min(1, Math.max(0, value));
    for (const key of hand.held) {
      const [right, below] = ARROWS[key];
      hand.at = { x: inside(hand.at.x + right * pace), y: inside(hand.at.y + below * pace) };
    }
    if (drawing.extend([{ ...hand.at, width }])) onInk(false);
    hand.moved ||= hand.space;
    showCursor();
  };
  const press = (/** @type {KeyboardEvent} */ event) => {
    if (hand.pointer !== null || event.ctrlKey || event.metaKey || event.altKey) return;
    const isKnown = event.key in ARROWS || [" ", "Delete", "Backspace"].includes(event.key);
    if (isKnown) event.preventDefault();
    if (event.key in ARROWS) walk(event);
    else if (event.key === " " && !event.repeat) {
      if (drawing.isDown) return lift();
      hand.space = true;
      hand.moved = false;
      drawing.begin({ ...hand.at, width });
      onInk(false);
      showCursor();
      say(t("pad_pen_down"));
    } else if (event.key === "Escape" && drawing.isDown) lift();
    else if (event.key === "Delete" || event.key === "Backspace") {
      clear();
      showCursor();
    }
  };
  const release = (/** @type {KeyboardEvent} */ event) => {
    hand.held.delete(event.key);
    if (event.key !== " ") return;
    if (hand.space && hand.moved && drawing.isDown && hand.pointer === null) lift();
    hand.space = false;
  };
  const blur = () => {
    hand.held.clear();
    hand.space = false;
    if (hand.pointer === null) finish();
    setCursor(null);
  };
  const keys = (/** @type {KeyboardEvent} */ event) => {
    if (!(event.ctrlKey || event.metaKey) || event.shiftKey || event.key.toLowerCase() !== "z") return;
    event.preventDefault();
    undo();
  };

  return html`<div class="pad" onKeyDown=${keys}>
    <div class="paper" ref=${paper}>
      <canvas ref=${canvas} tabindex="0" role="application" aria-label=${label}
        onPointerDown=${down} onPointerMove=${move} onPointerUp=${up} onPointerCancel=${up} onLostPointerCapture=${up}
        onContextMenu=${(/** @type {Event} */ event) => hand.pointer !== null && event.preventDefault()}
        onKeyDown=${press} onKeyUp=${release} onBlur=${blur}
        onFocus=${() => canvas.current?.matches(":focus-visible") && showCursor()}></canvas>
      <p class="hint" aria-hidden="true" hidden=${!drawing.isEmpty.value}>${hint}</p>
      ${cursor && html`<i class="cursor" aria-hidden="true" data-down=${cursor.down} style=${{ left: `${100 * cursor.x}%`, top: `${100 * cursor.y}%` }}></i>`}
    </div>
    <div class="tools">
      <button type="button" class="undo" aria-disabled=${!drawing.canUndo.value} onClick=${undo}>${t("undo")}</button>
      <button type="button" class="clear" aria-disabled=${drawing.isEmpty.value} onClick=${clear}>${t("clear")}</button>
    </div>
    <p class="unseen" aria-live="polite">${said}</p>
  </div>`;
}
