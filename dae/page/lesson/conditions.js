// What a task asks for, as data: tests of the page's state and of what the page measured, joined by `all` and `any`.

/** @typedef {import("../types.d.ts").Field} Field */
/** @typedef {"number" | "flag" | "text" | "list"} Kind */
/** @typedef {string | number | boolean} Scalar */
/**
 * @typedef {{ all: Condition[] } | { any: Condition[] } | { of: string, is?: Scalar, isNot?: Scalar, above?: number, below?: number, atLeast?: number, atMost?: number, oneOf?: Scalar[] }} Condition
 */

const FIGURES = ["mse", "psnr", "ssim"];
/** What the page measures, by tab and name. @type {Record<string, Kind>} */
export const MEASURED = {
  ...Object.fromEntries(
    ["noisy", "restored"].flatMap((part) => FIGURES.map((figure) => [`denoise.${part}.${figure}`, "number"])),
  ),
  "denoise.verdict.clean": "number",
  "denoise.verdict.noisy": "number",
  "denoise.verdict.restored": "number",
  "denoise.verdict.confidence": "number", // of the reconstruction, 0 to 1
  "denoise.verdict.other": "flag", // the reconstruction is read as another digit than the clean one
  "compare.count": "number", // denoisers that are shown
  "compare.best": "text", // the one with the smallest error
  "compare.own": "flag", // a network of the visitor's own is among them
  "latent.drift": "number", // of the digit under the noise, in the shown network's code
  "latent.probe": "number", // share of the test digits that a linear probe names from that code under Gaussian noise 0.5
  "latent.beside.drift": "number",
  "latent.beside.probe": "number",
  "latent.touched": "flag", // a place of the plane is being decoded
  "latent.decoded.digit": "number", // what its picture is read as
  "latent.decoded.confidence": "number",
  "latent.picked": "number", // the class of the digit that is picked
  "features.dead": "number",
  "features.active": "number", // features that fire for a clean digit, on average
  "features.built": "number", // features that are added up
  "features.error": "number", // MSE of their sum
  "features.opened": "flag", // a tile is looked at
  "sample.running": "flag", // digits are growing out of noise
  "sample.finished": "flag", // they have arrived
  "sample.failed": "flag", // they cannot
  "sample.steps": "number", // so far
  "sample.sigma": "number", // that is left, on average
  "sample.sure": "number", // samples that are read with over 90 % confidence
  "sample.digits": "number", // different digits among them
  "sample.opened": "flag", // a sample is looked at beside the nearest digits
  "sample.nearest": "number", // its MSE to the nearest
  "sample.answers.finished": "flag", // to the question about a digit
  "sample.answers.step.mse": "number", // of the one-step answer, over what is hidden, as all of these
  "sample.answers.mean.mse": "number", // of the samples' mean
  "sample.answers.mean.from": "number", // root mean square difference to the one-step answer
  "sample.answers.single.mse": "number", // of single samples
  "sample.answers.single.from": "number",
  "sample.answers.apart": "number", // root mean square difference of two samples
  "sample.answers.digits": "number", // different digits that the samples are read as
  "sample.answers.most": "number", // samples that are read as the most frequent one
  "score.running": "flag", // the network is learning
  "score.finished": "flag", // its training came to its end
  "score.step": "number",
  "score.loss": "number", // mean of the last 50 steps
  "score.error": "number", // of the learnt field, in percent of the exact one's mean length
  "score.plain.error": "number", // of the plain autoencoder's
  "score.dropped": "number", // walkers on the plane
  "score.walked": "number", // steps that they made
  "score.arrived": "flag", // the walk is over
  "score.nearest": "number", // mean distance of the walkers to the nearest point
  "score.centre": "number", // and to the mean of all points
  "train.running": "flag",
  "train.steps": "number",
  "train.mse": "number", // on unseen digits
  "train.second": "number", // that of the second run beside it
  "train.finished": "flag", // it came to its end
  "train.stopped": "flag",
  "train.failed": "flag", // its loss became no number
};

/** @type {Record<Field["type"], Kind>} */
const KINDS = {
  whole: "number",
  number: "number",
  level: "number",
  flag: "flag",
  list: "list",
  names: "list",
  choice: "text",
  model: "text",
  text: "text",
  pixels: "text",
};

/**
 * Every name that a condition may use, with the kind of its value.
 * @param {Record<string, Field>} fields of the page's state
 * @returns {Record<string, Kind>}
 */
export const names = (fields) => ({
  ...Object.fromEntries(Object.entries(fields).map(([name, { type }]) => [name, KINDS[type]])),
  ...MEASURED,
});

/** @type {Record<string, (value: any, wanted: any) => boolean>} */
const TESTS = {
  is: (value, wanted) => value === wanted,
  isNot: (value, wanted) => value !== wanted,
  above: (value, wanted) => value > wanted,
  below: (value, wanted) => value < wanted,
  atLeast: (value, wanted) => value >= wanted,
  atMost: (value, wanted) => value <= wanted,
  oneOf: (value, wanted) => wanted.includes(value),
};
const OF_NUMBERS = ["above", "below", "atLeast", "atMost"];
const DEEPEST = 4;
const MOST = 20; // tests side by side

/** @param {unknown} value @param {Kind} kind */
const isOf = (value, kind) =>
  kind === "number"
    ? typeof value === "number" && Number.isFinite(value)
    : typeof value === (kind === "flag" ? "boolean" : "string");

/**
 * What is wrong with a condition: a name, a comparison, or "condition"; "" where nothing is.
 * @param {any} condition @param {Record<string, Field>} fields @param {number} [depth]
 * @returns {string}
 */
export function problemOf(condition, fields, depth = 0) {
  if (typeof condition !== "object" || condition === null || depth > DEEPEST) return "condition";
  const parts = condition.all ?? condition.any;
  if (parts !== undefined) {
    if (Object.keys(condition).length !== 1 || !Array.isArray(parts)) return "condition";
    if (!parts.length || parts.length > MOST) return "condition";
    return parts.map((part) => problemOf(part, fields, depth + 1)).find((problem) => problem) ?? "";
  }
  const { of, ...tests } = condition;
  const known = names(fields);
  if (typeof of !== "string" || !Object.hasOwn(known, of)) return String(of);
  const kind = known[of] === "list" ? "text" : known[of];
  if (!Object.keys(tests).length) return of;
  for (const [test, wanted] of Object.entries(tests)) {
    if (!Object.hasOwn(TESTS, test)) return test;
    if (OF_NUMBERS.includes(test) && kind !== "number") return test;
    const each = test === "oneOf" ? wanted : [wanted];
    if (!Array.isArray(each) || !each.length || !each.every((value) => isOf(value, kind))) return of;
  }
  return "";
}

/**
 * Whether a condition holds. What the page has not measured fulfils no test. A list is compared as its names between
 * commas.
 * @param {Condition} condition one that `problemOf` finds nothing wrong with
 * @param {(name: string) => any} lookup the value of a name; undefined where there is none
 * @returns {boolean}
 */
export function check(condition, lookup) {
  if ("all" in condition) return condition.all.every((part) => check(part, lookup));
  if ("any" in condition) return condition.any.some((part) => check(part, lookup));
  const { of, ...tests } = condition;
  const found = lookup(of);
  if (found === undefined || found === null) return false;
  const value = Array.isArray(found) ? found.join() : found;
  return Object.entries(tests).every(([test, wanted]) => TESTS[test](value, wanted));
}
