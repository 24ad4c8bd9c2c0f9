// The lesson that is open: its steps set the page's state, point, cover, and wait for what the visitor does.
import { batch, computed, effect, signal } from "@preact/signals-core";
import { hasServer, reachable } from "../ask.js";
import { manifest, state } from "../page.js";
import { toast } from "../parts/toast.js";
import { language } from "../words.js";
import { check } from "./conditions.js";
import { LessonError, read, stateAt } from "./lesson.js";
import { measured } from "./measured.js";
import { point, reveal } from "./pointing.js";
import { inWords } from "./problems.js";
import { forget, noteLesson, noteStep, progressOf, stepOf } from "./progress.js";
import { isTheirs, keep, kept, ofAddress } from "./theirs.js";

/** @typedef {import("./lesson.js").Lesson} Lesson */
/** @typedef {import("./lesson.js").Step} Step */

const HOLD = 250; // milliseconds that a condition holds before a task is done: a slider passes many values

/** @type {import("@preact/signals-core").Signal<Lesson | null>} */
const opened = signal(null);
/** Why the lesson that a link names cannot be shown. @type {import("@preact/signals-core").Signal<unknown>} */
export const problem = signal(null);
/** Whether the visitor has come to the end. */
export const ended = signal(false);

/** The open lesson; null: none, or it cannot be shown. @type {import("@preact/signals-core").ReadonlySignal<Lesson | null>} */
export const lesson = computed(() => (opened.value?.id === state.get("lesson") ? opened.value : null));
/** The open step. @type {import("@preact/signals-core").ReadonlySignal<Step | null>} */
export const step = computed(() =>
  ended.value ? null : (lesson.value?.steps[state.get("step") - 1] ?? null),
);
/** What was done at it. */
export const done = computed(() => stepOf(lesson.value?.id ?? "", state.get("step")));
/** Whether what the step needs is there. */
export const canDo = computed(() => step.value?.task?.needs !== "server" || (hasServer && reachable.value));

/** Lessons that are there already. @type {Map<string, Lesson>} */
const known = new Map();

/** Let a lesson that is not ours be opened by its id. @param {Lesson} theirs */
const hold = (theirs) => known.set(theirs.id, theirs);

/**
 * Open a teacher's lesson.
 * @param {Lesson} given @param {number} [number] the step, from 1; nothing: where the visitor was
 */
export async function present(given, number) {
  const theirs = await keep(given);
  hold(theirs);
  await open(theirs.id, number);
}

/**
 * One of the page's lessons.
 * @param {string} id
 * @returns {Promise<Lesson>}
 * @throws {LessonError} "no_lesson": there is none of this id; "gone": a teacher's lesson that is no longer here;
 *   "unreachable"; or what is wrong with it
 */
export async function find(id) {
  const there = known.get(id);
  if (there) return there;
  if (!manifest.lessons.includes(id)) {
    const theirs = kept(id);
    if (!theirs) throw new LessonError(isTheirs(id) ? "gone" : "no_lesson");
    return theirs;
  }
  const answer = await fetch(new URL(`../lessons/${id}.json`, import.meta.url)).catch(() => null);
  if (!answer?.ok) throw new LessonError("unreachable");
  const found = read(await answer.json(), manifest);
  known.set(id, found);
  return found;
}

/**
 * Go to a step of the open lesson, or begin it anew.
 * @param {number} number from 1; beyond the last: the last
 * @param {URLSearchParams} [query] a link's, whose fields stay as it says
 */
export function enter(number, query) {
  const now = opened.peek();
  if (!now) return;
  const place = Math.min(Math.max(1, number), now.steps.length);
  const values = stateAt(now, place);
  const isOther = query?.has("noise") && query.get("noise") !== values.noise;
  const kept = Object.keys(values).filter((name) => query?.has(name) || (name === "level" && isOther));
  const set = Object.fromEntries(Object.entries(values).filter(([name]) => !kept.includes(name)));
  batch(() => {
    state.ofStep = values;
    ended.value = false;
    state.set({ ...set, lesson: now.id, step: place });
  });
  noteLesson(now.id, { step: place });
}

/**
 * The teacher's lesson that the address holds becomes the open one, unless the link names another. Rejects with a
 * LessonError where it is damaged.
 */
async function fromAddress() {
  const id = state.peek("lesson");
  const theirs = id === "" || isTheirs(id) ? await ofAddress() : null;
  if (!theirs || (id && id !== theirs.id)) return;
  hold(theirs);
  if (!id) state.set({ lesson: theirs.id, step: progressOf(theirs.id)?.step ?? 1 });
}

/** Open the lesson that the address holds or that the state names, as a link says it. @param {URLSearchParams} query */
export async function arrive(query) {
  let id = state.peek("lesson");
  try {
    await fromAddress();
    id = state.peek("lesson");
    if (!id) return;
    const found = await find(id);
    if (state.peek("lesson") !== id) return;
    opened.value = found;
    problem.value = null;
    enter(state.peek("step"), query);
  } catch (error) {
    if (!id) refuse(error);
    else if (state.peek("lesson") === id) problem.value = error;
  }
}

/** Say what is wrong with the lesson that the address holds, as soon as the page has words. @param {unknown} error */
function refuse(error) {
  const stop = effect(() => {
    if (!language.value) return;
    toast(inWords(error), { stays: true });
    queueMicrotask(() => stop());
  });
}

/**
 * Open a lesson.
 * @param {string} id @param {number} [number] the step, from 1; nothing: where the visitor was
 * @returns {Promise<void>}
 */
export async function open(id, number) {
  const place = number ?? progressOf(id)?.step ?? 1;
  try {
    opened.value = await find(id);
    problem.value = null;
    enter(place);
  } catch (error) {
    problem.value = error;
    state.set({ lesson: id, step: place });
  }
}

/** Leave the lesson; the page stays as it stands. */
export function leave() {
  const hidden = "hide" in state.ofStep;
  state.ofStep = {};
  state.set({ lesson: "", step: 1, ...(hidden ? { hide: [] } : {}) });
}

export const next = () => {
  const now = lesson.peek();
  if (!now) return;
  if (state.peek("step") < now.steps.length) enter(state.peek("step") + 1);
  else {
    ended.value = true;
    noteLesson(now.id, { finished: true });
  }
};
export const back = () => enter(state.peek("step") - (ended.peek() ? 0 : 1));
/** The step as it began: with nothing answered, and its task still to do. */
export function reset() {
  const [now, number] = [lesson.peek(), state.peek("step")];
  if (now) noteStep(now.id, number, { answers: [], hint: false, done: false });
  enter(number);
}
/** The lesson from its first step, as if nothing had been done. */
export function restart() {
  const now = lesson.peek();
  if (now) forget(now.id);
  enter(1);
}

/** Make a choice of the step's question. @param {number} choice */
export function answer(choice) {
  const now = lesson.peek();
  if (!now || done.peek().answers.includes(choice)) return;
  noteStep(now.id, state.peek("step"), { answers: [...done.peek().answers, choice] });
}

/** Show the hint of the step's task. */
export function hint() {
  const now = lesson.peek();
  if (now) noteStep(now.id, state.peek("step"), { hint: true });
}

/** The value of a name that conditions use; undefined where there is none now. @param {string} name */
export const lookup = (name) => (name in state.fields ? state.get(name) : measured(name));

effect(() => {
  const [now, task] = [lesson.value, step.value?.task];
  const number = state.get("step");
  if (!now || !task || done.value.done || !canDo.value || !check(task.condition, lookup)) return;
  const timer = setTimeout(() => noteStep(now.id, number, { done: true }), HOLD);
  return () => clearTimeout(timer);
});

/** Where to look now: with a task only once its hint is asked for. @type {import("@preact/signals-core").ReadonlySignal<string | undefined>} */
export const spot = computed(() =>
  step.value?.task && !done.value.hint ? undefined : step.value?.spotlight,
);

/** Bring the part that the step is about into view, on the step's tab. @param {string} part its name */
export function look(part) {
  if ("tab" in state.ofStep) state.set({ tab: state.ofStep.tab });
  reveal(part);
}

effect(() => point(spot.value, done.value.answers.length ? [] : (step.value?.question?.cover ?? [])));
