// What the Score tab shows, and the training behind it: the points, what is exact for them, and what the network has learnt.
import { computed, effect, signal } from "@preact/signals-core";
import { Engine } from "../../engine/client.js";
import { pointsOf, REACH, written } from "../../engine/score2d/points.js";
import { base, state } from "../../page.js";
import { media } from "../../parts/html.js";

/** @typedef {import("../../engine/score2d/exact.js").Points} Points */
/** @typedef {import("../../engine/score2d/training.js").Training} Training */
/** @typedef {import("../../engine/score2d/lab.js").Seen} Seen */
/** @typedef {typeof import("../../engine/score2d/lab.js").KINDS} Kinds */
/**
 * @template {keyof Kinds} K
 * @typedef {NonNullable<Awaited<ReturnType<Kinds[K]>>>} Answer
 */

export { REACH };

const DEPTH = 2; // hidden layers
const STEPS_PER_FRAME = 8; // at most, so that one sees it learn
const TIME_PER_FRAME = 11; // milliseconds, for each network

const isStill = media("(prefers-reduced-motion: reduce)");

/** @type {Engine<Kinds>} */
export const engine = new Engine({ base, script: "./score2d/worker.js" });

/** The chosen points, x and y in turn. @type {import("@preact/signals-core").ReadonlySignal<Points>} */
export const clean = computed(() =>
  pointsOf(state.get("score_points"), state.get("score_drawn"), state.get("score_seed")),
);

export const sigma = computed(() => /** @type {number} */ (state.get("score_sigma")));
export const isMany = computed(() => state.get("score_sigmas") === "many");
/** The bounds of the sigmas that are learnt when there are many, and of walks that fall. */
export const bounds = computed(() => {
  const [low, high] = [state.get("score_low"), state.get("score_high")];
  return [Math.min(low, high), Math.max(low, high)];
});

/** @type {import("@preact/signals-core").ReadonlySignal<Training>} */
export const training = computed(() => ({
  sigmaLow: isMany.value ? bounds.value[0] : sigma.value,
  sigmaHigh: isMany.value ? bounds.value[1] : sigma.value,
  width: state.get("score_width"),
  depth: DEPTH,
  batchSize: state.get("score_batch"),
  learningRate: state.get("score_rate"),
  steps: state.get("score_steps"),
  seed: state.get("score_seed"),
}));

/** What is exact for the points at the slider's sigma. @type {import("@preact/signals-core").Signal<Answer<"scene"> | null>} */
export const scene = signal(null);
/** Whether the training goes on. */
export const running = signal(false);
/** Whether it has come to its end. */
export const over = signal(false);
/** What is wrong with the worker. */
export const broken = signal(false);

/** What is known of the denoiser, and of the plain autoencoder beside it. @typedef {{ step: number, losses: number[], score: Points, error: number | null, apart: Float32Array | null, sigma: number }} Pane */
/** @type {import("@preact/signals-core").Signal<Pane[]>} */
export const panes = signal([]);

/** How often a training has begun: what is of an older one is ignored. */
export const openings = signal(0);
let isAsking = false;
let isStale = false; // what is shown is of another sigma, or of fewer panes
let frame = 0;

/** @param {unknown} error */
const fail = (error) => {
  console.error(error);
  broken.value = true;
  running.value = false;
};

/** Begin anew with the points and settings as they stand. */
async function open() {
  openings.value = openings.peek() + 1;
  const key = openings.peek();
  over.value = false;
  panes.value = [];
  if (!clean.peek().length) return;
  const question = { clean: clean.peek(), training: training.peek() };
  const answer = await engine.ask("open", question, { channel: "open" });
  if (!answer || key !== openings.peek()) return;
  isStale = true;
  ask();
}

/** Train for a frame, or look only. @param {number} [steps] */
async function advance(steps = 0) {
  const key = openings.peek();
  const now = sigma.peek();
  const plain = state.peek("score_beside");
  const question = {
    steps,
    time: TIME_PER_FRAME * (plain ? 2 : 1),
    sigma: now,
    plain,
    compares: isStale || !running.peek(),
  };
  isStale = false;
  isAsking = true;
  const answer = await engine.ask("advance", question).finally(() => {
    isAsking = false;
  });
  if (answer && key === openings.peek()) {
    panes.value = answer.panes.map((seen, n) => merged(panes.peek()[n], seen, now));
    over.value = answer.over;
    if (answer.over) running.value = false;
    if (answer.behind || now !== sigma.peek()) isStale = true;
  }
  if (running.peek() || isStale) ask();
}

/** @param {Pane | undefined} before @param {Seen} seen @param {number} now @returns {Pane} */
function merged(before, { step, losses, score, compared }, now) {
  return {
    step,
    score,
    losses: (before?.losses ?? []).concat([...losses]),
    error: compared?.error ?? before?.error ?? null,
    apart: compared?.apart ?? before?.apart ?? null,
    sigma: now,
  };
}

/** Go on in the next frame. */
function ask() {
  if (frame) return;
  frame = requestAnimationFrame(() => {
    frame = 0;
    if (isAsking) return; // its answer asks again
    if (running.peek() || isStale) advance(running.peek() ? STEPS_PER_FRAME : 0).catch(fail);
  });
}

/** What is shown is no longer that of the settings. */
function look() {
  isStale = true;
  if (!isAsking) ask();
}

export function run() {
  if (!clean.peek().length || broken.peek()) return;
  if (over.peek()) restart();
  running.value = true;
  ask();
}

export function pause() {
  running.value = false;
}

/** One step of the network. */
export function step() {
  running.value = false;
  if (isAsking || over.peek() || !clean.peek().length) return;
  isStale = true;
  advance(1).catch(fail);
}

/** From the same starting weights again. */
export function restart() {
  open().catch(fail);
}

/** Add points that are drawn by hand. @param {number[][]} places */
export function draw(places) {
  const most = state.fields.score_drawn.longest ?? 0;
  const text = state.peek("score_drawn") + places.map(([x, y]) => written(x, y)).join("");
  state.set({ score_drawn: text.slice(0, most) });
}

/** Follow the settings while the tab is open. @returns {() => void} ends it */
export function follow() {
  let begins = !isStill.peek(); // by itself, the first time
  const effects = [
    effect(() => {
      clean.value;
      JSON.stringify(training.value);
      const goesOn = begins || running.peek() || over.peek();
      begins = false;
      open().catch(fail);
      running.value = goesOn && clean.value.length > 0;
    }),
    effect(() => {
      const question = { clean: clean.value, sigma: sigma.value, reach: REACH };
      if (!question.clean.length) {
        scene.value = null;
        return;
      }
      engine.ask("scene", question, { channel: "scene", finish: true }).then((found) => {
        if (found && question.clean === clean.peek()) scene.value = found;
      }, fail);
    }),
    effect(() => {
      sigma.value;
      state.get("score_beside");
      look();
    }),
  ];
  return () => {
    for (const end of effects) end();
    running.value = false;
    cancelAnimationFrame(frame);
    frame = 0;
  };
}
