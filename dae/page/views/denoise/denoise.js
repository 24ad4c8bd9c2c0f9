// The Denoise tab: a digit, its noise, what a network makes of it.
import { clean } from "../../digit.js";
import { engine, state } from "../../page.js";
import { Bench } from "../../parts/bench.js";
import { html, useSignal, useSignalEffect } from "../../parts/html.js";
import { Picture } from "../../parts/picture.js";
import { t } from "../../words.js";

export default function Denoise() {
  const shown = useSignal(/** @type {any} */ (null));
  useSignalEffect(() => {
    const digit = clean.value;
    if (!digit) return;
    const question = /** @type {any} */ ({
      digit,
      ...Object.fromEntries(
        ["model", "noise", "level", "clip", "seed", "passes"].map((name) => [name, state.get(name)]),
      ),
    });
    engine.ask("stage", question, { channel: "stage" }).then(
      (answer) => {
        if (answer) shown.value = answer;
      },
      (error) => console.error(error),
    );
  });
  return html`<${Bench}>
    <div class="pictures">
      <figure><figcaption><span class="symbol">x</span> ${t("clean")}</figcaption><${Picture} values=${clean.value} alt=${t("clean")} /></figure>
      <figure><figcaption><span class="symbol">x̃</span> ${t("noisy")}</figcaption><${Picture} values=${shown.value?.noisy} alt=${t("noisy")} /></figure>
      <figure><figcaption><span class="symbol">x′</span> ${t("reconstruction")}</figcaption><${Picture} values=${shown.value?.restored} alt=${t("reconstruction")} /></figure>
      <figure><figcaption><span class="symbol">x′ − x</span> ${t("error")}</figcaption><${Picture} values=${shown.value?.error} signed alt=${t("error")} /></figure>
    </div>
  <//>`;
}
