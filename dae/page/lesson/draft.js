// A lesson while it is being built. In it each step's state is whole: what holds there, not what changes there, so that
// steps can be moved and deleted. In the lesson's file a step says only what changes.

import { NOT_SET } from "./lesson.js";

/** @typedef {import("./lesson.js").Step} Step */
/** @typedef {Record<string, import("../types.d.ts").Value | null>} Values null: as the visitor has it, from here on */

/** Each step with all that holds there. @param {Step[]} steps */
export function whole(steps) {
  /** @type {Values} */
  let all = {};
  return steps.map((step) => {
    all = { ...all, ...step.state };
    return { ...step, state: all };
  });
}

/**
 * What a field starts with, where the other fields are these.
 * @param {import("../state.js").State} state @param {string} name @param {Values} values
 */
const startOf = (state, name, values) =>
  name === "level" ? (state.noises.get(String(values.noise))?.start ?? 0) : state.fields[name].start;

/** @param {unknown} one @param {unknown} other */
const isSame = (one, other) => JSON.stringify(one) === JSON.stringify(other);

/**
 * Each step with what changes there: the inverse of `whole`. A field that any step sets is set in all, so that going
 * back gives the view back that the teacher saw.
 * @param {import("../state.js").State} state @param {Step[]} steps
 */
export function changes(state, steps) {
  const names = [...new Set(steps.flatMap((step) => Object.keys(step.state ?? {})))];
  /** @type {Values} */
  let before = {};
  return steps.map((step) => {
    const values = step.state ?? {};
    const now = Object.fromEntries(
      names.map((name) => [name, name in values ? values[name] : startOf(state, name, values)]),
    );
    const changed = Object.entries(now).filter(([name, value]) => !isSame(value, before[name]));
    before = now;
    return { ...step, state: Object.fromEntries(changed) };
  });
}

/**
 * What a step sets that shows the page as it stands. The visitor's own networks are left out.
 * @param {import("../state.js").State} state
 * @returns {Values}
 */
export function viewNow(state) {
  const query = state.query({ whole: true });
  return Object.fromEntries(
    [...query.keys()]
      .filter((name) => !NOT_SET.includes(name))
      .map((name) => [name, state.read(name, query.get(name))]),
  );
}

/**
 * Whether the page shows what a step's state says.
 * @param {import("../state.js").State} state @param {Values} values
 */
export function isShown(state, values) {
  const now = viewNow(state);
  return [...new Set([...Object.keys(now), ...Object.keys(values)])].every((name) => {
    const [here, there] = [now, values].map((each) =>
      name in each ? each[name] : startOf(state, name, each),
    );
    return there === null || isSame(here, there);
  });
}

/**
 * All fields as they stand at a step, those that it does not name at their start: for pictures of it.
 * @param {import("../state.js").State} state @param {Values} values
 * @returns {Record<string, any>}
 */
export const viewOf = (state, values) =>
  Object.fromEntries(
    Object.keys(state.fields).map((name) => [name, values[name] ?? startOf(state, name, values)]),
  );

/** @template {Step} S @param {S[]} steps @param {number} from @param {number} to */
export function moved(steps, from, to) {
  if (to < 0 || to >= steps.length) return steps;
  const others = steps.filter((_, i) => i !== from);
  return [...others.slice(0, to), steps[from], ...others.slice(to)];
}
