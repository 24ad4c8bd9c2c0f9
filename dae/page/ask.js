// The one channel to Python: typed questions, answered by dae/server (protocol.d.ts).
import { signal } from "@preact/signals-core";
import { base, manifest } from "./page.js";

/** Whether there is a server behind this page; the static edition has none. */
export const hasServer = manifest.edition === "server";
/** Whether the server answered when it was last asked. */
export const reachable = signal(true);
/** How many questions have waited for their answers for long. */
export const slow = signal(0);
const PATIENCE = 6000; // milliseconds until an answer is said to take long

const bytes = crypto.getRandomValues(new Uint8Array(24));
/** Who this page is to the server: an unguessable text, only in this page's memory; it travels in no link. */
export const visitor = btoa(String.fromCharCode(...bytes))
  .replaceAll("+", "-")
  .replaceAll("/", "_");

/** @typedef {import("./protocol.d.ts").Questions} Questions */
/** @typedef {import("./protocol.d.ts").Answers} Answers */

export class AskError extends Error {
  /**
   * @param {string} code what went wrong: "no_server", "unreachable", "busy", or a reason that the server gave
   * @param {Record<string, any>} [values] for the places of its sentence
   */
  constructor(code, values = {}) {
    super(code);
    this.code = code;
    this.values = values;
  }
}

/**
 * Ask Python. Rejects with an AskError, or with an AbortError when `signal` ends it. Of a visitor's questions of one
 * kind that wait, the server answers the newest.
 * @template {keyof Questions} Q
 * @param {Q} question
 * @param {Questions[Q]} body
 * @param {{ signal?: AbortSignal }} [options]
 * @returns {Promise<Answers[Q]>}
 */
export async function ask(question, body, { signal } = {}) {
  if (!hasServer) throw new AskError("no_server");
  let answer;
  let isSlow = false;
  const timer = setTimeout(() => {
    isSlow = true;
    slow.value++;
  }, PATIENCE);
  try {
    answer = await fetch(new URL(`ask/${question}`, base), {
      method: "POST",
      headers: { "Content-Type": "application/json", Visitor: visitor },
      body: JSON.stringify(body),
      signal,
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    reachable.value = false;
    throw new AskError("unreachable");
  } finally {
    clearTimeout(timer);
    if (isSlow) slow.value--;
  }
  const said = await answer.json().catch(() => null);
  reachable.value = said !== null || answer.status < 502; // else a proxy speaks for a server that is gone
  if (!reachable.value) throw new AskError("unreachable");
  if (!answer.ok) throw new AskError(said?.code ?? "failed", said?.values);
  return said;
}
