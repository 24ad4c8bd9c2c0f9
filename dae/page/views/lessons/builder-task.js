// A task in the teacher's bench: what is to be done, as a list of conditions on what the page shows and measures.
import { check, names } from "../../lesson/conditions.js";
import { lookup } from "../../lesson/course.js";
import { NOT_SET } from "../../lesson/lesson.js";
import { modelLabel, models, state } from "../../page.js";
import { Menu, NumberBox, Segments, Switch } from "../../parts/controls.js";
import { html } from "../../parts/html.js";
import { has, t } from "../../words.js";
import { Words } from "./builder-fields.js";

/** @typedef {import("../../lesson/lesson.js").Text} Text */
/** @typedef {import("../../lesson/lesson.js").Task} Task */
/** @typedef {import("../../lesson/conditions.js").Kind} Kind */
/** @typedef {{ of: string, test: string, value: string | number | boolean }} Row one test */

/** @type {Record<Kind, string[]>} */
const TESTS = {
  number: ["above", "below", "atLeast", "atMost", "is", "isNot"],
  flag: ["is"],
  text: ["is", "isNot"],
  list: ["is", "isNot"],
};
const MOST = 8;
const KNOWN = names(state.fields);
// A drawing's pixels are nothing to compare.
const OFFERED = Object.keys(KNOWN).filter((name) => ![...NOT_SET, "pixels"].includes(name));

/** What is added to a number where it is shown: digits are counted from 1, and the state counts from 0. @param {string} name */
const offsetOf = (name) => Number(name === "index");

/** @param {string} name */
function nameOf(name) {
  const key = name.replaceAll(".", "_");
  if (has(`condition_${key}`)) return t(`condition_${key}`);
  return has(name) ? t(name) : name; // the settings of a run have their labels in Train
}

/** The names by the tab that they are measured in. */
function groups() {
  const option = (/** @type {string} */ value) => ({ value, label: nameOf(value) });
  const measured = OFFERED.filter((name) => name.includes("."));
  const tabs = [...new Set(measured.map((name) => name.split(".")[0]))];
  const fields = OFFERED.filter((name) => !name.includes("."));
  const ofTrain = (/** @type {string} */ name) => name.startsWith("train_");
  return [
    { label: t("build_chosen"), options: fields.filter((name) => !ofTrain(name)).map(option) },
    ...tabs.map((tab) => ({
      label: t("build_measured", { tab: t(`tab_${tab}`) }),
      options: measured.filter((name) => name.startsWith(`${tab}.`)).map(option),
    })),
    { label: t("build_chosen_train"), options: fields.filter(ofTrain).map(option) },
  ];
}

/** What a name can be compared with: for menus. @param {string} name @returns {{ value: string, label: string }[]} */
function choicesOf(name) {
  if (state.fields[name]?.type === "model" || name === "compare.best")
    return models.value.map((model) => ({ value: model.name, label: modelLabel(model.name) }));
  const label = (/** @type {string} */ value) => {
    const key = [`${name}_${value}`, `tab_${value}`, `train_${value}`].find((each) => has(each));
    return key && name !== "source" ? t(key) : has(`source_${value}`) ? t(`source_${value}`) : value;
  };
  return (state.fields[name]?.choices ?? []).map((value) => ({ value, label: label(value) }));
}

/** The first value to compare with. @param {string} name */
function startOf(name) {
  if (KNOWN[name] === "number") return Number(lookup(name)) || 0;
  if (KNOWN[name] === "flag") return true;
  return choicesOf(name)[0]?.value ?? "";
}

/** The rows of a condition, or null where it is of another form: it was written by hand. @param {any} condition @returns {{ join: "all" | "any", rows: Row[] } | null} */
export function rowsOf(condition) {
  const join = "any" in condition ? "any" : "all";
  const parts = condition[join] ?? [condition];
  const rows = parts.map((/** @type {any} */ { of, ...tests }) => {
    const [[test, value] = ["", ""], ...more] = Object.entries(tests);
    return more.length || !TESTS[KNOWN[of]]?.includes(test) ? null : { of, test, value };
  });
  return rows.includes(null) ? null : { join, rows };
}

/** @param {{ row: Row, set: (row: Row) => void, onDelete: () => void }} props */
function Test({ row, set, onDelete }) {
  const kind = KNOWN[row.of];
  const label = t("build_value");
  const choices = choicesOf(row.of);
  const offset = offsetOf(row.of);
  const value = (/** @type {any} */ found) => set({ ...row, value: found });
  return html`<div class="test">
    <${Menu} name="of" label=${t("build_of")} value=${row.of} groups=${groups()} onChange=${(/** @type {string} */ of) => set({ of, test: TESTS[KNOWN[of]][0], value: startOf(of) })} />
    <${Menu} name="test" label=${t("build_test")} value=${row.test} options=${TESTS[kind].map((test) => ({ value: test, label: t(`build_test_${test}`) }))} onChange=${(/** @type {string} */ test) => set({ ...row, test })} />
    ${
      kind === "number"
        ? html`<${NumberBox} name="value" label=${label} value=${Number(row.value) + offset} step="any" onChange=${(/** @type {string} */ text) => Number.isFinite(Number(text)) && value(Number(text) - offset)} />`
        : kind === "flag"
          ? html`<${Menu} name="value" label=${label} value=${String(row.value)} options=${["true", "false"].map((each) => ({ value: each, label: t(`build_${each}`) }))} onChange=${(/** @type {string} */ text) => value(text === "true")} />`
          : choices.length
            ? html`<${Menu} name="value" label=${label} value=${row.value} options=${choices} onChange=${value} />`
            : html`<div class="control"><label>${label} <input type="text" data-control="value" maxlength="200" value=${row.value} onInput=${(/** @type {any} */ event) => value(event.target.value)} /></label></div>`
    }
    <button type="button" class="small" aria-label=${t("build_test_delete")} onClick=${onDelete}>×</button>
  </div>`;
}

/** @param {{ task: Task, set: (task: Task) => void }} props */
function Conditions({ task, set }) {
  const found = rowsOf(task.condition);
  const write = (/** @type {"all" | "any"} */ join, /** @type {Row[]} */ rows) => {
    const parts = rows.map(({ of, test, value }) => ({ of, [test]: value }));
    set({ ...task, condition: join === "any" ? { any: parts } : { all: parts } });
  };
  if (!found)
    return html`<p>${t("build_by_hand")} <button type="button" class="small" onClick=${() => write("all", [])}>${t("build_by_hand_replace")}</button></p>`;
  const { join, rows } = found;
  const holds = rows.length > 0 && check(task.condition, lookup);
  return html`<fieldset class="tests">
    <legend>${t("build_done_when")}</legend>
    ${rows.length > 1 && html`<${Segments} name="join" label=${t("build_join")} value=${join} options=${["all", "any"].map((each) => ({ value: each, label: t(`build_join_${each}`) }))} onChange=${(/** @type {"all" | "any"} */ each) => write(each, rows)} />`}
    ${rows.map(
      (row, i) =>
        html`<${Test} key=${i} row=${row} set=${(/** @type {Row} */ changed) =>
          write(
            join,
            rows.map((each, n) => (n === i ? changed : each)),
          )} onDelete=${() =>
          write(
            join,
            rows.filter((_, n) => n !== i),
          )} />`,
    )}
    <button type="button" class="small" data-do="test" disabled=${rows.length >= MOST} onClick=${() => write(join, [...rows, { of: "level", test: "above", value: Number(state.peek("level")) }])}>${t("build_test_add")}</button>
    <p class="quiet" role="status" data-holds=${holds}>${rows.length > 0 && t(holds ? "build_holds" : "build_holds_not")}</p>
  </fieldset>`;
}

/** @param {{ task: Task, set: (task: Task) => void }} props */
export function TaskEditor({ task, set }) {
  return html`<div class="task-editor">
    <${Words} name="task" label=${t("build_task")} rows=${2} text=${task.text} onText=${(/** @type {Text} */ text) => set({ ...task, text: text ?? {} })} />
    <${Conditions} task=${task} set=${set} />
    <${Words} name="hint" label=${t("build_hint")} rows=${2} text=${task.hint} onText=${(/** @type {Text | undefined} */ hint) => set({ ...task, hint })} />
    <${Words} name="done" label=${t("build_done")} rows=${2} text=${task.done} onText=${(/** @type {Text | undefined} */ done) => set({ ...task, done })} />
    <${Switch} name="needs" label=${t("build_needs")} checked=${task.needs === "server"} onChange=${(/** @type {boolean} */ needs) => set({ ...task, needs: needs ? "server" : undefined })} />
  </div>`;
}
