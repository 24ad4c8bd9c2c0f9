// Where a visitor is in each lesson, what was answered and tried: kept in this browser only, and never sent. A browser
// that keeps nothing keeps it until the page is left.
import { signal } from "@preact/signals-core";
import * as storage from "../storage.js";

/** @typedef {{ answers: number[], hint: boolean, done: boolean }} StepProgress answers: the choices that were tapped, in their order */
/** @typedef {{ step: number, finished: boolean, steps: Record<string, StepProgress> }} LessonProgress step: where one was, from 1; steps: by their number */

const KEY = "denoising-lessons";
const OFFERED = "offered"; // that the first lesson has been offered and answered: opened, or dismissed

/** @param {any} given @returns {LessonProgress} */
function readLesson(given) {
  const steps = Object.entries(given?.steps ?? {}).map(([step, each]) => [
    step,
    {
      answers: Array.isArray(each?.answers) ? each.answers.filter(Number.isInteger) : [],
      hint: each?.hint === true,
      done: each?.done === true,
    },
  ]);
  return {
    step: Number.isInteger(given?.step) && given.step > 0 ? given.step : 1,
    finished: given?.finished === true,
    steps: Object.fromEntries(steps),
  };
}

/** @returns {{ lessons: Record<string, LessonProgress>, offered: boolean }} */
function load() {
  const kept = storage.load(KEY);
  const lessons = Object.entries(kept?.lessons ?? {}).map(([id, each]) => [id, readLesson(each)]);
  return { lessons: Object.fromEntries(lessons), offered: kept?.[OFFERED] === true };
}

const all = signal(load());
let isKept = true; // what is here is also in the browser

/** Take over what another tab has kept since. */
function follow() {
  if (isKept && storage.load(KEY)) all.value = load();
}
window.addEventListener("storage", ({ key }) => key === KEY && follow());
window.addEventListener("pageshow", ({ persisted }) => persisted && follow()); // it heard of nothing meanwhile

/** @param {Partial<ReturnType<typeof load>>} changes */
function keep(changes) {
  all.value = { ...all.peek(), ...changes };
  isKept = storage.keep(KEY, all.peek());
}

/** What a visitor did of a lesson; null: it was never opened. @param {string} id @returns {LessonProgress | null} */
export const progressOf = (id) => (Object.hasOwn(all.value.lessons, id) ? all.value.lessons[id] : null);

/** @param {string} id @param {Partial<LessonProgress>} changes */
export function noteLesson(id, changes) {
  follow();
  const before = all.peek().lessons[id] ?? readLesson(null);
  keep({ lessons: { ...all.peek().lessons, [id]: { ...before, ...changes } } });
}

/** What was done at a step. @param {string} id @param {number} step @returns {StepProgress} */
export const stepOf = (id, step) => progressOf(id)?.steps[step] ?? { answers: [], hint: false, done: false };

/** @param {string} id @param {number} step @param {Partial<StepProgress>} changes */
export function noteStep(id, step, changes) {
  follow();
  const steps = all.peek().lessons[id]?.steps ?? {};
  noteLesson(id, { steps: { ...steps, [step]: { ...stepOf(id, step), ...changes } } });
}

/** Forget what was done of a lesson. @param {string} id */
export function forget(id) {
  follow();
  const { [id]: _, ...lessons } = all.peek().lessons;
  keep({ lessons });
}

/** Whether the first lesson is still to be offered. */
export const isNew = () => !all.value.offered && !Object.keys(all.value.lessons).length;

export function dismissOffer() {
  follow();
  keep({ offered: true });
}
