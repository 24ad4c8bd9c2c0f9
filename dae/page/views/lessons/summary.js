// What a student did in a lesson, to hand in: printed, copied, or shown as a QR code. Nothing is sent.

import { csv } from "../../lesson/csv.js";
import { inLanguage } from "../../lesson/lesson.js";
import { stepOf } from "../../lesson/progress.js";
import { own } from "../../page.js";
import { fixed } from "../../parts/figures.js";
import { html, useSignal } from "../../parts/html.js";
import { saveBlob } from "../../parts/save.js";
import { copy } from "../../parts/toast.js";
import { language, t } from "../../words.js";
import { Qr } from "./qr.js";

/** @typedef {import("../../lesson/lesson.js").Lesson} Lesson */
/** @typedef {import("../../lesson/lesson.js").Text} Text */

/** @param {Text | undefined} text */
const said = (text) => inLanguage(text, language.value);
const marks = /\*+/g; // of emphasis, which a plain text does without

/** The head of the table of steps. */
const head = () =>
  ["step", "step_name", "answer", "right", "tries", "hint"].map((column) => t(`handin_${column}`));

/**
 * A row for each step that asked something.
 * @param {Lesson} lesson
 * @returns {string[][]}
 */
function rowsOf(lesson) {
  return lesson.steps.flatMap(({ name, question, task }, i) => {
    if (!question && !task) return [];
    const { answers, done, hint } = stepOf(lesson.id, i + 1);
    const start = [String(i + 1), said(name).replace(marks, "")];
    if (task)
      return [
        [
          ...start,
          t("handin_task"),
          t(done ? "handin_yes" : "handin_no"),
          "–",
          t(hint ? "handin_yes" : "handin_no"),
        ],
      ];
    const choices = answers.flatMap((answer) => question?.choices[answer] ?? []);
    const last = choices.at(-1);
    const given = choices.map(({ text }) => said(text).replace(marks, "")).join(" → ") || "–";
    return [
      [...start, given, last ? t(last.right ? "handin_yes" : "handin_no") : "–", String(choices.length), "–"],
    ];
  });
}

/** The figures of the student's own networks. @returns {string[][]} */
const networks = () =>
  own.value.map((network) => [
    t("your_model", { number: network.number }),
    network.summary,
    String(network.steps),
    network.mse === null ? "–" : fixed(network.mse, 4),
    network.nothing === null ? "–" : fixed(network.nothing, 4),
  ]);

const networksHead = () => [
  t("train_head_name"),
  t("train_head_settings"),
  t("train_head_steps"),
  t("train_head_mse"),
  t("train_head_nothing"),
];

/** @param {{ caption: string, head: string[], rows: string[][] }} props */
const Table = ({ caption, head, rows }) => html`<table>
  <caption>${caption}</caption>
  <thead><tr>${head.map((cell) => html`<th key=${cell} scope="col">${cell}</th>`)}</tr></thead>
  <tbody>${rows.map((row, i) => html`<tr key=${i}>${row.map((cell, n) => html`<td key=${n}>${cell}</td>`)}</tr>`)}</tbody>
</table>`;

/** @param {{ lesson: Lesson }} props */
export function Summary({ lesson }) {
  const who = useSignal("");
  const qr = useSignal("");
  const rows = rowsOf(lesson);
  const trained = networks();
  const date = new Date().toLocaleDateString(language.value === "zh" ? "zh-Hans" : "en-GB");
  const title = said(lesson.title);
  const tables = () => [
    [t("handin_lesson"), title],
    [t("handin_name"), who.value],
    [t("handin_date"), date],
    head(),
    ...rows,
    ...(trained.length ? [networksHead(), ...trained] : []),
  ];
  const text = () =>
    `${tables()
      .map((row) => row.join(" | "))
      .join("\n")}\n`;
  const table = () => csv(tables());
  return html`<section class="summary" aria-label=${t("handin")}>
    <h3>${t("handin")}</h3>
    <p class="quiet">${t("handin_private")}</p>
    <p class="printed">${title} · ${date}${who.value && ` · ${who.value}`}</p>
    <div class="control"><label>${t("handin_name")} <input type="text" data-text="who" maxlength="80" autocomplete="off" value=${who.value} onInput=${(
      /** @type {any} */ event,
    ) => {
      who.value = event.target.value;
      qr.value = "";
    }} /></label></div>
    ${rows.length > 0 && html`<${Table} caption=${t("handin_steps")} head=${head()} rows=${rows} />`}
    ${trained.length > 0 && html`<${Table} caption=${t("handin_networks")} head=${networksHead()} rows=${trained} />`}
    <div class="give">
      <button type="button" data-do="print" onClick=${() => window.print()}>${t("handin_print")}</button>
      <button type="button" data-do="text" onClick=${() => copy(text(), t("handin_copied"))}>${t("handin_text")}</button>
      <button type="button" data-do="csv" onClick=${() => copy(table(), t("handin_copied"))}>${t("handin_csv")}</button>
      <button type="button" data-do="file" onClick=${() => saveBlob(new Blob(["\ufeff", table()], { type: "text/csv" }), "hand-in.csv")}>${t("handin_file")}</button>
      <button type="button" data-do="qr" aria-expanded=${qr.value !== ""} onClick=${() => {
        qr.value = qr.value ? "" : text();
      }}>${t("handin_qr")}</button>
    </div>
    ${qr.value && html`<${Qr} text=${qr.value} alt=${t("handin_qr_alt")} help=${t("handin_qr_help")} />`}
  </section>`;
}
