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
/** @type {Run | null} */
let run = null;

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
 * Begin a run in the place of the one before, or the same one again.
 * @param {{ settings: Settings, rules: import("./settings.js").Rules, repeats: boolean }} question settings that make
 *   sense; repeats: as many steps as the run before
 * @param {Context} context
 */
async function open({ settings, rules, repeats }, context) {
  const [make, found] = await Promise.all([context.kernels(), digitsHere(context)]);
  const { start } = settings;
  const weights = start
    ? readCheckpoint(await context.file(`checkpoints/${start}.safetensors`)).weights
    : undefined;
  await context.turn();
  const planned = repeats ? run?.planned : null;
  run = new Run(make, found, settings, rules, { weights, planned });
  return run.moment();
}

/**
 * Go on with the run, for a while.
 * @param {{ time: number, begins?: boolean }} question time: in milliseconds; begins: after a stop or its end
 * @param {Context} context
 */
async function advance({ time, begins }, { turn }) {
  await turn();
  if (begins) run?.prepare();
  return run?.state === "running" ? run.advance(time) : (run?.moment() ?? null);
}

/** One step of the run, with its numbers. @param {object} _question @param {Context} context */
async function step(_question, { turn }) {
  await turn();
  run?.prepare();
  return run?.single() ?? null;
}

/** End the run with the network as it is. @param {object} _question @param {Context} context */
async function stop(_question, { turn }) {
  await turn();
  return run?.stop() ?? null;
}

/** The run's network as a file. @param {object} _question @param {Context} context */
async function file(_question, { turn }) {
  await turn();
  return run ? { bytes: new Uint8Array(run.file()) } : null;
}

export const KINDS = { exam, open, advance, step, stop, file };

/** @type {Record<string, number>} */
export const URGENCY = {};
