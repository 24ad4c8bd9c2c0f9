// A run of the sampling, step by step: what it has come to, and what it was on the way. The steps are taken here, the
// network's answers come from the engine, so that whatever else is asked of it goes in between.
import { batch, signal } from "@preact/signals-core";
import { endOf, steps } from "../../engine/sampling.js";
import { engine } from "../../page.js";
import { restore } from "./pool.js";

/** @typedef {import("../../engine/sampling.js").Step} Step */
/** @typedef {import("../../engine/sampling.js").Options} Options */
/** @typedef {Pick<import("../../engine/verdict.js").Verdict, "digit" | "confidence">} Verdict */
/** @typedef {Options & { model: string, count: number }} Question */
/**
 * @typedef {object} Frame what is kept of a step
 * @property {number} number
 * @property {Uint8ClampedArray} noisy grey values of y, as they are shown
 * @property {Uint8ClampedArray} end those of where the step leads: D(y), with what was measured
 * @property {Float32Array} sigma of each sample
 */

/** Pictures as grey values. @param {Float32Array} images */
export function grey(images) {
  const greys = new Uint8ClampedArray(images.length); // it rounds and clamps
  for (let i = 0; i < images.length; i++) greys[i] = 255 * images[i];
  return greys;
}

const FRAME = 15; // milliseconds: more often the page shows no step of a quick run

/** @param {ArrayLike<number>} values */
export const meanOf = (values) => Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;

export class Run {
  /** "empty" before the first step, "paused", "running", "done" or "failed". */
  status = signal("empty");
  /** Every step so far; the same list, longer, with `count`. @type {Frame[]} */
  frames = [];
  count = signal(0);
  /** The place of the step that is looked at; the newest unless one looks back. */
  at = signal(0);
  /** The newest step. @type {import("@preact/signals-core").Signal<Step | null>} */
  newest = signal(null);
  /** What the samples are read as, once all have arrived. @type {import("@preact/signals-core").Signal<Verdict[] | null>} */
  verdicts = signal(null);
  /** What went wrong: a code with the values of its sentence. @type {import("@preact/signals-core").Signal<{ code: string, values: Record<string, any> } | null>} */
  problem = signal(null);
  /** What is asked. @type {Question | null} */
  question = null;
  /** Whether it goes on by itself. */
  goes = false;
  #key = "";
  #turn = 0;
  #shown = 0;
  /** The newest step, where it is not shown yet. @type {Step | null} */
  #unseen = null;
  /** @type {AsyncGenerator<Step, void> | null} */
  #walk = null;
  /** @type {Promise<void> | null} the step that is being taken */
  #busy = null;

  /** @param {string} name of its channel to the engine */
  constructor(name) {
    this.channel = `sampling-${name}`;
  }

  /**
   * Show the first step of a run, and go on where it goes by itself. The same question as before changes nothing.
   * @param {Question} question @param {string} key what makes it another one
   */
  begin(question, key) {
    if (key === this.#key && this.status.peek() !== "failed") return;
    this.#key = key;
    this.question = question;
    this.#anew();
  }

  /** Begin the same again. */
  restart() {
    this.goes = true;
    this.#anew();
  }

  play() {
    if (this.#key && !["done", "failed"].includes(this.status.peek())) {
      this.goes = true;
      this.#follow();
    }
  }

  /** @param {boolean} [hold] whether it is to stand until it is told to go on */
  pause(hold = true) {
    if (hold) this.goes = false;
    this.#stand();
  }

  /** Take one step, and stand. */
  async step() {
    this.pause();
    this.#toNewest();
    await this.#busy;
    await this.#take();
  }

  /** Nothing is asked any more. */
  clear() {
    this.#key = "";
    this.question = null;
    this.#reset();
  }

  #stand() {
    this.#show();
    if (this.status.peek() === "running") this.status.value = "paused";
  }

  #toNewest() {
    this.at.value = Math.max(0, this.count.peek() - 1);
  }

  #reset() {
    this.#turn++;
    this.#walk = null;
    this.#busy = null;
    this.#unseen = null;
    batch(() => {
      this.frames = [];
      this.count.value = 0;
      this.at.value = 0;
      this.newest.value = null;
      this.verdicts.value = null;
      this.problem.value = null;
      this.status.value = "empty";
    });
  }

  #anew() {
    const question = /** @type {Question} */ (this.question);
    this.#reset();
    const restored = (/** @type {Float32Array} */ images) => restore(question.model, images, this.channel);
    this.#walk = steps(restored, question.count, question);
    if (this.goes) this.#follow();
    else this.#take();
  }

  async #follow() {
    const turn = this.#turn;
    this.#toNewest();
    this.status.value = "running";
    await this.#busy;
    while (turn === this.#turn && this.status.peek() === "running") await this.#take();
  }

  /** One step, unless one is being taken. */
  #take() {
    if (this.#busy) return this.#busy;
    const mine = this.#next().finally(() => {
      if (this.#busy === mine) this.#busy = null;
    });
    this.#busy = mine;
    return mine;
  }

  async #next() {
    const turn = this.#turn;
    try {
      const { value, done } = (await this.#walk?.next()) ?? { value: undefined, done: true };
      if (turn !== this.#turn || done || !value) return;
      this.#keep(value);
      const goesOn = value.running.some(Boolean);
      const isQuick = this.status.peek() === "running" && performance.now() - this.#shown < FRAME;
      if (!(goesOn && isQuick)) this.#show();
      if (goesOn) return;
      this.status.value = "done";
      const found = await engine.ask(
        "verdict",
        { images: endOf(value) },
        { channel: `${this.channel}-read` },
      );
      if (turn === this.#turn && found) this.verdicts.value = found.verdicts;
    } catch (/** @type {any} */ error) {
      if (turn !== this.#turn) return;
      if (this.status.peek() === "done") return console.error(error); // they are there, only unread
      if (!error.code) console.error(error);
      this.#show();
      batch(() => {
        this.status.value = "failed";
        this.problem.value = { code: error.code ?? "failed", values: error.values ?? {} };
      });
    }
  }

  /** @param {Step} step */
  #keep(step) {
    this.frames.push({
      number: step.number,
      noisy: grey(step.noisy),
      end: grey(endOf(step)),
      sigma: step.sigma,
    });
    this.#unseen = step;
  }

  /** Let the page know of the newest step. */
  #show() {
    const step = this.#unseen;
    if (!step) return;
    this.#unseen = null;
    this.#shown = performance.now();
    batch(() => {
      const follows = this.at.peek() === this.count.peek() - 1 || !this.count.peek();
      this.count.value = this.frames.length;
      this.newest.value = step;
      if (follows) this.at.value = this.frames.length - 1;
      if (this.status.peek() === "empty") this.status.value = "paused";
    });
  }
}
