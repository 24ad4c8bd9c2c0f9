// What becomes of a lesson that was built: tried, handed on as a link, a file or a QR code, printed, drawn for slides.
import * as course from "../../lesson/course.js";
import { inLanguage } from "../../lesson/lesson.js";
import { fileOf } from "../../lesson/link.js";
import { inWords } from "../../lesson/problems.js";
import { forget } from "../../lesson/progress.js";
import { linkTo, ofUpload } from "../../lesson/theirs.js";
import { html, useSignal } from "../../parts/html.js";
import { saveBlob } from "../../parts/save.js";
import { copy } from "../../parts/toast.js";
import { language, t } from "../../words.js";
import { at, begin, draft, finished, take } from "./building.js";
import { fileName, saveFigures } from "./figures.js";
import { FileButton } from "./file-button.js";
import { Qr } from "./qr.js";
import { printWorksheet } from "./worksheet.js";

/** @typedef {import("../../lesson/lesson.js").Lesson} Lesson */

export function Share() {
  const problem = useSignal("");
  const busy = useSignal("");
  const qr = useSignal("");
  /** Do something with the lesson; where it lacks something yet, say what, and go there. @param {(lesson: Lesson) => unknown} work */
  const use = (work) => async () => {
    problem.value = busy.value = qr.value = "";
    try {
      await work(finished());
    } catch (/** @type {any} */ error) {
      problem.value = inWords(error);
      if (error.values?.step) at.value = error.values.step - 1;
    }
    busy.value = "";
  };
  const tryIt = use(async (lesson) => {
    const number = Math.max(1, at.peek() + 1);
    forget(lesson.id);
    await course.present(lesson, number);
  });
  const copyLink = use(async (lesson) => {
    const address = await linkTo(lesson);
    await copy(address, t("share_link_copied", { length: address.length }));
  });
  const save = use((lesson) => {
    const name = fileName(inLanguage(lesson.title, language.peek()));
    saveBlob(new Blob([fileOf(lesson)], { type: "application/json" }), `${name}.json`);
  });
  const showQr = use(async (lesson) => {
    qr.value = await linkTo(lesson);
  });
  const draw = use(async (lesson) => {
    await saveFigures(lesson, (done) => {
      busy.value = t("share_drawing", { step: done + 1, steps: lesson.steps.length });
    });
  });
  const startAnew = () => {
    if (!draft.peek().steps.length || confirm(t("build_anew_sure"))) begin();
  };
  const replace = async (/** @type {File} */ file) => {
    problem.value = "";
    try {
      const lesson = await ofUpload(file);
      if (!draft.peek().steps.length || confirm(t("build_anew_sure"))) take(lesson);
    } catch (error) {
      problem.value = inWords(error);
    }
  };
  const isEmpty = !draft.value.steps.length;
  const button = (/** @type {string} */ what, /** @type {() => void} */ act, kind = "") =>
    html`<button type="button" class=${kind} data-do=${what} disabled=${isEmpty} onClick=${act}>${t(`share_${what}`)}</button>`;
  return html`<section class="share" aria-label=${t("share")}>
    <h3>${t("share")}</h3>
    <div class="ways">
      ${button("try", tryIt, "main")}
      ${button("link", copyLink)} ${button("qr", showQr)} ${button("file", save)}
      ${button("worksheet", use(printWorksheet))} ${button("figures", draw)}
    </div>
    <p class="problem" role="alert">${problem.value}</p>
    <p role="status">${busy.value}</p>
    ${qr.value && html`<${Qr} text=${qr.value} alt=${t("share_qr_alt")} help=${t("share_qr_help")} />`}
    <p class="quiet">${t("share_about")}</p>
    <div class="ways">
      <${FileButton} label=${t("share_open")} onFile=${replace} />
      <button type="button" data-do="anew" onClick=${startAnew}>${t("build_anew")}</button>
    </div>
  </section>`;
}
