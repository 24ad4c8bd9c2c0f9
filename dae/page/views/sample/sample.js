// The Sample tab: digits out of noise, and all that fit what is known of one.
import { effect } from "@preact/signals-core";
import { measure } from "../../lesson/measured.js";
import { state } from "../../page.js";
import { html, useEffect } from "../../parts/html.js";
import { answering, counts, figures, isOld } from "./answers.js";
import { Growing, growing } from "./growing.js";
import { distance, opened } from "./opened.js";
import { Question } from "./question.js";
import { meanOf } from "./run.js";
import { useConnection } from "./ways.js";

const SURE = 0.9;

/** How many different digits are read. @param {(number | null)[]} digits */
const kinds = (digits) => new Set(digits.filter((digit) => digit !== null)).size;

/** What is shown, for the tasks of lessons. */
function tell() {
  const [status, step, verdicts] = [growing.status.value, growing.newest.value, growing.verdicts.value];
  const answered = !isOld.value && answering.status.value === "done";
  measure("sample", {
    running: status === "running",
    finished: status === "done",
    failed: status === "failed",
    steps: growing.count.value,
    sigma: step ? meanOf(step.sigma) : undefined,
    sure: verdicts?.filter(({ digit, confidence }) => digit !== null && confidence > SURE).length,
    digits: verdicts ? kinds(verdicts.map(({ digit }) => digit)) : undefined,
    opened: opened.value >= 0,
    nearest: distance.value ?? undefined,
    answers: {
      finished: answered,
      ...(answered ? figures.value : {}),
      digits:
        answered && answering.verdicts.value
          ? kinds(answering.verdicts.value.map(({ digit }) => digit))
          : undefined,
      most: answered && answering.verdicts.value ? Math.max(...counts.value.slice(0, 10)) : undefined,
    },
  });
}

export default function Sample() {
  useConnection([growing, answering]);
  useEffect(() => {
    const stop = effect(tell);
    return () => {
      stop();
      measure("sample", null);
    };
  }, []);
  return html`<div class="sample">
    ${state.shows("sample_growing") && html`<${Growing} />`}
    ${state.shows("sample_question") && html`<${Question} />`}
  </div>`;
}
