// The answers to the question: in one step, and by sampling; and how far they are from each other.
import { computed, effect, signal } from "@preact/signals-core";
import { clamp } from "../../engine/noise.js";
import { endOf } from "../../engine/sampling.js";
import { engine, state } from "../../page.js";
import { drawnBy } from "../../sampling.js";
import { asked, followHole } from "./cover.js";
import { Run } from "./run.js";
import { denoiserKey, schedule, scheduleKey } from "./settings.js";

/** @typedef {import("./cover.js").Asked} Asked */

const PIXELS = 784;
const PAUSE = 250; // milliseconds that the question stands still before it is sampled

export const answering = new Run("answers");
answering.goes = !matchMedia("(prefers-reduced-motion: reduce)").matches;
/** Whether the section is on the screen. */
export const inSight = signal(false);
/** What is being sampled. @type {import("@preact/signals-core").Signal<Asked | null>} */
const sampled = signal(null);
/**
 * The one-step answer with its question and network; without a picture where there is none, and the run says why.
 * @typedef {{ asked: Asked, denoiser: string, image: Float32Array | null }} OneStep
 */
/** @type {import("@preact/signals-core").Signal<OneStep | null>} */
export const oneStep = signal(null);

/** Whether what is sampled is still that of another question. */
export const isOld = computed(() => sampled.value?.key !== asked.value?.key);

/** Follow the state. Returns what ends it. */
export function followQuestion() {
  const stops = [
    followHole(),
    effect(() => {
      const now = asked.value;
      const model = state.get("sample_model");
      const denoiser = denoiserKey.value;
      if (!now) {
        oneStep.value = null;
        return;
      }
      engine.ask("restore", { model, images: now.shown }, { channel: "sampling-one", finish: true }).then(
        (answer) => {
          if (answer && asked.peek()) oneStep.value = { asked: now, denoiser, image: answer.restored };
        },
        (error) => {
          if (!error.code) console.error(error);
          oneStep.value = { asked: now, denoiser, image: null };
        },
      );
    }),
    effect(() => {
      const now = asked.value;
      const [model, count, seed] = ["sample_model", "sample_answers", "sample_seed"].map((name) =>
        state.get(name),
      );
      const denoiser = denoiserKey.value;
      const isFitting = Boolean(now?.start || now?.mask);
      const other = schedule.value;
      const key = [now?.key, denoiser, count, seed, isFitting || scheduleKey.value].join();
      if (!inSight.value) return;
      const one = now?.mask ? oneStep.value : null;
      if (now?.mask && (one?.asked.key !== now.key || one.denoiser !== denoiser)) return;
      const timer = setTimeout(() => {
        sampled.value = now;
        if (!now) return answering.clear();
        const { measurement } = now;
        answering.begin({ model, count, seed, measurement, ...drawnBy(now, one?.image, other) }, key);
      }, PAUSE);
      return () => clearTimeout(timer);
    }),
  ];
  if (answering.goes) answering.play();
  return () => {
    for (const stop of stops) stop();
    answering.pause(false);
  };
}

/** Where the answers lead, as far as they have come; in [0, 1]. @type {import("@preact/signals-core").ReadonlySignal<Float32Array[]>} */
export const answers = computed(() => {
  const step = answering.newest.value;
  if (!step) return [];
  const ends = endOf(step).map(clamp);
  return Array.from({ length: ends.length / PIXELS }, (_, n) => ends.subarray(n * PIXELS, (n + 1) * PIXELS));
});

/** Their mean. @type {import("@preact/signals-core").ReadonlySignal<Float32Array | null>} */
export const mean = computed(() => {
  const all = answers.value;
  if (!all.length) return null;
  const sums = new Float64Array(PIXELS);
  for (const each of all) for (let i = 0; i < PIXELS; i++) sums[i] += each[i] / all.length;
  return Float32Array.from(sums);
});

/**
 * Mean squared differences over what is hidden, root mean square ones to the one-step answer.
 * @typedef {object} Figures
 * @property {{ mse: number }} step of the one-step answer
 * @property {{ mse: number, from: number }} mean of the samples' mean
 * @property {{ mse: number, from: number }} single of single samples
 * @property {number | null} apart the root mean square difference of two samples; null of one sample
 */

/** @type {import("@preact/signals-core").ReadonlySignal<Figures | null>} */
export const figures = computed(() => {
  const [now, one, all, middle] = [asked.value, oneStep.value, answers.value, mean.value];
  if (!now || !one?.image || !middle || isOld.value || one.asked.key !== now.key) return null;
  const hidden = [...Array(PIXELS).keys()].filter((i) => !now.mask?.[i]);
  const step = one.image.map(clamp);
  const apart = (/** @type {Float32Array} */ a, /** @type {Float32Array} */ b) =>
    hidden.reduce((sum, i) => sum + (a[i] - b[i]) ** 2, 0) / hidden.length;
  const average = (/** @type {Float32Array} */ other) =>
    all.reduce((sum, each) => sum + apart(each, other), 0) / all.length;
  return {
    step: { mse: apart(step, now.clean) },
    mean: { mse: apart(middle, now.clean), from: Math.sqrt(apart(middle, step)) },
    single: { mse: average(now.clean), from: Math.sqrt(average(step)) },
    // Twice the variance is the mean square of the difference between two.
    apart: all.length > 1 ? Math.sqrt((2 * average(middle) * all.length) / (all.length - 1)) : null,
  };
});

/** How many of the samples are read as each digit, and last those that no digit is likely for. */
export const counts = computed(() => {
  const found = new Array(11).fill(0);
  for (const verdict of answering.verdicts.value ?? []) found[verdict.digit ?? 10]++;
  return found;
});
