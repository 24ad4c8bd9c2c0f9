import assert from "node:assert/strict";
import { test } from "node:test";

/** What browser tabs of one address share. */
const shared = new Map();
const store = {
  isFull: false,
  getItem: (/** @type {string} */ key) => shared.get(key) ?? null,
  setItem(/** @type {string} */ key, /** @type {string} */ value) {
    if (store.isFull) throw new Error("full");
    shared.set(key, value);
  },
};
Object.assign(globalThis, { window: { localStorage: store, addEventListener: () => {} } });

/** The module as one more browser tab has it. @param {string} name @returns {Promise<typeof import("../../dae/page/lesson/progress.js")>} */
const tab = (name) => import(`../../dae/page/lesson/progress.js?tab=${name}`);

test("two tabs keep what was done in both", async () => {
  const [one, other] = [await tab("one"), await tab("other")];
  one.noteStep("noise", 2, { answers: [1] });
  other.noteStep("noise", 3, { done: true });
  other.noteStep("copying", 3, { answers: [0, 2] });
  one.noteLesson("noise", { finished: true });
  one.dismissOffer();
  const later = await tab("later");
  assert.deepEqual(later.stepOf("noise", 2).answers, [1]);
  assert.equal(later.stepOf("noise", 3).done, true);
  assert.deepEqual(later.stepOf("copying", 3).answers, [0, 2]);
  assert.equal(later.progressOf("noise")?.finished, true);
  other.forget("noise");
  one.noteStep("copying", 4, { hint: true });
  const last = await tab("last");
  assert.equal(last.progressOf("noise"), null);
  assert.deepEqual(last.stepOf("copying", 3).answers, [0, 2]);
});

test("what can no longer be kept is there until the page is left", async () => {
  const one = await tab("full");
  store.isFull = true;
  one.noteStep("train", 1, { answers: [1] });
  one.noteStep("train", 2, { done: true });
  assert.deepEqual(one.stepOf("train", 1).answers, [1]);
  assert.equal(one.stepOf("train", 2).done, true);
  store.isFull = false;
});
