// A lesson is data: steps that set a part of the page's state, say where to look, and ask. This is the one place that
// knows its form; what is read is made anew of the known parts alone.
import { problemOf } from "./conditions.js";
import { SPOTS } from "./spots.js";

/** @typedef {import("../types.d.ts").Field} Field */
/** @typedef {import("../types.d.ts").Value} Value */
/** @typedef {{ en?: string, zh?: string }} Text in one language at least */
/** @typedef {{ text: Text, right: boolean, say?: Text }} Choice */
/** @typedef {{ text: Text, cover: string[], choices: Choice[] }} Question cover: spots hidden until a choice is made */
/** @typedef {{ text: Text, condition: import("./conditions.js").Condition, hint?: Text, done?: Text, needs?: "server" }} Task */
/** @typedef {{ name: Text, text: Text, state: Record<string, Value | null>, spotlight?: string, question?: Question, task?: Task }} Step */
/** @typedef {{ question: Text, answer: Text, lines: number }} Exercise lines: room to write */
/** @typedef {Pick<import("../types.d.ts").Manifest, "state" | "noises">} Rules the fields of the page's state, and the noises */
/** @typedef {{ format: 1, id: string, minutes: number, title: Text, summary?: Text, audience?: Text, steps: Step[], worksheet: Exercise[] }} Lesson */

export const FORMAT = 1;
export const LANGUAGES = /** @type {const} */ (["en", "zh"]);
/** Fields of the state that a step may not set: they say which step it is, and how it is looked at. */
export const NOT_SET = ["lesson", "step", "present", "lang"];
/** Characters of a text in one line, and of one in several. */
export const LONGEST = { line: 200, text: 2000 };
/** What a text of a step should have at most: words of English, characters of Chinese. */
export const MOST_READ = { en: 60, zh: 120 };
// Nothing of it would ever become HTML; but a text that holds it was not written for this page.
const MARKUP = /<[a-z!/?][^<]*>/i;
/** What a lesson has at most. */
export const MOST = { choices: 6, exercises: 20, lines: 12, minutes: 240 };

export class LessonError extends Error {
  /**
   * @param {string} code what is wrong: "no_lesson", "not_a_lesson", "format", "id", "text", "too_long", "markup", "steps", "field", "value",
   *   "spot", "choices", "both", "condition", "needs", "number"; of an address or a file also "damaged", "large",
   *   "long_link"
   * @param {Record<string, any>} [values] `step` from 1, where one is meant, and what it is about
   */
  constructor(code, values = {}) {
    super(`${code} ${JSON.stringify(values)}`);
    this.code = code;
    this.values = values;
  }
}

/** A text in a language, or in the one that it has. @param {Text | undefined} text @param {string} lang */
export const inLanguage = (text, lang) => (lang === "zh" ? text?.zh : text?.en) ?? text?.en ?? text?.zh ?? "";

/** How long a text is to read: its words, or the characters of a Chinese one. @param {string} text @param {string} lang */
export const countOf = (text, lang) =>
  lang === "zh" ? [...text.replace(/[\s*]/g, "")].length : text.split(/\s+/).filter(Boolean).length;

/** @param {unknown} value @returns {value is Record<string, any>} */
const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

/** @param {unknown} given @param {string} name @param {number} longest @returns {Text} */
function readText(given, name, longest) {
  if (!isObject(given)) throw new LessonError("text", { name });
  const known = LANGUAGES.filter((lang) => typeof given[lang] === "string" && given[lang].trim());
  if (!known.length) throw new LessonError("text", { name });
  const long = known.find((lang) => given[lang].length > longest);
  if (long) throw new LessonError("too_long", { name, longest });
  if (known.some((lang) => MARKUP.test(given[lang]))) throw new LessonError("markup", { name });
  return Object.fromEntries(known.map((lang) => [lang, given[lang]]));
}

/** @param {unknown} given @param {string} name @param {number} longest */
const readMaybe = (given, name, longest) =>
  given === undefined ? undefined : readText(given, name, longest);

/** @param {unknown} given @param {string} name @param {number} low @param {number} high */
function readWhole(given, name, low, high) {
  if (typeof given === "number" && Number.isInteger(given) && given >= low && given <= high) return given;
  throw new LessonError("number", { name, low, high });
}

/** @param {unknown} name */
function readSpot(name) {
  if (typeof name !== "string" || !Object.hasOwn(SPOTS, name))
    throw new LessonError("spot", { name: String(name) });
  return name;
}

const NAME = /^[\w.-]{1,60}$/; // of a network: one that this edition does without is not the lesson's fault

/** @param {unknown} value @param {number} low @param {number} high */
const isWithin = (value, low, high) => typeof value === "number" && value >= low && value <= high;
/** @param {unknown} value @param {(each: string) => boolean} test */
const isList = (value, test) =>
  Array.isArray(value) && value.every((each) => typeof each === "string" && test(each));

/**
 * Whether the page takes a value for a field, a level for whichever noise.
 * @param {Field} field @param {unknown} value
 */
function fits(field, value) {
  const { type, start, choices = [], low = 0, high = Number.POSITIVE_INFINITY, longest = 0 } = field;
  switch (type) {
    case "whole":
      return Number.isInteger(value) && isWithin(value, low, high);
    case "number":
    case "level":
      return Number.isFinite(value) && isWithin(value, low, high);
    case "flag":
      return typeof value === "boolean";
    case "list":
      return isList(value, (each) => choices.includes(each));
    case "names":
      return isList(value, (each) => NAME.test(each));
    case "choice":
      return value === start || choices.includes(String(value));
    case "model":
      return value === "" || (typeof value === "string" && NAME.test(value));
    default:
      return typeof value === "string" && value.length <= longest;
  }
}

/** @param {string} name of a field @param {unknown} value that it cannot have @param {number} [step] from 1 */
const refused = (name, value, step) =>
  new LessonError("value", { name, value: JSON.stringify(value).slice(0, 60), ...(step && { step }) });

/** @param {unknown} given @param {Record<string, Field>} fields */
function readState(given, fields) {
  if (given === undefined) return {};
  if (!isObject(given)) throw new LessonError("field", { name: String(given) });
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(fields, name) || NOT_SET.includes(name)) throw new LessonError("field", { name });
    if (value !== null && !fits(fields[name], value)) throw refused(name, value);
  }
  return { ...given };
}

/** Each step's level is one of the noise that holds there. @param {Lesson} lesson @param {Rules} rules */
function checkLevels(lesson, { noises }) {
  for (const step of lesson.steps.keys()) {
    const { noise, level } = stateAt(lesson, step + 1);
    const { maximum } = noises.find(({ key }) => key === noise) ?? {
      maximum: Math.max(...noises.map((each) => each.maximum)),
    };
    if (level !== undefined && !isWithin(level, 0, maximum)) {
      throw refused("level", level, step + 1);
    }
  }
}

/** @param {unknown} given @returns {Question} */
function readQuestion(given) {
  if (!isObject(given)) throw new LessonError("choices");
  const { text, cover = [], choices } = given;
  if (!Array.isArray(cover)) throw new LessonError("spot", { name: String(cover) });
  const isList = Array.isArray(choices) && choices.length >= 2 && choices.length <= MOST.choices;
  if (!isList || !choices.every(isObject) || !choices.some((choice) => choice.right === true))
    throw new LessonError("choices", { most: MOST.choices });
  return {
    text: readText(text, "question", LONGEST.text),
    cover: cover.map(readSpot),
    choices: choices.map((choice) => ({
      text: readText(choice.text, "choice", LONGEST.line),
      right: choice.right === true,
      say: readMaybe(choice.say, "say", LONGEST.text),
    })),
  };
}

/** @param {unknown} given @param {Record<string, Field>} fields @returns {Task} */
function readTask(given, fields) {
  if (!isObject(given)) throw new LessonError("condition");
  const { text, condition, hint, done, needs } = given;
  const problem = problemOf(condition, fields);
  if (problem) throw new LessonError("condition", { name: problem });
  if (needs !== undefined && needs !== "server") throw new LessonError("needs");
  return {
    text: readText(text, "task", LONGEST.text),
    condition: structuredClone(condition),
    hint: readMaybe(hint, "hint", LONGEST.text),
    done: readMaybe(done, "done", LONGEST.text),
    needs,
  };
}

/** @param {unknown} given @param {Record<string, Field>} fields @returns {Step} */
function readStep(given, fields) {
  if (!isObject(given)) throw new LessonError("steps");
  const { name, text, state, spotlight, question, task } = given;
  if (question !== undefined && task !== undefined) throw new LessonError("both");
  return {
    name: readText(name, "name", LONGEST.line),
    text: readText(text, "text", LONGEST.text),
    state: readState(state, fields),
    spotlight: spotlight === undefined ? undefined : readSpot(spotlight),
    question: question === undefined ? undefined : readQuestion(question),
    task: task === undefined ? undefined : readTask(task, fields),
  };
}

/** @param {unknown} given @returns {Exercise[]} */
function readWorksheet(given) {
  if (given === undefined) return [];
  if (!Array.isArray(given) || given.length > MOST.exercises || !given.every(isObject))
    throw new LessonError("number", { name: "worksheet", low: 0, high: MOST.exercises });
  return given.map(({ question, answer, lines = 3 }) => ({
    question: readText(question, "question", LONGEST.text),
    answer: readText(answer, "answer", LONGEST.text),
    lines: readWhole(lines, "lines", 1, MOST.lines),
  }));
}

/**
 * Read a lesson, ours or a teacher's.
 * @param {unknown} data as JSON gives it
 * @param {Rules} rules what the page takes
 * @returns {Lesson}
 * @throws {LessonError} what is wrong, and in which step
 */
export function read(data, rules) {
  const fields = rules.state;
  if (!isObject(data)) throw new LessonError("not_a_lesson");
  if (data.format !== FORMAT) throw new LessonError("format", { format: FORMAT });
  const { id, minutes, title, summary, audience, steps, worksheet } = data;
  if (typeof id !== "string" || !/^[a-z][a-z0-9-]{0,59}$/.test(id)) throw new LessonError("id");
  const most = Number(fields.step.high);
  if (!Array.isArray(steps) || !steps.length || steps.length > most) throw new LessonError("steps", { most });
  /** @type {Lesson} */
  const lesson = {
    format: FORMAT,
    id,
    minutes: readWhole(minutes, "minutes", 1, MOST.minutes),
    title: readText(title, "title", LONGEST.line),
    summary: readMaybe(summary, "summary", LONGEST.text),
    audience: readMaybe(audience, "audience", LONGEST.line),
    steps: steps.map((step, i) => {
      try {
        return readStep(step, fields);
      } catch (error) {
        if (error instanceof LessonError) throw new LessonError(error.code, { step: i + 1, ...error.values });
        throw error;
      }
    }),
    worksheet: readWorksheet(worksheet),
  };
  checkLevels(lesson, rules);
  return lesson;
}

/**
 * What the page shows at a step: the states of the steps up to it, the later ones first. A field that a step releases
 * (null) is not among them from there on.
 * @param {Lesson} lesson @param {number} step from 1
 * @returns {Record<string, Value>}
 */
export function stateAt(lesson, step) {
  const all = Object.assign({}, ...lesson.steps.slice(0, step).map((each) => each.state));
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null));
}
