// A run in this browser: the worker that trains, asked for a while of training at a time.
import { signal } from "@preact/signals-core";
import { Engine } from "../../engine/client.js";
import { mse } from "../../engine/metrics.js";
import { noisesOf } from "../../engine/training/settings.js";
import { base, engine, manifest } from "../../page.js";
import { keep, load } from "../../storage.js";
import { judgedBy, rules } from "./settings.js";

/** @typedef {import("../../types.d.ts").Settings} Settings */
/** @typedef {typeof import("../../engine/training/lab.js").KINDS} Kinds */
/** @typedef {Awaited<ReturnType<Kinds["exam"]>>} Exam */
/** @typedef {import("../../engine/training/run.js").Moment} Moment */
/** @typedef {import("./settings.js").Plan} Plan */

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

/** What is compared, for the title of a network's file where the title does not say it anyway. @type {Record<string, (settings: Settings) => string>} */
const REMARKS = {
  learning_rate: ({ learning_rate }) => `learning rate ${learning_rate}`,
  sparsity: ({ sparsity, k }) =>
    ({ none: "no sparsity", topk: `top-k ${k}`, lifetime: "winner-take-all" })[sparsity] ??
    `${sparsity} penalty`,
};

/**
 * Train: what there is to see of the run, again and again until it is over.
 * @param {"new" | "continue" | "restart" | "step"} mode
 * @param {Plan} plan of a new run, or of two
 * @param {boolean} goesOn whether there is a run to go on with
 * @returns {AsyncGenerator<Moment & { here: string, second: Moment | null }>} second: of the run beside it; rejects with
 *   an EngineError
 */
export async function* trainHere(mode, plan, goesOn) {
  const worker = asked();
  const shown = (/** @type {Moment[]} */ [first, second]) => ({
    ...first,
    second: second ?? null,
    here: run,
  });
  isRunning = true;
  try {
    if (!goesOn || mode === "restart") {
      run = `run-${++runs}`;
      const { settings, compared } = plan;
      const remarks = settings.map((each) => REMARKS[compared]?.(each) ?? "");
      const question = { settings, judged: judgedBy(plan), remarks, rules, repeats: mode === "restart" };
      const moments = await worker.ask("open", question);
      if (moments && mode !== "step") yield { ...shown(moments), state: "running" };
    }
    if (mode === "step") {
      const moments = await worker.ask("step", {});
      if (moments) yield shown(moments);
      return;
    }
    for (let begins = true; ; begins = false) {
      await seen();
      const moments = await worker.ask(isStopping ? "stop" : "advance", { time: SLICE, begins });
      if (!moments) return;
      const news = shown(moments);
      yield news;
      if (news.state !== "running") return;
    }
  } finally {
    isRunning = false;
  }
}

/** The networks of the run, or of the two, as files. @returns {Promise<ArrayBuffer[]>} */
export async function filesHere() {
  const found = (await asked().ask("files", {})) ?? [];
  return found.map(({ buffer }) => /** @type {ArrayBuffer} */ (buffer));
}
