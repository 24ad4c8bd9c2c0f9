// The Train tab: set a network up, train it in this browser or on the server, and watch it learn.
import { ask, hasServer } from "../../ask.js";
import { measure } from "../../lesson/measured.js";
import { adopt, download, keeps, remove, restoreKept, unkept } from "../../networks.js";
import { modelLabel, own, state } from "../../page.js";
import { Code } from "../../parts/code.js";
import { Menu, Switch } from "../../parts/controls.js";
import { html, useEffect, useSignal, useSignalEffect } from "../../parts/html.js";
import { toast } from "../../parts/toast.js";
import { digitsKey } from "../../training-digits.js";
import { has, t } from "../../words.js";
import { useFacts } from "./facts.js";
import { Form } from "./form.js";
import { setWaits, waits } from "./here.js";
import { begunWith, go, hasRun, isOver, isSilent, place, problem, snapshot, status, stop } from "./run.js";
import { hasGpu, newSeed, places, settings, where } from "./settings.js";
import { Curve, Drawing, EightDigits, Features, Figures } from "./watch.js";

/** @param {{ code: string, values?: Record<string, string> }} said */
function sentence({ code, values = {} }) {
  /** @type {Record<string, string>} */
  const field = values.field && has(`train_${values.field}`) ? { field: t(`train_${values.field}`) } : {};
  if (["queue_full", "busy"].includes(code)) return t("train_busy");
  if (code === "unreachable") return t("train_unreachable");
  if (code === "no_server") return t("train_no_server");
  return has(`train_problem_${code}`)
    ? t(`train_problem_${code}`, { ...values, ...field })
    : t("train_problem_failed");
}

/** @param {{ makeSense: boolean }} props whether the settings do */
function Buttons({ makeSense }) {
  const over = isOver();
  const begins = over && makeSense;
  const all = /** @type {[string, boolean, () => void][]} */ ([
    ["train", begins, () => go("new")],
    ["stop", ["waiting", "running"].includes(status.value), stop],
    ["continue", over && hasRun.value && Boolean(snapshot.value?.step), () => go("continue")],
    ["restart", begins && hasRun.value, () => go("restart")],
    [
      "new_seed",
      begins,
      () => {
        newSeed();
        go("new");
      },
    ],
    ["step", begins, () => go("step")],
  ]);
  return html`<div class="buttons">${all.map(
    ([name, enabled, act]) =>
      html`<button type="button" key=${name} data-do=${name} class=${name === "train" ? "main" : ""} disabled=${!enabled} onClick=${act}>${t(`train_do_${name}`)}</button>`,
  )}</div>`;
}

/** Where a new run trains, where there is a choice, and what that means. */
function Where() {
  const options = places.value.map((value) => ({ value, label: t(`train_where_${value}`) }));
  return (
    where.value &&
    html`<div class="where">
      ${
        options.length > 1 &&
        html`<${Menu} name="train_where" label=${t("train_where")} value=${where.value} options=${options} disabled=${!isOver()}
          onChange=${(/** @type {string} */ value) => state.set({ train_where: value })} />`
      }
      <p class="quiet">${t(`train_where_${where.value}_about`)}</p>
      ${where.value === "browser" && html`<${Switch} name="train-waits" label=${t("train_waits")} checked=${waits.value} onChange=${setWaits} />`}
    </div>`
  );
}

function Status() {
  const waiting = status.value === "waiting" && place.value;
  const words = waiting
    ? t("train_in_line", { count: place.value ?? 0 })
    : t(isSilent.value ? "train_silent" : `train_state_${status.value}`);
  return html`<p class="status" role="status" title=${snapshot.value?.title}>${words}</p>`;
}

/** @param {{ facts: any }} props */
function Script({ facts }) {
  const [steps, planned] = [facts.steps, facts.planned].map((count) => count.toLocaleString("en-US"));
  const counts = { steps, planned, count: facts.schedules };
  return html`<${Code} text=${facts.script} about=${t(`train_code_${facts.scriptIs}`, counts)} />`;
}

/** @param {{ digits: any, isHere: boolean, onDone: () => void }} props those that are trained on; whether all of MNIST is here */
function Digits({ digits, isHere, onDone }) {
  const fetching = useSignal(/** @type {{ state: string, fraction: number } | null} */ (null));
  useEffect(() => {
    if (fetching.value?.state !== "running") return;
    const timer = setTimeout(() => look(false), 1000);
    return () => clearTimeout(timer);
  }, [fetching.value]);
  const look = async (/** @type {boolean} */ start) => {
    try {
      fetching.value = await ask("mnist", { start });
      if (fetching.value?.state === "done") onDone();
    } catch {
      fetching.value = { state: "failed", fraction: 0 };
    }
  };
  const counts = { seen: digits.seen.toLocaleString("en-US"), unseen: digits.unseen.toLocaleString("en-US") };
  const state = fetching.value?.state;
  return html`<p class="quiet digits">${t(digits.everything ? "train_data_everything" : "train_data_embedded", counts)}</p>
    ${where.value === "server" && !isHere && state !== "running" && state !== "done" && html`<button type="button" id="fetch-mnist" onClick=${() => look(true)}>${t("train_fetch")}</button>`}
    <p role="status" class="quiet">${state === "running" ? t("train_fetching", { percent: Math.round(100 * (fetching.value?.fraction ?? 0)) }) : state === "done" ? t("train_fetch_done") : state === "failed" ? t("train_fetch_failed") : ""}</p>`;
}

/** The digits that a network was trained on, in words. @param {string} data as its file says it */
function digitsOf(data) {
  const found = digitsKey(data);
  return found ? t(found.key, found) : data;
}

function OwnNetworks() {
  const load = async (/** @type {any} */ event) => {
    const [file] = event.target.files;
    event.target.value = "";
    if (!file) return;
    try {
      await adopt(await file.arrayBuffer());
      toast(t("train_loaded"));
    } catch (error) {
      const code = /** @type {any} */ (error)?.code;
      toast(`${t("train_refused")} ${has(`network_${code}`) ? t(`network_${code}`) : ""}`);
    }
  };
  const heads = ["name", "settings", "parameters", "steps", "time", "seed", "mse", "nothing", "digits"];
  const size = (own.value.reduce((sum, { bytes }) => sum + bytes, 0) / 1e6).toFixed(1);
  const figure = (/** @type {number | null} */ value) => (value === null ? "–" : value.toFixed(4));
  return html`<section class="group own"><h2>${t("train_yours")}</h2>
    ${
      own.value.length
        ? html`<div class="scroll" tabindex="0" role="region" aria-label=${t("train_yours")}><table>
            <thead><tr>${heads.map((head) => html`<th scope="col" class=${["settings", "digits"].includes(head) ? "words" : ""}>${t(`train_head_${head}`)}</th>`)}<td></td></tr></thead>
            <tbody>${own.value.map(
              (
                each,
              ) => html`<tr key=${each.name}><th scope="row">${modelLabel(each.name)}</th><td class="words">${each.summary}</td>
                <td>${each.parameters.toLocaleString("en-US")}</td><td>${each.steps.toLocaleString("en-US")}</td><td>${each.seconds.toFixed(1)} s</td><td>${each.seed}</td>
                <td>${figure(each.mse)}</td><td>${figure(each.nothing)}</td><td class="words">${digitsOf(each.data)}</td>
                <td class="acts"><button type="button" onClick=${() => download(each.name)}>${t("train_download")}</button><button type="button" onClick=${() => remove(each.name)}>${t("train_remove")}</button></td></tr>`,
            )}</tbody></table></div>`
        : html`<p class="quiet">${t("train_yours_none")}</p>`
    }
    <p class="quiet">${t(unkept.value || !keeps.value ? "train_yours_passing" : "train_yours_about", { size })}</p>
    <label class="button upload"><input type="file" accept=".safetensors" onChange=${load} />${t("train_upload")}</label>
  </section>`;
}

/** What the run shows, for the tasks of lessons: nothing while the form says other settings. */
function tell() {
  const run = snapshot.value;
  if (!run || JSON.stringify(begunWith.value) !== JSON.stringify(settings.value))
    return measure("train", null);
  measure("train", {
    running: status.value === "running",
    steps: run.step,
    mse: run.unseen,
    finished: status.value === "done",
    stopped: status.value === "stopped",
    failed: problem.value?.code === "diverged",
  });
}

export default function Train() {
  const { facts, refused, again } = useFacts();
  useSignalEffect(tell);
  useEffect(() => {
    restoreKept();
    if (hasServer)
      ask("server", {}).then(
        ({ gpu }) => {
          hasGpu.value = gpu;
        },
        () => {}, // the page says it where the server is gone
      );
    return () => measure("train", null);
  }, []);
  const shownProblem = problem.value ?? (isOver() ? refused : null);
  const makeSense = Boolean(where.value) && (!refused || !has(`train_problem_${refused.code}`));
  const run = snapshot.value;
  const digits = run?.digits ?? facts?.digits;
  const nothing = run?.nothing ?? facts?.nothing ?? null;
  return html`<div class="train" data-state=${status.value} data-ready=${Boolean(facts)}>
    <${Form} wrong=${shownProblem?.code} />
    <div class="show">
      <div class="group"><${Where} /><${Buttons} makeSense=${makeSense} /><p class="problem" role="alert">${shownProblem && sentence(shownProblem)}</p><${Status} /><${Figures} />${digits && html`<${Digits} digits=${digits} isHere=${facts?.digits.everything ?? digits.everything} onDone=${again} />`}</div>
      <div class="pair">
        <div class="group"><h2>${t("train_curve")}</h2><${Curve} planned=${facts?.steps} nothing=${nothing} best=${run?.best ?? facts?.best ?? null} /></div>
        <div class="group"><h2>${t("train_network_title")}</h2>${
          facts &&
          html`<${Drawing} layers=${facts.layers} />
          <p class="quiet counts">${t("train_parameters", { count: facts.parameters.toLocaleString("en-US") })} ${facts.compression ? t("train_compression_ratio", { ratio: facts.compression.toFixed(facts.compression < 10 ? 2 : 1) }) : ""}</p>`
        }</div>
      </div>
      <div class="pair">
        <div class="group"><h2>${t("train_digits")}</h2><${EightDigits} clean=${facts?.clean} noisy=${facts?.noisy} /></div>
        <div class="group"><h2>${t("train_features")}</h2><${Features} /></div>
      </div>
      <${OwnNetworks} />
      ${facts && html`<${Script} facts=${facts} />`}
    </div>
  </div>`;
}
