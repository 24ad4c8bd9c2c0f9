// What the tab knows of one network: its dictionary, how its features fire, and what the digit and its noise do to them.
import { batch, computed, effect, signal } from "@preact/signals-core";
import { clean } from "../../digit.js";
import { engine, modelLine, state } from "../../page.js";

/** @typedef {import("../../engine/client.js").Answer<"dictionary">} Dictionary */
/** @typedef {import("../../engine/firing.js").Firing} Firing */
/** @typedef {import("../../engine/client.js").Answer<"features">} Digit */
/** @typedef {import("../../engine/client.js").Answer<"underNoise">} Sample */

const PAUSE = 300; // milliseconds that noise stands still before a sample of the gallery is tried

/** The places of values, the largest first; of equal ones the first. @param {Float32Array} values */
const falling = (values) => [...values.keys()].sort((a, b) => values[b] - values[a]);

export class Study {
  /** @type {import("@preact/signals-core").Signal<{ name: string, dictionary: Dictionary, firing: Firing } | null>} */
  network = signal(null);
  /** @type {import("@preact/signals-core").Signal<Digit | null>} */
  digit = signal(null);
  /** @type {import("@preact/signals-core").Signal<Sample | null>} */
  sample = signal(null);
  /** The features in the order that is chosen. @type {import("@preact/signals-core").Signal<number[]>} */
  order = signal([]);
  /** The code of what went wrong. */
  problem = signal("");
  /** How much of the gallery has been measured, from 0 to 1. */
  done = signal(0);
  /** Whether `digit` is still that of another noise or digit. */
  isOld = signal(false);
  /** The feature that is looked at; -1: none. */
  picked = signal(-1);
  #attempt = signal(0);
  #turn = 0;
  /** Another network of the visitor's own changes nothing here; this one, when it has been trained further, does. */
  #line = computed(() => modelLine(this.name));

  /** @param {"model" | "second"} field of the state, which names the network */
  constructor(field) {
    this.field = field;
  }

  /** The network's name; empty where there is none to show. */
  get name() {
    const name = /** @type {string} */ (state.get(this.field));
    // A link may name a second network that has no features.
    return this.field === "second" && !modelLine(name)?.latentDim ? "" : name;
  }

  /** What the engine needs to know of the network. */
  get asked() {
    return { model: this.name, digest: this.#line.value?.digest ?? "" };
  }

  again() {
    this.#attempt.value++;
  }

  /** Follow the state, until what is returned is called. */
  start() {
    const stops = [
      effect(() => this.#load()),
      effect(() => this.#follow()),
      effect(() => this.#try()),
      effect(() => this.#sort()),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }

  /**
   * Ask the engine; an answer that comes too late is dropped.
   * @template {"dictionary" | "firing" | "features" | "underNoise" | "similar"} K
   * @param {K} kind @param {any} question @param {() => boolean} isCurrent
   * @returns {Promise<import("../../engine/client.js").Answer<K> | null>}
   */
  async #ask(kind, question, isCurrent, finish = false) {
    try {
      const answer = await engine.ask(kind, question, { channel: `${kind}-${this.field}`, finish });
      return isCurrent() ? answer : null;
    } catch (error) {
      if (isCurrent()) this.problem.value = /** @type {any} */ (error).code ?? "failed";
      return null;
    }
  }

  #load() {
    this.#attempt.value;
    const asked = this.asked;
    batch(() => {
      this.network.value = null;
      this.digit.value = null;
      this.sample.value = null;
      this.order.value = [];
      this.picked.value = -1;
      this.problem.value = "";
      this.done.value = 0;
    });
    let isCurrent = true;
    const load = async () => {
      let firing = null;
      for (let classes = 1; !firing; classes++) {
        const answer = await this.#ask("firing", { ...asked, classes }, () => isCurrent);
        if (!answer) return;
        ({ firing } = answer);
        this.done.value = answer.done / answer.of;
      }
      const dictionary = await this.#ask("dictionary", asked, () => isCurrent);
      if (dictionary) this.network.value = { name: asked.model, dictionary, firing };
    };
    if (asked.model) load();
    return () => {
      isCurrent = false;
    };
  }

  /** The noise that is chosen. */
  static get noise() {
    const [noise, level, clip, seed] = ["noise", "level", "clip", "seed"].map((name) => state.get(name));
    return { noise, level, clip, seed };
  }

  #follow() {
    const question = { ...this.asked, ...Study.noise, digit: clean.value, from: state.get("from") };
    const network = this.network.value;
    if (!network || !question.digit) return;
    const turn = ++this.#turn;
    this.isOld.value = true;
    this.#ask("features", question, () => this.network.peek() === network, true).then((answer) => {
      if (answer) this.digit.value = answer;
      if (turn === this.#turn) this.isOld.value = false;
    });
  }

  #try() {
    const question = { ...this.asked, ...Study.noise };
    const network = this.network.value;
    if (!network) return;
    const timer = setTimeout(async () => {
      const answer = await this.#ask("underNoise", question, () => this.network.peek() === network);
      if (answer) this.sample.value = answer;
    }, PAUSE);
    return () => clearTimeout(timer);
  }

  #sort() {
    const by = state.get("by");
    const network = this.network.value;
    const sample = by === "noise" ? this.sample.value : null; // else another noise would begin the sheet anew
    if (!network) return;
    const { firing } = network;
    if (by === "similarity") {
      this.#ask("similar", this.asked, () => this.network.peek() === network && state.peek("by") === by).then(
        (answer) => {
          if (answer) this.order.value = answer.order;
        },
      );
    } else if (by === "noise") {
      if (sample) this.order.value = falling(sample.drift);
    } else {
      this.order.value =
        by === "number" ? [...firing.rate.keys()] : falling(by === "rate" ? firing.rate : firing.energy);
    }
    if (!this.order.peek().length) this.order.value = [...firing.rate.keys()]; // until the other is there
  }
}
