// The Results tab: what was measured on the test digits, as tables to sort and as curves over the level.
import { manifest, state } from "../../page.js";
import { Chart } from "../../parts/chart.js";
import { Menu, Segments } from "../../parts/controls.js";
import { html, useEffect, useRef, useSignal, useState } from "../../parts/html.js";
import { saveFigure } from "../../parts/save.js";
import { Term, Terms } from "../../parts/term.js";
import { loadResults } from "../../results.js";
import { has, t } from "../../words.js";
import { generalisationTable, labelsTable, verdictTable } from "./learning.js";
import { arrange, LEAST_MSE, METRICS, order } from "./measured.js";
import { answersTable, samplesTable } from "./sampling.js";

/** @typedef {import("./measured.js").Table} Table */
/** @typedef {import("./measured.js").Row} Row */

const SSIM_DIGITS = 1000; // SSIM is measured on the first of the digits only
const ACTIVE_PERCENT = 1; // of the largest value: a code's value above it counts as non-zero
const DASHES = ["", "7 4", "2 3", "9 3 2 3"];
const COLOURS = 10;
const OUTSIDERS = ["input", "published"]; // rows that do not compete for the best
const NARROW = 640; // pixels of a figure whose names may be cut
const NOTHING = "nothing"; // for a figure without lines: an empty choice means the usual ones

/** @param {{ name: string, kind?: string }} row */
const called = (row) => {
  if (has(`results_name_${row.name}`)) return t(`results_name_${row.name}`);
  return row.kind !== "network" && has(`baseline_${row.name}`) ? t(`baseline_${row.name}`) : row.name;
};
/** @param {{ noise?: string, clip?: boolean | null }} condition */
const noiseName = ({ noise, clip }) => {
  if (noise === "clean") return t("results_clean");
  const name = has(`noise_${noise}`) ? t(`noise_${noise}`) : String(noise);
  return clip === true
    ? t("results_clipped", { noise: name })
    : clip === false
      ? t("results_unclipped", { noise: name })
      : name;
};
/** @param {number | null} value @param {number} decimals */
const written = (value, decimals) =>
  value === null ? "–" : value === Number.POSITIVE_INFINITY ? "∞" : value.toFixed(decimals);

/** @param {{ table: Table, part: string, caption: string, measured: string }} props */
function ResultTable({ table, part, caption, measured }) {
  const [sort, setSort] = useState({ column: table.sort, best: true });
  if (!table.rows.length || !table.columns.length) return null; // not measured
  const metric = state.get("metric");
  const values = table.values[metric] ?? table.values[""];
  const ruleOf = (/** @type {number} */ column) => table.columns[column]?.rule ?? METRICS[metric];
  const starts = new Set();
  let place = 0;
  for (const group of table.groups) {
    starts.add(place);
    place += group.span;
  }
  const wordOf = (/** @type {any} */ column) =>
    column.word ? t(`results_${column.word}`) : column.text || "0";
  const groupOf = (/** @type {number} */ column) => {
    let end = 0;
    return table.groups.find((group) => {
      end += group.span;
      return column < end;
    });
  };
  const groupWord = (/** @type {any} */ group) =>
    group.word ? t(`results_${group.word}`) : noiseName(group);
  const fullName = (/** @type {number} */ column) => {
    const group = groupOf(column);
    const word = wordOf(table.columns[column]);
    return group ? `${groupWord(group)} ${word}` : word;
  };
  const best = table.columns.map((_, column) => {
    const { better } = ruleOf(column);
    const rivals = table.rows.flatMap((row, i) =>
      !OUTSIDERS.includes(row.kind) && values[i][column] !== null ? [Number(values[i][column])] : [],
    );
    return better && rivals.length > 1
      ? better === "low"
        ? Math.min(...rivals)
        : Math.max(...rivals)
      : null;
  });
  const most = Math.max(...table.rows.map((row) => row.digits ?? 0));
  /** @param {Row} row */
  const notes = (row) =>
    [
      row.kind === "baseline" ? t("results_baseline") : "",
      row.kind === "published" ? t("results_published") : "",
      row.digits && row.digits < most
        ? t("results_fewer", { digits: row.digits.toLocaleString("en-US") })
        : "",
    ].filter(Boolean);
  const names = table.rows.map(called);
  const byName = table.rows.map((_, i) => i).sort((a, b) => names[a].localeCompare(names[b]));
  const rows =
    sort.column < 0
      ? sort.best
        ? byName
        : byName.reverse()
      : order(
          values.map((each) => each[sort.column]),
          ruleOf(sort.column).better || "high",
          sort.best,
        );
  const direction = (/** @type {number} */ column) => {
    if (sort.column !== column) return "none";
    const low = column < 0 || ruleOf(column).better === "low";
    return low === sort.best ? "ascending" : "descending";
  };
  const head = (
    /** @type {number} */ column,
    /** @type {string} */ word,
    /** @type {string} */ name,
    /** @type {any} */ more = {},
  ) =>
    html`<th scope="col" aria-sort=${direction(column)} ...${more}>
      <button type="button" aria-label=${t("results_sort", { column: name })} onClick=${() => setSort({ column, best: sort.column === column ? !sort.best : true })}>${word}</button>
    </th>`;
  return html`<section data-part=${part}>
    <h2>${t(`results_${part}`)}</h2>
    <div class="scroll" tabindex="0" role="region" aria-label=${`${t(`results_${part}`)}. ${t("results_scroll")}`}>
      <table>
        <thead>
          <tr>${head(-1, t(`results_${table.head}`), t(`results_${table.head}`), { class: "first", rowspan: 2 })}
            ${table.groups.map((group) => html`<th scope="colgroup" class="starts" colspan=${group.span}>${groupWord(group)} ${state.noises.get(group.noise ?? "")?.symbol} ${group.level}</th>`)}</tr>
          <tr>${table.columns.map((column, i) => head(i, wordOf(column), fullName(i), { class: starts.has(i) ? "starts" : "" }))}</tr>
        </thead>
        <tbody>
          ${rows.map(
            (i) => html`<tr key=${table.rows[i].name} data-kind=${table.rows[i].kind}>
              <th scope="row" class="first">${names[i]}${notes(table.rows[i]).length > 0 && html` <small>${notes(table.rows[i]).join(", ")}</small>`}</th>
              ${values[i].map((value, column) => {
                const text = written(value, ruleOf(column).decimals);
                const isBest =
                  best[column] !== null && value === best[column] && !OUTSIDERS.includes(table.rows[i].kind);
                return html`<td class=${starts.has(column) ? "starts" : ""}>${isBest ? html`<b>${text}</b><span class="hidden-word"> ${t("results_best")}</span>` : text}${table.notes?.[i]?.[column] && html` <small>${table.notes[i][column]}</small>`}</td>`;
              })}
            </tr>`,
          )}
        </tbody>
      </table>
    </div>
    <p class="quiet">${caption}</p>
    <p class="quiet measured">${measured}</p>
  </section>`;
}

/** @param {{ table: Table, first: string[], measured: string }} props */
function Curves({ table, first, measured }) {
  const figure = useRef(/** @type {HTMLElement | null} */ (null));
  const [pointed, setPointed] = useState(/** @type {string | undefined} */ (undefined));
  // A line keeps its colour and dash while others come and go.
  const pairs = useRef(/** @type {Map<string, number>} */ (new Map())).current;
  const groups = table.groups.filter((group) => state.noises.has(group.noise ?? ""));
  const chosen = groups.find(
    (group) => group.noise === state.get("noise") && (group.clip ?? state.get("clip")) === state.get("clip"),
  );
  const group = chosen ?? groups[0];
  const asked = /** @type {string[]} */ (state.get("curves"));
  const isThere = (/** @type {string} */ name) => table.rows.some((row) => row.name === name);
  const isUsual = !asked.includes(NOTHING) && !asked.some(isThere);
  const shown = [...new Set(isUsual ? [...first, state.get("model")] : asked)].filter(isThere);
  const metric = /** @type {string} */ (state.get("metric"));
  if (!group) return null;
  const columns = table.columns
    .map((column, i) => ({ ...column, i }))
    .filter((column) => column.noise === "clean" || `${column.noise}|${column.clip}` === group.key)
    .sort((a, b) => (a.level ?? 0) - (b.level ?? 0));
  for (const name of pairs.keys()) if (!shown.includes(name)) pairs.delete(name);
  for (const name of shown) {
    let pair = 0;
    while ([...pairs.values()].includes(pair)) pair++;
    if (!pairs.has(name) && name !== "none") pairs.set(name, pair);
  }
  const look = (/** @type {Row} */ row) => {
    const i = pairs.get(row.name) ?? 0;
    return row.kind === "input"
      ? { colour: "var(--quiet)", dash: "5 4" }
      : { colour: `var(--line-${i % COLOURS})`, dash: DASHES[Math.floor(i / COLOURS) % DASHES.length] };
  };
  const lines = table.rows.flatMap((row, i) => {
    if (!shown.includes(row.name)) return [];
    const y = columns.map((column) => table.values[metric][i][column.i] ?? Number.NaN);
    const fits = y.map((value) =>
      Number.isFinite(value) && (metric !== "mse" || value >= LEAST_MSE) ? value : Number.NaN,
    );
    return fits.some((value, n) => Number.isFinite(value) && columns[n].level)
      ? [
          {
            name: called(row),
            x: columns.map((column) => column.level ?? 0),
            y: fits,
            dots: true,
            say: (/** @type {number} */ level, /** @type {number} */ value) =>
              t("results_point", {
                ...{ name: called(row), level, metric: t(`results_metric_${metric}`) },
                ...{ value: written(value, METRICS[metric].decimals) },
                digits: (row.digits ?? 0).toLocaleString("en-US"),
              }),
            ...look(row),
          },
        ]
      : [];
  });
  const symbol = state.noises.get(group.noise ?? "")?.symbol ?? "";
  const words = {
    metric: t(`results_metric_${metric}`),
    noise: noiseName(group),
    lines: lines.map((line) => line.name).join(", "),
  };
  const toggle = (/** @type {string} */ name) => {
    const curves = shown.includes(name) ? shown.filter((each) => each !== name) : [...shown, name];
    state.set({ curves: curves.length ? curves : [NOTHING] });
  };
  const how = group.clip === true ? "-clipped" : group.clip === false ? "-unclipped" : "";
  const save = (/** @type {"png" | "svg"} */ format) => {
    const svg = figure.current?.querySelector("svg");
    if (svg)
      saveFigure(/** @type {SVGSVGElement} */ (svg), {
        name: `${metric}-${group.noise}${how}`,
        format,
        title: `${words.metric}, ${words.noise}`,
        legend: svg.viewBox.baseVal.width < NARROW ? lines : [], // where names are cut
        note: measured,
      });
  };
  return html`<section data-part="curves">
    <div class="head">
      <h2>${t("results_curves")}</h2>
      <${Menu} name="curve-noise" label=${t("results_noise")} value=${group.key} options=${groups.map((each) => ({ value: each.key, label: noiseName(each) }))}
        onChange=${(/** @type {string} */ key) => {
          const found = groups.find((each) => each.key === key);
          state.set({ noise: found?.noise, ...(found?.clip === null ? {} : { clip: found?.clip }) });
        }} />
      <div class="download"><span>${t("results_download")}</span>
        ${/** @type {const} */ (["png", "svg"]).map((format) => html`<button type="button" data-format=${format} disabled=${!lines.length} onClick=${() => save(format)}>${format.toUpperCase()}</button>`)}
      </div>
    </div>
    <div ref=${figure} class="curves">
      ${
        lines.length
          ? html`<${Chart} lines=${lines} log=${metric === "mse"} height=${Math.max(380, 17 * lines.length + 80)} legend=${false} names marks=${[...new Set(columns.map((column) => column.level ?? 0))]} highlight=${pointed} label=${t("results_curves_alt", words)}
              xLabel=${t("results_level", { symbol })} yLabel=${words.metric} />`
          : html`<p class="none">${t("results_curves_none")}</p>`
      }
    </div>
    <div class="lines" role="group" aria-label=${t("results_lines")}>
      ${table.rows.map(
        (
          row,
        ) => html`<button type="button" key=${row.name} data-name=${row.name} aria-pressed=${shown.includes(row.name)} onClick=${() => toggle(row.name)}
          onPointerEnter=${() => setPointed(called(row))} onPointerLeave=${() => setPointed(undefined)} onFocus=${() => setPointed(called(row))} onBlur=${() => setPointed(undefined)}>
          <svg viewBox="0 0 30 10" aria-hidden="true"><line x1="0" x2="30" y1="5" y2="5" style=${shown.includes(row.name) ? { stroke: look(row).colour, strokeDasharray: look(row).dash } : {}} /></svg>${called(row)}
        </button>`,
      )}
    </div>
    <p class="quiet">${t("results_curves_about")}</p>
    <p class="quiet measured">${measured}</p>
  </section>`;
}

/** @param {any} results */
function tablesOf(results) {
  const arranged = arrange(results);
  const learned = {
    generalisation: generalisationTable(results, arranged.networks),
    labels: labelsTable(results, arranged.networks),
    verdict: verdictTable(results),
    samples: samplesTable(results),
    answers: answersTable(results),
  };
  return { ...arranged, tables: { ...arranged.tables, ...learned } };
}

export default function Results() {
  const found = useSignal(/** @type {ReturnType<typeof tablesOf> | "none" | null} */ (null));
  useEffect(() => {
    loadResults()
      .then((results) => {
        found.value = tablesOf(results);
      })
      .catch(() => {
        found.value = "none";
      });
  }, []);
  const results = found.value;
  if (!results) return html`<div class="results"></div>`;
  if (results === "none") return html`<div class="results"><p class="problem">${t("results_none")}</p></div>`;
  const { denoising, generalisation, codes, labels, verdict, samples, answers } = results.tables;
  const measured = t("results_measured", {
    digits: results.digits.toLocaleString("en-US"),
    seed: results.seed,
    versions: results.versions,
  });
  const sampled = t("results_sampled", { seed: samples.about.seed, versions: results.versions });
  const { noise, level } = codes.about;
  const isNoise = manifest.noises.some((each) => each.key === noise);
  const how = isNoise ? noiseName({ noise, clip: null }) : noise;
  const noisy = noise === "gaussian" ? t("results_clipped", { noise: `${how} ${level}` }) : `${how} ${level}`;
  const metric = state.get("metric");
  return html`<div class="results">
    <div class="bar">
      <${Segments} name="metric" label=${t("results_metric")} value=${metric} onChange=${(/** @type {string} */ value) => state.set({ metric: value })}
        options=${Object.keys(METRICS).map((key) => ({ value: key, label: t(`results_metric_${key}`) }))} />
      <${Term} of=${metric} word=${t(`results_metric_${metric}`)} />
      <p class="quiet">${t(`results_${metric}_about`, { digits: SSIM_DIGITS.toLocaleString("en-US") })}</p>
    </div>
    <${Curves} table=${denoising} first=${results.lines} measured=${measured} />
    <${ResultTable} part="denoising" table=${denoising} caption=${t("results_denoising_about")} measured=${measured} />
    <${ResultTable} part="generalisation" table=${generalisation} caption=${t("results_generalisation_about")} measured=${measured} />
    <${ResultTable} part="codes" table=${codes} caption=${t("results_codes_about", { noise: noisy, active: ACTIVE_PERCENT })} measured=${measured} />
    <${Terms} of=${["probe", "neighbours", "nmi", "sparsity", "dead"]} />
    <${ResultTable} part="labels" table=${labels} caption=${t("results_labels_about", labels.about)} measured=${measured} />
    <${ResultTable} part="verdict" table=${verdict} caption=${t("results_verdict_about", verdict.about)} measured=${measured} />
    <${ResultTable} part="samples" table=${samples} caption=${t("results_samples_about", samples.about)} measured=${sampled} />
    <${ResultTable} part="answers" table=${answers} caption=${t("results_answers_about", answers.about)} measured=${sampled} />
  </div>`;
}
