/** What the page asks about points of the plane: their exact field, a training, and walks. All in one worker. */

import { compare, densityPicture, exact, exactDenoiser, field, grid, yardstick } from "./exact.js";
import { Trainer } from "./training.js";
import { falling, ladder, langevin, repeat } from "./walks.js";

/** @typedef {import("./exact.js").Points} Points */
/** @typedef {import("./exact.js").Denoiser} Denoiser */
/** @typedef {import("./training.js").Training} Training */
/**
 * @typedef {object} Context
 * @property {() => Promise<void>} turn what has been asked in between comes first
 * @property {() => Promise<() => import("../kernels.js").Kernels>} kernels
 */
/**
 * @typedef {object} Seen what a network makes of the plane
 * @property {number} step
 * @property {Float32Array} losses of the steps since the last answer
 * @property {Points} score the field that it takes for the score, at the arrows
 * @property {{ error: number, apart: Float32Array } | null} compared with the exact field; null: not this time
 */
/** @typedef {"once" | "repeat" | "langevin" | "ladder"} Way */

const ARROWS = 21; // along each side
const ARROWS_REACH = 1.25;
const PICTURE = 80; // pixels of the density's picture, along each side
const COMPARE_EVERY = 100; // milliseconds
const LEVELS = 10; // sigmas of a walk that falls from high to low
const LANGEVIN = { steps: 20, rate: 0.2 }; // at each sigma
const REPEATS = 30;

const places = grid(ARROWS, ARROWS_REACH);

/** The training that is open: the denoiser, and the plain autoencoder of the same size beside it once it is asked for. */
class Run {
  /** @type {Trainer[]} */
  trainers = [];
  /** @type {number[][]} */
  losses = [[], []];
  compared = [0, 0]; // when, in milliseconds

  /** @param {Points} clean @param {Training} training @param {import("../kernels.js").Kernels[]} heaps */
  constructor(clean, training, heaps) {
    this.clean = clean;
    this.training = training;
    this.heaps = heaps;
    this.add(training);
  }

  /** @param {Training} training */
  add(training) {
    const heap = this.heaps[this.trainers.length];
    heap.release(0);
    this.trainers.push(new Trainer(heap, this.clean, training));
  }

  /** A denoiser as it has been learnt by now: the plain autoencoder is told of no noise, as in its training. @param {number} n @returns {Denoiser} */
  denoiser(n) {
    return (noisy, sigma) => this.trainers[n].network.denoise(noisy, n ? 0 : sigma);
  }

  /**
   * Train for some steps, for at most so many milliseconds; one that was added later catches up.
   * @param {number} steps @param {number} time
   */
  advance(steps, time) {
    const end = performance.now() + time;
    const [first, ...others] = this.trainers;
    const target = Math.min(this.training.steps, first.step + steps);
    const waits = () => others.find((other) => other.step < first.step);
    for (let next = waits() ?? first; next.step < target || waits(); next = waits() ?? first) {
      this.losses[this.trainers.indexOf(next)].push(next.advance());
      if (performance.now() > end) break;
    }
  }
}

/** @type {Run | null} */
let run = null;
/** @type {import("../kernels.js").Kernels[]} */
const heaps = [];
/** @type {globalThis.Generator<Points>[]} */
let walks = [];
/** @type {{ clean: Points, sigma: number, measure: import("./exact.js").Yardstick } | null} */
let last = null;

/** @param {Points} clean @param {number} sigma */
function yardstickOf(clean, sigma) {
  if (last?.clean !== clean || last.sigma !== sigma)
    last = { clean, sigma, measure: yardstick(clean, sigma) };
  return last.measure;
}

/**
 * Begin a training; the one before it is gone.
 * @param {{ clean: Points, training: Training }} question
 * @param {Context} context
 */
async function open({ clean, training }, { turn, kernels }) {
  const make = await kernels();
  await turn();
  while (heaps.length < 2) heaps.push(make());
  run = new Run(clean, training, heaps);
  walks = [];
  return { steps: training.steps };
}

/**
 * Train for a while, and see what has been learnt.
 * @param {{ steps: number, time: number, sigma: number, plain: boolean, compares: boolean }} question
 *   steps: at most; time: at most, in milliseconds; plain: whether the plain autoencoder is trained as well; compares:
 *   whether the fields are compared in any case
 * @param {Context} context
 * @returns {Promise<{ panes: Seen[], behind: boolean, over: boolean } | null>} null: nothing is open
 */
async function advance({ steps, time, sigma, plain, compares }, { turn }) {
  await turn();
  if (!run) return null;
  const { trainers, clean, training } = run;
  if (plain && trainers.length < 2) run.add({ ...training, sigmaLow: 0, sigmaHigh: 0 });
  if (!plain) {
    trainers.length = 1;
    walks.length = Math.min(1, walks.length);
  }
  run.advance(steps, time);
  const over = trainers.every((trainer) => trainer.isOver);
  const panes = trainers.map((trainer, n) => see(n, trainer, clean, sigma, compares || over));
  return { panes, over, behind: trainers.some((trainer) => trainer.step < trainers[0].step) };
}

/** @param {number} n @param {Trainer} trainer @param {Points} clean @param {number} sigma @param {boolean} compares @returns {Seen} */
function see(n, trainer, clean, sigma, compares) {
  const { compared, losses } = /** @type {Run} */ (run);
  const denoiser = /** @type {Run} */ (run).denoiser(n);
  const now = performance.now();
  /** @type {Seen["compared"]} */
  let found = null;
  if (compares || now - compared[n] > COMPARE_EVERY) {
    compared[n] = now;
    const measure = yardstickOf(clean, sigma);
    found = compare(measure, field(measure.places, denoiser(measure.places, sigma), sigma));
  }
  const score = field(places, denoiser(places, sigma), sigma);
  return { step: trainer.step, losses: Float32Array.from(losses[n].splice(0)), score, compared: found };
}

/**
 * What is exact: the field at the arrows, the blurred density, and where one step leads from everywhere.
 * @param {{ clean: Points, sigma: number, reach: number }} question reach: of the density's picture
 * @param {Context} context
 */
async function scene({ clean, sigma, reach }, { turn }) {
  await turn();
  const score = field(places, exact(clean, places, sigma).denoised, sigma);
  const density = densityPicture(clean, sigma, PICTURE, reach);
  return { score, scoreReach: ARROWS_REACH, density, side: PICTURE, reach };
}

/**
 * Where one step of the best denoiser leads.
 * @param {{ clean: Points, start: Points, sigma: number }} question
 * @param {Context} context
 */
async function step({ clean, start, sigma }, { turn }) {
  await turn();
  return { points: exactDenoiser(clean)(start, sigma) };
}

/**
 * Begin a walk of points under every network that is trained, or under the exact field.
 * @param {{ clean: Points, start: Points, way: Way, exact: boolean, sigma: number, high: number, low: number, seed: number }} question
 *   sigma: of the walks at one sigma; high, low: of those that fall
 * @param {Context} context
 */
async function walk({ clean, start, way, exact: isExact, sigma, high, low, seed }, { turn }) {
  await turn();
  const sigmas = falling(high, low, LEVELS);
  const begin = (/** @type {Denoiser} */ denoiser) =>
    ({
      once: () => repeat(denoiser, start, sigma, 1),
      repeat: () => repeat(denoiser, start, sigma, REPEATS),
      langevin: () => langevin(denoiser, start, sigmas, { ...LANGEVIN, seed }),
      ladder: () => ladder(denoiser, start, sigmas),
    })[way]();
  const count = run?.trainers.length ?? 1;
  const now = run;
  walks = Array.from({ length: count }, (_, n) =>
    begin(isExact || !now ? exactDenoiser(clean) : now.denoiser(n)),
  );
  for (const each of walks) each.next(); // the start
  return { steps: { once: 1, repeat: REPEATS, langevin: LEVELS * LANGEVIN.steps, ladder: LEVELS }[way] };
}

/**
 * The next step of the walk: the points in each pane; nothing where it is over.
 * @param {object} _question
 * @param {Context} context
 * @returns {Promise<{ panes: Points[] }>}
 */
async function onwards(_question, { turn }) {
  await turn();
  // Copies: what goes to the page is gone here.
  return { panes: walks.flatMap((each) => each.next().value?.slice() ?? []) };
}

export const KINDS = { open, advance, scene, step, walk, onwards };

/** @type {Record<string, number>} */
export const URGENCY = {};
