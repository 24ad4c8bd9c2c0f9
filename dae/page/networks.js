// The visitor's own networks, trained here or on the server, or loaded from a file: the engine runs them like the shipped
// ones, and this browser keeps them.
import { signal } from "@preact/signals-core";
import { ask, visitor } from "./ask.js";
import { decode, encode } from "./base64.js";
import { forgetFile, keepFile, keptFiles, reserveNumber } from "./kept.js";
import { engine, modelLabel, own, state } from "./page.js";
import { saveBlob } from "./parts/save.js";
import { toast } from "./parts/toast.js";
import { keep } from "./storage.js";
import { stay } from "./visitor.js";
import { language, t } from "./words.js";

/** @typedef {import("./types.d.ts").OwnNetwork} OwnNetwork */

export const MOST = 5;
const LONGEST = 80; // characters of what a file says of itself

let made = 0;
/** @type {Map<string, ArrayBuffer>} the files, by name */
const files = new Map();

/** Names of those that this browser could not keep. @type {Set<string>} */
const passing = new Set();
/** Whether there are some. */
export const unkept = signal(false);
/** Whether this browser keeps files at all. */
export const keeps = signal(true);

window.addEventListener("beforeunload", (event) => {
  if (unkept.peek()) event.preventDefault(); // the browser asks whether the page shall be left
});

/** What a file says of itself, as it can be shown: short, on one line, no character that is not seen. @param {unknown} words */
function oneLine(words) {
  const line = String(words)
    .slice(0, 1000)
    .replace(/[^\S\ufeff]+/gu, " ")
    .replace(/\p{C}/gu, "");
  return [...line.trim()].slice(0, LONGEST).join("");
}

/** @param {unknown} value */
const finite = (value) => (typeof value === "number" && Number.isFinite(value) ? value : null);

/**
 * Take a network in; the oldest makes room when there are too many.
 * @param {ArrayBuffer} bytes a safetensors file
 * @param {{ key?: string, run?: string, number?: number }} [options] key: the server's of it; run: one in this browser
 *   that made it; a network of the same one is replaced. number: of one that was kept, which has it again
 * @returns {Promise<OwnNetwork>} rejects with an EngineError where the file is none of ours
 */
export async function adopt(bytes, { key = "", run = "", number: kept } = {}) {
  const before = own.peek().find((each) => (key && each.key === key) || (run && each.run === run));
  const isNew = !before && kept === undefined;
  if (isNew) await add("own-new", bytes); // a file that is refused takes no number and nobody's place
  const number = before?.number ?? kept ?? (await reserveNumber(made + 1));
  const name = before?.name ?? `own-${number}`;
  const found = await add(name, bytes);
  made = Math.max(made, number);
  if (isNew) {
    engine.ask("removeModel", { name: "own-new" });
    await makeRoom();
  }
  files.set(name, bytes);
  const { info, config } = found;
  const [stage] = info.recipe.stages ?? [];
  const [figure] = info.figures;
  /** @type {OwnNetwork} */
  const network = {
    ...{
      name,
      number,
      key,
      run,
      group: "own",
      summary: oneLine(info.recipe.summary || info.recipe.name || "?"),
      version: (before?.version ?? 0) + 1,
    },
    ...{ architecture: config.architecture, latentDim: found.hasCode ? found.latentDim : 0 },
    ...{
      sparsity: config.sparsity.kind,
      variational: config.variational,
      noises: Array.isArray(stage?.noises) ? stage.noises : [],
    },
    ...{ losses: stage?.loss ? [stage.loss] : [], widths: [...config.hidden, ...config.channels] },
    ...{ parameters: found.parameters, bytes: found.bytes, digest: "", figures: [] },
    ...{
      data: oneLine(info.data),
      steps: info.steps,
      seconds: info.seconds,
      seed: String(info.seed),
    },
    ...{ mse: finite(figure?.mse), nothing: finite(figure?.nothing) },
  };
  own.value = [network, ...own.peek().filter((each) => each.name !== name)].sort(
    (a, b) => b.number - a.number,
  );
  if (kept === undefined) await keepNetwork(name, number, bytes);
  return network;
}

/** Give the engine a network. @param {string} name @param {ArrayBuffer} bytes */
async function add(name, bytes) {
  // Without a channel nothing overtakes it: a run may end while a file is loaded, and both are wanted.
  const found = await engine.ask("addModel", { name, bytes: bytes.slice(0) });
  return /** @type {NonNullable<typeof found>} */ (found);
}

/**
 * The oldest go where there are too many, and may be downloaded yet. Those that another window has kept count.
 * @param {number} [count] of networks that come
 */
export async function makeRoom(count = 1) {
  await restore();
  const leaving = own.peek().slice(Math.max(MOST - count, 0));
  if (!leaving.length) return;
  const names = new Intl.ListFormat(language.peek()).format(leaving.map(({ name }) => modelLabel(name)));
  const kept = leaving.map(({ name, number }) => ({ number, bytes: files.get(name) ?? new ArrayBuffer(0) }));
  for (const { name } of leaving) await remove(name);
  toast(t("own_made_room", { names }), {
    act: {
      label: t("train_download"),
      run: () => {
        for (const { bytes, number } of kept) saveNetwork(bytes, number);
      },
    },
  });
}

/** @param {string} name @param {number} number @param {ArrayBuffer} bytes */
async function keepNetwork(name, number, bytes) {
  if (await keepFile({ name, number, when: Date.now(), bytes })) {
    passing.delete(name);
    keep(KEPT, true);
  } else passing.add(name);
  unkept.value = passing.size > 0;
}

/** What says that some are kept, so that a page without any does not look. */
export const KEPT = "networks";

/** @type {Promise<void> | null} */
let returning = null;

/** Those that this browser has kept come back: once. */
export function restoreKept() {
  returning ??= restore();
  return returning;
}

async function restore() {
  const found = await keptFiles();
  keeps.value = found !== null;
  for (const { name, number, bytes } of found ?? []) {
    if (own.peek().some((each) => each.name === name)) continue;
    // One that cannot be read any more is none; where the engine itself fails, it may be read another time.
    await adopt(bytes, { number }).catch(({ code }) =>
      ["failed", "unreachable"].includes(code) ? undefined : forgetFile(name),
    );
  }
}

/** Fetch a network that a run made. @param {string} key */
export async function fetchTrained(key) {
  const { content } = await ask("network", { key });
  return adopt(decode(content).buffer, { key });
}

/**
 * Ask Python about networks. Those of the visitor's own that the server does not hold, or holds no more, are sent there.
 * @template {keyof import("./ask.js").Questions} Q
 * @param {Q} question
 * @param {string[]} names networks, or whatever else the question names
 * @param {(keys: string[]) => import("./ask.js").Questions[Q]} body the question, given what the server calls each
 * @returns {Promise<import("./ask.js").Answers[Q]>} rejects as `ask` does
 */
export async function askWith(question, names, body) {
  const mine = own.peek().filter((network) => names.includes(network.name));
  const keyOf = (/** @type {string} */ name) => mine.find((network) => network.name === name)?.key ?? name;
  try {
    if (mine.every((network) => network.key)) return await ask(question, body(names.map(keyOf)));
  } catch (error) {
    if (!["gone", "model"].includes(/** @type {any} */ (error).code) || !mine.length) throw error;
  }
  stay();
  for (const network of mine) {
    const file = encode(new Uint8Array(files.get(network.name) ?? new ArrayBuffer(0)));
    network.key = (await ask("keep", { visitor, file })).key;
  }
  return ask(question, body(names.map(keyOf)));
}

/**
 * Ask Python about one network.
 * @template {keyof import("./ask.js").Questions} Q
 * @param {Q} question @param {string} name @param {Record<string, any>} [body] the rest of the question
 */
export const askAbout = (question, name, body = {}) =>
  askWith(question, [name], ([model]) => /** @type {any} */ ({ ...body, model }));

/** @param {string} name */
export async function remove(name) {
  const network = own.peek().find((each) => each.name === name);
  if (!network) return;
  await forgetFile(name); // first: what is gone from the list does not come back with a reload
  for (const [field, { type, start }] of Object.entries(state.fields)) {
    const value = state.peek(field);
    if (type === "model" && value === name) state.set({ [field]: start });
    if (type === "names" && value.includes(name))
      state.set({ [field]: value.filter((/** @type {string} */ each) => each !== name) });
  }
  own.value = own.peek().filter((each) => each.name !== name);
  files.delete(name);
  passing.delete(name);
  unkept.value = passing.size > 0;
  if (!own.peek().length) keep(KEPT, null);
  await engine.ask("removeModel", { name }, { channel: `remove-${name}` });
  if (network.key) ask("forget", { visitor, key: network.key }).catch(() => {});
}

/** @param {ArrayBuffer} bytes @param {number} number */
const saveNetwork = (bytes, number) => saveBlob(new Blob([bytes]), `your-model-${number}.safetensors`);

/** @param {string} name */
export function download(name) {
  const bytes = files.get(name);
  const network = own.peek().find((each) => each.name === name);
  if (bytes && network) saveNetwork(bytes, network.number);
}
