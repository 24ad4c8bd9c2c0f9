// A run, in this browser or on the server: there it is asked for through Gradio's queue, which carries a visitor's ZeroGPU
// credentials; and watched.
import { computed, effect, signal } from "@preact/signals-core";
import { AskError, ask, visitor } from "../../ask.js";
import { EngineError } from "../../engine/errors.js";
import { adopt, fetchTrained, makeRoom } from "../../networks.js";
import { base, own } from "../../page.js";
import { stay } from "../../visitor.js";
import { examOf, filesHere, readyHere, stopHere, trainHere } from "./here.js";
import { judgedBy, plan, settings, where } from "./settings.js";

/** @typedef {{ code: string, values?: Record<string, string> }} Problem */

/** "idle", "waiting", "running", "stopping", "stopped", "done" or "failed". */
export const status = signal("idle");
/** The newest of what there is to see. @type {import("@preact/signals-core").Signal<any>} */
export const snapshot = signal(null);
/** The server's key of the run that is shown; empty before the first, and where the server has it no more. */
export const runKey = computed(() => (lost.value ? "" : (snapshot.value?.run ?? "")));
const lost = signal(false);
/** Whether there is a run that can go on. */
export const hasRun = computed(() => Boolean(runKey.value || snapshot.value?.here));
/** What the script of the run depends on. */
export const runPlan = computed(() => `${snapshot.value?.planned} ${snapshot.value?.state}`);
/** How many runs come before this one; null until it is known. @type {import("@preact/signals-core").Signal<number | null>} */
export const place = signal(null);
/** @type {import("@preact/signals-core").Signal<Problem | null>} */
export const problem = signal(null);

export const isOver = () => !["waiting", "running", "stopping"].includes(status.value);

/** @type {Promise<any> | null} */
let connecting = null;

function connect() {
  connecting ??= import("@gradio/client").then(({ Client }) =>
    Client.connect(base.href.replace(/\/$/, ""), { events: ["data", "status"] }),
  );
  connecting.catch(() => {
    connecting = null;
  });
  return connecting;
}

// Other settings have problems of their own.
effect(() => {
  plan.value;
  problem.value = null;
});

/** The run that a stop was asked for, so that a late answer of an older one changes nothing. */
let turn = 0;
/** @type {any} */
let job = null;
let isHere = false; // whether the run that was asked for last is one in this browser
let begun = false; // whether the server has said anything of the run that was asked for last
let before = "idle"; // how the run before it stood
let listening = 0;
const COPIES = 4; // questions that several copies in turn do not all leave to one
const SILENCE = 15_000; // milliseconds until the page wonders whether anything will come
/** Whether nothing has come of the run that was asked for, for long: a proxy may hold it back. */
export const isSilent = signal(false);

/** What the run was begun with. @type {import("@preact/signals-core").Signal<import("./settings.js").Plan | null>} */
export const begunWith = signal(null);
/** Whether the run that is shown was begun with what the form says now. */
export const isOfForm = computed(() => JSON.stringify(begunWith.value) === JSON.stringify(plan.value));

/** Begin, go on, restart, or take a single step. @param {"new" | "continue" | "restart" | "step"} mode */
export function go(mode) {
  const goesOn = mode !== "new" && hasRun.peek() && (mode !== "step" || isOfForm.peek());
  isHere = goesOn ? Boolean(snapshot.peek().here) : where.peek() === "browser";
  return isHere ? goHere(mode, goesOn) : goThere(mode, goesOn);
}

/** @param {"new" | "continue" | "restart" | "step"} mode @param {boolean} goesOn */
async function goHere(mode, goesOn) {
  const mine = ++turn;
  const meant = (goesOn && begunWith.peek()) || plan.peek();
  begunWith.value = meant;
  clearTimeout(listening);
  isSilent.value = false;
  status.value = "running";
  problem.value = null;
  readyHere();
  try {
    const { best: _best, perClass: _perClass, seen, unseen, ...exam } = await examOf(judgedBy(meant));
    for await (const moment of trainHere(mode, meant, goesOn)) {
      if (mine !== turn) return;
      const { best } = await examOf(judgedBy(meant));
      const digits = { seen, unseen, everything: false };
      await showHere({ ...exam, ...moment, plan: meant, run: "", best, digits });
    }
  } catch (error) {
    if (mine !== turn) return;
    console.warn("The run broke off:", error);
    fail(error instanceof EngineError && error.code === "unreachable" ? "files" : "failed");
  }
}

/** What the networks of a run here, or of two, are told apart by. @param {string} here @param {number} i */
export const runOf = (here, i) => (i ? `${here}-second` : here);

/** @param {any} shown */
async function showHere(shown) {
  const hasEnded = shown.state !== "running";
  snapshot.value = shown;
  lost.value = false;
  problem.value = shown.problem ?? shown.second?.problem ?? null;
  if (hasEnded && shown.step) {
    const made = (await filesHere()).map((bytes, i) => ({ bytes, run: runOf(shown.here, i) }));
    await makeRoom(made.filter(({ run }) => !own.peek().some((each) => each.run === run)).length);
    for (const { bytes, run } of made) await adopt(bytes, { run });
  }
  if (hasEnded)
    status.value = problem.peek()
      ? "failed"
      : shown.state === "stopped" && !shown.step
        ? "idle"
        : shown.state;
}

/** @param {"new" | "continue" | "restart" | "step"} mode @param {boolean} goesOn */
async function goThere(mode, goesOn) {
  const mine = ++turn;
  const key = goesOn ? runKey.peek() : "";
  begunWith.value = (goesOn && begunWith.peek()) || plan.peek();
  [begun, before] = [false, status.peek()];
  Object.assign(status, { value: "waiting" });
  problem.value = null;
  place.value = null;
  stay();
  clearTimeout(listening);
  isSilent.value = false;
  listening = setTimeout(() => {
    isSilent.value = mine === turn && status.peek() === "waiting" && !begun;
  }, SILENCE);
  try {
    const client = await connect();
    if (mine !== turn) return;
    job = client.submit("/train", [visitor, mode, settings.peek(), key]);
    for await (const message of job) {
      if (mine !== turn) break;
      if (message.type === "status") take(message);
      else if (message.type === "data" && message.data?.[0]) await show(message.data[0]);
    }
    if (mine === turn && !isOver()) breakOff();
  } catch (error) {
    if (mine !== turn || isOver()) return; // the client may complain of a stream that was closed
    console.warn("The run broke off:", error);
    breakOff();
  }
}

/** @param {any} message of the queue */
function take(message) {
  if (message.stage !== "error" || isOver()) return;
  if (message.broken) breakOff();
  else fail(message.queue === false || /full/i.test(message.message ?? "") ? "queue_full" : "failed");
}

/** Nothing comes any more: the server is gone, or another copy of it answers, which knows nothing of the run. */
async function breakOff() {
  connecting = null;
  const mine = turn;
  fail("unreachable");
  const ids = new Set();
  try {
    for (let i = 0; i < COPIES; i++) ids.add((await ask("server", {})).id);
  } catch {
    return; // the page says it
  }
  if (mine === turn && status.peek() === "failed" && ids.size > 1) fail("copies");
}

/** @param {string} code @param {Record<string, string>} [values] */
function fail(code, values) {
  isSilent.value = false;
  status.value = "failed";
  problem.value = { code, values };
}

/** @param {any} found the client gives the same object again and again: what is kept is copied */
async function show(found) {
  const shown = structuredClone(found);
  begun = true;
  isSilent.value = false;
  place.value = shown.place;
  const hasEnded = !["waiting", "running"].includes(shown.state);
  if (shown.problem) problem.value = shown.problem;
  if (shown.problem?.code === "gone") lost.value = true;
  if (shown.run) {
    snapshot.value = shown;
    lost.value = false;
  }
  const isNothing = shown.state === "stopped" && !shown.step; // stopped before there was anything to keep
  // A run is over when its network is in the menus.
  if (hasEnded && shown.kept) {
    const mine = turn;
    try {
      await fetchTrained(shown.kept);
    } catch (error) {
      problem.value = { code: error instanceof AskError ? error.code : "failed" };
    }
    if (mine !== turn) return;
  }
  if (hasEnded || status.peek() !== "stopping")
    status.value = isNothing ? (shown.run ? "idle" : before) : shown.state;
}

/** End the run with the network as it is, or leave the line. */
export async function stop() {
  if (isHere) {
    status.value = "stopping";
    stopHere();
    return;
  }
  if (status.peek() === "waiting" && !begun) {
    turn++;
    job?.cancel?.()?.catch?.(() => {}); // it may throw where a message still comes
    status.value = before;
    return;
  }
  status.value = "stopping";
  try {
    await ask("stop", { visitor });
  } catch (error) {
    if (error instanceof AskError) fail(error.code);
  }
}
