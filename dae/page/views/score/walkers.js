// Walkers: points that are dropped on the plane and follow the field.
import { computed, effect, signal } from "@preact/signals-core";
import { Generator } from "../../engine/rng.js";
import { state } from "../../page.js";
import { bounds, clean, engine, isMany, openings, panes, sigma } from "./lab.js";

/** @typedef {import("../../engine/score2d/exact.js").Points} Points */

const DROPPED = 50; // by the button
const SQUARE = 1.25; // they fall anywhere within it
/** Milliseconds from one step to the next; none: a frame. @type {Record<string, number>} */
const PACE = { once: 0, repeat: 80, langevin: 0, ladder: 220 };

/** What a press on the plane does where points are drawn by hand. @type {import("@preact/signals-core").Signal<"draw" | "drop">} */
export const tool = signal("draw");

/** Those that were dropped by hand. */
const dropped = signal(/** @type {number[]} */ ([]));

/** Where all begin: those of the link first. @type {import("@preact/signals-core").ReadonlySignal<Points>} */
export const start = computed(() => {
  const count = /** @type {number} */ (state.get("score_walkers"));
  const draws = new Generator(state.get("score_seed")).rand(2 * count);
  return Float32Array.from([...draws.map((each) => SQUARE * (2 * each - 1)), ...dropped.value]);
});

/** Steps of a trail. @type {Record<string, number>} */
const REMEMBERED = { once: 2, repeat: 40, langevin: 4, ladder: 40 };

/** The points after each of the last steps, in each pane. @type {import("@preact/signals-core").Signal<Points[][]>} */
export const trails = signal([]);
export const walking = signal(false);
/** How many steps have been made, and how many there are; none: the walk has not begun. @type {import("@preact/signals-core").Signal<{ made: number, of: number } | null>} */
export const progress = signal(null);

export const isOver = computed(() => progress.value !== null && progress.value.made >= progress.value.of);
export const falls = computed(() => ["langevin", "ladder"].includes(state.get("score_walk")));
/** Whether the walk needs sigmas that the network has not learnt. */
export const isTooMuch = computed(
  () => falls.value && state.get("score_field") === "learnt" && !isMany.value,
);

let timer = 0;
let turn = 0; // of the walk: what comes of an older one is ignored

/** Back to where they were dropped. */
export function reset() {
  turn++;
  clearTimeout(timer);
  walking.value = false;
  progress.value = null;
  trails.value = [];
}

/** @param {number} x @param {number} y */
export function drop(x, y) {
  if (start.peek().length >= 2 * (state.fields.score_walkers.high ?? 0)) return;
  dropped.value = [...dropped.peek(), x, y];
}

/** Drop some at random. */
export const dropMany = () => state.set({ score_walkers: state.peek("score_walkers") + DROPPED });

export function removeAll() {
  dropped.value = [];
  state.set({ score_walkers: 0 });
}

/** Begin the walk, unless it has. @param {number} mine @returns {Promise<boolean>} whether it is still wanted */
async function begin(mine) {
  if (progress.peek()) return true;
  const [low, high] = bounds.peek();
  const answer = await engine.ask("walk", {
    ...{ clean: clean.peek(), start: start.peek(), way: state.peek("score_walk") },
    ...{ exact: state.peek("score_field") === "exact", sigma: sigma.peek() },
    ...{ high, low, seed: state.peek("score_seed") },
  });
  if (!answer || mine !== turn) return false;
  trails.value = panes.peek().map(() => [start.peek()]);
  progress.value = { made: 0, of: answer.steps };
  return true;
}

/** One step of the walk. */
export async function stride() {
  const mine = turn;
  if (!start.peek().length || isTooMuch.peek() || !(await begin(mine))) return;
  const answer = await engine.ask("onwards", {});
  if (!answer || mine !== turn || !progress.peek()) return;
  const { made, of } = /** @type {{ made: number, of: number }} */ (progress.peek());
  if (answer.panes.length) {
    const most = REMEMBERED[state.peek("score_walk")];
    const trail = (/** @type {number} */ n) => trails.peek()[n] ?? [start.peek()];
    trails.value = answer.panes.map((points, n) => [...trail(n), points].slice(-most));
    progress.value = { made: made + 1, of };
  }
  if (isOver.peek()) walking.value = false;
}

/** Walk on by itself, or rest. */
export function play() {
  if (walking.peek()) {
    walking.value = false;
    return;
  }
  if (isOver.peek()) reset();
  walking.value = true;
  const mine = turn;
  const next = async () => {
    if (!walking.peek() || mine !== turn) return;
    await stride();
    const pace = PACE[state.peek("score_walk")];
    if (pace) timer = window.setTimeout(next, pace);
    else requestAnimationFrame(next);
  };
  next();
}

/** The mean distance of points to the nearest clean one, and to the mean of all. @param {Points} places @param {Points} points */
export function distances(places, points) {
  const [count, all] = [places.length / 2, points.length / 2];
  const mean = [0, 0];
  for (let n = 0; n < points.length; n++) mean[n % 2] += points[n] / all;
  let [nearest, centre] = [0, 0];
  for (let m = 0; m < count; m++) {
    let least = Infinity;
    for (let n = 0; n < all; n++) {
      const apart = Math.hypot(places[2 * m] - points[2 * n], places[2 * m + 1] - points[2 * n + 1]);
      if (apart < least) least = apart;
    }
    nearest += least / count;
    centre += Math.hypot(places[2 * m] - mean[0], places[2 * m + 1] - mean[1]) / count;
  }
  return { nearest, centre };
}

/** How far the walkers have come; null: there are none, or no points. */
export const reached = computed(() => {
  const trail = trails.value[0];
  const places = trail?.[trail.length - 1] ?? start.value;
  return places.length && clean.value.length ? distances(places, clean.value) : null;
});

/** Begin anew whenever what the walk stands on changes. @returns {() => void} ends it */
export function follow() {
  const end = effect(() => {
    for (const each of [start, openings, falls.value ? bounds : sigma]) each.value;
    for (const name of ["score_walk", "score_field", "score_beside"]) state.get(name);
    reset();
  });
  return () => {
    end();
    reset();
  };
}
