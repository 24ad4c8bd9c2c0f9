// The lesson that a teacher is building: kept in this browser over a reload, and nowhere else.
import { batch, effect, signal } from "@preact/signals-core";
import { changes, moved, viewNow, whole } from "../../lesson/draft.js";
import { FORMAT, read } from "../../lesson/lesson.js";
import { isTheirs } from "../../lesson/theirs.js";
import { manifest, state } from "../../page.js";
import * as storage from "../../storage.js";
import { language } from "../../words.js";

/** @typedef {import("../../lesson/lesson.js").Lesson} Lesson */
/** @typedef {import("../../lesson/lesson.js").Text} Text */
/** @typedef {"text" | "question" | "task"} Kind */
/** @typedef {import("../../lesson/lesson.js").Step & { kind: Kind }} DraftStep with a question and a task kept, of which `kind` says which holds */
/** @typedef {Omit<Lesson, "steps"> & { steps: DraftStep[] }} Draft texts may be missing in it */

const KEY = "denoising-draft";
const DELETED = "denoising-deleted"; // of this browser tab
const PAUSE = 300; // milliseconds; not with every key
const MINUTES = 10;

/** What was kept, or null where nothing was or where it is none of ours. @returns {Draft | null} */
function load() {
  const kept = storage.load(KEY);
  const isDraft = kept?.format === FORMAT && Array.isArray(kept.steps);
  return isDraft && kept.steps.every((/** @type {any} */ step) => step?.kind && step.state) ? kept : null;
}

const newId = () => `lesson-${Math.random().toString(36).slice(2, 10)}`;

/** A lesson without steps. @returns {Draft} */
function empty() {
  return { format: FORMAT, id: newId(), minutes: MINUTES, title: {}, steps: [], worksheet: [] };
}

export const draft = signal(load() ?? empty());

/** What was deleted before the page was loaded anew. */
function deletedBefore() {
  const found = storage.load(DELETED, "sessionStorage");
  return found?.id === draft.peek().id && Array.isArray(found.steps) ? found.steps : [];
}

/** The step that is worked on, from 0; -1 for none. */
export const at = signal(draft.peek().steps.length ? 0 : -1);
/** Steps that were deleted, with the places that they had: the last one can come back first. @type {import("@preact/signals-core").Signal<{ step: DraftStep, place: number }[]>} */
export const deleted = signal(deletedBefore());
effect(() => {
  storage.keep(DELETED, { id: draft.peek().id, steps: deleted.value }, "sessionStorage");
});

/** The lesson as the browser keeps it: another tab may have put it there. */
let kept = draft.peek();

/** Only what was changed here: the bench may be open in another tab as well. */
function keep() {
  if (draft.peek() === kept) return;
  kept = draft.peek();
  storage.keep(KEY, kept);
}

/** Take over what another tab has kept. */
function follow() {
  const theirs = load();
  if (!theirs || JSON.stringify(theirs) === JSON.stringify(kept)) return;
  kept = theirs;
  batch(() => {
    draft.value = theirs;
    at.value = Math.min(at.peek(), theirs.steps.length - 1);
  });
}

let timer = 0;
effect(() => {
  draft.value;
  clearTimeout(timer);
  timer = setTimeout(keep, PAUSE);
});
window.addEventListener("pagehide", keep);
window.addEventListener("storage", ({ key }) => key === KEY && follow());
window.addEventListener("pageshow", ({ persisted }) => persisted && follow()); // it heard of nothing meanwhile

/** @param {Partial<Draft>} values */
export function change(values) {
  draft.value = { ...draft.peek(), ...values };
}

/** @param {number} place @param {Partial<DraftStep>} values */
export function changeStep(place, values) {
  const steps = draft.peek().steps;
  change({ steps: steps.map((step, i) => (i === place ? { ...step, ...values } : step)) });
}

/** A text with another wording in the page's language; undefined where nothing is left of it. @param {Text | undefined} text @param {string} wording @returns {Text | undefined} */
export function worded(text, wording) {
  const { [/** @type {"en" | "zh"} */ (language.peek())]: _, ...others } = text ?? {};
  const found = wording.trim() ? { ...others, [language.peek()]: wording } : others;
  return Object.keys(found).length ? found : undefined;
}

/** What the page's language says of a text that is being written. @param {Text | undefined} text */
export const wording = (text) => text?.[/** @type {"en" | "zh"} */ (language.value)] ?? "";

/** Begin a lesson. */
export function begin() {
  draft.value = empty();
  at.value = -1;
  deleted.value = [];
}

/** Go on with a lesson that there is. @param {Lesson} lesson */
export function take(lesson) {
  const steps = whole(lesson.steps).map((step) => {
    const kind = step.question ? "question" : step.task ? "task" : "text";
    return { ...step, kind: /** @type {Kind} */ (kind) };
  });
  draft.value = { ...lesson, id: isTheirs(lesson.id) ? lesson.id : newId(), steps };
  deleted.value = [];
  choose(0);
}

/** Add the page as it stands, after the step that is worked on. */
export function addView() {
  const steps = draft.peek().steps;
  const place = at.peek() < 0 ? steps.length : at.peek() + 1;
  /** @type {DraftStep} */
  const step = { name: {}, text: {}, state: viewNow(state), kind: "text" };
  change({ steps: [...steps.slice(0, place), step, ...steps.slice(place)] });
  at.value = place;
}

/** Work on a step: the page shows it. @param {number} place */
export function choose(place) {
  at.value = place;
  show(draft.peek().steps[place]);
}

/** @param {DraftStep | undefined} step */
export function show(step) {
  const values = Object.entries(step?.state ?? {}).filter(([, value]) => value !== null);
  state.set(Object.fromEntries(values));
}

/** @param {number} from @param {number} to */
export function move(from, to) {
  const steps = draft.peek().steps;
  if (to < 0 || to >= steps.length) return;
  change({ steps: moved(steps, from, to) });
  at.value = to;
}

/** @param {number} place */
export function remove(place) {
  const steps = draft.peek().steps;
  deleted.value = [...deleted.peek(), { step: steps[place], place }];
  change({ steps: steps.filter((_, i) => i !== place) });
  at.value = Math.min(place, steps.length - 2);
}

/** Bring the step back that was deleted last. */
export function undo() {
  const last = deleted.peek().at(-1);
  if (!last) return;
  const steps = draft.peek().steps;
  deleted.value = deleted.peek().slice(0, -1);
  change({ steps: [...steps.slice(0, last.place), last.step, ...steps.slice(last.place)] });
  at.value = last.place;
}

/**
 * The lesson as its file says it. Throws a LessonError where something is missing yet.
 * @returns {Lesson}
 */
export function finished() {
  const { steps, ...rest } = draft.peek();
  const kinds = steps.map(({ kind, question, task, ...step }) => ({
    ...step,
    question: kind === "question" ? question : undefined,
    task: kind === "task" ? task : undefined,
  }));
  const lesson = read({ ...rest, steps: changes(state, kinds) }, manifest);
  return JSON.parse(JSON.stringify(lesson)); // without what is not there
}
