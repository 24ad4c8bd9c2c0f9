// What was learned, as tables: digits seen in training beside new ones, few labels beside published figures, and how
// often the verdict is right.
import { measure, rowOf, whole } from "./measured.js";

/** @typedef {import("./measured.js").Table} Table */
/** @typedef {import("./measured.js").Row} Row */

const FINE_TUNED = ["fine-tuned", "fine-tuned-sdae", "wta-2000-augmented"]; // networks that are no files
const KINDS = ["training", "test", "others"];

/** @param {any[]} records @param {string} name */
const ofModel = (records, name) => records.filter((record) => record.model === name);

/** The error on digits of three kinds, clean and noisy. @param {any} results @param {Set<string>} networks @returns {Table} */
export function generalisationTable(results, networks) {
  const records = whole(results.generalisation, KINDS, ["model", "input"]);
  const inputs = [...new Set(records.map((record) => record.input))];
  const names = [...new Set(records.map((record) => record.model))];
  const valuesOf = (/** @type {string} */ name) =>
    inputs.flatMap((input) => {
      const found = ofModel(records, name).find((record) => record.input === input);
      return KINDS.map((kind) => found?.[kind] ?? null);
    });
  return {
    head: "denoiser",
    groups: inputs.map((input) => {
      const [noise, level] = input.split(" ");
      return { key: input, noise, level, clip: null, span: KINDS.length };
    }),
    columns: inputs.flatMap(() => KINDS.map((kind) => measure(`kind_${kind}`, 4, "low"))),
    rows: names.map((name) => rowOf(name, networks)),
    values: { "": names.map(valuesOf) },
    sort: 1,
    about: {},
  };
}

/** Errors with few labels: of a probe on each code, of fine-tuned networks, and as published. @param {any} results @param {Set<string>} networks @returns {Table} */
export function labelsTable(results, networks) {
  const records = whole(results.few_labels, ["labels", "error", "spread", "draws"], ["model"]);
  const published = whole(results.published_few_labels, ["error"], ["model", "source"]);
  const probes = whole(results.codes, ["probe"], ["model", "input"]).filter(
    (record) => record.input === "clean",
  );
  const counts = [...new Set(records.map((record) => record.labels))].sort((a, b) => a - b);
  const most = counts.at(-1);
  const names = [...new Set(records.map((record) => record.model))];
  /** @param {string} name @param {number} count */
  const found = (name, count) => {
    const own = ofModel(records, name).find((record) => record.labels === count);
    const probe = count === most && ofModel(probes, name)[0];
    return own ?? (probe ? { error: 1 - probe.probe, spread: 0 } : null);
  };
  const percent = (/** @type {any} */ record) => (record ? 100 * record.error : null);
  const spread = (/** @type {any} */ record) =>
    record?.spread ? `± ${(100 * record.spread).toFixed(1)}` : "";
  return {
    head: "model",
    groups: counts.length ? [{ key: "labelled", word: "labelled", span: counts.length }] : [],
    columns: counts.map((count) => ({
      ...measure(String(count), 1, "low"),
      word: undefined,
      text: count.toLocaleString("en-US"),
    })),
    rows: [
      ...names.map((name) =>
        FINE_TUNED.includes(name) ? { name, kind: /** @type {const} */ ("network") } : rowOf(name, networks),
      ),
      ...published.map((record) => ({
        name: `${record.model} (${record.source})`,
        kind: /** @type {const} */ ("published"),
      })),
    ],
    values: {
      "": [
        ...names.map((name) => counts.map((count) => percent(found(name, count)))),
        ...published.map((record) =>
          counts.map((count) => ((record.labels ?? most) === count ? percent(record) : null)),
        ),
      ],
    },
    notes: names.map((name) => counts.map((count) => spread(found(name, count)))),
    sort: 0,
    about: {
      draws: String(Math.max(0, ...records.map((record) => record.draws))),
      all_draws: String(
        Math.max(0, ...records.filter((record) => record.labels === most).map((record) => record.draws)),
      ),
    },
  };
}

/** How often the verdict is right, by its confidence: a row for each bin, columns for each kind of picture. @param {any} results @returns {Table} */
export function verdictTable(results) {
  const kinds = whole(results.verdict?.pictures, ["unsure"], ["name"]);
  const clean = kinds.find((kind) => kind.name === "clean");
  const bins = whole(clean?.bins, ["low", "high", "count"], []);
  const of = (/** @type {any} */ kind, /** @type {any} */ bin) =>
    whole(kind.bins, ["low", "high", "count"], []).find((each) => each.low === bin.low);
  const percent = (/** @type {number | undefined} */ share) => (share === undefined ? null : 100 * share);
  return {
    head: "confidence",
    groups: kinds.map((kind) => ({ key: kind.name, word: `pictures_${kind.name}`, span: 3 })),
    columns: kinds.flatMap(() => [
      measure("count", 0, ""),
      measure("stated", 1, ""),
      measure("right", 1, ""),
    ]),
    rows: bins.map((bin) => ({
      name: `${Math.round(100 * bin.low)} – ${Math.round(100 * bin.high)} %`,
      kind: /** @type {const} */ ("network"),
    })),
    values: {
      "": bins.map((bin) =>
        kinds.flatMap((kind) => {
          const own = of(kind, bin);
          return [own?.count ?? null, percent(own?.confidence), percent(own?.right)];
        }),
      ),
    },
    sort: -1,
    about: {
      model: String(results.verdict?.model),
      ...Object.fromEntries(
        [
          ["right", clean?.right],
          ["unsure", clean?.unsure],
          ["unsure_noisy", kinds.find((kind) => kind.name === "noisy")?.unsure],
          ["letters", results.verdict?.letters],
          ["noise", results.verdict?.noise],
        ].map(([name, share]) => [name, (100 * share).toFixed(1)]),
      ),
    },
  };
}
