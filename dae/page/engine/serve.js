/** How a worker of the engine serves: questions in, answers out (see client.js for the page's side). */

import { EngineError } from "./errors.js";
import { Overtaken, Schedule } from "./schedule.js";

/**
 * @typedef {{ base: string } | { id: number, kind: string, question: any, channel?: string, finish?: boolean }} Message
 * @typedef {{ id: number, answer: any } | { id: number, overtaken: true } |
 *   { id: number, code: import("./errors.js").ErrorCode, values: Record<string, string | number> }} Reply
 */

const scope = /** @type {DedicatedWorkerGlobalScope} */ (/** @type {unknown} */ (self));

/** Where the page is: files are fetched from there. */
let base = new URL(import.meta.url);

/** A file of the page's, null where there is none. @param {string} path @returns {Promise<ArrayBuffer | null>} */
export async function load(path) {
  try {
    const response = await fetch(new URL(path, base));
    if (response.ok) return await response.arrayBuffer();
    if (response.status === 404) return null;
  } catch {
    // without a connection, or it broke off
  }
  throw new EngineError("unreachable", { path });
}

/**
 * What reads the modules that lie beside a script.
 * @param {string} script its address
 * @returns {(name: string) => Promise<ArrayBuffer | null>}
 */
export const modulesBeside = (script) => async (name) => {
  const response = await fetch(new URL(name, script));
  return response.ok ? response.arrayBuffer() : null;
};

/** The modules of kernels.c. */
export const loadWasm = modulesBeside(import.meta.url);

// Unlike a timer, a message of one's own is not held back, and what the page has sent before it comes first.
const { port1, port2 } = new MessageChannel();
/** @type {(() => void)[]} */
const next = [];
port1.onmessage = () => next.shift()?.();
const schedule = new Schedule((work) => {
  next.push(work);
  port2.postMessage(null);
});

/**
 * Answer questions from now on.
 * @param {Record<string, (question: any, context: any) => any>} kinds
 * @param {Record<string, number>} urgency of the kinds, 2 where none is given; the lowest goes first
 * @param {(turn: () => Promise<void>) => object} contextOf what a kind can use
 */
export function serve(kinds, urgency, contextOf) {
  scope.onmessage = async (/** @type {MessageEvent<Message>} */ { data }) => {
    if ("base" in data) {
      base = new URL(data.base);
      return;
    }
    const { id, kind, question, channel, finish } = data;
    /** @type {Reply} */
    let reply;
    try {
      if (!Object.hasOwn(kinds, kind)) throw new EngineError("bad_question", { reason: `no kind ${kind}` });
      const answer = await schedule.run({ urgency: urgency[kind] ?? 2, channel, finish }, (turn) =>
        kinds[kind](question, contextOf(turn)),
      );
      reply = { id, answer };
    } catch (error) {
      if (error instanceof Overtaken) reply = { id, overtaken: true };
      else if (error instanceof EngineError) reply = { id, code: error.code, values: error.values };
      else {
        console.error(error);
        reply = { id, code: "failed", values: { reason: String(error) } };
      }
    }
    scope.postMessage(reply, { transfer: "answer" in reply ? buffersOf(reply.answer) : [] });
  };
}

/**
 * The memory of an answer's arrays, to hand over instead of copying.
 * @param {any} value
 * @param {Set<ArrayBuffer>} [found]
 * @returns {ArrayBuffer[]}
 */
function buffersOf(value, found = new Set()) {
  if (ArrayBuffer.isView(value)) {
    if (value.buffer instanceof ArrayBuffer && value.byteLength === value.buffer.byteLength)
      found.add(value.buffer);
  } else if (typeof value === "object" && value !== null && !(value instanceof ArrayBuffer)) {
    for (const part of Object.values(value)) buffersOf(part, found);
  }
  return [...found];
}
