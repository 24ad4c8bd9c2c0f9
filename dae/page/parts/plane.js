// A plane of points, coloured by class: point at one to see its digit, press to pick, drag anywhere, zoom.
import { t } from "../words.js";
import { html, style, useEffect, useLayoutEffect, useRef, useSignal } from "./html.js";
import { Picture } from "./picture.js";
import { css } from "./plane-draw.js";
import { PlaneSurface } from "./plane-surface.js";

/**
 * @typedef {import("./plane-draw.js").Points} Points
 * @typedef {import("./plane-draw.js").Overlay} Overlay
 * @typedef {import("./plane-surface.js").Background} Background
 *
 * @typedef {object} Props
 * @property {Points | null} points classes are those of digits, 0 to 9
 * @property {number[]} extent left, right, bottom and top of the whole plane; the same array while it stays
 * @property {string} label what the plane shows, for those who cannot see it
 * @property {(index: number) => Promise<ArrayLike<number>>} pictureOf the digit of a point, 784 values
 * @property {Overlay} [overlay]
 * @property {Background | null} [background]
 * @property {boolean} [axes]
 * @property {boolean} [tools] the legend, which hides classes, and buttons to zoom
 * @property {(x: number, y: number) => void} [onDrag]
 * @property {(x: number, y: number, index: number) => void} [onPick] index of the point, or -1
 */

const NAMES = [..."0123456789"];
/** @type {Overlay} */
const NOTHING = { stars: [], clouds: [], dim: false };
/** @type {["out" | "in" | "whole", any][]} */
const ZOOMS = [
  ["out", "−"],
  ["in", "+"],
  [
    "whole",
    html`<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5" /></svg>`,
  ],
];

await style(import.meta.url, "plane.css");

/** The colours of the classes on the dark slide of a plane. @param {HTMLElement} stage */
export function coloursOn(stage) {
  const probe = stage.appendChild(document.createElement("i"));
  const found = NAMES.map((_, n) => {
    probe.style.color = `var(--line-${n})`;
    return /** @type {import("./plane-draw.js").Colour} */ (
      (getComputedStyle(probe).color.match(/[\d.]+/g) ?? []).slice(0, 3).map(Number)
    );
  });
  probe.remove();
  return found;
}

/** @param {{ tip: { index: number, x: number, y: number }, surface: PlaneSurface, pictureOf: Props["pictureOf"] }} props */
function Tip({ tip: { index, x, y }, surface, pictureOf }) {
  const picture = useSignal(/** @type {ArrayLike<number> | null} */ (null));
  useEffect(() => {
    let isCurrent = true;
    picture.value = null;
    pictureOf(index).then(
      (found) => {
        if (isCurrent) picture.value = found;
      },
      () => {}, // without it there is still the class
    );
    return () => {
      isCurrent = false;
    };
  }, [index, pictureOf]);
  const { view, points, colours } = surface;
  const side = (/** @type {boolean} */ isPast) => (isPast ? "calc(-100% - 14px)" : "14px");
  const transform = `translate(${side(x > view.width / 2)}, ${side(y > view.height / 2)})`;
  const name = NAMES[points.classes[index]];
  return html`<div class="tip" aria-hidden="true" data-index=${index} style=${{ left: `${x}px`, top: `${y}px`, transform, borderColor: css(colours[points.classes[index]]) }}>
    <${Picture} values=${picture.value} alt="" /><span>${name}</span>
  </div>`;
}

/** @param {Props} props */
export function Plane({
  points,
  extent,
  label,
  pictureOf,
  overlay = NOTHING,
  background = null,
  axes = true,
  tools = true,
  onDrag = () => {},
  onPick = () => {},
}) {
  const stage = useRef(/** @type {HTMLDivElement | null} */ (null));
  const under = useRef(/** @type {HTMLCanvasElement | null} */ (null));
  const top = useRef(/** @type {HTMLCanvasElement | null} */ (null));
  const surface = useRef(/** @type {PlaneSurface | null} */ (null));
  const told = useRef({ onDrag, onPick });
  const tip = useSignal(/** @type {{ index: number, x: number, y: number } | null} */ (null));
  const nearest = useSignal(-1);
  const hidden = useSignal(/** @type {Set<number>} */ (new Set()));
  told.current = { onDrag, onPick };

  useLayoutEffect(() => {
    if (!stage.current || !under.current || !top.current) return;
    const made = new PlaneSurface(stage.current, under.current, top.current, coloursOn(stage.current), {
      drag: (x, y) => told.current.onDrag(x, y),
      pick: (x, y, index) => told.current.onPick(x, y, index),
      tip: (found) => {
        tip.value = found;
      },
      nearest: (index) => {
        nearest.value = index;
      },
    });
    surface.current = made;
    return () => made.close();
  }, []);
  useLayoutEffect(() => {
    nearest.value = -1;
    surface.current?.setPoints(points ?? { xy: new Float32Array(0), classes: new Uint8Array(0) }, extent);
  }, [points, extent]);
  useLayoutEffect(() => surface.current?.setOverlay(overlay), [overlay]);
  useLayoutEffect(() => {
    if (!surface.current) return;
    Object.assign(surface.current, { background, hasAxes: axes, hidden: hidden.value });
    surface.current.draw(true);
  }, [background, axes, hidden.value]);

  /** @param {number} n */
  const light = (n) => {
    if (!surface.current) return;
    surface.current.spotlight = n;
    surface.current.draw(true);
  };
  /** @param {number} n */
  const toggle = (n) => {
    hidden.value = new Set([...NAMES.keys()].filter((i) => (i === n) !== hidden.value.has(i)));
  };
  const near = points && nearest.value >= 0 ? NAMES[points.classes[nearest.value]] : "";
  return html`<div class="plane">
    <div class="surface" ref=${stage}>
      <canvas class="points" ref=${under} aria-hidden="true"></canvas>
      <canvas class="top" ref=${top} tabindex="0" role="application" aria-label=${label}></canvas>
      ${tip.value && surface.current && html`<${Tip} tip=${tip.value} surface=${surface.current} pictureOf=${pictureOf} />`}
    </div>
    ${
      tools &&
      html`<div class="tools">
        <div class="legend" role="group" aria-label=${t("plane_legend")}>
          ${NAMES.map(
            (name, n) =>
              html`<button type="button" key=${name} aria-pressed=${!hidden.value.has(n)} onClick=${() => toggle(n)}
                onPointerEnter=${(/** @type {PointerEvent} */ event) => event.pointerType === "mouse" && light(n)} onPointerLeave=${() => light(-1)}
                onFocus=${(/** @type {FocusEvent} */ event) => /** @type {Element} */ (event.target).matches(":focus-visible") && light(n)} onBlur=${() => light(-1)}>
                <i style=${{ "--class": `var(--line-${n})` }}></i><span>${name}</span>
              </button>`,
          )}
        </div>
        <div class="zoom" role="group" aria-label=${t("plane_zoom")}>
          ${ZOOMS.map(
            ([how, sign]) =>
              html`<button type="button" key=${how} class=${how} aria-label=${t(`plane_zoom_${how}`)} title=${t(`plane_zoom_${how}`)} onClick=${() => surface.current?.zoom(how)}>${sign}</button>`,
          )}
        </div>
      </div>`
    }
    <div class="live" aria-live="polite">${near && t("plane_nearest", { name: near })}</div>
  </div>`;
}
