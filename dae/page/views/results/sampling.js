// What samples are worth, as tables: digits out of noise beside real ones, and one denoising step beside the mean of
// many samples.
import { measure, whole } from "./measured.js";

/** @typedef {import("./measured.js").Table} Table */

const percent = (/** @type {number} */ share) => 100 * share;

/** Samples beside training and test digits. @param {any} results @returns {Table} */
export function samplesTable(results) {
  const found = results.sampling;
  const rows = whole(found?.rows, ["images", "confident", "ink", "frechet"], ["of"]).filter((row) =>
    Array.isArray(row.classes),
  );
  const schedule = found?.schedule ?? {};
  return {
    head: "digits",
    groups: [],
    columns: [
      measure("confident", 1, ""),
      measure("rarest", 1, ""),
      measure("commonest", 1, ""),
      measure("ink", 4, ""),
      measure("frechet", 2, ""),
      measure("nearest", 4, ""),
    ],
    rows: rows.map((row) => ({ name: row.of, kind: /** @type {const} */ ("input") })),
    values: {
      "": rows.map((row) => [
        percent(row.confident),
        percent(Math.min(...row.classes)),
        percent(Math.max(...row.classes)),
        row.ink,
        row.frechet,
        row.nearest ?? null,
      ]),
    },
    sort: -1,
    about: {
      images: Number(rows[0]?.images ?? 0).toLocaleString("en-US"),
      model: String(found?.model),
      code: String(found?.code),
      steps: String(found?.steps),
      beta: String(schedule.beta),
      close: percent(found?.close).toFixed(1),
      seed: String(found?.seed),
    },
  };
}

/** Under half-covered digits: the error of one step, and of the mean of so many samples. @param {any} results @returns {Table} */
export function answersTable(results) {
  const found = results.sampling?.covered;
  const means = whole(found?.means, ["samples", "mse"], []);
  const decimals = 4;
  return {
    head: "answer",
    groups: [
      { key: "one_step", word: "one_step", span: 1 },
      { key: "means", word: "means", span: means.length },
    ],
    columns: means.length
      ? [
          measure("metric_mse", decimals, ""),
          ...means.map(({ samples }) => ({
            ...measure(String(samples), decimals, ""),
            word: undefined,
            text: String(samples),
          })),
        ]
      : [],
    rows: [{ name: "covered", kind: /** @type {const} */ ("input") }],
    values: { "": [[found?.one_step ?? null, ...means.map(({ mse }) => mse)]] },
    sort: -1,
    about: {
      digits: String(found?.digits),
      samples: String(means.at(-1)?.samples),
      apart: Number(found?.apart).toFixed(3),
      from_one_step: Number(found?.from_one_step).toFixed(3),
    },
  };
}
