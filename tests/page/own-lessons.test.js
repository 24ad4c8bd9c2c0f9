import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { deflateRawSync, inflateRawSync } from "node:zlib";
import { names } from "../../dae/page/lesson/conditions.js";
import { csv } from "../../dae/page/lesson/csv.js";
import { changes, isShown, moved, viewNow, viewOf, whole } from "../../dae/page/lesson/draft.js";
import { LessonError, NOT_SET, read, stateAt } from "../../dae/page/lesson/lesson.js";
import { fileOf, hashOf, MOST_BYTES, MOST_CHARACTERS, ofFile, ofHash } from "../../dae/page/lesson/link.js";
import { SPOTS } from "../../dae/page/lesson/spots.js";
import { State } from "../../dae/page/state.js";

const PAGE = new URL("../../dae/page/", import.meta.url);
const manifest = JSON.parse(await readFile(new URL("manifest.json", PAGE), "utf8"));
const fields = manifest.state;
const newState = () => new State(manifest, () => manifest.models.map((/** @type {any} */ { name }) => name));
const bytes = (/** @type {string} */ text) => new TextEncoder().encode(text);
const packed = (/** @type {string | Uint8Array} */ text) =>
  deflateRawSync(text, { level: 9 }).toString("base64url");

/** Draws that are the same in every run (mulberry32). @param {number} seed */
function draws(seed) {
  let state = seed;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const whole = (/** @type {number} */ low, /** @type {number} */ high) =>
    low + Math.floor(next() * (high - low + 1));
  const one = (/** @type {any} */ list) => list[whole(0, list.length - 1)];
  return { whole, one, maybe: (/** @type {() => any} */ make) => (next() < 0.5 ? make() : undefined) };
}

const LETTERS = [
  ..."abc XYZ 0189 .,;:!?'\"`\\/{}[]()&%$#@*_-+=~|^",
  "\n",
  "字",
  "噪",
  "声",
  "。",
  "é",
  "x̃",
  "σ",
  "🧽",
  "\u200d",
  "< ",
  "אב",
];

/** A lesson of random content. @param {number} seed */
function randomLesson(seed) {
  const { whole: number, one, maybe } = draws(seed);
  const some = (
    /** @type {number} */ low,
    /** @type {number} */ high,
    /** @type {(i: number) => any} */ make,
  ) => Array.from({ length: number(low, high) }, (_, i) => make(i));
  const text = () => {
    const said = () => `a${some(0, 60, () => one(LETTERS)).join("")}`;
    return one([{ en: said() }, { zh: said() }, { en: said(), zh: said() }]);
  };
  const noise = () => one(manifest.noises);
  const view = () => {
    const chosen = noise();
    return {
      tab: one(["denoise", "compare", "latent", "features"]),
      noise: chosen.key,
      level: (number(0, 100) / 100) * chosen.maximum,
      ...maybe(() => ({ source: "draw", pixels: some(10, 400, () => one("abcXYZ019_-")).join("") })),
      ...maybe(() => ({ digit: number(0, 9), index: number(0, 99), source: "pick", pixels: "" })),
      ...maybe(() => ({ clip: one([true, false]), hide: one([[], ["seed"], ["level", "model"]]) })),
      ...maybe(() => ({ grid: true, model: one(manifest.models).name })),
    };
  };
  const question = () => ({
    text: text(),
    cover: one([[], ["reconstruction"]]),
    choices: some(2, 6, (i) => ({ text: text(), right: i === 0, say: maybe(text) })),
  });
  const task = () => ({
    text: text(),
    condition: one([
      {
        all: [
          { of: "noise", isNot: "gaussian" },
          { of: "denoise.restored.psnr", below: number(5, 20) },
        ],
      },
      { of: "level", atLeast: 0.5 },
    ]),
    hint: maybe(text),
    done: maybe(text),
    needs: maybe(() => "server"),
  });
  const steps = some(1, 12, () => {
    const kind = one(["", "question", "task"]);
    return {
      name: text(),
      text: text(),
      state: view(),
      spotlight: maybe(() => one(Object.keys(SPOTS))),
      question: kind === "question" ? question() : undefined,
      task: kind === "task" ? task() : undefined,
    };
  });
  const texts = { title: text(), summary: maybe(text), audience: maybe(text) };
  const worksheet = some(0, 4, () => ({ question: text(), answer: text(), lines: number(1, 12) }));
  return read({ format: 1, id: "lesson-abc", minutes: number(1, 90), ...texts, steps, worksheet }, manifest);
}

const plain = (/** @type {any} */ value) => JSON.parse(JSON.stringify(value));
/** The code of the LessonError that a promise or a function ends with. @param {() => any} work */
async function codeOf(work) {
  try {
    await work();
  } catch (/** @type {any} */ error) {
    assert.ok(error instanceof LessonError, String(error));
    return error.code;
  }
  return "";
}

test("lessons of any content go through a link and a file unchanged", async () => {
  for (let seed = 0; seed < 60; seed++) {
    const lesson = plain(randomLesson(seed));
    const hash = await hashOf(lesson);
    assert.match(hash, /^#lesson=[\w-]+$/); // nothing that an address would change
    assert.deepEqual(plain(await ofHash(hash, manifest)), lesson, `link of ${seed}`);
    assert.deepEqual(plain(ofFile(bytes(fileOf(lesson)), manifest)), lesson, `file of ${seed}`);
    // What the link holds is JSON under raw deflate (RFC 1951), by another implementation.
    assert.deepEqual(JSON.parse(inflateRawSync(Buffer.from(hash.slice(8), "base64url")).toString()), lesson);
  }
});

test("an address without a lesson is no lesson, and no problem", async () => {
  for (const hash of ["", "#", "#view", "#lessons=abc"]) assert.equal(await ofHash(hash, manifest), null);
});

test("a link that is cut short, changed or nonsense is damaged, whatever is left of it", async () => {
  const lesson = plain(randomLesson(3));
  const hash = await hashOf(lesson);
  for (let length = 8; length < hash.length; length += 7)
    assert.equal(await codeOf(() => ofHash(hash.slice(0, length), manifest)), "damaged", `${length}`);
  const { whole: number, one } = draws(5);
  for (let n = 0; n < 200; n++) {
    const place = number(8, hash.length - 1);
    const changed = hash.slice(0, place) + one("abcXYZ019_-%&= ") + hash.slice(place + 1);
    await codeOf(() => ofHash(changed, manifest)); // a lesson or a LessonError, nothing else
  }
  const nonsense = [
    "!!",
    "%00",
    "null",
    "AAAA",
    "__proto__",
    "a b",
    packed("not JSON"),
    packed(new Uint8Array([0xff, 0xfe, 0x41])),
    packed(""),
  ];
  for (const text of nonsense)
    assert.equal(await codeOf(() => ofHash(`#lesson=${text}`, manifest)), "damaged", text);
  for (const data of ["null", "[]", "7", '"x"', "[[]]"])
    assert.equal(await codeOf(() => ofHash(`#lesson=${packed(data)}`, manifest)), "not_a_lesson", data);
});

test("what would inflate to far more than a lesson is stopped while it inflates", async () => {
  const bomb = packed(new Uint8Array(11e6));
  assert.ok(bomb.length < MOST_CHARACTERS);
  const Original = globalThis.DecompressionStream;
  let inflated = 0;
  // @ts-expect-error a stand-in that counts
  globalThis.DecompressionStream = function counting(/** @type {CompressionFormat} */ format) {
    const { readable, writable } = new Original(format);
    const counter = new TransformStream({
      transform(chunk, controller) {
        inflated += chunk.length;
        controller.enqueue(chunk);
      },
    });
    return { readable: readable.pipeThrough(counter), writable };
  };
  try {
    assert.equal(await codeOf(() => ofHash(`#lesson=${bomb}`, manifest)), "large");
  } finally {
    globalThis.DecompressionStream = Original;
  }
  assert.ok(inflated > 0 && inflated < 4 * MOST_BYTES, String(inflated));
});

test("what is too long says so: a link, a file, and a lesson that fits a file only", async () => {
  assert.equal(
    await codeOf(() => ofHash(`#lesson=${"A".repeat(MOST_CHARACTERS + 1)}`, manifest)),
    "long_link",
  );
  assert.equal(await codeOf(() => ofFile(new Uint8Array(MOST_BYTES + 1), manifest)), "large");
  const { one } = draws(9);
  const lesson = plain(randomLesson(1));
  const drawn = () =>
    Array.from({ length: 1900 }, () => one("abcdefghijklmnopqrstuvwxyzABCDEFG0123456789_-")).join("");
  lesson.steps = Array.from({ length: 20 }, () => ({
    ...lesson.steps[0],
    state: { source: "draw", pixels: drawn() },
  }));
  assert.equal(await codeOf(() => hashOf(lesson)), "long_link");
  assert.deepEqual(plain(ofFile(bytes(fileOf(lesson)), manifest)), plain(read(lesson, manifest)));
});

test("a text that holds HTML is refused wherever it stands; a mere < is not", () => {
  const lesson = plain(randomLesson(2));
  const places = Object.keys(lesson).filter(
    (name) => typeof lesson[name] === "object" && !Array.isArray(lesson[name]),
  );
  assert.ok(places.includes("title"));
  const step = lesson.steps[0];
  const question = {
    text: { en: "q" },
    choices: [{ text: { en: "a" }, right: true, say: { en: "s" } }, { text: { en: "b" } }],
  };
  const all = {
    ...lesson,
    steps: [{ ...step, task: undefined, question }],
    worksheet: [{ question: { en: "q" }, answer: { en: "a" } }],
  };
  const task = {
    text: { en: "t" },
    condition: { of: "level", above: 1 },
    hint: { en: "h" },
    done: { en: "d" },
  };
  const withTask = { ...lesson, steps: [{ ...step, question: undefined, task }] };
  /** @param {any} value @param {(text: any) => void} visit */
  const eachText = (value, visit) => {
    if (typeof value !== "object" || value === null) return;
    if (typeof value.en === "string" || typeof value.zh === "string") visit(value);
    else for (const inner of Object.values(value)) eachText(inner, visit);
  };
  let count = 0;
  for (const start of [all, withTask]) {
    let texts = 0;
    eachText(start, () => texts++);
    for (let n = 0; n < texts; n++) {
      for (const html of [
        "<img src=x onerror=alert(1)>",
        "</p>",
        "<!-- x -->",
        "<script>",
        "<svg/onload=alert(1)>",
        "<?xml x?>",
      ]) {
        const copy = plain(start);
        let i = 0;
        eachText(copy, (text) => {
          if (i++ === n) text[Object.keys(text)[0]] += html;
        });
        assert.throws(() => read(copy, manifest), { code: "markup" });
        count++;
      }
    }
  }
  assert.ok(count >= 60);
  for (const text of ["a < b", "x<3", "0 < p <= 1", "<", "->", "p(x<1)>0"])
    read({ ...lesson, title: { en: text } }, manifest);
});

test("a lesson is the same after it was on the bench", () => {
  for (let seed = 0; seed < 60; seed++) {
    const state = newState();
    const lesson = randomLesson(seed);
    const again = { ...lesson, steps: changes(state, whole(lesson.steps)) };
    for (let step = 1; step <= lesson.steps.length; step++) {
      const [before, after] = [lesson, again].map((each) => viewOf(state, stateAt(each, step)));
      assert.deepEqual(after, before, `step ${step} of ${seed}`);
    }
    assert.deepEqual(changes(state, whole(again.steps)), again.steps);
  }
});

test("steps keep their views whatever their order, and going back gives them back", () => {
  const state = newState();
  const views = [
    "tab=latent&grid=1&model=fc-gaussian",
    "noise=masking&hide=seed",
    "digit=3&index=2&passes=4",
    "source=draw&pixels=abc",
  ].map((query) => {
    state.open(new URLSearchParams(query));
    return viewNow(state);
  });
  let steps = views.map((values) => ({ name: { en: "a" }, text: { en: "b" }, state: values }));
  for (const [from, to] of [
    [0, 3],
    [2, 0],
    [1, 2],
    [3, 0],
    [0, 4],
    [0, -1],
  ]) {
    steps = moved(steps, from, to);
    const lesson = read(
      { format: 1, id: "lesson-x", minutes: 5, title: { en: "t" }, steps: changes(state, steps) },
      manifest,
    );
    for (const step of [1, 2, 3, 4, 3, 2, 1]) {
      state.set(stateAt(lesson, step)); // whatever was shown before
      assert.ok(
        isShown(state, /** @type {any} */ (steps[step - 1].state)),
        `step ${step} after ${from} to ${to}`,
      );
      assert.equal(isShown(state, /** @type {any} */ (steps[step % 4].state)), false);
    }
  }
});

test("a view on the bench leaves out what is the visitor's own", () => {
  const state = new State(manifest, () => ["own-1", "plain"]);
  state.open(new URLSearchParams("model=own-1&compare=own-1,plain&lang=zh&lesson=copying&step=2"));
  const view = viewNow(state);
  assert.deepEqual(view.compare, ["plain"]);
  for (const name of ["model", "lang", "lesson", "step"]) assert.ok(!(name in view), name);
});

test("a table for a spreadsheet is quoted, and holds no formula", () => {
  assert.equal(csv([["a", "b c", 1, -2.5]]), "a,b c,1,-2.5\r\n");
  assert.equal(csv([['say "x"', "1,5", "two\nlines"]]), '"say ""x""","1,5","two\nlines"\r\n');
  for (const start of ["=", "+", "-", "@", "\t=", "\r=", " =", "＝", "＠"]) {
    const text = `${start}HYPERLINK("http://x.example";"y")`;
    const cell = csv([[text]]).slice(0, -2);
    assert.ok(cell.startsWith('"') && cell.endsWith('"'));
    assert.equal(cell.slice(1, -1).replaceAll('""', '"'), `'${text}`);
  }
  assert.equal(csv([["=1+1"]]), '"\'=1+1"\r\n');
});

test("every name that a condition may use has its words on the bench", async () => {
  const words = JSON.parse(await readFile(new URL("words/en.json", PAGE), "utf8"));
  const offered = Object.keys(names(fields)).filter((name) => ![...NOT_SET, "pixels"].includes(name));
  const key = (/** @type {string} */ name) => `condition_${name.replaceAll(".", "_")}`;
  assert.deepEqual(
    offered.filter((name) => !words[key(name)] && !words[name]),
    [],
  );
  const known = Object.keys(words).filter((each) => each.startsWith("condition_"));
  assert.deepEqual(
    known.filter((each) => !offered.some((name) => key(name) === each)),
    [],
  );
  assert.deepEqual(
    fields.hide.choices.filter((/** @type {string} */ name) => !words[`control_${name}`]),
    [],
  );
});
