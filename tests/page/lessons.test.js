import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { test } from "node:test";
import { check, MEASURED, names, problemOf } from "../../dae/page/lesson/conditions.js";
import {
  countOf,
  inLanguage,
  LessonError,
  MOST_READ,
  NOT_SET,
  read,
  stateAt,
} from "../../dae/page/lesson/lesson.js";
import { measure, measured } from "../../dae/page/lesson/measured.js";
import { SPOTS } from "../../dae/page/lesson/spots.js";
import { State } from "../../dae/page/state.js";

const PAGE = new URL("../../dae/page/", import.meta.url);
const json = async (/** @type {string} */ path) => JSON.parse(await readFile(new URL(path, PAGE), "utf8"));
const manifest = await json("manifest.json");
const fields = manifest.state;
const shipped = await Promise.all(
  manifest.lessons.map((/** @type {string} */ id) => json(`lessons/${id}.json`)),
);
const both = (/** @type {string} */ en, /** @type {string} */ zh = "字") => ({ en, zh });
const step = (/** @type {any} */ more = {}) => ({ name: both("a"), text: both("b"), ...more });
const lesson = (/** @type {any} */ more = {}) => ({
  ...{ format: 1, id: "some", minutes: 5, title: both("t"), summary: both("s"), audience: both("a") },
  steps: [step()],
  ...more,
});
const codeOf = (/** @type {any} */ data) => {
  try {
    read(data, manifest);
    return "";
  } catch (/** @type {any} */ error) {
    assert.ok(error instanceof LessonError, String(error));
    return error.values.step ? `${error.values.step} ${error.code}` : error.code;
  }
};

test("every lesson that lies there is in the manifest, under its own id", async () => {
  const files = (await readdir(new URL("lessons/", PAGE))).sort();
  assert.deepEqual(files, manifest.lessons.map((/** @type {string} */ id) => `${id}.json`).sort());
  assert.deepEqual(
    shipped.map(({ id }) => id),
    manifest.lessons,
  );
});

test("every shipped lesson is read whole: nothing of its file is left out", () => {
  for (const data of shipped) {
    const found = read(data, manifest);
    const known = JSON.parse(JSON.stringify(found));
    for (const [i, each] of data.steps.entries()) {
      each.state ??= {};
      for (const choice of each.question?.choices ?? []) choice.right ??= false;
      if (each.question) each.question.cover ??= [];
      assert.deepEqual(known.steps[i], each, `${data.id} ${i + 1}`);
    }
    assert.deepEqual(known.worksheet, data.worksheet, data.id);
    assert.ok(data.worksheet.length >= 1, data.id);
  }
});

/** The texts of a lesson with where they are, `name` the last key of the way there. @param {any} value @param {string} path @returns {[string, any][]} */
const texts = (value, path = "") => {
  if (typeof value !== "object" || value === null) return [];
  if (typeof value.en === "string" || typeof value.zh === "string") return [[path, value]];
  return Object.entries(value).flatMap(([key, each]) => texts(each, `${path}.${key}`));
};

test("every text of a shipped lesson is in both languages, and short", () => {
  for (const data of shipped) {
    for (const [path, text] of texts(data)) {
      const where = `${data.id}${path}`;
      assert.ok(text.en?.trim() && text.zh?.trim(), where);
      assert.ok(/[一-鿿]/.test(text.zh) || !/[a-z]{4}/i.test(text.en), `${where} is Chinese`);
      assert.ok(!/[<>]|&\w+;/.test(text.en + text.zh.replaceAll("<", "＜")), `${where} holds no markup`);
      if (path.startsWith(".worksheet")) continue;
      const [words, characters] = [countOf(text.en, "en"), countOf(text.zh, "zh")];
      assert.ok(words <= MOST_READ.en, `${where} has ${words} words`);
      assert.ok(characters <= MOST_READ.zh, `${where} has ${characters} characters`);
    }
  }
});

test("what a shipped lesson sets is in range: the page shows just that", () => {
  const models = manifest.models.map((/** @type {any} */ model) => model.name);
  for (const data of shipped) {
    const found = read(data, manifest);
    for (let at = 1; at <= found.steps.length; at++) {
      const state = new State(manifest, () => models);
      const values = stateAt(found, at);
      assert.ok(values.tab, `${data.id} says which tab its first step is on`);
      state.set(values);
      for (const [name, value] of Object.entries(values))
        assert.deepEqual(state.peek(name), value, `${data.id} ${at}: ${name}`);
    }
  }
});

test("a task is not done by the step's own state", () => {
  for (const data of shipped) {
    const found = read(data, manifest);
    for (const [i, { task }] of found.steps.entries()) {
      if (!task) continue;
      const values = stateAt(found, i + 1);
      assert.ok(!check(task.condition, (name) => values[name]), `${data.id} ${i + 1}`);
    }
  }
});

test("every spot and every name of a condition has its words", async () => {
  for (const lang of ["en", "zh"]) {
    const words = await json(`words/${lang}.json`);
    for (const name of Object.keys(SPOTS)) assert.ok(words[`spot_${name}`], `${lang} spot_${name}`);
  }
});

test("what is wrong with a lesson is said by its code and step", () => {
  assert.equal(codeOf(lesson()), "");
  for (const data of [null, [], 5, "text"]) assert.equal(codeOf(data), "not_a_lesson");
  assert.equal(codeOf({ ...lesson(), format: 2 }), "format");
  for (const id of ["", "A", "../up", "x".repeat(61), 5, "a b"]) assert.equal(codeOf(lesson({ id })), "id");
  for (const minutes of [0, 1.5, "5", 1e9, undefined]) assert.equal(codeOf(lesson({ minutes })), "number");
  for (const title of [undefined, "text", {}, { en: " " }, { de: "ja" }, { en: 5 }])
    assert.equal(codeOf(lesson({ title })), "text");
  assert.equal(codeOf(lesson({ title: { zh: "只有中文" } })), "");
  assert.equal(codeOf(lesson({ title: both("x".repeat(201)) })), "too_long");
  for (const steps of [undefined, [], "steps", Array(fields.step.high + 1).fill(step())])
    assert.equal(codeOf(lesson({ steps })), "steps");
  const second = (/** @type {any} */ more) => codeOf(lesson({ steps: [step(), step(more)] }));
  assert.equal(second({ state: { digit: 3, noise: "masking", level: null } }), "");
  for (const name of ["bogus", "__proto__", "constructor", ...NOT_SET])
    assert.equal(second({ state: JSON.parse(`{"${name}": 1}`) }), "2 field", name);
  for (const state of [
    ...[{ digit: "3" }, { digit: 10 }, { digit: 1.5 }, { seed: -1 }, { clip: 1 }],
    ...[{ level: Number.NaN }, { level: -0.1 }, { level: 3.1 }, { noise: "masking", level: 1.2 }],
    ...[{ tab: "bogus" }, { noise: "<b>" }, { hide: "seed" }, { hide: ["seed", "bogus"] }],
    ...[{ model: 5 }, { model: "<img src=x>" }, { compare: ["plain", "a b"] }, { picked: "x".repeat(6) }],
  ])
    assert.equal(second({ state }), "2 value", JSON.stringify(state));
  assert.equal(
    second({ state: { noise: "speckle", level: 3, model: "one-of-another-edition", plane: "" } }),
    "",
  );
  const masked = step({ state: { noise: "masking", level: 0.9 } });
  const steps = (/** @type {any[]} */ ...states) => [masked, ...states.map((state) => step({ state }))];
  assert.equal(codeOf(lesson({ steps: steps({}, { noise: "block" }) })), "3 value"); // the level before is too much
  assert.equal(codeOf(lesson({ steps: steps({}, { noise: "block", level: null }) })), "");
  for (const spotlight of ["body", "toString", 5]) assert.equal(second({ spotlight }), "2 spot");
  const task = { text: both("t"), condition: { of: "noise", isNot: "gaussian" } };
  assert.equal(second({ task }), "");
  assert.equal(second({ task: { ...task, needs: "luck" } }), "2 needs");
  assert.equal(second({ task: { ...task, condition: { of: "noise" } } }), "2 condition");
  const choices = [
    { text: both("a"), right: true, say: both("b") },
    { text: both("c"), say: both("d") },
  ];
  const question = { text: both("q"), choices };
  assert.equal(second({ question }), "");
  assert.equal(second({ question, task }), "2 both");
  assert.equal(second({ question: { ...question, choices: choices.slice(1) } }), "2 choices");
  assert.equal(second({ question: { ...question, choices: [choices[1], choices[1]] } }), "2 choices");
  assert.equal(second({ question: { ...question, cover: ["elsewhere"] } }), "2 spot");
});

test("what is read holds the known parts alone", () => {
  const found = read(lesson({ extra: 1, steps: [step({ html: "<b>", state: { digit: 3 } })] }), manifest);
  assert.ok(!("extra" in found) && !("html" in found.steps[0]));
});

test("a condition that names what is not there is told", () => {
  const wrong = [
    [null, "condition"],
    [{ all: [] }, "condition"],
    [{ any: [{ of: "noise", is: "gaussian" }], of: "noise" }, "condition"],
    [{ of: "nothing", is: 1 }, "nothing"],
    [{ of: "toString", is: 1 }, "toString"],
    [{ of: "level", above: "0.5" }, "level"],
    [{ of: "noise", above: 1 }, "above"],
    [{ of: "noise", like: "g" }, "like"],
    [{ of: "noise", oneOf: [] }, "noise"],
    [{ of: "clip", is: "true" }, "clip"],
    [{ all: [{ of: "noise", is: "gaussian" }, { of: "level" }] }, "level"],
  ];
  for (const [condition, problem] of wrong)
    assert.equal(problemOf(condition, fields), problem, JSON.stringify(condition));
  let deep = /** @type {any} */ ({ of: "noise", is: "gaussian" });
  for (let i = 0; i < 5; i++) deep = { all: [deep] };
  assert.equal(problemOf(deep, fields), "condition");
  for (const [name, kind] of Object.entries(names(fields))) {
    const value = { number: 1, flag: true, text: "x", list: "x" }[kind];
    assert.equal(problemOf({ of: name, is: value }, fields), "", name);
  }
});

test("conditions compare as they say, and what is not measured fulfils none", () => {
  const values = /** @type {Record<string, any>} */ ({ a: 5, b: "x", c: true, d: ["p", "q"] });
  const holds = (/** @type {any} */ condition) => check(condition, (name) => values[name]);
  for (const condition of [
    { of: "a", is: 5 },
    { of: "a", above: 4, below: 6 },
    { of: "a", atLeast: 5, atMost: 5 },
    { of: "b", isNot: "y" },
    { of: "b", oneOf: ["y", "x"] },
    { of: "c", is: true },
    { of: "d", is: "p,q" },
    {
      any: [
        { of: "a", is: 0 },
        { of: "c", is: true },
      ],
    },
  ])
    assert.ok(holds(condition), JSON.stringify(condition));
  for (const condition of [
    { of: "a", above: 5 },
    { of: "a", above: 4, below: 5 },
    { of: "b", oneOf: ["y"] },
    { of: "none", isNot: 5 },
    { of: "none", below: 5 },
    {
      all: [
        { of: "a", is: 5 },
        { of: "c", is: false },
      ],
    },
    { any: [{ of: "a", is: 0 }] },
  ])
    assert.ok(!holds(condition), JSON.stringify(condition));
});

test("measured values are found by tab and name, and are gone with their view", () => {
  measure("denoise", { restored: { psnr: 12 }, verdict: null });
  assert.equal(measured("denoise.restored.psnr"), 12);
  assert.equal(measured("denoise.verdict.other"), undefined);
  assert.equal(measured("features.dead"), undefined);
  measure("denoise", null);
  assert.equal(measured("denoise.restored.psnr"), undefined);
  assert.ok(Object.keys(MEASURED).every((name) => name.includes(".")));
});

test("a step shows what the steps up to it set, until one releases it", () => {
  const found = read(
    lesson({
      steps: [
        step({ state: { digit: 3, seed: 1 } }),
        step({ state: { seed: null } }),
        step({ state: { digit: 4 } }),
      ],
    }),
    manifest,
  );
  assert.deepEqual(stateAt(found, 1), { digit: 3, seed: 1 });
  assert.deepEqual(stateAt(found, 2), { digit: 3 });
  assert.deepEqual(stateAt(found, 3), { digit: 4 });
});

test("the length of a text is its words, or its Chinese characters", () => {
  assert.equal(countOf("", "en"), 0);
  assert.equal(countOf(" The *noisy* picture\nis its input. ", "en"), 6);
  assert.equal(countOf("这*张* 图片。\n", "zh"), 5);
});

test("a text comes in the page's language, or in the one that it has", () => {
  assert.equal(inLanguage(both("a"), "zh"), "字");
  assert.equal(inLanguage({ en: "a" }, "zh"), "a");
  assert.equal(inLanguage({ zh: "字" }, "en"), "字");
});
