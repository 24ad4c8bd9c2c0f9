/** One run of the Train tab in the browser: `dae.trial.watch` and what `dae/server/runs.py` keeps of a run. */

import { allFinite } from "../checkpoint.js";
import { mse } from "../metrics.js";
import { PIXELS } from "../noise.js";
import { Exam, featuresOf } from "./exam.js";
import { configOf, guessedTogether, noisesOf, roundedSteps, stageOf, titleOf } from "./settings.js";
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
   * @param {{ weights?: Map<string, import("../checkpoint.js").Tensor>, planned?: number | null, judged?: Settings, remark?: string }} [options]
   *   weights: to start from; planned: the steps of a run that this one repeats; judged: on whose noise, its own unless
   *   another is named; remark: what else its title says
   */
  constructor(kernels, digits, settings, rules, options = {}) {
    const { weights, planned = null, judged = settings, remark = "" } = options;
    this.settings = settings;
    this.judged = judged;
    this.title = [titleOf(settings), remark].filter(Boolean).join(", ");
    this.digits = digits;
    this.config = configOf(settings);
    this.stage = stageOf(settings, rules);
    this.exam = new Exam(digits, noisesOf(judged));
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
   * How many steps fit into the time: measured on copies, which are thrown away. By the quickest of their steps: where the
   * others prove to be slower, the clock ends the runs, and the learning rate follows it.
   * @param {Run[]} runs @param {number} slice milliseconds between two looks
   */
  static #plan(runs, slice) {
    const began = performance.now();
    let [step, look] = [0, 0];
    for (const run of runs) {
      step += run.#quickest(CALIBRATION / runs.length);
      const before = performance.now();
      run.#look();
      look += performance.now() - before;
    }
    const spent = (performance.now() - began) / 1000;
    const { seconds } = runs[0].settings;
    const rest = Math.max(seconds - spent, seconds / 2);
    const planned = roundedSteps((1000 * rest * RESERVE * slice) / (slice + look) / step);
    for (const run of runs) {
      run.seconds += Math.min(spent, seconds / 2);
      run.planned = planned;
    }
  }

  /** Milliseconds of the quickest of some steps. @param {number} time milliseconds to measure for */
  #quickest(time) {
    const began = performance.now();
    const copy = this.#make(0);
    let quickest = Infinity;
    for (let i = 0; i < 5 || performance.now() - began < time; i++) {
      const before = performance.now();
      copy.step(0);
      quickest = Math.min(quickest, performance.now() - before);
    }
    return quickest;
  }

  /**
   * Train some runs for some milliseconds, or until their schedule is over: in turns and by one clock, so that all of them
   * have made as many steps.
   * @param {Run[]} runs that began together @param {number} time @returns {Moment[]}
   */
  static advance(runs, time) {
    const began = performance.now();
    const [first] = runs;
    if (first.planned === null) {
      Run.#plan(runs, time);
      return runs.map((run) => run.moment(true));
    }
    const before = first.seconds;
    const elapsed = () => (performance.now() - began) / 1000;
    const follow = () => {
      const seconds = before + elapsed();
      for (const run of runs) run.seconds = seconds;
    };
    while (!first.#isOver && (elapsed() * 1000 < time || first.#sums.steps === 0)) {
      for (const run of runs) run.#step();
      follow();
    }
    for (const run of runs) run.#sums.seconds = elapsed();
    Run.#report(runs, first.#isOver ? "done" : "running");
    const moments = runs.map((run) => run.moment(true));
    follow();
    return moments;
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

  /** One step of each, with its numbers. @param {Run[]} runs that began together @returns {Moment[]} */
  static single(runs) {
    const began = performance.now();
    const [first] = runs;
    const guess = guessedTogether(runs.map(({ settings }) => settings));
    for (const run of runs) {
      run.planned ??= guess;
      run.#numbers = run.trainer.measuredStep(run.fraction);
    }
    const seconds = (performance.now() - began) / 1000;
    for (const run of runs) {
      const { loss, error } = run.trainer;
      run.seconds += seconds;
      run.#sums = { loss, error, steps: 1, seconds };
    }
    Run.#report(runs, first.trainer.steps >= /** @type {number} */ (first.planned) ? "done" : "stopped");
    return runs.map((run) => run.moment(true));
  }

  /**
   * Keep the weights where they are finite numbers; otherwise the last good ones are taken again, and the others end, too.
   * @param {Run[]} runs @param {Moment["state"]} state theirs, where all is well
   */
  static #report(runs, state) {
    for (const run of runs) {
      const { network, optimizer } = run.trainer;
      const { values } = network;
      run.state = state;
      if (Number.isFinite(run.#sums.loss) && allFinite(values)) {
        run.#good = values;
        continue;
      }
      network.values = run.#good;
      optimizer.forget();
      run.problem = { code: "diverged" };
      run.state = "failed";
    }
    if (runs.some(({ problem }) => problem)) for (const run of runs) if (!run.problem) run.state = "stopped";
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
      title: this.title,
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
    const { settings, judged, title, config, stage, digits, exam } = this;
    const { unseen } = this.moment();
    return writeCheckpoint(this.trainer.network.weights, {
      recipe: { name: "trial", summary: title, model: config, stages: [stage], precision: "float32" },
      model: config,
      seed: settings.seed,
      data: digits.source,
      figures: [
        {
          denoiser: "trial",
          noise: judged.noise,
          level: judged.high,
          clip: judged.clip,
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
