// Digits out of noise: a row of seeds, each with y and where it leads, step by step.
import { effect } from "@preact/signals-core";
import { modelLabel, state } from "../../page.js";
import { Chart } from "../../parts/chart.js";
import { html, useEffect, useMemo } from "../../parts/html.js";
import { Picture } from "../../parts/picture.js";
import { Terms } from "../../parts/term.js";
import { VerdictLine, verdictWords } from "../../parts/verdict.js";
import { t } from "../../words.js";
import { Script } from "./code.js";
import { Opened, opened } from "./opened.js";
import { meanOf, Run } from "./run.js";
import { Save } from "./save.js";
import { denoiserKey, hasSettings, Settings, schedule, scheduleKey } from "./settings.js";
import { columnsOf } from "./sheets.js";
import { Problem, Ways } from "./ways.js";

const PIXELS = 784;

/** The run that is shown; it is kept while other tabs are open. */
export const growing = new Run("noise");
growing.goes = !matchMedia("(prefers-reduced-motion: reduce)").matches;

/** Follow the state. Returns what ends it. */
export function follow() {
  const stop = effect(() => {
    const [model, count, seed] = ["sample_model", "sample_count", "sample_seed"].map((name) =>
      state.get(name),
    );
    const key = [denoiserKey.value, count, seed, scheduleKey.value].join();
    const question = { model, count, seed, schedule: schedule.value };
    queueMicrotask(() => growing.begin(question, key));
    if (opened.peek() >= count) opened.value = -1;
  });
  if (growing.goes) growing.play();
  return () => {
    stop();
    growing.pause(false);
  };
}

/** Grey values as pictures in [0, 1]. @param {Uint8ClampedArray} greys */
function picturesOf(greys) {
  const values = new Float32Array(greys.length);
  for (let i = 0; i < greys.length; i++) values[i] = greys[i] / 255;
  return Array.from({ length: values.length / PIXELS }, (_, n) =>
    values.subarray(n * PIXELS, (n + 1) * PIXELS),
  );
}

/** @typedef {{ noisy: Float32Array[], end: Float32Array[] }} Pictures */

/** The step that is looked at. */
function useFrame() {
  const count = growing.count.value;
  const frame = growing.frames[Math.min(growing.at.value, count - 1)];
  const pictures = useMemo(
    () => frame && { noisy: picturesOf(frame.noisy), end: picturesOf(frame.end) },
    [frame],
  );
  return { frame, pictures, isLast: growing.at.value >= count - 1 };
}

/** @param {{ frame: import("./run.js").Frame | undefined, pictures: Pictures | undefined, isLast: boolean }} props */
function Tiles({ frame, pictures, isLast }) {
  const count = state.get("sample_count");
  const verdicts = isLast && growing.status.value === "done" ? growing.verdicts.value : null;
  const seed = state.get("sample_seed");
  return html`<div class="tiles" style=${{ "--columns": columnsOf(count) }}>
    ${[...Array(count).keys()].map((n) => {
      const verdict = verdicts?.[n];
      const read = verdict ? verdictWords(verdict) : "";
      const alt = t("sample_tile", {
        number: n + 1,
        seed: seed + n,
        step: frame?.number ?? 0,
        sigma: frame?.sigma[n]?.toFixed(2) ?? "", // of more samples than before there is none yet
        read,
      });
      return html`<button type="button" class="tile" key=${n} data-sample=${n} data-digit=${verdict?.digit} aria-pressed=${opened.value === n} aria-label=${alt}
        onClick=${() => {
          opened.value = opened.peek() === n ? -1 : n;
        }}>
        <${Picture} values=${pictures?.noisy[n]} alt="" />
        <${Picture} values=${pictures?.end[n]} alt="" />
        ${state.shows("verdict") && html`<div class="said">${verdict && html`<${VerdictLine} verdict=${verdict} />`}</div>`}
      </button>`;
    })}
  </div>`;
}

/** Look back at each step, and how sigma falls on the way. @param {{ frame: import("./run.js").Frame | undefined }} props */
function Scrubber({ frame }) {
  const count = growing.count.value;
  const { x, y } = useMemo(() => {
    const frames = growing.frames.slice(0, count);
    return { x: frames.map((each) => each.number), y: frames.map((each) => meanOf(each.sigma)) };
  }, [growing.frames, count]);
  const goTo = (/** @type {number} */ place) => {
    growing.pause();
    growing.at.value = Math.min(Math.max(0, Math.round(place)), growing.count.peek() - 1);
  };
  const sigma = frame ? meanOf(frame.sigma).toPrecision(2) : "";
  const words = frame ? t("sample_step", { step: frame.number, sigma }) : "";
  return html`<div class="scrubber">
    <label for="sample-step">${t("sample_look_back")}</label>
    <input id="sample-step" type="range" min="1" max=${Math.max(1, count)} step="1" value=${growing.at.value + 1} disabled=${count < 2} aria-valuetext=${words}
      onInput=${(/** @type {any} */ event) => goTo(Number(event.target.value) - 1)} />
    <output>${words}</output>
    ${count > 1 && html`<${Chart} lines=${[{ name: "σ", x, y, look: "strong" }]} log height=${120} legend=${false} at=${frame?.number} label=${words} xLabel=${t("sample_steps")} onPick=${(/** @type {number} */ at) => goTo(at - 1)} />`}
  </div>`;
}

function Status() {
  const status = growing.status.value;
  if (growing.problem.value) return html`<${Problem} run=${growing} />`;
  const says =
    status === "done"
      ? t("sample_done", { count: state.get("sample_count"), steps: growing.count.value })
      : growing.count.value
        ? ""
        : t("sample_loading", { name: modelLabel(state.get("sample_model")) });
  return html`<p class="status quiet" role="status">${says}</p>`;
}

export function Growing() {
  useEffect(follow, []);
  const { frame, pictures, isLast } = useFrame();
  const n = opened.value;
  return html`<section class="growing" data-status=${growing.status.value} data-steps=${growing.count.value} data-step=${frame?.number} data-read=${growing.verdicts.value !== null}>
    <h2>${t("sample_growing")}</h2>
    <p class="quiet">${t("sample_growing_about")}</p>
    <div class="bench" data-controls=${hasSettings()}>
      <div class="held"><${Ways} run=${growing} name="growing" /><${Tiles} frame=${frame} pictures=${pictures} isLast=${isLast} /></div>
      ${hasSettings() && html`<div class="controls"><${Settings} /></div>`}
      <div class="stage">
        <${Status} />
        <${Scrubber} frame=${frame} />
        ${pictures?.end[n] && html`<${Opened} image=${pictures.end[n]} isDone=${isLast && growing.status.value === "done"} />`}
        <${Terms} of=${["sampling", "score", "blind", "sigma"]} />
        ${state.shows("slide") && html`<${Save} run=${growing} />`}
        <${Script} of="noise" />
      </div>
    </div>
  </section>`;
}
