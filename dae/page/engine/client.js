/** The page's side of the engine: questions to the worker, answers from it. */

import { EngineError } from "./errors.js";

export { EngineError };

/**
 * @typedef {typeof import("./kinds.js").KINDS} Kinds
 * @typedef {{ resolve: (answer: any) => void, reject: (error: EngineError) => void }} Pending
 */

/**
 * What a kind is asked, and what it answers: as its function says.
 * @template {keyof Kinds} K
 * @typedef {Parameters<Kinds[K]>[0]} Question
 */
/**
 * @template {keyof Kinds} K
 * @typedef {Awaited<ReturnType<Kinds[K]>>} Answer
 */

/**
 * A worker of the engine, which the first question starts.
 * @template {Record<string, (question: any, context: any) => any>} [Of=Kinds]
 */
export class Engine {
  /** @type {Map<number, Pending>} */
  #pending = new Map();
  #count = 0;
  /** @type {Worker | null} */
  #worker = null;

  /**
   * @param {{ base: URL | string, script?: string }} options base: the page's, which checkpoints are fetched from;
   *   script: the worker's, from this folder
   */
  constructor({ base, script = "./worker.js" }) {
    this.base = String(base);
    this.script = new URL(script, import.meta.url);
  }

  /** Start the worker, unless it has been started: the first question need not wait for it then. */
  start() {
    if (this.#worker) return this.#worker;
    const worker = new Worker(this.script, { type: "module" });
    worker.onmessage = ({ data }) => this.#receive(data);
    // Only a worker that could not be started does this, its own errors are answers: the next question starts another.
    worker.onerror = () => {
      const error = new EngineError("unreachable", { path: this.script.pathname });
      for (const { reject } of this.#pending.values()) reject(error);
      this.close();
    };
    worker.postMessage({ base: this.base });
    this.#worker = worker;
    return worker;
  }

  /**
   * Ask the engine.
   *
   * The newest question of a channel wins: one that it overtakes resolves with null. With `finish` a question that is
   * worked on already is still answered (in order), so that a picture follows a slider which moves faster than a slow
   * machine computes.
   *
   * @template {keyof Of & string} K
   * @param {K} kind
   * @param {Parameters<Of[K]>[0]} question
   * @param {{ channel?: string, finish?: boolean }} [options] without a channel nothing overtakes the question
   * @returns {Promise<Awaited<ReturnType<Of[K]>> | null>} null where a newer question of the channel has overtaken it
   * @throws {EngineError}
   */
  ask(kind, question, { channel, finish } = {}) {
    const id = this.#count++;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.start().postMessage({ id, kind, question, channel, finish });
    });
  }

  /** @param {import("./serve.js").Reply} reply */
  #receive(reply) {
    const pending = this.#pending.get(reply.id);
    this.#pending.delete(reply.id);
    if ("answer" in reply) pending?.resolve(reply.answer);
    else if ("code" in reply) pending?.reject(new EngineError(reply.code, reply.values));
    else pending?.resolve(null);
  }

  /** End the worker; what is still asked for is never answered. A question that comes later starts another. */
  close() {
    this.#worker?.terminate();
    this.#worker = null;
    this.#pending.clear();
  }
}
