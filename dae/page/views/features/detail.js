// One feature: what it draws, how often it fires, for which classes and for which digits.
import { engine, modelLabel } from "../../page.js";
import { Chart } from "../../parts/chart.js";
import { html, useEffect, useRef, useState } from "../../parts/html.js";
import { Picture } from "../../parts/picture.js";
import { labelled, t } from "../../words.js";
import { plain, share, signed, whole } from "./texts.js";

/** @typedef {import("../../engine/client.js").Answer<"exciting">} Exciting */
/** @typedef {Exciting["most"]} Digits */

const PIXELS = 784;
const CLASSES = 10;
const BINS = 24;

/** @param {Float32Array} values */
const peakOf = (values) => values.reduce((peak, value) => Math.max(peak, Math.abs(value)), 1e-12);

/** @param {{ digits: Digits, name: string }} props */
const Nine = ({ digits, name }) => html`<div class="nine" data-nine=${name}>
  ${digits.labels.map(
    (label, i) => html`<figure data-label=${label}>
      <${Picture} values=${digits.images.subarray(i * PIXELS, (i + 1) * PIXELS)} alt=${t("features_digit", { digit: label, value: signed(digits.values[i]) })} />
      <figcaption>${signed(digits.values[i])}</figcaption>
    </figure>`,
  )}
</div>`;

/** @param {{ study: import("./study.js").Study }} props */
export function Detail({ study }) {
  const section = useRef(/** @type {HTMLElement | null} */ (null));
  const [found, setFound] = useState(/** @type {Exciting | null} */ (null));
  const [seed, setSeed] = useState(0);
  const network = study.network.value;
  const index = study.picked.value;
  useEffect(() => {
    setSeed(0);
    setFound(null);
    const top = section.current?.getBoundingClientRect().top ?? 0;
    if (top > innerHeight - 120) section.current?.scrollIntoView({ block: "nearest" });
  }, [network, index]);
  useEffect(() => {
    if (!network || index < 0) return;
    let isCurrent = true;
    engine.ask("exciting", { ...study.asked, index, seed }, { channel: "exciting" }).then(
      (answer) => answer && isCurrent && setFound(answer),
      (error) => {
        if (isCurrent) study.problem.value = error.code;
      },
    );
    return () => {
      isCurrent = false;
    };
  }, [network, index, seed]);
  if (!network || index < 0) return null;
  const { dictionary, firing, name } = network;
  const { filters } = dictionary;
  const [digit, sample] = [study.digit.value, study.sample.value];
  const word = dictionary.pictures.subarray(index * PIXELS, (index + 1) * PIXELS);
  const filter =
    filters.onePerFeature && !filters.tied
      ? filters.pictures.subarray(index * PIXELS, (index + 1) * PIXELS)
      : null;
  const step = dictionary.steps?.[index];
  const fires = Math.round(firing.rate[index] * firing.digits);
  const classes = [...firing.classShare.subarray(index * CLASSES, (index + 1) * CLASSES)];
  const most = Math.max(...classes, 1e-9);
  const [low, high] = firing.edges.subarray(index * 2, index * 2 + 2);
  const facts = [
    [t("features_fires"), share(firing.rate[index])],
    [t("features_mean"), `${plain(firing.mean[index])} ± ${plain(firing.std[index])}`],
    [t("features_energy"), plain(firing.energy[index])],
    [t("features_here_clean"), digit ? signed(digit.clean[index]) : "…"],
    [t("features_here_noisy"), digit ? signed(digit.noisy[index]) : "…"],
    [t("features_drift"), sample ? plain(sample.drift[index]) : "…"],
    [t("features_on_off"), sample ? `${share(sample.on[index])} / ${share(sample.off[index])}` : "…"],
  ];
  const about = t("features_histogram_about", { firing: whole(fires), digits: whole(firing.digits) });
  return html`<section class="detail" ref=${section} data-feature=${index} data-model=${name}>
    <h2>${t("features_feature", { feature: index, model: modelLabel(name) })}</h2>
    <div class="three">
      <div>
        <div class="faces">
          <figure><${Picture} values=${word} signed scale=${peakOf(word)} alt=${t("features_dictionary")} />
            <figcaption>${step === undefined ? t("features_word_linear") : t("features_word_deeper", { step: plain(step) })}</figcaption></figure>
          ${filter && html`<figure><${Picture} values=${filter} signed scale=${peakOf(filter)} alt=${t("features_word_filter")} /><figcaption>${t("features_word_filter")}</figcaption></figure>`}
        </div>
        <dl>${facts.map(([what, value]) => html`<div><dt>${what}</dt><dd>${value}</dd></div>`)}</dl>
      </div>
      <div>
        <h3>${t("features_histogram")}</h3>
        ${
          fires > 0 &&
          html`<${Chart} lines=${[{ name: t("features_histogram"), look: "bars", x: Array.from({ length: BINS }, (_, i) => low + (i * (high - low)) / BINS), y: firing.histogram.subarray(index * BINS, (index + 1) * BINS) }]}
            label=${about} height=${120} legend=${false} text=${() => ""} />`
        }
        <p class="quiet">${about}</p>
        <h3>${t("features_classes")}</h3>
        <div class="classes" role="img" aria-label=${labelled(t("features_classes"), classes.map((part, each) => labelled(String(each), share(part))).join(", "))}>
          ${classes.map((part, each) => html`<div title=${share(part)}><i style=${{ height: `${(3 * part) / most}rem`, background: `var(--line-${each})` }}></i>${each}</div>`)}
        </div>
      </div>
      <div>
        <h3>${fires ? t("features_most") : t("features_never")}</h3>
        ${found && html`<${Nine} digits=${found.most} name="most" />`}
        ${
          fires > 0 &&
          html`<div class="titled"><h3>${t("features_some")}</h3>
              ${found && !found.isAll && html`<button type="button" onClick=${() => setSeed(seed + 1)}>${t("features_others")}</button>`}</div>
            ${found ? html`<${Nine} digits=${found.some} name="some" />` : html`<p class="quiet">…</p>`}`
        }
      </div>
    </div>
  </section>`;
}
