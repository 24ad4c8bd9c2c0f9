// The buttons of a run, and what is said where it cannot go on.
import { modelLabel, state } from "../../page.js";
import { html, useEffect, useRef } from "../../parts/html.js";
import { has, t } from "../../words.js";
import { tries } from "./settings.js";

/** @typedef {import("./run.js").Run} Run */

const UNREACHABLE = "unreachable";

/** The run whose button has been pressed. @type {Run | null} */
let pressed = null;

/** Ask again for a network that could not be fetched when there is a connection again. @param {Run[]} runs */
export function useConnection(runs) {
  useEffect(() => {
    const again = () => {
      const model = state.peek("sample_model"); // what is out of sight may still tell of another
      const lacks = (/** @type {Run} */ run) =>
        run.problem.peek()?.code === UNREACHABLE && run.question?.model === model;
      if (runs.some(lacks)) tries.value++;
    };
    window.addEventListener("online", again);
    return () => window.removeEventListener("online", again);
  }, []);
}

/** Run or pause, one step, and from the start. @param {{ run: Run, name: string }} props */
export function Ways({ run, name }) {
  const status = run.status.value;
  const isOver = !run.question || ["done", "failed"].includes(status);
  const isRunning = status === "running";
  return html`<div class="ways">
    <button type="button" class="main" id="${name}-run" data-running=${isRunning} disabled=${isOver} onClick=${() => (isRunning ? run.pause() : run.play())}>${t(isRunning ? "sample_pause" : "sample_run")}</button>
    <button type="button" id="${name}-step" disabled=${isOver} onClick=${() => run.step()}>${t("sample_one_step")}</button>
    <button type="button" id="${name}-restart" disabled=${!run.question} onClick=${() => run.restart()}>${t("sample_restart")}</button>
  </div>`;
}

/** Why there are no samples. @param {{ run: Run }} props */
export function Problem({ run }) {
  const button = useRef(/** @type {HTMLButtonElement | null} */ (null));
  useEffect(() => {
    // In vain: it is another button, where the one before was.
    if (pressed === run && document.activeElement === document.body) button.current?.focus();
    pressed = null;
  }, []);
  const { code, values } = run.problem.value ?? { code: "", values: {} };
  if (!code) return null;
  const again = () => {
    pressed = run;
    tries.value++;
  };
  const name = modelLabel(run.question?.model ?? "");
  const key = code === UNREACHABLE ? "stage_unreachable" : `sample_problem_${code}`;
  const said = { ...values, name, sigma: values.sigma?.toPrecision(2) };
  return html`<p class="problem" role="alert">${t(has(key) ? key : "no_model", said)} ${code === UNREACHABLE && html`<button type="button" ref=${button} onClick=${again}>${t("try_again")}</button>`}</p>`;
}
