import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { State } from "../../dae/page/state.js";

const manifest = JSON.parse(await readFile(new URL("../../dae/page/manifest.json", import.meta.url), "utf8"));
const NAMES = [...manifest.models.map((/** @type {any} */ model) => model.name), "own-1"];
const fresh = (query = "") => {
  const state = new State(manifest, () => NAMES);
  state.open(new URLSearchParams(query));
  return state;
};

test("every field starts as the manifest says", () => {
  const state = fresh();
  for (const [name, field] of Object.entries(manifest.state))
    assert.deepEqual(state.peek(name), field.start, name);
  assert.equal(state.query().toString(), "");
});

test("numbers are clamped, nonsense is replaced by the start, unknown parameters are ignored", () => {
  const state = fresh(
    "digit=99&index=-4&seed=nonsense&noise=thunder&model=none&level=7&passes=2.9&x=1&hide=seed,,bogus,model",
  );
  assert.equal(state.peek("digit"), 9);
  assert.equal(state.peek("index"), 0);
  assert.equal(state.peek("seed"), manifest.state.seed.start);
  assert.equal(state.peek("noise"), "gaussian");
  assert.equal(state.peek("model"), manifest.state.model.start);
  assert.equal(state.peek("level"), 1.5);
  assert.equal(state.peek("passes"), 2);
  assert.deepEqual(state.peek("hide"), ["seed", "model"]);
});

test("a level lies in its own noise's range, whatever the order of a link's parameters", () => {
  assert.equal(fresh("level=2.5&noise=speckle").peek("level"), 2.5);
  assert.equal(fresh("level=2.5&noise=masking").peek("level"), 0.95);
  assert.equal(fresh("noise=salt_and_pepper").peek("level"), 0.3);
  for (const text of ["", "NaN", "x", "Infinity"]) {
    const level = fresh(`noise=block&level=${text}`).peek("level");
    assert.ok(level === 0.4 || (text === "Infinity" && level === 0.8), text);
  }
});

test("a pad that is open before anything is drawn keeps the picked digit in the link", () => {
  const query = fresh("source=draw&digit=3&index=20").query();
  assert.deepEqual(Object.fromEntries(query), { source: "draw", digit: "3", index: "20" });
  const drawn = fresh("source=draw&digit=3&pixels=abc").query();
  assert.deepEqual(Object.fromEntries(drawn), { source: "draw", pixels: "abc" });
});

test("another noise begins at its own level, unless one is given with it", () => {
  const state = fresh("level=1.2");
  state.set({ noise: "masking" });
  assert.equal(state.peek("level"), 0.5);
  state.set({ noise: "speckle", level: 2 });
  assert.equal(state.peek("level"), 2);
  state.set({ noise: "speckle" });
  assert.equal(state.peek("level"), 2);
});

test("a link gives its state back", () => {
  const links = [
    "tab=latent&digit=3&index=20&noise=masking&level=0.75&model=plain&hide=seed,model&beside=fc-gaussian&plane=pca&grid=1",
    "source=draw&pixels=abc_-1&clip=0&passes=8&lang=zh",
    "tab=features&second=jz-fc&by=energy&scale=common&from=clean",
    "tab=compare&compare=median,plain&metric=ssim&curves=plain,median",
  ];
  for (const link of links) {
    const state = fresh(link);
    const again = fresh(state.query().toString());
    const whole = fresh(state.query({ whole: true }).toString());
    for (const name of Object.keys(manifest.state)) {
      assert.deepEqual(again.peek(name), state.peek(name), `${name} of ${link}`);
      assert.deepEqual(whole.peek(name), state.peek(name), `${name} of ${link}, whole`);
    }
  }
});

test("a visitor's own networks travel in no link", () => {
  const state = fresh("model=own-1&compare=own-1,plain&beside=own-1");
  assert.equal(state.peek("model"), "own-1");
  assert.ok(state.leavesOut);
  const link = state.query({ whole: true }).toString();
  assert.ok(!link.includes("own-"));
  assert.equal(fresh(link).peek("model"), manifest.state.model.start);
  assert.deepEqual(fresh(link).peek("compare"), ["plain"]);
});

test("who reads a field is told of its changes, and of nothing else", async () => {
  const { effect } = await import("@preact/signals-core");
  const state = fresh();
  let seen = 0;
  const stop = effect(() => {
    state.get("level");
    seen++;
  });
  state.set({ seed: 4 });
  assert.equal(seen, 1);
  state.set({ level: 0.7 });
  assert.equal(seen, 2);
  state.set({ level: 0.7, hide: [] });
  assert.equal(seen, 2);
  stop();
});

test("a link is read at once: nobody sees its noise with the tab that was open before", async () => {
  const { effect } = await import("@preact/signals-core");
  const state = fresh("tab=about&noise=masking");
  /** @type {string[]} */
  const seen = [];
  const stop = effect(() => {
    seen.push(`${state.get("tab")} ${state.get("noise")}`);
  });
  state.open(new URLSearchParams("tab=denoise&noise=block"));
  assert.deepEqual(seen, ["about masking", "denoise block"]);
  stop();
});
