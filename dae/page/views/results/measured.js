// What `python -m dae evaluate` measured, arranged as tables. Records that are not whole are left out.
import { manifest } from "../../page.js";

/** @type {Record<string, Rule>} */
export const METRICS = {
  mse: { decimals: 4, better: "low" },
  psnr: { decimals: 1, better: "high" },
  ssim: { decimals: 3, better: "high" },
};
export const LEAST_MSE = 1e-5; // smaller errors, that of the clean input itself, are no point of a logarithmic axis
const FIRST_LINES = ["none", "universal", "conv-gaussian", "fc-gaussian", "plain", "wiener", "median"];

/** @typedef {{ decimals: number, better: "low" | "high" | "" }} Rule */
/** @typedef {{ key: string, word?: string, text?: string, rule?: Rule, noise?: string, clip?: boolean | null, level?: number }} Column */
/** @typedef {{ name: string, kind: "network" | "input" | "baseline" | "published", digits?: number }} Row */
/** @typedef {{ key: string, span: number, noise?: string, clip?: boolean | null, level?: string, word?: string }} Group */
/** @typedef {{ head: string, groups: Group[], columns: Column[], rows: Row[], values: Record<string, (number | null)[][]>, notes?: string[][], sort: number, about: Record<string, string> }} Table */

/** @param {any} record @param {string[]} numbers @param {string[]} texts */
const isWhole = (record, numbers, texts) =>
  record !== null &&
  typeof record === "object" &&
  numbers.every((name) => typeof record[name] === "number" && !Number.isNaN(record[name])) &&
  texts.every((name) => typeof record[name] === "string");

/** @param {any} list @param {string[]} numbers @param {string[]} texts @returns {any[]} */
export const whole = (list, numbers, texts) =>
  Array.isArray(list) ? list.filter((record) => isWhole(record, numbers, texts)) : [];

/** @param {any[]} list @param {string} name @returns {string[]} */
const distinct = (list, name) => [...new Set(list.map((record) => record[name]))];

/** @param {any} results */
export function arrange(results) {
  const networks = new Set(Object.keys(results.files ?? {}));
  const denoising = whole(
    results.denoising,
    ["level", "digits", "mse", "psnr", "ssim"],
    ["denoiser", "noise"],
  );
  const codes = whole(
    results.codes,
    ["probe", "neighbours", "nmi", "latent_dim", "nonzero", "dead"],
    ["model", "input"],
  );
  const names = distinct(denoising, "denoiser");
  const usual = FIRST_LINES.filter((name) => names.includes(name));
  const rest = names.filter((name) => !usual.includes(name)).slice(0, Math.max(0, 4 - usual.length));
  return {
    digits: Math.max(0, ...denoising.map((record) => record.digits)),
    seed: String(results.seed),
    versions: Object.entries(results.versions ?? {})
      .map((pair) => pair.join(" "))
      .join(", "),
    tables: {
      denoising: denoisingTable(denoising, networks),
      codes: codesTable(codes, networks),
    },
    networks,
    lines: [...usual, ...rest],
  };
}

/** @param {string} name @param {Set<string>} networks @param {number} [digits] @returns {Row} */
export const rowOf = (name, networks, digits) => ({
  name,
  kind: networks.has(name) ? "network" : name === "none" ? "input" : "baseline",
  digits,
});

/** @param {any[]} records @param {Set<string>} networks @returns {Table} */
function denoisingTable(records, networks) {
  const order = ["clean", ...manifest.noises.map((noise) => noise.key)];
  /** @type {Map<string, Column>} */
  const found = new Map();
  for (const { noise, level, clip } of records) {
    const key = `${noise}|${clip}|${level}`;
    found.set(key, { key, noise, clip, level, text: noise === "clean" ? "" : String(level) });
  }
  const rank = (/** @type {Column} */ column) =>
    100 * order.indexOf(column.noise ?? "") + (column.clip === false ? 50 : 0) + (column.level ?? 0);
  const columns = [...found.values()].sort((a, b) => rank(a) - rank(b));
  /** @type {Group[]} */
  const groups = [];
  for (const { noise, clip } of columns) {
    const key = `${noise}|${clip}`;
    if (groups.at(-1)?.key !== key) groups.push({ key, noise, clip, span: 0 });
    groups[groups.length - 1].span++;
  }
  const rows = [];
  /** @type {Record<string, (number | null)[][]>} */
  const values = Object.fromEntries(Object.keys(METRICS).map((metric) => [metric, []]));
  for (const name of distinct(records, "denoiser")) {
    const own = new Map(
      records
        .filter((record) => record.denoiser === name)
        .map((record) => [`${record.noise}|${record.clip}|${record.level}`, record]),
    );
    rows.push(rowOf(name, networks, Math.min(...[...own.values()].map((record) => record.digits))));
    for (const metric of Object.keys(METRICS)) {
      values[metric].push(columns.map((column) => own.get(column.key)?.[metric] ?? null));
    }
  }
  const usual = columns.findIndex((column) => column.key === "gaussian|true|0.5");
  const first = columns.findIndex((column) => column.noise !== "clean");
  return {
    head: "denoiser",
    groups,
    columns,
    rows,
    values,
    sort: usual >= 0 ? usual : Math.max(0, first),
    about: {},
  };
}

/** @param {string} word @param {number} decimals @param {Rule["better"]} [better] @returns {Column} */
export const measure = (word, decimals, better = "high") => ({ key: word, word, rule: { decimals, better } });

/** @param {any[]} records @param {Set<string>} networks @returns {Table} */
function codesTable(records, networks) {
  const columns = [
    ...[measure("clean", 1), measure("noisy", 1), measure("lost", 1, "low")],
    ...[measure("clean", 1), measure("noisy", 1), measure("clean", 2), measure("noisy", 2)],
    ...[measure("width", 0, ""), measure("nonzero", 1, ""), measure("dead", 0, "")],
  ];
  const names = distinct(records, "model");
  const values = names.map((name) => {
    const own = records.filter((record) => record.model === name);
    const clean = own.find((record) => record.input === "clean");
    const noisy = own.find((record) => record.input !== "clean");
    const lost = clean && noisy ? 100 * (clean.probe - noisy.probe) : null;
    const percent = (/** @type {any} */ record, /** @type {string} */ key) =>
      record ? 100 * record[key] : null;
    return [
      ...[percent(clean, "probe"), percent(noisy, "probe"), lost],
      ...[percent(clean, "neighbours"), percent(noisy, "neighbours"), clean?.nmi ?? null, noisy?.nmi ?? null],
      ...[clean?.latent_dim ?? null, clean?.nonzero ?? null, clean?.dead ?? null],
    ];
  });
  const input = records.find((record) => record.input !== "clean")?.input ?? "";
  const [noise, level] = [input.split(" ")[0], input.split(" ").at(-1)];
  return {
    head: "model",
    groups: [
      { key: "probe", word: "probe", span: 3 },
      { key: "neighbours", word: "neighbours", span: 2 },
      { key: "nmi", word: "nmi", span: 2 },
      { key: "units", word: "units", span: 3 },
    ],
    columns,
    rows: names.map((name) => rowOf(name, networks)),
    values: { "": values },
    sort: 1,
    about: { noise, level },
  };
}

/**
 * The order of a table's rows: the best first, or the worst; what was not measured is always last.
 * @param {(number | null)[]} values @param {Rule["better"]} better @param {boolean} best
 */
export function order(values, better, best) {
  const sign = (better === "low" ? 1 : -1) * (best ? 1 : -1);
  const rows = values.map((_, i) => i);
  const known = rows.filter((i) => values[i] !== null);
  known.sort((a, b) => {
    const [x, y] = [Number(values[a]), Number(values[b])];
    return x === y ? 0 : sign * (x - y);
  });
  return [...known, ...rows.filter((i) => values[i] === null)];
}
