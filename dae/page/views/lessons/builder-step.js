// One step in the teacher's bench: its words, what the page shows there, where to look, and what it asks.
import { isShown, viewNow } from "../../lesson/draft.js";
import { countOf, MOST, MOST_READ } from "../../lesson/lesson.js";
import { SPOTS } from "../../lesson/spots.js";
import { modelLabel, state } from "../../page.js";
import { Menu, Segments, Switch } from "../../parts/controls.js";
import { html } from "../../parts/html.js";
import { has, language, t } from "../../words.js";
import { Words } from "./builder-fields.js";
import { TaskEditor } from "./builder-task.js";
import { changeStep, draft, show, wording } from "./building.js";

/** @typedef {import("./building.js").DraftStep} DraftStep */
/** @typedef {import("../../lesson/lesson.js").Text} Text */
/** @typedef {import("../../lesson/lesson.js").Choice} Choice */
/** @typedef {import("../../lesson/lesson.js").Question} Question */
/** @typedef {{ step: DraftStep, set: (values: Partial<DraftStep>) => void }} Props */

const KINDS = ["text", "question", "task"];

/** The view that a step shows, in a few words. @param {Record<string, any>} view */
function inWords(view) {
  const tab = t(`tab_${view.tab ?? "denoise"}`);
  const noise = `${t(`noise_${view.noise}`)} ${view.level}`;
  return [tab, noise, modelLabel(view.model)].join(" · ");
}

/** @param {Props} props */
function View({ step, set }) {
  for (const name of Object.keys(state.fields)) state.get(name); // it is compared with the page
  const isHere = isShown(state, step.state);
  return html`<div class="view">
    <p><span class="quiet">${t("build_shows")}</span> ${inWords(step.state)}</p>
    <button type="button" class="small" data-do="show" disabled=${isHere} onClick=${() => show(step)}>${t("build_show")}</button>
    <button type="button" class="small" data-do="replace" disabled=${isHere} onClick=${() => set({ state: viewNow(state) })}>${t("build_replace")}</button>
  </div>`;
}

/** Which controls the step leaves out. The page follows at once. @param {Props} props */
function Hidden({ step, set }) {
  const hidden = /** @type {string[]} */ (step.state.hide ?? []);
  const choices = state.fields.hide.choices ?? [];
  /** @param {string} name @param {boolean} stays */
  const choose = (name, stays) => {
    const hide = choices.filter((each) => (each === name ? !stays : hidden.includes(each)));
    set({ state: { ...step.state, hide } });
    state.set({ hide });
  };
  return html`<details>
    <summary>${t("build_controls", { count: choices.length - hidden.length, of: choices.length })}</summary>
    <div class="checks">${choices.map(
      (
        name,
      ) => html`<${Switch} key=${name} name="stays-${name}" label=${has(`control_${name}`) ? t(`control_${name}`) : name}
        checked=${!hidden.includes(name)} onChange=${(/** @type {boolean} */ stays) => choose(name, stays)} />`,
    )}</div>
  </details>`;
}

/** Spots by whether the view that is open shows them. @param {string[]} names */
function grouped(names) {
  const options = names.map((name) => ({ value: name, label: t(`spot_${name}`) }));
  const isHere = (/** @type {{ value: string }} */ { value }) => document.querySelector(SPOTS[value].at);
  return [
    { label: t("build_spots_here"), options: options.filter(isHere) },
    { label: t("build_spots_elsewhere"), options: options.filter((option) => !isHere(option)) },
  ].filter((group) => group.options.length);
}

/** @param {Props} props */
function Spotlight({ step, set }) {
  return html`<${Menu} name="spotlight" label=${t("build_spotlight")} value=${step.spotlight ?? ""}
    options=${[{ value: "", label: t("build_no_spotlight") }]} groups=${grouped(Object.keys(SPOTS))}
    onChange=${(/** @type {string} */ name) => set({ spotlight: name || undefined })} />`;
}

/** @param {{ question: Question, set: (question: Question) => void }} props */
function QuestionEditor({ question, set }) {
  const { choices, cover } = question;
  const change = (/** @type {number} */ place, /** @type {Partial<Choice>} */ values) =>
    set({ ...question, choices: choices.map((each, i) => (i === place ? { ...each, ...values } : each)) });
  const coverable = Object.keys(SPOTS).filter((name) => SPOTS[name].cover?.length);
  return html`<div class="question-editor">
    <${Words} name="question" label=${t("build_question")} rows=${2} text=${question.text} onText=${(/** @type {Text} */ text) => set({ ...question, text: text ?? {} })} />
    ${choices.map(
      (choice, i) => html`<fieldset key=${i} class="choice">
        <legend>${t("build_choice", { number: i + 1 })}</legend>
        <${Words} name="choice" label=${t("build_choice_text")} text=${choice.text} onText=${(/** @type {Text} */ text) => change(i, { text: text ?? {} })} />
        <${Switch} name="right" label=${t("build_choice_right")} checked=${choice.right} onChange=${(/** @type {boolean} */ right) => change(i, { right })} />
        <${Words} name="say" label=${t("build_choice_say")} rows=${2} text=${choice.say} onText=${(/** @type {Text} */ say) => change(i, { say: say ?? {} })} />
        ${choices.length > 2 && html`<button type="button" class="small" onClick=${() => set({ ...question, choices: choices.filter((_, n) => n !== i) })}>${t("build_choice_delete")}</button>`}
      </fieldset>`,
    )}
    <button type="button" class="small" data-do="choice" disabled=${choices.length >= MOST.choices} onClick=${() => set({ ...question, choices: [...choices, { text: {}, right: false, say: {} }] })}>${t("build_choice_add")}</button>
    <details>
      <summary>${t("build_cover", { count: cover.length })}</summary>
      <p class="quiet">${t("build_cover_about")}</p>
      <div class="checks">${coverable.map(
        (
          name,
        ) => html`<${Switch} key=${name} name="cover-${name}" label=${t(`spot_${name}`)} checked=${cover.includes(name)}
          onChange=${(/** @type {boolean} */ covers) => set({ ...question, cover: coverable.filter((each) => (each === name ? covers : cover.includes(each))) })} />`,
      )}</div>
    </details>
  </div>`;
}

/** How long a step's text is, in the page's language: a student reads no more. @param {{ text: Text }} props */
function Length({ text }) {
  const count = countOf(wording(text), language.value);
  const isLong = count > MOST_READ[language.value === "zh" ? "zh" : "en"];
  return html`<p class=${isLong ? "note" : "quiet"} data-long=${isLong}>${count > 0 && html`<b>${t("build_text_count", { count })}</b> `}${t("build_text_about")}</p>`;
}

/** @returns {Question} */
const emptyQuestion = () => ({
  text: {},
  cover: [],
  choices: [
    { text: {}, right: true, say: {} },
    { text: {}, right: false, say: {} },
  ],
});

/** @param {{ place: number }} props */
export function StepEditor({ place }) {
  const step = draft.value.steps[place];
  if (!step) return null;
  const set = (/** @type {Partial<DraftStep>} */ values) => changeStep(place, values);
  const become = (/** @type {string} */ kind) =>
    set({
      kind: /** @type {DraftStep["kind"]} */ (kind),
      ...(kind === "question" && !step.question && { question: emptyQuestion() }),
      ...(kind === "task" && !step.task && { task: { text: {}, condition: { all: [] } } }),
    });
  return html`<section class="step-editor" aria-label=${t("build_step", { step: place + 1 })}>
    <h3>${t("build_step", { step: place + 1 })}</h3>
    <${Words} name="name" label=${t("build_name")} text=${step.name} onText=${(/** @type {Text} */ name) => set({ name: name ?? {} })} />
    <${Words} name="text" label=${t("build_text")} rows=${4} text=${step.text} onText=${(/** @type {Text} */ text) => set({ text: text ?? {} })} />
    <${Length} text=${step.text} />
    <${View} step=${step} set=${set} />
    <${Hidden} step=${step} set=${set} />
    <${Spotlight} step=${step} set=${set} />
    <${Segments} name="kind" label=${t("build_asks")} value=${step.kind} options=${KINDS.map((kind) => ({ value: kind, label: t(`build_kind_${kind}`) }))} onChange=${become} />
    ${step.kind === "question" && step.question && html`<${QuestionEditor} question=${step.question} set=${(/** @type {Question} */ question) => set({ question })} />`}
    ${step.kind === "task" && step.task && html`<${TaskEditor} task=${step.task} set=${(/** @type {import("../../lesson/lesson.js").Task} */ task) => set({ task })} />`}
  </section>`;
}
