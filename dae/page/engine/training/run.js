/** One run of the Train tab in the browser: `dae.trial.watch` and what `dae/server/runs.py` keeps of a run. */

import { allFinite } from "../checkpoint.js";
import { mse } from "../metrics.js";
import { PIXELS } from "../noise.js";
import { Exam, featuresOf } from "./exam.js";
import { configOf, guessedSteps, noisesOf, roundedSteps, stageOf, titleOf } from "./settings.js";
import { Trainer } from "./trainer.js";
import { writeCheckpoint } from "./written.js";

/**
 * @typedef {import("./settings.js").Settings} Settings
 * @typedef {import("./exam.js").Digits} Digits
 * @typedef {{ made: number, planned: number, length: number }} Schedule as `dae.trial.Schedule`
 *
 * @typedef {object} Moment what there is to see of a run; names as in the server's snapshots
 * @property {"running" | "stopped" | "done" | "failed"} state
 * @property {{ code: string } | null} problem
 * @property {string} title
 * @property {number} step
 * @property {number | null} planned
 * @property {number} seconds
 * @property {number} fraction
 * @property {number | null} loss
 * @property {number | null} error
 * @property {number | null} unseen
 * @property {number} rate digits a second
 * @property {number} learningRate
 * @property {number[][]} curve
 * @property {Uint8Array} restored
 * @property {Int8Array} features
 * @property {import("./trainer.js").StepNumbers | null} numbers
 * @property {Schedule[]} schedules
 */

const CALIBRATION = 400; // milliseconds in which the steps are measured
const RESERVE = 0.94; // of the time that is planned for
const MOST_POINTS = 1000; // of a curve
/** @param {number} value */
const finite = (value) => (Number.isFinite(value) ? value : null);

export class Run {
  /** @type {Moment["state"]} */
  state = "stopped";
  /** @type {Moment["problem"]} */
  problem = null;
  /** Steps of the schedule; null until they are measured. @type {number | null} */
  planned = null;
  /** @type {Schedule[]} that came to their end */
  ended = [];
  /** @type {number[][]} */
  curve = [];
  /** Spent so far in the present schedule, and before it. */
  seconds = 0;
  #secondsBefore = 0;
  #stepsBefore = 0;
  /** Since the last report. */
  #sums = { loss: 0, error: 0, steps: 0, seconds: 0 };
  /** @type {import("./trainer.js").StepNumbers | null} */
  #numbers = null;
  /** @type {Moment | null} */
  #last = null;

  /**
   * @param {() => import("./kernels.js").Kernels} kernels makes a heap
   * @param {Digits} digits
   * @param {Settings} settings that make sense
   * @param {import("./settings.js").Rules} rules
   * @param {{ weights?: Map<string, import("../checkpoint.js").Tensor>, planned?: number | null }} [options] weights: to
   *   start from; planned: the steps of a run that this one repeats
   */
  constructor(kernels, digits, settings, rules, { weights, planned = null } = {}) {
    this.settings = settings;
    this.digits = digits;
    this.config = configOf(settings);
    this.stage = stageOf(settings, rules);
    this.exam = new Exam(digits, noisesOf(settings));
    this.planned = planned;
    this.#make = (/** @type {number} */ seed) =>
      new Trainer(kernels(), this.config, digits.seen, this.stage, { seed, weights });
    this.trainer = this.#make(settings.seed);
    this.#good = this.trainer.network.values;
  }

  #make;
  #good;

  get steps() {
    return this.#stepsBefore + this.trainer.steps;
  }

  /** How much of the present schedule is over, 0 to 1. */
  get fraction() {
    const { planned, trainer, seconds, settings } = this;
    return Math.min(1, Math.max(planned ? trainer.steps / planned : 0, seconds / settings.seconds));
  }

  /** Go on: after the end of its schedule with another one. */
  prepare() {
    if (this.state === "done") {
      this.ended = this.schedules;
      this.#stepsBefore += this.trainer.steps;
      this.#secondsBefore += this.seconds;
      this.seconds = 0;
      this.trainer.restart();
    }
    this.problem = null;
    this.#numbers = null;
    this.state = "running";
  }

  /**
   * How many steps fit into the time: measured on a copy, which is thrown away. By the quickest of its steps: where the
   * others prove to be slower, the clock ends the run, and the learning rate follows it.
   * @param {number} slice milliseconds between two looks
   */
  #plan(slice) {
    const began = performance.now();
    const copy = this.#make(0);
    let quickest = Infinity;
    for (let i = 0; i < 5 || performance.now() - began < CALIBRATION; i++) {
      const before = performance.now();
      copy.step(0);
      quickest = Math.min(quickest, performance.now() - before);
    }
    const before = performance.now();
    this.#look();
    const look = performance.now() - before;
    const spent = (performance.now() - began) / 1000;
    const { seconds } = this.settings;
    this.seconds += Math.min(spent, seconds / 2);
    const rest = Math.max(seconds - spent, seconds / 2);
    this.planned = roundedSteps((1000 * rest * RESERVE * slice) / (slice + look) / quickest);
  }

  /** Train for some milliseconds, or until the schedule is over. @param {number} time @returns {Moment} */
  advance(time) {
    const began = performance.now();
    if (this.planned === null) {
      this.#plan(time);
      return this.moment(true);
    }
    const before = this.seconds;
    const elapsed = () => (performance.now() - began) / 1000;
    while (!this.#isOver && (elapsed() * 1000 < time || this.#sums.steps === 0)) {
      this.#step();
      this.seconds = before + elapsed();
    }
    this.#sums.seconds = elapsed();
    this.#report();
    if (this.problem === null && this.#isOver) this.state = "done";
    const moment = this.moment(true);
    this.seconds = before + elapsed();
    return moment;
  }

  get #isOver() {
    return this.trainer.steps >= (this.planned ?? 0) || this.seconds >= this.settings.seconds;
  }

  #step() {
    const { trainer } = this;
    trainer.step(this.fraction);
    this.#sums.loss += trainer.loss;
    this.#sums.error += trainer.error;
    this.#sums.steps++;
  }

  /** One step, with its numbers. @returns {Moment} */
  single() {
    this.planned ??= guessedSteps(this.settings);
    const began = performance.now();
    this.#numbers = this.trainer.measuredStep(this.fraction);
    const seconds = (performance.now() - began) / 1000;
    this.seconds += seconds;
    this.#sums = { loss: this.trainer.loss, error: this.trainer.error, steps: 1, seconds };
    this.#report();
    if (this.problem === null) this.state = this.trainer.steps >= this.planned ? "done" : "stopped";
    return this.moment(true);
  }

  /** Keep the weights where they are finite numbers; otherwise the last good ones are taken again. */
  #report() {
    const { network } = this.trainer;
    const { values } = network;
    const isGood = Number.isFinite(this.#sums.loss) && allFinite(values);
    if (isGood) {
      this.#good = values;
      return;
    }
    network.values = this.#good;
    this.problem = { code: "diverged" };
    this.state = "failed";
  }

  /** What it has made of its schedules, one after the other; while it runs, what is planned of the last one. @returns {Schedule[]} */
  get schedules() {
    const { planned, ended, fraction, trainer, state } = this;
    if (planned === null) return ended;
    if (state === "running") return [...ended, { made: planned, planned, length: planned }];
    const made = trainer.steps;
    if (!made) return ended;
    const followsClock = fraction > made / planned;
    return [
      ...ended,
      { made, planned, length: followsClock ? Math.max(made, Math.round(made / fraction)) : planned },
    ];
  }

  /** The exam and the features, with the network as it is. */
  #look() {
    const { exam, trainer } = this;
    const restored = trainer.network.restore(exam.noisy);
    return {
      unseen: mse(restored, exam.clean),
      restored: exam.shown(restored),
      features: featuresOf(trainer.network, exam),
    };
  }

  /** What there is to see now. @param {boolean} [isNew] whether steps were made since the last time @returns {Moment} */
  moment(isNew = false) {
    const { trainer, settings, planned } = this;
    const { loss, error, steps, seconds } = this.#sums;
    const seen = isNew || !this.#last ? this.#look() : this.#last;
    if (isNew && steps && Number.isFinite(error)) {
      this.curve.push([this.steps, error / steps, /** @type {number} */ (seen.unseen)]);
      if (this.curve.length > MOST_POINTS) this.curve = this.curve.filter((_, i) => i % 2 === 0);
    }
    if (isNew) this.#sums = { loss: 0, error: 0, steps: 0, seconds: 0 };
    const has = isNew && steps > 0;
    this.#last = {
      state: this.state,
      problem: this.problem,
      title: titleOf(settings),
      step: this.steps,
      planned: planned === null ? null : this.#stepsBefore + planned,
      seconds: settings.seconds,
      fraction: this.fraction,
      loss: has ? finite(loss / steps) : (this.#last?.loss ?? null),
      error: has ? finite(error / steps) : (this.#last?.error ?? null),
      unseen: finite(Number(seen.unseen)),
      rate: has ? (steps * settings.batch_size) / Math.max(seconds, 1e-9) : 0,
      learningRate: trainer.rate || settings.learning_rate,
      curve: this.curve,
      restored: seen.restored,
      features: seen.features,
      numbers: this.#numbers,
      schedules: this.schedules,
    };
    // Copies: what goes to the page is gone here.
    return { ...this.#last, restored: seen.restored.slice(), features: seen.features.slice() };
  }

  /** End it, with the network as it is. @returns {Moment} */
  stop() {
    if (this.state === "running") this.state = "stopped";
    return this.moment();
  }

  /** The network as it is, as a file. @returns {ArrayBuffer} */
  file() {
    const { settings, config, stage, digits, exam } = this;
    const { unseen } = this.moment();
    const title = titleOf(settings);
    return writeCheckpoint(this.trainer.network.weights, {
      recipe: { name: "trial", summary: title, model: config, stages: [stage], precision: "float32" },
      model: config,
      seed: settings.seed,
      data: digits.source,
      figures: [
        {
          denoiser: "trial",
          noise: settings.noise,
          level: settings.high,
          clip: settings.clip,
          digits: exam.clean.length / PIXELS,
          mse: unseen,
          nothing: exam.nothing,
        },
      ],
      versions: { trained: "in a browser" },
      seconds: Math.round(10 * (this.#secondsBefore + this.seconds)) / 10,
      steps: this.steps,
    });
  }
}
