/** What the page asks of a training in the browser. All in one worker of its own, so that nothing else waits for it. */

import { readCheckpoint } from "../checkpoint.js";
import { PIXELS } from "../noise.js";
import { digitsOf, Exam } from "./exam.js";
import { Run } from "./run.js";

/**
 * @typedef {import("./settings.js").Settings} Settings
 * @typedef {object} Context
 * @property {() => Promise<void>} turn what has been asked in between comes first
 * @property {() => Promise<() => import("./kernels.js").Kernels>} kernels
 * @property {(path: string) => Promise<ArrayBuffer>} file relative to the page's base
 */

/** @type {Promise<import("./exam.js").Digits> | null} */
let digits = null;
/** @type {Run[]} those that take turns */
let runs = [];

/** @param {Context} context */
function digitsHere(context) {
  digits ??= digitsOf(/** @type {any} */ (context));
  digits.catch(() => {
    digits = null; // another attempt may succeed
  });
  return digits;
}

/**
 * What a run with such noise is judged by.
 * @param {{ noises: import("./draws.js").TrainingNoise[] }} question
 * @param {Context} context
 */
async function exam({ noises }, context) {
  const found = await digitsHere(context);
  const made = new Exam(found, noises);
  return {
    clean: made.shown(made.clean),
    noisy: made.shown(made.noisy),
    nothing: made.nothing,
    all: { clean: made.clean.slice(), noisy: made.noisy.slice() },
    perClass: found.perClass,
    seen: found.seen.length / PIXELS,
    unseen: made.clean.length / PIXELS,
  };
}

/**
 * Begin a run, or two that take turns, in the place of what was before; or the same again.
 * @param {{ settings: Settings[], judged: Settings, remarks?: string[], rules: import("./settings.js").Rules, repeats: boolean }} question
 *   settings: of each run, such that make sense; judged: on whose noise; remarks: what else the title of each says;
 *   repeats: as many steps as before
 * @param {Context} context
 */
async function open({ settings, judged, remarks = [], rules, repeats }, context) {
  const [make, found] = await Promise.all([context.kernels(), digitsHere(context)]);
  const { start } = settings[0];
  const weights = start
    ? readCheckpoint(await context.file(`checkpoints/${start}.safetensors`)).weights
    : undefined;
  await context.turn();
  const planned = repeats ? runs[0]?.planned : null;
  runs = settings.map(
    (each, i) => new Run(make, found, each, rules, { weights, planned, judged, remark: remarks[i] }),
  );
  return runs.map((run) => run.moment());
}

/**
 * Go on, for a while.
 * @param {{ time: number, begins?: boolean }} question time: in milliseconds; begins: after a stop or the end
 * @param {Context} context
 */
async function advance({ time, begins }, { turn }) {
  await turn();
  if (begins) for (const run of runs) run.prepare();
  return runs[0]?.state === "running" ? Run.advance(runs, time) : runs.map((run) => run.moment());
}

/** One step of each, with its numbers. @param {object} _question @param {Context} context */
async function step(_question, { turn }) {
  await turn();
  for (const run of runs) run.prepare();
  return Run.single(runs);
}

/** End with the networks as they are. @param {object} _question @param {Context} context */
async function stop(_question, { turn }) {
  await turn();
  return runs.map((run) => run.stop());
}

/** The network of each run as a file. @param {object} _question @param {Context} context */
async function files(_question, { turn }) {
  await turn();
  return runs.map((run) => new Uint8Array(run.file()));
}

export const KINDS = { exam, open, advance, step, stop, files };

/** @type {Record<string, number>} */
export const URGENCY = {};
