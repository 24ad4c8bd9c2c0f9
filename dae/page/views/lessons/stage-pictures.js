// What a stage shows besides digits, as pictures: a network's plane, its dictionary, digits out of noise, and points
// with their score.
import { perClass } from "../../digit.js";
import { engine, modelLine } from "../../page.js";
import { mosaic, paint, paintSigned, SIDE } from "../../parts/picture.js";
import { decodeDigit } from "../../pixels.js";

/** @typedef {import("../../engine/answers.js").NoiseChoice & { level: number }} Noise */

const CLASSES = 10;
const PIXELS = SIDE * SIDE;
const PLANE = 480; // pixels of a side
const TILES = 8; // of the dictionary, along each side
const GAP = 2;
const SAMPLES = 3; // out of noise, along each side
const ARROWS = 21; // along each side
const ARROWS_REACH = 1.25;

/** @param {number} side @returns {[HTMLCanvasElement, CanvasRenderingContext2D]} */
function blank(side) {
  const canvas = Object.assign(document.createElement("canvas"), { width: side, height: side });
  return [canvas, /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"))];
}

/** A digit, or where it is signed the error. @param {Float32Array} values @param {boolean} [isSigned] */
export function digitPicture(values, isSigned = false) {
  const [canvas] = blank(SIDE);
  if (isSigned) paintSigned(canvas, values);
  else paint(canvas, values);
  return canvas;
}

/** What the engine knows a network's files by. @param {string} model */
const asked = (model) => {
  const line = modelLine(model);
  return { model, perClass, digest: line?.group === "own" ? undefined : line?.digest };
};

/**
 * The gallery's codes on a network's plane, the digit's as a star, with its noisy copies. Null where the network has no
 * code, or where its plane is not at hand.
 * @param {string} model @param {Float32Array} digit @param {Noise} noise
 */
export async function planePicture(model, digit, noise) {
  if (!modelLine(model)?.latentDim) return null;
  const space = asked(model);
  const answer = await engine.ask("plane", space, { channel: "stages", finish: true });
  const cloud = await engine.ask("cloud", { ...space, digit, ...noise }, { channel: "stages", finish: true });
  if (!answer?.plane || !cloud) return null;
  const [{ coloursOn }, { drawOverlay, drawPoints }, { extentOf, PlaneView }] = await Promise.all([
    import("../../parts/plane.js"),
    import("../../parts/plane-draw.js"),
    import("../../parts/plane-view.js"),
  ]);
  const [canvas, context] = blank(PLANE);
  const { xy } = answer.plane;
  const view = Object.assign(new PlaneView(), { width: PLANE, height: PLANE });
  view.reset(extentOf(xy));
  const dark = document.body.appendChild(document.createElement("div"));
  dark.style.colorScheme = "dark"; // as on the page, in both themes
  const colours = coloursOn(dark);
  dark.remove();
  context.fillRect(0, 0, PLANE, PLANE);
  const classes = Uint8Array.from({ length: CLASSES * perClass }, (_, i) => Math.floor(i / perClass));
  const look = { ratio: 1, colours, hidden: new Set(), spotlight: -1, strength: 0.8 };
  drawPoints(context, view, { xy, classes }, look);
  const { place, places } = cloud;
  drawOverlay(
    context,
    view,
    { stars: [place], clouds: [{ places, centre: place, colour: "#fff" }], dim: false },
    1,
  );
  return canvas;
}

/**
 * The features of a network's dictionary that fire most, or whose energy is largest. Null where it has no code.
 * @param {string} model @param {string} by "rate" or "energy"; another order begins with feature 0
 */
export async function dictionaryPicture(model, by) {
  if (!modelLine(model)?.latentDim) return null;
  const question = { model, digest: modelLine(model)?.digest ?? "" };
  const found = await engine.ask("dictionary", question, { channel: "stages", finish: true });
  /** @type {import("../../engine/firing.js").Firing | null | undefined} */
  let firing = null;
  for (let classes = 1; classes <= CLASSES && !firing; classes++) {
    const measured = await engine.ask(
      "firing",
      { ...question, classes },
      { channel: "stages", finish: true },
    );
    firing = measured?.firing;
  }
  if (!found || !firing) return null;
  const values = by === "rate" ? firing.rate : by === "energy" ? firing.energy : null;
  const order = [...firing.rate.keys()];
  if (values) order.sort((a, b) => values[b] - values[a]);
  const step = SIDE + GAP;
  const [canvas, context] = blank(TILES * step - GAP);
  for (const [i, feature] of order.slice(0, TILES ** 2).entries()) {
    const tile = found.pictures.subarray(feature * PIXELS, (feature + 1) * PIXELS);
    const peak = tile.reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1;
    const [small] = blank(SIDE);
    paintSigned(small, tile, peak);
    context.drawImage(small, (i % TILES) * step, Math.floor(i / TILES) * step);
  }
  return canvas;
}

/** Points of the plane over their blurred density, with the exact score as arrows. @param {Record<string, any>} view what a step sets */
export async function scorePicture({ score_points, score_drawn, score_seed, score_sigma }) {
  const [{ densityPicture, exactDenoiser, field, grid }, { pointsOf, REACH }, draw] = await Promise.all([
    import("../../engine/score2d/exact.js"),
    import("../../engine/score2d/points.js"),
    import("../../parts/field-draw.js"),
  ]);
  const [canvas, context] = blank(PLANE);
  context.fillRect(0, 0, PLANE, PLANE);
  const clean = pointsOf(score_points, score_drawn, score_seed);
  if (!clean.length) return canvas;
  const square = { side: PLANE, reach: REACH };
  const density = densityPicture(clean, score_sigma, ARROWS * 4, REACH);
  context.drawImage(draw.densityPicture({ density, side: ARROWS * 4 }), 0, 0, PLANE, PLANE);
  const pen = draw.canvasPen(context);
  context.fillStyle = draw.COLOURS.points;
  context.beginPath();
  draw.dots(pen, square, clean, 2);
  context.fill();
  const places = grid(ARROWS, ARROWS_REACH);
  const score = field(places, exactDenoiser(clean)(places, score_sigma), score_sigma);
  context.strokeStyle = draw.COLOURS.exact;
  context.lineWidth = 2;
  context.beginPath();
  draw.arrows(pen, square, score, draw.longest(score), ARROWS_REACH);
  context.stroke();
  return canvas;
}

/** Some pictures in a square, black where there are none. @param {Float32Array} images */
function square(images) {
  const all = new Float32Array(SAMPLES ** 2 * PIXELS);
  all.set(images);
  const canvas = blank(SAMPLES * SIDE)[0];
  paint(canvas, mosaic(all, SAMPLES));
  return canvas;
}

/** Pictures of the Sample tab by what they show: several steps of a lesson show the same. @type {Map<string, Promise<HTMLCanvasElement[]>>} */
const sampled = new Map();

/**
 * What the Sample tab shows, as pictures: the noise that digits grow from and where they end; or, where a digit is given,
 * what is left of it, the one-step answer, and samples.
 * @param {Record<string, any>} view the fields of the state @param {Float32Array} [digit]
 * @returns {Promise<HTMLCanvasElement[]>} rejects with a `SamplingError`
 */
export function samplePictures(view, digit) {
  const fields = Object.entries(view).filter(([name]) => name.startsWith("sample_"));
  const { version } = /** @type {any} */ (modelLine(view.sample_model) ?? {});
  const key = JSON.stringify([fields, version, digit && [...digit, view.level, view.seed]]);
  const found = sampled.get(key) ?? makeSamples(view, digit);
  sampled.set(key, found);
  found.catch(() => sampled.delete(key)); // another attempt may succeed
  return found;
}

/** @param {Record<string, any>} view @param {Float32Array} [digit] */
async function makeSamples(view, digit) {
  const [{ endOf, steps }, { drawnBy, questionOf, scheduleOf }] = await Promise.all([
    import("../../engine/sampling.js"),
    import("../../sampling.js"),
  ]);
  const restore = async (/** @type {Float32Array} */ images) =>
    (await engine.ask("restore", { model: view.sample_model, images }))?.restored ?? null;
  const painted = view.sample_hole ? await decodeDigit(view.sample_hole) : null;
  const hole = painted?.map((value) => Number(value >= 0.5));
  const asked = digit && questionOf(digit, /** @type {any} */ (view), hole);
  const oneStep = asked && (await restore(asked.shown));
  const schedule = scheduleOf(/** @type {any} */ (view));
  const how = asked ? drawnBy(asked, oneStep, schedule) : { schedule };
  const options = { seed: view.sample_seed, measurement: asked?.measurement, ...how };
  const count = asked ? Math.min(view.sample_answers, SAMPLES ** 2) : SAMPLES ** 2;
  /** @type {Float32Array[]} */
  let ends = [];
  for await (const step of steps(restore, count, options)) ends = [ends[0] ?? step.noisy, endOf(step)];
  const [noise, samples] = ends.map(square);
  return asked && oneStep ? [digitPicture(asked.shown), digitPicture(oneStep), samples] : [noise, samples];
}
