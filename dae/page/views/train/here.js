// A run in this browser: the worker that trains, asked for a while of training at a time.
import { signal } from "@preact/signals-core";
import { Engine } from "../../engine/client.js";
import { mse } from "../../engine/metrics.js";
import { noisesOf } from "../../engine/training/settings.js";
import { base, engine, manifest } from "../../page.js";
import { keep, load } from "../../storage.js";
import { rules } from "./settings.js";

/** @typedef {import("../../types.d.ts").Settings} Settings */
/** @typedef {typeof import("../../engine/training/lab.js").KINDS} Kinds */
/** @typedef {Awaited<ReturnType<Kinds["exam"]>>} Exam */
/** @typedef {import("../../engine/training/run.js").Moment} Moment */

const SLICE = 500; // milliseconds of training between two looks at it
const MOST = 64; // exams that are remembered
const WAITS = "train-waits";

/** @type {Engine<Kinds> | null} */
let trainer = null;
const asked = () => {
  trainer ??= new Engine({ base, script: "./training/worker.js" });
  return trainer;
};

/** @type {Map<string, Promise<Omit<Exam, "all"> & { best: { name: string, mse: number } | null }>>} */
const exams = new Map();
/** Counts the exams that have become better known, for those who wait. */
export const judged = signal(0);

/** What runs with the settings' noise are judged by, and the best shipped network, once it is known. @param {Settings} settings */
export function examOf(settings) {
  const noises = noisesOf(settings);
  const key = JSON.stringify(noises);
  let found = exams.get(key);
  if (!found) {
    if (exams.size >= MOST) exams.clear();
    found = asked()
      .ask("exam", { noises })
      .then((answer) => {
        const { all, ...exam } = /** @type {Exam} */ (answer);
        const known = { ...exam, best: /** @type {{ name: string, mse: number } | null} */ (null) };
        bestOn(all, settings).then(
          (best) => {
            known.best = best;
            judged.value++;
          },
          () => {}, // the curve does without
        );
        return known;
      });
    exams.set(key, found);
    found.catch(() => exams.delete(key));
  }
  return found;
}

/**
 * The shipped network that was measured as the best on such noise, on these digits.
 * @param {Exam["all"]} all @param {Settings} settings
 */
async function bestOn({ clean, noisy }, { noise, low, high, clip }) {
  const level = (low + high) / 2;
  const figures = manifest.models.flatMap(({ name, figures }) =>
    figures
      .filter((each) => each.noise === noise && (each.clip ?? true) === clip)
      .map((each) => ({ name, mse: each.mse, far: Math.abs(each.level - level) })),
  );
  const nearest = Math.min(...figures.map(({ far }) => far));
  const [first] = figures.filter(({ far }) => far === nearest).sort((a, b) => a.mse - b.mse);
  if (!first) return null;
  const answer = await engine.ask("restore", { model: first.name, images: noisy });
  return answer && { name: first.name, mse: mse(answer.restored, clean) };
}

/** Whether a run waits while the page is hidden: the visitor's wish. */
export const waits = signal(load(WAITS) === true);

/** @param {boolean} on */
export function setWaits(on) {
  waits.value = on;
  keep(WAITS, on || null);
}

/** Until the page is seen, where a run waits for that. */
async function seen() {
  while (waits.peek() && document.hidden && !isStopping)
    await new Promise((done) => document.addEventListener("visibilitychange", done, { once: true }));
}

let isStopping = false;
let isRunning = false;
let runs = 0;
/** The run that the worker has. */
let run = "";

window.addEventListener("beforeunload", (event) => {
  if (isRunning) event.preventDefault(); // a run would be lost
});

/** Before a run: what was to end has ended. */
export const readyHere = () => {
  isStopping = false;
};

/** End the run with the network as it is. */
export const stopHere = () => {
  isStopping = true;
};

/**
 * Train: what there is to see of the run, again and again until it is over.
 * @param {"new" | "continue" | "restart" | "step"} mode
 * @param {Settings} settings of a new run
 * @param {boolean} goesOn whether there is a run to go on with
 * @returns {AsyncGenerator<Moment & { here: string }>} rejects with an EngineError
 */
export async function* trainHere(mode, settings, goesOn) {
  const worker = asked();
  isRunning = true;
  try {
    if (!goesOn || mode === "restart") {
      run = `run-${++runs}`;
      const moment = await worker.ask("open", { settings, rules, repeats: mode === "restart" });
      if (moment && mode !== "step") yield { ...moment, state: "running", here: run };
    }
    if (mode === "step") {
      const moment = await worker.ask("step", {});
      if (moment) yield { ...moment, here: run };
      return;
    }
    for (let begins = true; ; begins = false) {
      await seen();
      const moment = await worker.ask(isStopping ? "stop" : "advance", { time: SLICE, begins });
      if (!moment) return;
      yield { ...moment, here: run };
      if (moment.state !== "running") return;
    }
  } finally {
    isRunning = false;
  }
}

/** The run's network as it is, as a file. @returns {Promise<ArrayBuffer | null>} */
export async function fileHere() {
  const answer = await asked().ask("file", {});
  return answer && /** @type {ArrayBuffer} */ (answer.bytes.buffer);
}
