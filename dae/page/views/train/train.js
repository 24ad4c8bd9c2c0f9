// The Train tab: set a network up, train it in this browser or on the server, and watch it learn.
import { ask, hasServer } from "../../ask.js";
import { measure } from "../../lesson/measured.js";
import { adopt, download, keeps, MOST, remove, restoreKept, unkept } from "../../networks.js";
import { modelLabel, own, state } from "../../page.js";
import { Code } from "../../parts/code.js";
import { Menu, Switch } from "../../parts/controls.js";
import { html, useEffect, useSignal, useSignalEffect } from "../../parts/html.js";
import { toast } from "../../parts/toast.js";
import { digitsKey } from "../../training-digits.js";
import { has, t } from "../../words.js";
import { useFacts } from "./facts.js";
import { Compared, Form } from "./form.js";
import { setWaits, waits } from "./here.js";
import { go, hasRun, isOfForm, isOver, isSilent, place, problem, snapshot, status, stop } from "./run.js";
import { runName, sentence } from "./sentence.js";
import { hasGpu, newSeed, places, plan, where } from "./settings.js";
import { Curve, Drawing, EightDigits, Features, Figures } from "./watch.js";

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
      ${!plan.value.compared && html`<p class="quiet">${t(`train_where_${where.value}_about`)}</p>`}
      ${where.value === "browser" && html`<${Switch} name="train-waits" label=${t("train_waits")} checked=${waits.value} onChange=${setWaits} />`}
    </div>`
  );
}

/** What becomes of older networks when there is no room for what a new run makes. */
function Room() {
  const going = own.value.slice(Math.max(0, MOST - plan.value.settings.length));
  const names = going.map(({ name }) => modelLabel(name)).join(t("models_comma"));
  return isOver() && names && html`<p class="quiet room">${t("train_room", { names })}</p>`;
}

function Status() {
  const now = status.value;
  const waiting = now === "waiting" && place.value;
  const two = snapshot.value?.second && ["stopped", "done"].includes(now) ? "_two" : "";
  const words = waiting
    ? t("train_in_line", { count: place.value ?? 0 })
    : t(isSilent.value ? "train_silent" : `train_state_${now}${two}`);
  return html`<p class="status" role="status" title=${snapshot.value?.title}>${words}</p>`;
}

/** @param {{ facts: any }} props */
function Script({ facts }) {
  const isSecond = useSignal(false);
  const { settings, compared } = plan.value;
  const { script, scriptIs, ...of } = (isSecond.value && facts.second) || facts;
  const [steps, planned] = [of.steps, of.planned].map((count) => count.toLocaleString("en-US"));
  const counts = { steps, planned, count: of.schedules };
  const options = settings.map((each, i) => ({ value: `${i}`, label: compared && runName(compared, each) }));
  return html`${
    facts.second &&
    compared &&
    html`<div class="where"><${Menu} name="train-script" label=${t("train_code_which")} value=${`${Number(isSecond.value)}`} options=${options}
      onChange=${(/** @type {string} */ value) => {
        isSecond.value = value === "1";
      }} /></div>`
  }<${Code} text=${script} about=${t(`train_code_${scriptIs}`, counts)} />`;
}

/** @param {{ facts: any }} props */
const Network = ({ facts: { layers, parameters, compression } }) =>
  html`<${Drawing} layers=${layers} />
    <p class="quiet counts">${t("train_parameters", { count: parameters.toLocaleString("en-US") })} ${compression ? t("train_compression_ratio", { ratio: compression.toFixed(compression < 10 ? 2 : 1) }) : ""}</p>`;

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

/** What a file says of a network, so that one knows it again. @param {import("../../types.d.ts").OwnNetwork} network */
const told = ({ summary, steps, seed }) =>
  t("train_told", { summary, steps: steps.toLocaleString("en-US"), seed });

function OwnNetworks() {
  const load = async (/** @type {any} */ event) => {
    const [file] = event.target.files;
    event.target.value = "";
    if (!file) return;
    try {
      const network = await adopt(await file.arrayBuffer());
      toast(t("train_loaded", { name: modelLabel(network.name), told: told(network) }));
    } catch (error) {
      const code = /** @type {any} */ (error)?.code;
      toast(`${t("train_refused")} ${has(`network_${code}`) ? t(`network_${code}`) : ""}`);
    }
  };
  const size = (own.value.reduce((sum, { bytes }) => sum + bytes, 0) / 1e6).toFixed(1);
  const figure = (/** @type {number | null} */ value) => (value === null ? "–" : value.toFixed(4));
  return html`<section class="group own"><h2>${t("train_yours")}</h2>
    ${
      own.value.length
        ? html`<table>
            <thead><tr>${["name", "mse", "nothing", "time"].map((head) => html`<th scope="col">${t(`train_head_${head}`)}</th>`)}</tr></thead>
            <tbody>${own.value.map(
              (each) => html`<tr key=${each.name}>
                <th scope="row"><b>${modelLabel(each.name)}</b>
                  <span>${told(each)}</span>
                  <span class="quiet">${t("train_parameters", { count: each.parameters.toLocaleString("en-US") })} ${t("train_trained_on", { digits: digitsOf(each.data) })}</span>
                  <span class="acts"><button type="button" onClick=${() => download(each.name)}>${t("train_download")}</button><button type="button" onClick=${() => remove(each.name)}>${t("train_remove")}</button></span></th>
                <td>${figure(each.mse)}</td><td>${figure(each.nothing)}</td><td>${each.seconds.toFixed(1)} s</td></tr>`,
            )}</tbody></table>`
        : html`<p class="quiet">${t("train_yours_none")}</p>`
    }
    <p class="quiet">${t(unkept.value || !keeps.value ? "train_yours_passing" : "train_yours_about", { size })}</p>
    <label class="button upload"><input type="file" accept=".safetensors" onChange=${load} />${t("train_upload")}</label>
  </section>`;
}

/** What the run shows, for the tasks of lessons: nothing while the form says other settings. */
function tell() {
  const run = snapshot.value;
  if (!run || !isOfForm.value) return measure("train", null);
  measure("train", {
    running: status.value === "running",
    steps: run.step,
    mse: run.unseen,
    second: run.second?.unseen,
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
  const against = { nothing: run?.nothing ?? facts?.nothing ?? null, best: run?.best ?? facts?.best ?? null };
  const isOtherNetwork = facts?.second?.parameters !== facts?.parameters;
  return html`<div class="train" data-state=${status.value} data-ready=${Boolean(facts)}>
    <${Form} wrong=${shownProblem?.code} />
    <div class="show">
      <div class="group"><${Compared} /><${Where} /><${Buttons} makeSense=${makeSense} /><${Room} /><p class="problem" role="alert">${shownProblem && sentence(shownProblem)}</p><${Status} /><${Figures} ...${against} />${digits && html`<${Digits} digits=${digits} isHere=${facts?.digits.everything ?? digits.everything} onDone=${again} />`}</div>
      <div class="pair">
        <div class="group"><h2>${t("train_curve")}</h2><${Curve} planned=${facts?.steps} ...${against} /></div>
        <div class="group"><h2>${t("train_network_title")}</h2>${
          facts &&
          [facts, isOtherNetwork && facts.second].map(
            (each, i) => each && html`<${Network} key=${i} facts=${each} />`,
          )
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
