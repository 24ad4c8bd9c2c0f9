import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { KINDS } from "../../dae/page/engine/answers.js";
import { Overtaken, Schedule } from "../../dae/page/engine/schedule.js";
import { Store } from "../../dae/page/engine/store.js";
import { array, bytes, difference, fixtures, kernels, needed } from "./fixtures.js";

/** A store of the shipped files, what it has read, and what it shall not find. */
function shelf() {
  /** @type {string[]} */
  const read = [];
  const missing = new Set();
  const store = new Store(async (path) => {
    read.push(path);
    const { checkpoints, verdict } = fixtures.files[0];
    const name = path.split("/")[1];
    const file = name === "verdict.safetensors" ? verdict : `${checkpoints}/${name}`;
    return missing.has(name) || !existsSync(file) ? null : bytes(file);
  }, kernels);
  /** @type {import("../../dae/page/engine/answers.js").Context} */
  const context = {
    turn: async () => {},
    network: (name) => store.network(name),
    classifier: () => store.classifier(),
    file: (path) => store.file(path),
    addModel: (name, file) => store.addModel(name, file),
    removeModel: (name) => store.removeModel(name),
  };
  return { store, read, missing, context };
}

/** @param {{ psnr: number, ssim: number }[]} found @param {number[]} psnr @param {number[]} ssim */
function assertFigures(found, psnr, ssim) {
  const values = (/** @type {"psnr" | "ssim"} */ name) => found.map((each) => each[name]);
  assert.ok(difference(values("psnr"), psnr) < 1e-3);
  assert.ok(difference(values("ssim"), ssim) < 1e-4);
}

test("a stage and a strip are what the library's functions give", needed, async () => {
  const { context } = shelf();
  for (const {
    question,
    digit: file,
    images: file2,
    psnr,
    ssim,
    digits,
    strip,
    noisy,
    restored,
  } of fixtures.stages) {
    const digit = array(file),
      images = array(file2),
      last = images.length - 784;
    const stage = /** @type {any} */ (await KINDS.stage({ ...question, digit }, context));
    assert.ok(difference(stage.noisy, images.subarray(0, 784)) < 1e-4);
    assert.equal(stage.passes.length, question.passes);
    for (const [i, pass] of stage.passes.entries()) {
      assert.ok(difference(pass, images.subarray(784 * (i + 1), 784 * (i + 2))) < 1e-4);
    }
    assert.equal(stage.restored, stage.passes.at(-1));
    const wanted = images.subarray(last).map((value, i) => value - digit[i]);
    assert.ok(difference(stage.error, wanted) < 1e-4);
    assertFigures([stage.figures.noisy, ...stage.figures.passes], psnr, ssim);
    assert.deepEqual(stage.figures.restored, stage.figures.passes.at(-1));
    assert.deepEqual(
      ["clean", "noisy", "restored"].map((part) => stage.verdicts[part].digit),
      digits,
    );
    const levels = await KINDS.strip({ ...strip, digit }, context);
    assert.ok(difference(levels.noisy, array(noisy)) < 1e-4);
    assert.ok(difference(levels.restored, array(restored)) < 1e-4);
    const metrics = await KINDS.metrics({ images: levels.restored, clean: digit }, context);
    assert.deepEqual(levels.figures.restored, metrics.figures);
    assert.equal(levels.figures.noisy.length, strip.levels.length);
  }
});

test("a stage without its network says what it lacks and shows the rest", needed, async () => {
  const { context } = shelf();
  const { question, digit, images } = fixtures.stages[0];
  for (const [model, lacks] of [
    ["nobody", "no_such_network"],
    ["../results", "no_such_network"],
    [null, "no_model"],
  ]) {
    const stage = /** @type {any} */ (
      await KINDS.stage({ ...question, model, digit: array(digit) }, context)
    );
    assert.equal(stage.lacks, lacks);
    assert.ok(difference(stage.noisy, array(images).subarray(0, 784)) < 1e-4);
    assert.equal(stage.restored, undefined);
    assert.equal(stage.verdicts.clean.digit, fixtures.stages[0].digits[0]);
  }
});

test("without the classifier there are no verdicts, and it is asked for again", needed, async () => {
  const { context, missing } = shelf();
  const { question, digit } = fixtures.stages[0];
  missing.add("verdict.safetensors");
  assert.equal((await KINDS.stage({ ...question, digit: array(digit) }, context)).verdicts, null);
  await assert.rejects(KINDS.verdict({ images: array(digit) }, context), { code: "unreachable" });
  missing.clear();
  assert.equal((await KINDS.verdict({ images: array(digit) }, context)).verdicts.length, 1);
});

test("many images are worked on in slices, and in order", needed, async () => {
  const { context } = shelf();
  let turns = 0;
  const counting = { ...context, turn: async () => void turns++ };
  const { noisy, code, name } = fixtures.networks.find((each) => each.name === "conv-gaussian");
  const images = array(noisy),
    many = new Float32Array(images.length * 40);
  for (let i = 0; i < 40; i++) many.set(images, i * images.length);
  const found = await KINDS.encode({ model: name, images: many }, counting);
  const wanted = array(code);
  for (let i = 0; i < 40; i++) {
    assert.ok(difference(found.codes.subarray(i * wanted.length, (i + 1) * wanted.length), wanted) < 1e-4);
  }
  assert.equal(found.latentDim, 128);
  assert.ok(turns > 3, `${turns} turns for 200 images`);
  const decoded = await KINDS.decode({ model: name, codes: found.codes }, context);
  const restored = await KINDS.restore({ model: name, images: many }, context);
  assert.ok(difference(decoded.images, restored.restored) < 1e-4);
});

test("questions that make no sense are refused", needed, async () => {
  const { context } = shelf();
  const images = new Float32Array(784);
  await assert.rejects(KINDS.encode({ model: "universal", images }, context), { code: "no_code" });
  await assert.rejects(KINDS.decode({ model: "universal", codes: images }, context), { code: "no_code" });
  for (const wrong of [new Float32Array(783), new Float32Array(0), /** @type {any} */ ([1, 2])]) {
    await assert.rejects(KINDS.restore({ model: "jz-fc", images: wrong }, context), { code: "bad_question" });
  }
  await assert.rejects(KINDS.decode({ model: "jz-fc", codes: new Float32Array(63) }, context), {
    code: "bad_question",
  });
  await assert.rejects(KINDS.metrics({ images, clean: new Float32Array(2 * 784) }, context), {
    code: "bad_question",
  });
});

test("a network is fetched once, and what was not used for longest is let go", needed, async () => {
  const { store, read, context } = shelf();
  const [first, again] = await Promise.all([store.network("jz-fc"), store.network("jz-fc")]);
  assert.equal(first, again);
  assert.equal(read.length, 1);
  const info = await KINDS.info({ model: "jz-fc" }, context);
  assert.deepEqual([info.latentDim, info.hasCode, info.parameters, info.bytes], [64, true, 101200, 108128]);
  assert.equal(info.info.recipe.name, "jz-fc");
  const others = fixtures.networks.slice(0, 7).map((each) => each.name);
  for (const name of others) await store.network(name);
  assert.equal(await store.network("jz-fc"), first);
  await store.network("wta-2000");
  assert.equal(await store.network("jz-fc"), first);
  const count = read.length;
  await store.network(others[0]);
  assert.equal(read.length, count + 1);
});

test("a failure is not kept", needed, async () => {
  const { store, missing } = shelf();
  missing.add("jz-fc.safetensors");
  await assert.rejects(store.network("jz-fc"), { code: "no_such_network", values: { name: "jz-fc" } });
  missing.clear();
  assert.equal((await store.network("jz-fc")).latentDim, 64);
});

test("a network of the visitor's own is there until it is removed", needed, async () => {
  const { store, read, context } = shelf();
  const { path, latentDim, name } = fixtures.networks.at(-1);
  const info = await KINDS.addModel({ name: "a run / of mine", bytes: bytes(path) }, context);
  assert.equal(info.latentDim, latentDim);
  assert.equal(info.info.recipe.name, name.replace(/-\w+$/, ""));
  for (const each of fixtures.networks.slice(0, 9)) await store.network(each.name); // it leaves the memory
  const count = read.length;
  assert.equal((await store.network("a run / of mine")).latentDim, latentDim);
  assert.equal(read.length, count);
  await KINDS.removeModel({ name: "a run / of mine" }, context);
  await assert.rejects(store.network("a run / of mine"), { code: "no_such_network" });
  const broken = { name: "mine", bytes: new ArrayBuffer(9) };
  await assert.rejects(KINDS.addModel(broken, context), { code: "damaged" });
  for (let i = 0; i < 16; i++) await KINDS.addModel({ name: `${i}`, bytes: bytes(path) }, context);
  await assert.rejects(KINDS.addModel({ name: "17", bytes: bytes(path) }, context), {
    code: "too_many_networks",
  });
  await KINDS.addModel({ name: "3", bytes: bytes(path) }, context);
});

/** A schedule that moves on when it is told to. */
function stepped() {
  /** @type {(() => void)[]} */
  const next = [];
  const schedule = new Schedule((work) => next.push(work));
  const step = async () => {
    next.shift()?.();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { schedule, step };
}

/** Work of some slices that writes down when it had its turn. @param {string[]} log @param {string} name */
const slices =
  (log, name, count = 2) =>
  async (/** @type {() => Promise<void>} */ turn) => {
    for (let i = 0; i < count; i++) {
      await turn();
      log.push(name);
    }
    return name;
  };

test("an urgent question comes in between the slices of a long one", async () => {
  const { schedule, step } = stepped();
  /** @type {string[]} */
  const log = [];
  const long = schedule.run({ urgency: 2 }, slices(log, "long", 4));
  await step();
  const quick = schedule.run({ urgency: 0 }, slices(log, "quick"));
  for (let i = 0; i < 5; i++) await step();
  assert.deepEqual(log, ["long", "quick", "quick", "long", "long", "long"]);
  assert.deepEqual(await Promise.all([long, quick]), ["long", "quick"]);
});

test("the newest question of a channel wins", async () => {
  const { schedule, step } = stepped();
  /** @type {string[]} */
  const log = [];
  const first = schedule.run({ urgency: 1, channel: "a" }, slices(log, "first"));
  const other = schedule.run({ urgency: 1, channel: "b" }, slices(log, "other"));
  await step();
  const second = schedule.run({ urgency: 1, channel: "a" }, slices(log, "second"));
  await assert.rejects(first, Overtaken);
  for (let i = 0; i < 4; i++) await step();
  assert.deepEqual(await Promise.all([other, second]), ["other", "second"]);
  assert.deepEqual(log, ["first", "other", "other", "second", "second"]);
});

test("a question that waits for a file when it is overtaken is not answered", async () => {
  const { schedule, step } = stepped();
  let arrive = () => {};
  const file = new Promise((resolve) => (arrive = () => resolve(null)));
  const first = schedule.run({ urgency: 1, channel: "a", finish: true }, async (turn) => {
    await file;
    await turn();
  });
  const second = schedule.run({ urgency: 1, channel: "a" }, slices([], "second", 1));
  arrive();
  await assert.rejects(first, Overtaken);
  await step();
  assert.equal(await second, "second");
});

test("with finish, work that has begun is finished, and only the newest question follows it", async () => {
  const { schedule, step } = stepped();
  /** @type {string[]} */
  const log = [];
  const options = { urgency: 1, channel: "a", finish: true };
  const first = schedule.run(options, slices(log, "first"));
  await step();
  const second = schedule.run(options, slices(log, "second"));
  const third = schedule.run(options, slices(log, "third"));
  await assert.rejects(second, Overtaken);
  for (let i = 0; i < 4; i++) await step();
  assert.deepEqual(await Promise.all([first, third]), ["first", "third"]);
  assert.deepEqual(log, ["first", "first", "third", "third"]);
});
