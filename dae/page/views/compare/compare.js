// The Compare tab: the same noisy digit through many denoisers, the smallest error first.
import { AskError, ask, reachable } from "../../ask.js";
import { floats, greys } from "../../base64.js";
import { clean } from "../../digit.js";
import { measure } from "../../lesson/measured.js";
import { askWith } from "../../networks.js";
import { engine, modelLabel, modelLine, modelSummary, state } from "../../page.js";
import { Bench, modelGroups } from "../../parts/bench.js";
import { Menu } from "../../parts/controls.js";
import { Figures } from "../../parts/figures.js";
import { html, useSignal, useSignalEffect } from "../../parts/html.js";
import { Picture } from "../../parts/picture.js";
import { excuse, Python } from "../../parts/python.js";
import { saveFile } from "../../parts/save.js";
import { Term, Terms } from "../../parts/term.js";
import { measuredTerms, VerdictLine, VerdictNote, verdictWords } from "../../parts/verdict.js";
import { t } from "../../words.js";

/** @typedef {import("../../ask.js").Questions["denoise"]["denoisers"][number]} Baseline */

/** @type {Baseline[]} */
const BASELINES = ["median", "tv", "nlm", "wiener", "memoriser"];
const START = ["universal", "conv-gaussian", "fc-gaussian", "plain", "median", "tv", "wiener"];
const PIXELS = 28 * 28;
const GRID_LEVELS = 6;
const SOON = 60; // milliseconds in which all networks answer that are loaded
const PAUSE = 120; // milliseconds before Python is asked while a slider moves

/** @typedef {{ restored: Float32Array } | { problem: string }} Result */
/** @typedef {{ mse: number, psnr: number, ssim: number }} Metrics */

/** @param {string} name @returns {name is Baseline} */
const isBaseline = (name) => BASELINES.some((each) => each === name);
const called = (/** @type {string} */ name) => (isBaseline(name) ? t(`baseline_${name}`) : modelLabel(name));

/** The chosen denoisers that there are. @returns {string[]} */
function chosenNow() {
  const asked = state
    .get("compare")
    .filter((/** @type {string} */ name) => isBaseline(name) || modelLine(name));
  return asked.length || state.get("compare").includes("none")
    ? asked
    : START.filter((name) => isBaseline(name) || modelLine(name));
}

/** @param {string[]} names an empty choice is said as "none", for nothing means the usual ones */
const choose = (names) => state.set({ compare: names.length ? names : ["none"] });

const corruption = () => ({
  noise: state.get("noise"),
  clip: state.noise.value.canClip ? state.get("clip") : true,
  seed: state.get("seed"),
});

/**
 * What classical denoisers make of the digit at some levels, by name.
 * @param {Baseline[]} denoisers @param {Float32Array} digit @param {number[]} levels
 * @param {ReturnType<typeof corruption>} noise @param {AbortSignal} [signal]
 * @returns {Promise<Record<string, Result>>}
 */
async function classical(denoisers, digit, levels, noise, signal) {
  if (!denoisers.length) return {};
  try {
    const question = { digit: greys(digit), ...noise, levels, denoisers };
    const { restorations } = await ask("denoise", question, { signal });
    return Object.fromEntries(
      restorations.map((/** @type {any} */ each) => [
        each.denoiser,
        each.restored ? { restored: floats(each.restored) } : { problem: each.problem },
      ]),
    );
  } catch (error) {
    if (!(error instanceof AskError)) throw error;
    return Object.fromEntries(denoisers.map((name) => [name, { problem: error.code }]));
  }
}

/** Why some of the denoisers have no picture. @param {string[]} names @param {string} problem */
function sentence(names, problem) {
  const values = { name: names.map(called).join(t("models_comma")), noise: t(`noise_${state.get("noise")}`) };
  if (problem === "no_answer") return t("compare_cannot", values);
  if (problem === "no_record") return t("compare_no_record", values);
  if (problem === "no_server") return t("compare_no_server", values);
  if (isBaseline(names[0])) return t("compare_no_reply", values);
  return t(problem === "unreachable" ? "stage_unreachable" : "no_model", values);
}

/** @param {{ name: string, label: string, about: string, image: Float32Array, figures: Metrics, verdict?: any, truth?: number | null, place?: number, isOld?: boolean }} props */
function Card({ name, label, about, image, figures, verdict, truth, place, isOld = false }) {
  const words = { name: label, psnr: Number.isFinite(figures.psnr) ? figures.psnr.toFixed(1) : "∞" };
  const alt =
    verdict && state.shows("verdict")
      ? t("compare_alt", { ...words, verdict: verdictWords(verdict) })
      : t("compare_alt_alone", words);
  return html`<figure class="card" data-denoiser=${name} data-old=${isOld}>
    <figcaption title=${about}>${place && html`<b class="place">${place}</b>`}<span>${label}</span>${isBaseline(name) && html`<${Term} of=${name} word=${label} />`}</figcaption>
    <${Picture} values=${image} alt=${alt} />
    ${verdict && html`<${VerdictLine} verdict=${verdict} truth=${truth} />`}
    ${state.shows("figures") && html`<${Figures} figures=${figures} />`}
    <p class="about">${about}</p>
  </figure>`;
}

/** @typedef {ReturnType<typeof corruption> & { digit: Float32Array, levels: number[], rows: { name: string, images: Float32Array }[] }} Made */

/** Every level, as a table of pictures and as a figure for a slide. */
function Grid() {
  const made = useSignal(/** @type {Made | null} */ (null));
  const busy = useSignal(false);
  const problem = useSignal("");
  const make = async () => {
    const digit = clean.peek();
    if (!digit) return;
    busy.value = true;
    problem.value = "";
    const question = corruption();
    const { maximum } = state.noise.peek();
    const levels = [...Array(GRID_LEVELS).keys()].map((i) =>
      Number(((maximum * i) / (GRID_LEVELS - 1)).toFixed(4)),
    );
    const names = chosenNow();
    const others = classical(names.filter(isBaseline), digit, levels, question);
    try {
      const noisy = new Float32Array(GRID_LEVELS * PIXELS);
      for (const [i, level] of levels.entries()) {
        const one = await engine.ask("corrupt", { images: digit, level, ...question }, { channel: "grid" });
        if (one) noisy.set(one.noisy, i * PIXELS);
      }
      /** @type {Made["rows"]} */
      const rows = [{ name: "noisy", images: noisy }];
      for (const name of names) {
        const found = isBaseline(name)
          ? (await others)[name]
          : await engine
              .ask("restore", { model: name, images: noisy }, { channel: "grid" })
              .catch(() => null);
        if (found && "restored" in found) rows.push({ name, images: found.restored });
      }
      made.value = { ...question, digit, levels, rows };
    } finally {
      busy.value = false;
    }
  };
  const save = async (/** @type {"png" | "svg"} */ format) => {
    if (!made.value) return;
    const { digit, noise, clip, seed, rows } = made.value;
    problem.value = "";
    try {
      const values = { noise: t(`noise_${noise}`), seed };
      const names = rows.slice(1).map((row) => row.name);
      saveFile(
        await askWith("grid-figure", names, (keys) => ({
          ...{ digit: greys(digit), noise, clip, seed, format },
          rows: keys.map((key, i) => ({ denoiser: key, label: called(names[i]) })),
          ...{ noisy: t("noisy"), levelName: state.noises.get(noise)?.symbol ?? "" },
          ...{ title: t("grid_title", values), caption: t("grid_caption", values) },
        })),
      );
    } catch (error) {
      problem.value = excuse(error, "python_figure");
    }
  };
  const nameOf = (/** @type {string} */ name) => (name === "noisy" ? t("noisy") : called(name));
  const symbol = made.value && state.noises.get(made.value.noise)?.symbol;
  return html`<section class="levels-grid">
    <div class="row"><button type="button" id="make-grid" disabled=${busy.value} onClick=${make}>${t("grid")}</button>
      ${made.value && html`<${Python} what="python_figure">${/** @type {const} */ (["png", "svg"]).map((format) => html`<button type="button" data-format=${format} onClick=${() => save(format)}>${t(`grid_${format}`)}</button>`)}<//>`}
    </div>
    <p role="status" class="problem">${problem.value}</p>
    ${
      made.value &&
      html`<div class="scroll" tabindex="0" role="region" aria-label=${t("grid")}><table class="grid">
        <thead><tr><td></td>${made.value.levels.map((level) => html`<th scope="col">${symbol} ${level}</th>`)}</tr></thead>
        <tbody>${made.value.rows.map(
          (
            each,
          ) => html`<tr key=${each.name} data-denoiser=${each.name}><th scope="row">${nameOf(each.name)}</th>
          ${made.value?.levels.map((level, i) => html`<td><${Picture} values=${each.images.subarray(PIXELS * i, PIXELS * (i + 1))} alt="${nameOf(each.name)}, ${level}" /></td>`)}</tr>`,
        )}</tbody>
      </table></div>`
    }
  </section>`;
}

/** Made-up photos before and after, loaded when they are asked for. */
function PhotoSection() {
  const found = useSignal(
    /** @type {{ Photos: typeof import("./photos.js").Photos, examples: any } | null} */ (null),
  );
  const isFailed = useSignal(false);
  const show = async () => {
    isFailed.value = false;
    try {
      const [{ Photos }, answer] = await Promise.all([
        import("./photos.js"),
        fetch(new URL("photos.json", import.meta.url)),
      ]);
      found.value = { Photos, examples: await answer.json() };
    } catch (error) {
      console.error(error);
      isFailed.value = true;
    }
  };
  return html`<section class="photos">
    ${
      found.value
        ? html`<h2>${t("photos")}</h2><${found.value.Photos} examples=${found.value.examples} />`
        : html`<button type="button" id="show-photos" onClick=${show}>${t("photos")}</button>`
    }
    <p role="status" class="problem">${isFailed.value && t("photo_failed")}</p>
  </section>`;
}

/** What is compared, for the tasks of lessons. @param {{ name: string, isOld?: boolean }[]} cards the best first */
function tell(cards) {
  const now = cards.filter((card) => !card.isOld);
  const isOwn = now.some((card) => modelLine(card.name)?.group === "own");
  measure("compare", { count: now.length, best: now[0]?.name, own: isOwn });
}

export default function Compare() {
  /** @type {import("@preact/signals-core").Signal<{ noisy: Float32Array, cards: any[], given: any[], missing: { problem: string, names: string[] }[] } | null>} */
  const shown = useSignal(null);
  // What Python said, and to which question: it answers in its own time, and what the browser computes does not wait.
  const again = useSignal(0); // asks for networks that could not be fetched
  const others = useSignal(
    /** @type {{ digit: Float32Array, asked: string, found: Record<string, Result> } | null} */ (null),
  );
  useSignalEffect(() => {
    const [digit, names, level] = [clean.value, chosenNow().filter(isBaseline), state.get("level")];
    const question = corruption();
    if (!digit) return;
    const asked = JSON.stringify([level, question]);
    if (!reachable.value) {
      const found = Object.fromEntries(names.map((name) => [name, { problem: "unreachable" }]));
      others.value = { digit, asked, found };
      return;
    }
    const stop = new AbortController();
    const timer = setTimeout(async () => {
      try {
        others.value = { digit, asked, found: await classical(names, digit, [level], question, stop.signal) };
      } catch (error) {
        if (!stop.signal.aborted) throw error;
      }
    }, PAUSE);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  });
  useSignalEffect(() => {
    const [digit, names, answers, level] = [clean.value, chosenNow(), others.value, state.get("level")];
    const question = corruption();
    const isAnswered = answers?.digit === digit && answers?.asked === JSON.stringify([level, question]);
    again.value;
    reachable.value;
    measure("compare", null);
    let isCurrent = true;
    const work = async () => {
      if (!digit) return;
      const stage = await engine.ask(
        "corrupt",
        { images: digit, level, ...question },
        { channel: "compare" },
      );
      if (!stage || !isCurrent) return;
      const { noisy } = stage;
      /** @type {Record<string, Result>} */
      const found = {};
      for (const name of names.filter(isBaseline))
        if (isAnswered && answers) found[name] = answers.found[name];
      let presented = performance.now();
      await Promise.all(
        names.map(async (name) => {
          if (isBaseline(name)) return;
          const restored = await engine
            .ask("restore", { model: name, images: noisy }, { channel: `compare-${name}` })
            .catch((error) => ({ problem: error.code }));
          if (restored) found[name] = restored;
          if (performance.now() - presented < SOON) return;
          presented = performance.now(); // the others are still on their way
          await present(digit, noisy, found);
        }),
      );
      await present(digit, noisy, found);
    };
    /** @param {Float32Array} digit @param {Float32Array} noisy @param {Record<string, Result>} found so far */
    const present = async (digit, noisy, found) => {
      if (!isCurrent) return;
      const done = names.filter((name) => found[name] && "restored" in found[name]);
      const images = [digit, noisy, ...done.map((name) => /** @type {any} */ (found[name]).restored)];
      const all = new Float32Array(PIXELS * images.length);
      for (const [i, image] of images.entries()) all.set(image, PIXELS * i);
      const [figures, verdicts] = await Promise.all([
        engine.ask("metrics", { images: all, clean: digit }, { channel: "compare-metrics" }),
        engine
          .ask("verdict", { images: all }, { channel: "compare-verdict" })
          .catch(() => ({ verdicts: [] })),
      ]);
      if (!isCurrent || !figures || !verdicts) return;
      const truth = verdicts.verdicts[0]?.digit;
      const card = (/** @type {string} */ name, /** @type {number} */ i) => ({
        name,
        image: images[i],
        figures: figures.figures[i],
        verdict: verdicts.verdicts[i],
        truth,
      });
      // A picture stays until the next comes; one that Python made of another noise is faint.
      const old = (shown.peek()?.cards ?? [])
        .filter((each) => names.includes(each.name) && !found[each.name])
        .map((each) => ({ ...each, isOld: isBaseline(each.name) }));
      /** @type {Map<string, { problem: string, names: string[] }>} */
      const missing = new Map();
      for (const name of names) {
        const result = found[name];
        if (!result || !("problem" in result)) continue;
        const key = `${isBaseline(name)} ${result.problem}`;
        missing.set(key, { problem: result.problem, names: [...(missing.get(key)?.names ?? []), name] });
      }
      shown.value = {
        noisy,
        given: [card("clean", 0), card("noisy", 1)],
        cards: [...done.map((name, i) => card(name, i + 2)), ...old].sort(
          (a, b) => a.figures.mse - b.figures.mse,
        ),
        missing: [...missing.values()],
      };
      tell(shown.value.cards);
    };
    work();
    return () => {
      measure("compare", null);
      isCurrent = false;
    };
  });
  const names = chosenNow();
  const rest = modelGroups((model) => !names.includes(model.name));
  const groups = [
    ...rest,
    {
      label: t("group_classical"),
      options: BASELINES.map((name) => ({
        value: name,
        label: called(name),
        disabled: names.includes(name),
      })),
    },
  ];
  return html`<${Bench} model=${false}>
    <div class="compare">
      ${
        state.shows("compare") &&
        html`<div class="group choice">
        <div class="chips" role="group" aria-label=${t("compare_choose")}>
          ${names.map((name) => html`<button type="button" key=${name} data-denoiser=${name} aria-label=${t("compare_remove", { name: called(name) })} onClick=${() => choose(names.filter((each) => each !== name))}>${called(name)} <span aria-hidden="true">×</span></button>`)}
        </div>
        <${Menu} name="compare" label=${t("compare_add")} value="" options=${[{ value: "", label: "…" }]} groups=${groups} onChange=${(/** @type {string} */ name) => name && choose([...names, name])} />
      </div>`
      }
      ${!names.length && html`<p class="quiet">${t("compare_empty")}</p>`}
      <div class="cards">
        ${shown.value?.given.map((card) => html`<${Card} key=${card.name} ...${card} label=${t(card.name)} about="" />`)}
        ${shown.value?.cards.map((card, i) => html`<${Card} key=${card.name} ...${card} place=${i + 1} label=${called(card.name)} about=${isBaseline(card.name) ? t(`baseline_${card.name}_about`) : aboutModel(card.name)} />`)}
      </div>
      <div role="status"><ul class="missing">${shown.value?.missing.map(
        ({ problem, names: without }) => html`<li key=${`${without} ${problem}`}>${sentence(without, problem)}
        ${problem === "unreachable" && !isBaseline(without[0]) && html`<button type="button" onClick=${() => again.value++}>${t("try_again")}</button>`}</li>`,
      )}</ul></div>
      <p class="quiet">${t("compare_note")}${t("between")}<${VerdictNote} /></p>
      <${Terms} of=${measuredTerms()} />
      <${Grid} />
      <${PhotoSection} />
    </div>
  <//>`;
}

/** @param {string} name */
function aboutModel(name) {
  const model = modelLine(name);
  return model ? modelSummary(model) : "";
}
