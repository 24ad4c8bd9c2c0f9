// Pages of small signed pictures on one canvas, to point at with mouse, finger or keys.
import { t } from "../words.js";
import { html, rem, useEffect, useLayoutEffect, useRef, useState } from "./html.js";
import { paintSigned } from "./picture.js";

const CELL = 2.5; // rem: as wide as a finger
const LARGEST = 4.75;
const GAP = 4; // pixels
const PAGE = 128; // pictures of a page, about

/**
 * @typedef {object} Props
 * @property {Float32Array} pictures of side x side values each
 * @property {number} side
 * @property {number[]} order which pictures, and in which order
 * @property {number} [peak] the value of full colour for all; otherwise each picture's own peak
 * @property {number[]} [on] pictures with a white dot
 * @property {number[]} [off] pictures with a black dot
 * @property {number} [picked] the picture that is looked at; -1: none
 * @property {string} label for those who cannot see it
 * @property {(picture: number) => string} [describe] in a line below, of the picture that is pointed at
 * @property {(picture: number) => void} [onPick]
 * @property {any} [children] beside the buttons that turn pages
 */

/** @param {Float32Array} values */
const peakOf = (values) => values.reduce((peak, value) => Math.max(peak, Math.abs(value)), 0);

/** @param {Props} props */
export function Sheet({
  pictures,
  side,
  order,
  peak,
  on,
  off,
  picked = -1,
  label,
  describe,
  onPick,
  children,
}) {
  const canvas = useRef(/** @type {HTMLCanvasElement | null} */ (null));
  const [width, setWidth] = useState(0);
  const [page, setPage] = useState(0);
  const [cursor, setCursor] = useState(-1); // a place in the order
  const [pointed, setPointed] = useState(-1); // a picture
  useEffect(() => {
    const observer = new ResizeObserver(([{ contentRect }]) => setWidth(Math.floor(contentRect.width)));
    if (canvas.current) observer.observe(canvas.current);
    return () => observer.disconnect();
  }, []);

  const roomy = Math.max(order.length, Math.floor(width / rem(LARGEST)));
  const columns = Math.max(1, Math.min(Math.floor((width + GAP) / (rem(CELL) + GAP)), roomy));
  const perPage = columns * Math.max(5, Math.floor(PAGE / columns));
  const pages = Math.max(1, Math.ceil(order.length / perPage));
  const current = Math.min(page, pages - 1);
  const step = (width + GAP) / columns;
  const first = current * perPage;
  const shown = order.slice(first, first + perPage);

  const go = (/** @type {number} */ place) => {
    setCursor(place);
    setPage(Math.floor(place / perPage));
    setPointed(order[place]);
  };
  useEffect(() => {
    const place = picked < 0 ? -1 : order.indexOf(picked);
    setCursor(place);
    if (place >= 0) setPage(Math.floor(place / perPage));
  }, [picked]);
  useEffect(() => {
    setCursor(picked < 0 ? -1 : order.indexOf(picked));
    setPage(0);
  }, [order]);

  useLayoutEffect(() => {
    if (!canvas.current || !width) return;
    const element = canvas.current;
    const ratio = window.devicePixelRatio || 1;
    const rows = Math.max(1, Math.ceil(shown.length / columns));
    element.width = Math.round(width * ratio);
    element.height = Math.round((rows * step - GAP) * ratio);
    element.style.aspectRatio = `${element.width} / ${element.height}`;
    const context = /** @type {CanvasRenderingContext2D} */ (element.getContext("2d"));
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.imageSmoothingEnabled = false;
    const tile = Object.assign(document.createElement("canvas"), { width: side, height: side });
    const accent = getComputedStyle(element).getPropertyValue("--accent");
    const [bright, dark] = [new Set(on), new Set(off)];
    shown.forEach((picture, i) => {
      const [x, y, size] = [(i % columns) * step, Math.floor(i / columns) * step, step - GAP];
      const values = pictures.subarray(picture * side ** 2, (picture + 1) * side ** 2);
      paintSigned(tile, values, (peak ?? peakOf(values)) || 1);
      context.drawImage(tile, x, y, size, size);
      if (bright.has(picture) || dark.has(picture)) {
        const isOn = bright.has(picture);
        context.beginPath();
        context.arc(x + size - 8, y + 8, 5, 0, 2 * Math.PI);
        context.lineWidth = isOn ? 1.5 : 2.5;
        context.strokeStyle = isOn ? "#000" : "#fff";
        context.fillStyle = isOn ? "#fff" : "#000";
        context.fill();
        context.stroke();
      }
      if (first + i === cursor) {
        context.lineWidth = 3;
        context.strokeStyle = accent;
        context.strokeRect(x + 1.5, y + 1.5, size - 3, size - 3);
      }
    });
  });

  const placeOf = (/** @type {PointerEvent} */ event) => {
    const box = /** @type {HTMLElement} */ (event.currentTarget).getBoundingClientRect();
    const column = Math.min(columns - 1, Math.max(0, Math.floor((event.clientX - box.left) / step)));
    const place = first + Math.floor((event.clientY - box.top) / step) * columns + column;
    return place >= first && place < first + shown.length ? place : -1;
  };
  const pick = (/** @type {number} */ place) => {
    go(place);
    onPick?.(order[place]);
  };
  const key = (/** @type {KeyboardEvent} */ event) => {
    const start = cursor < 0 ? first : cursor;
    const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns };
    const turns = { PageUp: -perPage, PageDown: perPage };
    let place;
    if (event.key in steps) {
      const by = steps[/** @type {keyof typeof steps} */ (event.key)];
      place = cursor < 0 ? start : start + by;
    } else if (event.key in turns) place = start + turns[/** @type {keyof typeof turns} */ (event.key)];
    else if (event.key === "Home") place = 0;
    else if (event.key === "End") place = order.length - 1;
    else if (event.key === "Enter" || event.key === " ") place = start;
    if (place === undefined || !order.length) return;
    event.preventDefault();
    place = Math.max(0, Math.min(order.length - 1, place));
    if (event.key === "Enter" || event.key === " ") pick(place);
    else go(place);
  };
  return html`<div class="sheet">
    <canvas ref=${canvas} tabindex="0" role=${onPick ? "application" : "img"} aria-label=${label} data-pick=${Boolean(onPick)}
      data-first=${shown.slice(0, 12).join()} data-columns=${columns} data-cell=${step} data-page=${current} data-tiles=${shown.length}
      data-on=${on?.join()} data-off=${off?.join()} onKeyDown=${key}
      onClick=${(/** @type {PointerEvent} */ event) => placeOf(event) >= 0 && onPick && pick(placeOf(event))}
      onPointerMove=${(/** @type {PointerEvent} */ event) => placeOf(event) >= 0 && setPointed(order[placeOf(event)])}></canvas>
    ${describe && html`<p class="at" aria-live="polite">${pointed >= 0 && describe(pointed)}</p>`}
    <div class="under">
      ${
        pages > 1 &&
        html`<span class="pager">
          <button type="button" aria-label=${t("sheet_back")} disabled=${current === 0} onClick=${() => setPage(current - 1)}>‹</button>
          <span>${t("sheet_page", { page: current + 1, pages })}</span>
          <button type="button" aria-label=${t("sheet_forth")} disabled=${current === pages - 1} onClick=${() => setPage(current + 1)}>›</button>
        </span>`
      }
      ${children}
    </div>
  </div>`;
}
