// What the Denoise tab shows, asked of the engine: the stage at once with every change, the strip of all levels one step
// behind it. Kept while other tabs are open.
import { computed, effect, signal } from "@preact/signals-core";
import { clean, digitOf, firstDigit, passing, waiting } from "../../digit.js";
import { measure } from "../../lesson/measured.js";
import { engine, manifest, state } from "../../page.js";
import { media } from "../../parts/html.js";

/** @typedef {import("../../engine/metrics.js").Figures} Figures */
/** @typedef {Pick<import("../../engine/verdict.js").Verdict, "digit" | "confidence">} Verdict */
/**
 * @typedef {object} Question
 * @property {Float32Array} digit
 * @property {string} model
 * @property {string} noise
 * @property {number} level
 * @property {boolean} clip
 * @property {number} seed
 * @property {number} passes
 */
/**
 * @typedef {object} Shown the answer of the stage, with its question; without a network there is no reconstruction
 * @property {Question} question
 * @property {Float32Array} noisy
 * @property {Float32Array} [restored]
 * @property {Float32Array} [error]
 * @property {Float32Array[]} [passes]
 * @property {{ noisy: Figures, restored?: Figures, passes?: Figures[] }} figures
 * @property {{ clean: Verdict, noisy: Verdict, restored?: Verdict } | null} [verdicts]
 */
/**
 * @typedef {object} Strip
 * @property {Question & { levels: number[] }} question
 * @property {Float32Array} noisy
 * @property {Float32Array} restored
 * @property {{ noisy: Figures[], restored: Figures[] }} figures
 */

const MANY = 11; // levels of the strip
const FEW = 6; // where there is no room for more that can be touched

export const narrow = media("(max-width: 900px)");
const slim = media("(max-width: 560px)");
/** How many levels the strip has. */
export const levelCount = computed(() => (slim.value ? FEW : MANY));

/** The fields of the state that a question is made of. */
const ASKED = /** @type {const} */ (["model", "noise", "level", "clip", "seed", "passes"]);

/** @type {import("@preact/signals-core").Signal<Shown | null>} */
export const shown = signal(firstStage());
/** @type {import("@preact/signals-core").Signal<Strip | null>} */
export const strip = signal(null);
/** What each network lacks: "" once it is there, "loading", or why it cannot be had. @type {import("@preact/signals-core").Signal<Map<string, string>>} */
const networks = signal(new Map());

/** What the chosen network lacks: "", "loading" or a code. */
export function lacks() {
  const lack = networks.value.get(state.get("model")) ?? (state.get("model") ? "loading" : "no_model");
  return lack === "loading" && isShown() ? "" : lack;
}

/** The question that the state asks now. */
function wanted() {
  const [model, noise, level, clip, seed, passes] = ASKED.map((name) => state.get(name));
  return { model, noise, level, clip, seed, passes };
}

/** Whether a reconstruction by the chosen network is shown: that which the page starts with is before it is loaded. */
const isShown = () => Boolean(shown.value?.restored) && shown.value?.question.model === state.get("model");

/** What the page starts with, where the state asks for that. @returns {Shown | null} */
function firstStage() {
  const question = wanted();
  const starts = Object.entries(question).every(([name, value]) => value === state.fields[name].start);
  if (clean.peek() !== firstDigit || !starts) return null;
  const { pictures, figures, verdicts } = manifest.first;
  const [noisy, restored] = [digitOf(pictures.noisy), digitOf(pictures.restored)];
  const error = restored.map((value, i) => value - firstDigit[i]);
  return {
    question: { digit: firstDigit, ...question },
    noisy,
    restored,
    passes: [restored],
    error,
    figures,
    verdicts,
  };
}

/** @param {string} model @param {string} [lack] nothing: as if it had never been asked for */
function note(model, lack) {
  const known = new Map(networks.peek());
  if (lack === undefined) known.delete(model);
  else known.set(model, lack);
  networks.value = known;
}

/** Ask for the chosen network again. */
export const again = () => note(state.peek("model"));

/** @param {string} model */
function load(model) {
  note(model, "loading");
  engine.ask("info", { model }).then(
    () => note(model, ""),
    (error) => note(model, error.code ?? "failed"),
  );
}

/** The levels of the strip, evenly spread over a noise's range. @param {number} maximum @param {number} count */
export const levelsOf = (maximum, count) =>
  Array.from({ length: count }, (_, i) => Number(((maximum * i) / (count - 1)).toFixed(4)));

/** A network that could not be reached is asked for again when it is chosen anew, or when there is a network again. */
function retry() {
  const model = state.peek("model");
  if (networks.peek().get(model) === "unreachable") note(model);
}

let turn = 0; // of the questions
let newest = 0; // turn of what is shown

/** @param {number} mine @param {Shown} answer */
function show(mine, answer) {
  if (mine < newest) return;
  newest = mine;
  shown.value = answer;
}

/** @param {Question} question */
async function askStage(question) {
  const mine = ++turn;
  const answer = await engine.ask("stage", question, { channel: "stage", finish: true });
  if (answer) show(mine, { question, ...answer });
}

/** What needs no network, while it is loaded. @param {Question} question */
async function askNoisy(question) {
  const mine = ++turn;
  const { digit, noise, level, clip, seed } = question;
  const before = shown.peek()?.question;
  const names = /** @type {const} */ (["digit", "noise", "level", "clip", "seed"]);
  if (before && names.every((name) => before[name] === question[name])) return; // it stays, until the network is there
  const found = await engine.ask(
    "corrupt",
    { images: digit, noise, level, clip, seed },
    { channel: "noisy" },
  );
  const measured = found && (await engine.ask("metrics", { images: found.noisy, clean: digit }));
  if (measured) show(mine, { question, noisy: found.noisy, figures: { noisy: measured.figures[0] } });
}

/** @param {Strip["question"]} question */
async function askStrip(question) {
  const answer = await engine.ask("strip", question, { channel: "strip", finish: true });
  if (answer) strip.value = { question, ...answer };
}

/** What is measured of the stage, once it is that of the state. */
function tell() {
  const now = shown.value;
  const isNow = ASKED.every((name) => state.get(name) === now?.question[name]) && !waiting.value;
  if (!isNow || !now?.figures.restored || now.question.digit !== clean.value) return measure("denoise", null);
  const { noisy, restored } = now.figures;
  const verdict = now.verdicts && {
    clean: now.verdicts.clean.digit,
    noisy: now.verdicts.noisy.digit,
    restored: now.verdicts.restored?.digit,
    confidence: now.verdicts.restored?.confidence,
    other: (now.verdicts.restored?.digit ?? now.verdicts.clean.digit) !== now.verdicts.clean.digit,
  };
  measure("denoise", { noisy, restored, verdict });
}

const complain = (/** @type {unknown} */ error) => console.error(error);

/** Follow the state from now on. Returns what ends it. */
export function follow() {
  const stage = effect(() => {
    const digit = clean.value;
    const question = wanted();
    const { model } = question;
    const lack = networks.value.get(model);
    if (lack === undefined && model) queueMicrotask(() => load(model));
    if (!digit) return;
    if (lack === undefined || lack === "loading") askNoisy({ digit, ...question }).catch(complain);
    else askStage({ digit, ...question, model: lack ? "" : model }).catch(complain);
  });
  let asked = "";
  /** @type {Float32Array | null} */
  let askedDigit = null;
  const levels = effect(() => {
    const count = levelCount.value;
    const now = shown.value;
    // Not while a stroke goes on, nor for a digit that has been left meanwhile: the stage would have to wait.
    if (!now?.restored || !state.shows("strip") || passing.value || now.question.digit !== clean.value)
      return;
    const { digit, model, noise, clip, seed } = now.question;
    const key = [model, noise, clip, seed, count].join();
    if (key === asked && digit === askedDigit) return;
    asked = key;
    askedDigit = digit;
    const { maximum } = /** @type {import("../../types.d.ts").Noise} */ (state.noises.get(noise));
    askStrip({ ...now.question, levels: levelsOf(maximum, count) }).catch(complain);
  });
  const told = effect(tell);
  const chosen = effect(() => {
    state.get("model");
    queueMicrotask(retry);
  });
  window.addEventListener("online", retry);
  return () => {
    window.removeEventListener("online", retry);
    chosen();
    stage();
    levels();
    told();
    measure("denoise", null);
  };
}
