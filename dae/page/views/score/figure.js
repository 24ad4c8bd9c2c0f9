// The plane as a figure for a slide, made in the browser.
import { state } from "../../page.js";
import {
  arrows,
  COLOURS,
  densityPicture,
  dots,
  errorPicture,
  longest,
  OPACITY,
  PathPen,
  spanOf,
  WIDTHS,
  trails as ways,
} from "../../parts/field-draw.js";
import { saveFigure } from "../../parts/save.js";
import { t } from "../../words.js";
import { errorReach } from "./field.js";
import { clean, panes, REACH, scene, sigma } from "./lab.js";
import { start, trails } from "./walkers.js";

const SIDE = 500;
const GAP = 24;
const NAME = 34; // below a plane, for its name
/** What is drawn on dark, in colours for the light or dark paper beside it. */
const LEGEND = /** @type {const} */ ([
  ["exact", "#8d8f94"],
  ["learnt", "#12a878"],
  ["error", "#ff5470"],
]);
const SVG = "http://www.w3.org/2000/svg";
const square = { side: SIDE, reach: REACH };

/** @param {Element} parent @param {string} name @param {Record<string, string | number>} attributes */
function add(parent, name, attributes) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  parent.append(made);
  return made;
}

/** @param {Element} parent @param {(pen: PathPen) => void} trace @param {Record<string, string | number>} look */
function path(parent, trace, look) {
  const pen = new PathPen();
  trace(pen);
  if (pen.d) add(parent, "path", { d: pen.d, fill: "none", ...look });
}

/** @param {"exact" | "learnt" | "walkers"} name */
const strokes = (name) => ({
  stroke: COLOURS[name],
  "stroke-width": WIDTHS[name],
  "stroke-opacity": OPACITY[name],
  "stroke-linecap": "round",
});

/** @param {Element} parent @param {HTMLCanvasElement} picture @param {number} reach @param {number} pixels */
function addPicture(parent, picture, reach, pixels) {
  const [x, y, width] = spanOf(square, reach, pixels);
  add(parent, "image", {
    x,
    y,
    width,
    height: width,
    href: picture.toDataURL(),
    preserveAspectRatio: "none",
  });
}

/** @param {Element} parent @param {number} n of the pane */
function plane(parent, n) {
  const box = add(parent, "svg", {
    x: n * (SIDE + GAP),
    y: 0,
    width: SIDE,
    height: SIDE,
    viewBox: `0 0 ${SIDE} ${SIDE}`,
  });
  add(box, "rect", { width: SIDE, height: SIDE, fill: "#0b0d10" });
  const layers = state.peek("score_layers");
  const [seen, pane] = [scene.peek(), panes.peek()[n]];
  if (seen && layers.includes("density")) addPicture(box, densityPicture(seen), seen.reach, 0);
  if (pane?.apart && layers.includes("error")) {
    const picture = errorPicture(pane.apart);
    addPicture(box, picture, errorReach(pane.sigma), picture.width);
  }
  if (layers.includes("points"))
    path(box, (pen) => dots(pen, square, clean.peek(), 1.8), {
      fill: COLOURS.points,
      "fill-opacity": OPACITY.points,
    });
  const unit = seen ? longest(seen.score) : 1;
  for (const name of /** @type {const} */ (["exact", "learnt"])) {
    const score = name === "exact" ? seen?.score : pane?.score;
    if (seen && score && layers.includes(name))
      path(box, (pen) => arrows(pen, square, score, unit, seen.scoreReach), strokes(name));
  }
  const trail = trails.peek()[n] ?? [start.peek()];
  path(box, (pen) => ways(pen, square, trail), strokes("walkers"));
  path(box, (pen) => dots(pen, square, trail[trail.length - 1], 3.8), {
    ...{ fill: COLOURS.walkers, stroke: "#000" },
  });
}

/** @param {"png" | "svg"} format @param {string} note */
export async function save(format, note) {
  const count = panes.peek().length || 1;
  const chart = /** @type {SVGSVGElement} */ (
    add(document.body, "svg", {
      viewBox: `0 0 ${count * SIDE + (count - 1) * GAP} ${SIDE + NAME}`,
      width: 0,
      height: 0,
    })
  );
  const names = [t("score_denoiser"), t("score_plain")];
  const { color } = getComputedStyle(document.body);
  for (let n = 0; n < count; n++) {
    plane(chart, n);
    const middle = { x: n * (SIDE + GAP) + SIDE / 2, y: SIDE + 0.7 * NAME, "text-anchor": "middle" };
    add(chart, "text", { ...middle, fill: color, "font-size": 18 }).textContent = names[n];
  }
  const layers = state.peek("score_layers");
  const legend = [
    ...LEGEND.filter(([name]) => layers.includes(name)).map(([name, colour]) => ({
      name: t(`score_layers_${name}`),
      colour: String(colour),
    })),
    ...(start.peek().length ? [{ name: t("score_walkers"), colour: "#c99a00" }] : []),
  ];
  const title = t("score_figure", {
    points: t(`score_points_${state.peek("score_points")}`),
    sigma: sigma.peek(),
  });
  try {
    await saveFigure(chart, { name: "score", format, title, legend, note });
  } finally {
    chart.remove();
  }
}
