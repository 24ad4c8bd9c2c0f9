// What the tab knows of each network's code: the gallery on its planes, and which networks and plane are shown.
import { computed, effect, signal } from "@preact/signals-core";
import { floats } from "../../base64.js";
import { digitAt, galleryOf, perClass } from "../../digit.js";
import { askAbout } from "../../networks.js";
import { engine, models, state } from "../../page.js";
import { useEffect, useSignal } from "../../parts/html.js";
import { extentOf } from "../../parts/plane-view.js";
import { excuse } from "../../parts/python.js";

/**
 * @typedef {import("../../types.d.ts").ModelLine} ModelLine
 * @typedef {import("../../engine/planes.js").Plane} Plane
 * @typedef {import("../../engine/client.js").Kinds} Kinds
 *
 * @typedef {object} Space
 * @property {Plane | null} plane null until it is there
 * @property {number} done the share of the gallery's codes that is worked out, while that is needed
 * @property {string} problem why it cannot be had: the engine's code, or nothing
 *
 * @typedef {object} Embedding
 * @property {"unasked" | "running" | "waiting" | "failed" | "done"} state
 * @property {number} percent
 * @property {string} problem why it cannot be had
 * @property {Float32Array | null} xy
 */

const CLASSES = 10;
const UNIT = [-1, 1, -1, 1];
const BESIDE = ["plain", "conv-gaussian", "fc-gaussian"]; // what a network is put beside unless another is chosen
const TSNE_PAUSE = 1000; // milliseconds between two questions how far a t-SNE is

// Which networks, and which plane of the first

export const coded = computed(() => models.value.filter((model) => model.latentDim > 0));

const named = (/** @type {string} */ name) => coded.value.find((model) => model.name === name);

/** The network whose code is looked at: the chosen one, where it has a code. */
export const shown = computed(() => named(state.get("model")) ?? coded.value[0]);

/** The one beside it: the chosen one, else a plain one beside a denoising one and the other way. */
export const beside = computed(() => {
  const others = [...BESIDE.map(named), ...coded.value].filter((model) => model && model !== shown.value);
  return named(state.get("beside")) ?? others[0] ?? shown.value;
});

/** The kinds of planes that the shown network's code has, the first to be shown first. */
export const kinds = computed(() => (shown.value.latentDim <= 2 ? ["code"] : ["pca", "tsne"]));
export const kind = computed(() => kinds.value.find((each) => each === state.get("plane")) ?? kinds.value[0]);

/** What the engine is asked about a network. @param {ModelLine} model */
export const spaceOf = (model) => ({
  model: model.name,
  perClass,
  digest: model.group === "own" ? undefined : model.digest,
});

// The gallery

/** The class of each of its digits. */
export const classes = Uint8Array.from({ length: CLASSES * perClass }, (_, i) => Math.floor(i / perClass));

/** @param {number} index @returns {Promise<Float32Array>} */
export const digitOf = async (index) => digitAt(await galleryOf(classes[index]), index % perClass);

/** The digit of the gallery that was picked; -1 for none. */
export const picked = computed(() => {
  const [digit, index] = (/^(\d)-(\d{1,3})$/.exec(state.get("picked")) ?? []).slice(1).map(Number);
  return index < perClass ? digit * perClass + index : -1;
});

/** @param {number} index of a digit of the gallery */
export const pick = (index) => state.set({ picked: `${Math.floor(index / perClass)}-${index % perClass}` });

/** What the decoder's picture of the marker's place is read as. @type {import("@preact/signals-core").Signal<{ digit: number | null, confidence: number } | null>} */
export const decodedAs = signal(null);
/** What has been measured of the codes of networks. @type {import("@preact/signals-core").Signal<any[]>} */
export const records = signal([]);
/** How many of the engine's answers are awaited: until they are there, what is shown is not of the state as it stands. */
export const awaited = signal(0);
/** Where the marker is on the shown plane; null before it is anywhere. @type {import("@preact/signals-core").Signal<{ x: number, y: number } | null>} */
export const place = signal(null);

/** Of a network's plane before anything is known. @type {Space} */
const NOTHING = { plane: null, done: 0, problem: "" };

/** A network that goes on has another line: all is worked out anew. @type {WeakMap<ModelLine, import("@preact/signals-core").Signal<Space>>} */
const spaces = new WeakMap();

/** A network's plane; it is fetched or worked out when it is first asked for. @param {ModelLine} model */
export function spaceFor(model) {
  let found = spaces.get(model);
  if (!found) {
    found = signal(NOTHING);
    spaces.set(model, found);
    load(model, found);
  }
  return found;
}

/** How often what could not be had was asked for again. */
const attempts = signal(0);

/** Ask again for the planes that could not be had, of the networks that are shown. */
export function again() {
  for (const model of new Set([shown.peek(), beside.peek()])) {
    const space = spaceFor(model);
    if (!space.peek().problem) continue;
    space.value = NOTHING;
    load(model, space);
    attempts.value = attempts.peek() + 1;
  }
}

/** @param {ModelLine} model @param {import("@preact/signals-core").Signal<Space>} space */
async function load(model, space) {
  try {
    let answer = await engine.ask("plane", spaceOf(model));
    if (!answer?.plane) {
      for await (const done of encoding(model)) space.value = { ...space.value, done };
      answer = await engine.ask("plane", spaceOf(model));
    }
    space.value = { plane: answer?.plane ?? null, done: 1, problem: "" };
  } catch (error) {
    console.error(error);
    space.value = { ...NOTHING, problem: /** @type {any} */ (error).code ?? "failed" };
  }
}

/** Let the engine work out the gallery's codes, class by class; gives the share that is done. @param {ModelLine} model */
export async function* encoding(model) {
  for (let digit = 0; digit < CLASSES; digit++) {
    yield (await engine.ask("encodeClass", { model: model.name, digit }))?.done ?? 0;
  }
}

// t-SNE: stored of a shipped network; of another one Python makes it

/** @type {WeakMap<ModelLine, import("@preact/signals-core").Signal<Embedding>>} */
const embeddings = new WeakMap();

/** @param {ModelLine} model */
export function embeddingFor(model) {
  let found = embeddings.get(model);
  if (!found) {
    found = signal({ state: "unasked", percent: 0, problem: "", xy: null });
    embeddings.set(model, found);
  }
  return found;
}

/** Have it made, and follow how far it is. @param {ModelLine} model */
export async function embed(model) {
  const embedding = embeddingFor(model);
  try {
    for (;;) {
      const { state, percent, xy } = await askAbout("tsne", model.name);
      embedding.value = { state, percent, problem: "", xy: xy ? atHand(floats(xy)) : null };
      if (state === "done" || state === "failed") return;
      await new Promise((go) => setTimeout(go, TSNE_PAUSE));
    }
  } catch (error) {
    embedding.value = { state: "failed", percent: 0, problem: excuse(error, "python_tsne"), xy: null };
  }
}

/** Of the places of all digits those of the digits that this edition has. @param {Float32Array} xy */
function atHand(xy) {
  const ofClass = xy.length / CLASSES;
  return xy.filter((_, i) => i % ofClass < 2 * perClass);
}

/** The places of the gallery on the shown plane; null until they are there. */
export const places = computed(() => {
  const plane = spaceFor(shown.value).value.plane;
  if (kind.value !== "tsne") return plane?.xy ?? null;
  return plane?.tsne ?? embeddingFor(shown.value).value.xy;
});

/** The whole of that plane. */
export const extent = computed(() => (places.value ? extentOf(places.value) : UNIT));

/** The point whose place is nearest. @param {Float32Array} xy @param {number} x @param {number} y */
export function nearestTo(xy, x, y) {
  let [best, least] = [-1, Number.POSITIVE_INFINITY];
  for (let i = 0; 2 * i < xy.length; i++) {
    const apart = (xy[2 * i] - x) ** 2 + (xy[2 * i + 1] - y) ** 2;
    if (apart < least) [best, least] = [i, apart];
  }
  return best;
}

/** The index of the visitor's digit, where it is one of the gallery; else -1. */
export const ownIndex = computed(() =>
  state.get("source") === "pick" ? state.get("digit") * perClass + state.get("index") : -1,
);

export const noiseNow = computed(() => ({
  noise: state.get("noise"),
  level: state.get("level"),
  clip: state.get("clip"),
  seed: state.get("seed"),
}));

/**
 * Do something at once when a signal changes that it reads: `useSignalEffect` would wait for the next frame.
 * @param {() => void | (() => void)} work
 */
export const useFollow = (work) => useEffect(() => effect(work), []);

/**
 * The engine's answer to a question, asked anew when a signal changes that the question reads, and with what could not be
 * had. Until the next answer is there the last one stays, as long as it is of the same network.
 * @template {keyof Kinds} K
 * @param {K} kind
 * @param {string} channel
 * @param {() => Parameters<Kinds[K]>[0] & { model: string } | null} question null: there is nothing to ask
 * @returns {import("@preact/signals-core").Signal<Awaited<ReturnType<Kinds[K]>> | null>}
 */
export function useAnswer(kind, channel, question) {
  const answer = useSignal(/** @type {any} */ (null));
  const about = useSignal(/** @type {any} */ (null));
  useFollow(() => {
    attempts.value; // read, so as to be told
    const asked = question();
    if (asked?.model !== about.peek()) answer.value = null;
    about.value = asked?.model;
    if (!asked) return;
    awaited.value = awaited.peek() + 1;
    engine
      .ask(kind, asked, { channel, finish: true })
      .then(
        (found) => {
          if (found && about.peek() === asked.model) answer.value = found;
        },
        (error) => console.error(error),
      )
      .finally(() => {
        awaited.value = awaited.peek() - 1;
      });
  });
  return answer;
}
