// The Score tab: points of the plane, the score of their blurred density, and a small network that learns it as one looks on.
import { measure } from "../../lesson/measured.js";
import { state } from "../../page.js";
import { Chart } from "../../parts/chart.js";
import { Code } from "../../parts/code.js";
import { Menu, Segments } from "../../parts/controls.js";
import { COLOURS, OPACITY, WIDTHS } from "../../parts/field-draw.js";
import { html, useEffect, useRef, useSignal, useSignalEffect } from "../../parts/html.js";
import { Term, Terms } from "../../parts/term.js";
import { labelled, t } from "../../words.js";
import { Field } from "./field.js";
import { save } from "./figure.js";
import { choices, Form, Points, set } from "./form.js";
import * as lab from "./lab.js";
import { Panels } from "./panels.js";
import { script } from "./script.js";
import * as walkers from "./walkers.js";

const DRAWN = 160; // points of the loss curve, at most
const REDRAWN = 250; // milliseconds between two drawings of it

const percent = (/** @type {number | null | undefined} */ error) =>
  error === null || error === undefined ? "–" : `${(100 * error).toFixed(1)} %`;
const loss = (/** @type {number | undefined} */ value) => (value === undefined ? "–" : value.toFixed(4));

/** The loss of the latest steps, which jumps about from batch to batch, as a mean. @param {number[]} losses */
const recent = (losses) => {
  const last = losses.slice(-50);
  return last.length ? last.reduce((sum, each) => sum + each, 0) / last.length : undefined;
};

function Buttons() {
  const isRunning = lab.running.value;
  const can = lab.clean.value.length > 0 && !lab.broken.value;
  return html`<div class="buttons">
    <button type="button" id="score-run" class="main" disabled=${!can} onClick=${isRunning ? lab.pause : lab.run}>${t(isRunning ? "score_pause" : lab.over.value ? "score_again" : "score_run")}</button>
    <button type="button" id="score-step" disabled=${!can || lab.over.value} onClick=${lab.step}>${t("score_one_step")}</button>
    <button type="button" id="score-restart" disabled=${!can} onClick=${lab.restart}>${t("score_restart")}</button>
  </div>`;
}

/** What hinders it; and for screen readers, when it changes, whether it runs. */
function Status() {
  const [first] = lab.panes.value;
  const problem = lab.broken.value ? t("score_broken") : lab.clean.value.length ? "" : t("score_empty");
  const said = lab.over.value
    ? t("score_done", { error: percent(first?.error) })
    : t(lab.running.value ? "score_running" : "score_rests");
  return html`<p class=${problem ? "status" : "unseen"} role="status">${problem || said}</p>`;
}

function Numbers() {
  const [first] = lab.panes.value;
  const steps = state.get("score_steps");
  const rows = [
    ["step", `${(first?.step ?? 0).toLocaleString("en-US")} / ${steps.toLocaleString("en-US")}`],
    ["loss", loss(recent(first?.losses ?? []))],
    ["error", percent(first?.error)],
  ];
  return html`<dl class="numbers">${rows.map(([name, text]) => html`<div key=${name}><dt>${t(`score_number_${name}`)}</dt><dd data-figure=${name}>${text}</dd></div>`)}</dl>`;
}

/** Points that stand for a long curve, as means. @param {number[]} losses */
function thinned(losses) {
  const size = Math.max(1, Math.ceil(losses.length / DRAWN));
  const count = Math.ceil(losses.length / size);
  const mean = (/** @type {number} */ i) => {
    const some = losses.slice(i * size, (i + 1) * size);
    return some.reduce((sum, each) => sum + each, 0) / some.length;
  };
  const all = [...Array(count).keys()];
  return { x: all.map((i) => Math.min(losses.length, (i + 0.5) * size + 0.5)), y: all.map(mean) };
}

function Curve() {
  const shown = useSignal(lab.panes.peek());
  const timer = useRef(0);
  useSignalEffect(() => {
    lab.panes.value;
    timer.current ||= window.setTimeout(() => {
      timer.current = 0;
      shown.value = lab.panes.peek();
    }, REDRAWN);
  });
  useEffect(() => () => clearTimeout(timer.current), []);
  const names = [t("score_denoiser"), t("score_plain")];
  const lines = shown.value.map(({ losses }, n) => ({
    name: names[n],
    ...thinned(losses),
    colour: n ? "var(--line-1)" : "var(--accent)",
    dash: n ? "7 4" : "",
  }));
  const label = t("score_curve_alt", { loss: loss(recent(shown.value[0]?.losses ?? [])) });
  return html`<section class="group curve"><h2>${t("score_curve")}</h2>
    <${Chart} lines=${lines} log span=${[0, state.get("score_steps")]} height=${200} label=${label} xLabel=${t("score_number_step")} />
  </section>`;
}

/** @param {{ pane: number }} props */
function Pane({ pane }) {
  const name = t(pane ? "score_plain" : "score_denoiser");
  const seen = lab.panes.value[pane];
  const values = {
    name,
    points: t(`score_points_${state.get("score_points")}`),
    error: percent(seen?.error),
  };
  return html`<figure class="pane">
    ${state.get("score_beside") && html`<figcaption><b>${name}</b> <span class="quiet">${labelled(t("score_number_error"), "")}<b>${percent(seen?.error)}</b></span></figcaption>`}
    <${Field} pane=${pane} label=${t("score_canvas", values)} />
  </figure>`;
}

function Walkers() {
  const now = walkers.progress.value;
  const count = walkers.start.value.length / 2;
  const found = walkers.reached.value;
  const isTooMuch = walkers.isTooMuch.value;
  return html`<section class="group walkers" data-made=${now?.made ?? 0} data-count=${count}>
    <h2>${t("score_walkers")}</h2>
    <div class="bar">
      <${Menu} name="score_walk" label=${t("score_walk")} help=${state.get("score_walk") === "langevin" && html`<${Term} of="langevin" word=${t("score_walk_langevin")} />`} value=${state.get("score_walk")}
        options=${choices("score_walk")} onChange=${set("score_walk")} />
      <${Segments} name="score_field" label=${t("score_field")} value=${state.get("score_field")} options=${choices("score_field")} onChange=${set("score_field")} />
    </div>
    <div class="buttons">
      <button type="button" id="score-drop" onClick=${walkers.dropMany}>${t("score_drop")}</button>
      <button type="button" id="score-walk" class="main" disabled=${!count || isTooMuch} onClick=${walkers.play}>${t(walkers.walking.value ? "score_pause" : "score_walk_on")}</button>
      <button type="button" id="score-walk-step" disabled=${!count || isTooMuch || walkers.isOver.value} onClick=${walkers.stride}>${t("score_walk_step")}</button>
      <button type="button" id="score-walk-back" disabled=${!now} onClick=${walkers.reset}>${t("score_walk_back")}</button>
      <button type="button" id="score-remove" disabled=${!count} onClick=${walkers.removeAll}>${t("score_remove")}</button>
    </div>
    <p class="about">${t(`score_about_${state.get("score_walk")}`)}</p>
    ${isTooMuch && html`<p class="note" role="status">${t("score_needs_many")} <button type="button" id="score-many" onClick=${() => state.set({ score_sigmas: "many" })}>${t("score_learn_many")}</button></p>`}
    <p class="quiet told">${
      found
        ? t("score_walked", {
            ...{ count, made: now?.made ?? 0 },
            ...{ near: found.nearest.toFixed(3), mean: found.centre.toFixed(3) },
          })
        : t("score_drop_hint")
    }</p>
  </section>`;
}

/** The fields that are drawn, by their colours, and the scale of the error. */
function Legend() {
  const layers = /** @type {string[]} */ (state.get("score_layers"));
  const fields = /** @type {const} */ (["exact", "learnt"]).filter((name) => layers.includes(name));
  return html`<ul class="legend">
    ${fields.map(
      (name) =>
        html`<li key=${name}><svg viewBox="0 0 40 16" aria-hidden="true"><path d="M3 8H36M29 3L36 8L29 13" fill="none" stroke=${COLOURS[name]} stroke-width=${1.5 * WIDTHS[name]} stroke-opacity=${OPACITY[name]} /></svg>${t(`score_layers_${name}`)}</li>`,
    )}
    ${layers.includes("error") && html`<li><i class="scale" aria-hidden="true"></i>${t("score_error_scale")}</li>`}
  </ul>`;
}

function Files() {
  const problem = useSignal("");
  const make = async (/** @type {"png" | "svg"} */ format) => {
    const [first] = lab.panes.peek();
    const values = { step: first?.step ?? 0, error: percent(first?.error) };
    problem.value = "";
    await save(format, t("score_figure_note", values)).catch((error) => {
      console.error(error);
      problem.value = t("score_figure_failed");
    });
  };
  return html`<div class="files">${
    /** @type {const} */ (["png", "svg"]).map(
      (format) =>
        html`<button type="button" key=${format} data-format=${format} disabled=${!lab.scene.value} onClick=${() => make(format)}>${t(`latent_${format}`)}</button>`,
    )
  }<span class="problem" role="status">${problem.value}</span></div>`;
}

/** What is shown, for the tasks of lessons. */
function tell() {
  const [first, plain] = lab.panes.value;
  if (!first) return measure("score", null);
  const found = walkers.reached.value;
  measure("score", {
    running: lab.running.value,
    finished: lab.over.value,
    step: first.step,
    loss: recent(first.losses),
    error: first.error === null ? undefined : 100 * first.error,
    plain: { error: plain?.error === null || !plain ? undefined : 100 * plain.error },
    dropped: walkers.start.value.length / 2,
    walked: walkers.progress.value?.made ?? 0,
    arrived: walkers.isOver.value,
    nearest: found?.nearest,
    centre: found?.centre,
  });
}

export default function Score() {
  useEffect(() => {
    const ends = [lab.follow(), walkers.follow()];
    return () => {
      for (const end of ends) end();
      measure("score", null);
    };
  }, []);
  useSignalEffect(tell);
  const box = useRef(/** @type {HTMLElement | null} */ (null));
  // Without a rendering of all this in each frame.
  useSignalEffect(() => {
    const [first, plain] = lab.panes.value;
    const text = (/** @type {number | null | undefined} */ value) =>
      value === null ? "" : String(value ?? "");
    Object.assign(box.current?.dataset ?? {}, {
      shown: String(Boolean(lab.scene.value)),
      state: lab.over.value ? "over" : lab.running.value ? "running" : "paused",
      step: text(first?.step ?? 0),
      error: text(first?.error),
      plainError: text(plain?.error),
    });
  });
  const beside = state.get("score_beside");
  return html`<div class="score" ref=${box}>
    <${Form} />
    <div class="show">
      <div class="parts">
        <section class="group plane-group">
          <p class="lead">${t("score_lead")} <${Term} of="score" word=${t("tab_score")} /></p>
          ${state.shows("score_points") && html`<${Points} />`}
          <div class="bar"><${Buttons} /><${Numbers} /><${Status} /></div>
          <div class="panes" data-count=${beside ? 2 : 1}><${Pane} key=${0} pane=${0} />${beside && html`<${Pane} key=${1} pane=${1} />`}</div>
          <div class="bar"><${Legend} /><${Files} /></div>
          <p class="quiet">${t("score_sigma_about")}</p>
          ${beside && html`<p class="quiet">${t("score_plain_about")}</p>`}
        </section>
        ${state.shows("score_walk") && html`<${Walkers} />`}
        <${Panels} />
        <${Curve} />
      </div>
      <${Code} text=${script()} about=${t("score_code_about")} rows=${14} />
      <${Terms} of=${["score", "langevin", "loss", "gradient"]} />
    </div>
  </div>`;
}
