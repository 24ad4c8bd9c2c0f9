// The stage's pictures with their verdicts and figures, the path of passes, and the stage as a figure for a slide.
import { ask } from "../../ask.js";
import { greys } from "../../base64.js";
import { clean, isOfBefore } from "../../digit.js";
import { modelLabel, state } from "../../page.js";
import { FIGURES, Figures, fixed } from "../../parts/figures.js";
import { html, useState } from "../../parts/html.js";
import { Picture } from "../../parts/picture.js";
import { excuse, Python } from "../../parts/python.js";
import { saveFile } from "../../parts/save.js";
import { Term, Terms } from "../../parts/term.js";
import { measuredTerms, VerdictLine, VerdictNote, verdictWords } from "../../parts/verdict.js";
import { t } from "../../words.js";
import { again, lacks, narrow, shown } from "./answers.js";

const PARTS = /** @type {const} */ (["clean", "noisy", "reconstruction", "error"]);
const SYMBOLS = { clean: "x", noisy: "x̃", reconstruction: "x′", error: "x′ − x" };

/** @param {{ part: "clean" | "noisy" | "restored" }} props */
function VerdictOn({ part }) {
  const verdicts = shown.value?.verdicts;
  return html`<${VerdictLine} verdict=${verdicts?.[part]} truth=${verdicts?.clean.digit} />`;
}

/** What the clean digit is, in words. */
function what() {
  const source = state.get("source");
  if (source === "pick" || !state.get("pixels"))
    return t("from_gallery", { digit: state.get("digit"), index: state.get("index") + 1 });
  return t(source === "upload" && isOfBefore.value ? "from_before" : `from_${source}`);
}

/** @param {number} level */
const written = (level) => String(Number(level.toFixed(3)));

/** The alternative text of a part's picture. @param {typeof PARTS[number]} part */
function alternative(part) {
  const now = shown.value;
  if (part === "clean") return t("alt_clean", { what: what() });
  if (part === "error") return t("alt_error");
  const question = now?.question;
  const noise = question ? t(`noise_${question.noise}`) : "";
  if (part === "noisy") return t("alt_noisy", { noise, level: question ? written(question.level) : "" });
  const psnr = fixed(now?.figures.restored?.psnr, 1);
  return t("alt_reconstruction", { model: modelLabel(state.get("model")), psnr });
}

/** Why there is no reconstruction. */
function Lacks() {
  const lack = lacks();
  if (!lack) return null;
  const key = { loading: "stage_loading", unreachable: "stage_unreachable" }[lack] ?? "no_model";
  return html`<div class="lacks" role="status">
    <p>${t(key, { name: modelLabel(state.get("model")) })}</p>
    ${lack === "unreachable" && html`<button type="button" onClick=${again}>${t("try_again")}</button>`}
  </div>`;
}

/** @param {{ part: typeof PARTS[number], children?: any }} props */
function Part({ part, children }) {
  const now = shown.value;
  const values = { clean: clean.value, noisy: now?.noisy, reconstruction: now?.restored, error: now?.error }[
    part
  ];
  return html`<figure data-part=${part}>
    <figcaption><span class="symbol">${SYMBOLS[part]}</span> ${t(part)}</figcaption>
    <div class="slide">
      <${Picture} values=${values} alt=${alternative(part)} signed=${part === "error"} />
      ${part === "reconstruction" && html`<${Lacks} />`}
    </div>
    ${children}
  </figure>`;
}

function ErrorPart() {
  return html`<${Part} part="error">
    <div class="legend"><span>${t("too_little")}</span><i></i><span>${t("too_much")}</span></div>
  <//>`;
}

/** Clean, noisy, reconstruction, and where there is room the error. */
export function Pictures() {
  const now = shown.value;
  const showsFigures = state.shows("figures");
  const withError = state.shows("error") && !narrow.value;
  const only = narrow.value ? "PSNR" : undefined; // the others are among the details there
  return html`<div class="pictures" data-lacks=${lacks()} data-count=${withError ? 4 : 3} data-level=${now && written(now.question.level)} data-shown=${now?.restored && now.question.model}>
    <${Part} part="clean"><${VerdictOn} part="clean" />${!narrow.value && html`<p class="what">${what()}</p>`}<//>
    <${Part} part="noisy"><${VerdictOn} part="noisy" />${showsFigures && html`<${Figures} figures=${now?.figures.noisy} only=${only} />`}<//>
    <${Part} part="reconstruction"><${VerdictOn} part="restored" />${showsFigures && html`<${Figures} figures=${now?.figures.restored} only=${only} />`}<//>
    ${withError && html`<${ErrorPart} />`}
  </div>`;
}

/** On a narrow screen: what does not fit above the controls. */
export function Details() {
  const figures = shown.value?.figures;
  return html`<section class="group details">
    <p class="what">${what()}</p>
    ${state.shows("error") && html`<div class="pictures" data-lacks=${lacks()}><${ErrorPart} /></div>`}
    ${
      state.shows("figures") &&
      html`<table>
        <thead><tr><td></td>${FIGURES.map(([name]) => html`<th key=${name} scope="col">${name}</th>`)}</tr></thead>
        <tbody>
          ${
            /** @type {const} */ (["noisy", "restored"]).map(
              (part) => html`<tr key=${part}>
            <th scope="row">${t(part === "noisy" ? "noisy" : "reconstruction")}</th>
            ${FIGURES.map(([name, text]) => html`<td key=${name}>${text(figures?.[part])}</td>`)}
          </tr>`,
            )
          }
        </tbody>
      </table>`
    }
  </section>`;
}

/** How to read the verdicts and the colours. */
export function Notes() {
  return html`<div class="notes">
    <${Terms} of=${["input", "target", "reconstruction", ...measuredTerms()]} />
    ${(state.shows("verdict") || state.shows("error")) && html`<p><${VerdictNote} />${t("between")}${state.shows("error") && t("error_scale")}</p>`}
  </div>`;
}

/** The pictures of denoising again and again, each with its figure. */
export function Path() {
  const now = shown.value;
  const count = state.get("passes") + 1;
  if (count < 3) return null;
  const steps = now && [now.noisy, ...(now.passes ?? [])];
  const figures = now && [now.figures.noisy, ...(now.figures.passes ?? [])];
  return html`<section class="group path">
    <div class="asked"><h2>${t("path")}</h2><${Term} of="passes" word=${t("path")} /></div>
    <ol>${[...Array(count).keys()].map((pass) => {
      const psnr = fixed(figures?.[pass]?.psnr, 1);
      return html`<li key=${pass}>
        <${Picture} values=${steps?.[pass]} alt=${t("alt_path", { count: pass, psnr })} />
        <b>${psnr && `${psnr} dB`}</b><span>${pass ? t("path_pass", { count: pass }) : t("path_noisy")}</span>
      </li>`;
    })}</ol>
  </section>`;
}

/** @param {"png" | "svg"} format */
async function makeFigure(format) {
  const digit = clean.peek();
  if (!digit) return;
  const [model, noise, level] = [state.peek("model"), state.peek("noise"), state.peek("level")];
  const [clip, seed, passes] = [state.peek("clip"), state.peek("seed"), state.peek("passes")];
  const named = { noise: t(`noise_${noise}`), symbol: state.noise.peek().symbol, level: written(level) };
  const notes = /** @type {const} */ (["clean", "noisy", "restored"]).map((part) => {
    const verdict = shown.peek()?.verdicts?.[part];
    return verdict ? verdictWords(verdict) : "";
  });
  saveFile(
    await ask("stage-figure", {
      ...{ model, noise, level, clip, seed, passes, format, notes },
      digit: greys(digit),
      title: t("slide_title", { ...named, model: modelLabel(model) }),
      caption: t(passes > 1 ? "slide_caption_passes" : "slide_caption", { what: what(), seed, passes }),
      labels: PARTS.map((part) => t(part)),
    }),
  );
}

/** The stage as a figure for a slide. */
export function Slide() {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState("");
  const make = async (/** @type {"png" | "svg"} */ format) => {
    setBusy(true);
    setProblem("");
    await makeFigure(format).catch((error) => setProblem(excuse(error, "python_figure")));
    setBusy(false);
  };
  return html`<section class="group slides">
    <h2>${t("slide")}</h2>
    <${Python} what="python_figure">
      <div class="formats">
        <button type="button" disabled=${busy || Boolean(lacks())} onClick=${() => make("png")}>PNG</button>
        <button type="button" disabled=${busy || Boolean(lacks())} onClick=${() => make("svg")}>SVG</button>
        <p role="status">${busy ? t("slide_busy") : problem}</p>
      </div>
    <//>
  </section>`;
}
