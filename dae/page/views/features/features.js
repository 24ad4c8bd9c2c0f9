// The Features tab: what each value of a code stands for, when it fires, and the digit built up from its features.
import { effect } from "@preact/signals-core";
import { measure } from "../../lesson/measured.js";
import { modelLabel, modelLine, modelSummary, state } from "../../page.js";
import { Bench, modelGroups } from "../../parts/bench.js";
import { Chart } from "../../parts/chart.js";
import { Menu, Segments } from "../../parts/controls.js";
import { fileName } from "../../parts/figure.js";
import { html, useEffect, useMemo } from "../../parts/html.js";
import { Picture, SIDE } from "../../parts/picture.js";
import { Sheet } from "../../parts/sheet.js";
import { Term, Terms } from "../../parts/term.js";
import { has, t } from "../../words.js";
import { BuildUp, placeOf } from "./buildup.js";
import { Detail } from "./detail.js";
import { saveDictionary } from "./figure.js";
import { Study } from "./study.js";
import { plain, share, whole } from "./texts.js";

/** @typedef {{ study: Study }} Props */

const PIXELS = SIDE ** 2;
/** What an order is called in the glossary. @type {Record<string, string>} */
const TERM_OF = { rate: "rate", energy: "energy", similarity: "similarity" };

function Tools() {
  const choices = (/** @type {string} */ name) =>
    (state.fields[name].choices ?? []).map((value) => ({ value, label: t(`features_${name}_${value}`) }));
  const set = (/** @type {string} */ name) => (/** @type {string} */ value) => state.set({ [name]: value });
  const segments = (/** @type {string} */ name) =>
    html`<${Segments} name=${name} label=${t(`features_choose_${name}`)} value=${state.get(name)} options=${choices(name)} onChange=${set(name)} />`;
  return html`<div class="tools">
    ${
      state.shows("second") &&
      html`<${Menu} name="second" label=${t("features_choose_second")} value=${modelLine(state.get("second"))?.latentDim ? state.get("second") : ""}
      options=${[{ value: "", label: t("features_nothing") }]} groups=${modelGroups((model) => model.latentDim > 0)} onChange=${set("second")} />`
    }
    <${Menu} name="by" label=${t("features_choose_by")} help=${html`<${Term} of=${TERM_OF[state.get("by")] ?? "feature"} word=${t(`features_by_${state.get("by")}`)} />`} value=${state.get("by")} options=${choices("by")} onChange=${set("by")} />
    ${segments("scale")} ${segments("from")}
  </div>`;
}

/** What a network is, and how many of its features fire. @param {Props} props */
function Head({ study }) {
  const { name } = study;
  const line = modelLine(name);
  const network = study.network.value;
  const problem = study.problem.value;
  const label = modelLabel(name);
  const sentence = has(`features_${problem}`) ? `features_${problem}` : "no_model";
  return html`<section class="head" data-side=${study.field}>
    <h2>${label}</h2>
    <p class="quiet">${line && modelSummary(line)}</p>
    <${Terms} of=${problem === "no_code" ? ["skip", "bottleneck"] : ["feature", "dictionary", "filter", "dead", "sparsity"]} />
    ${
      problem
        ? html`<p class="problem" role="alert">${t(sentence, { name: label })} ${problem === "unreachable" && html`<button type="button" onClick=${() => study.again()}>${t("try_again")}</button>`}</p>`
        : !network &&
          html`<p role="status">${t("features_measuring")} <progress value=${study.done.value}></progress></p>`
    }
    ${network && html`<${Facts} study=${study} network=${network} />`}
  </section>`;
}

/** @param {{ study: Study, network: NonNullable<Study["network"]["value"]> }} props */
function Facts({ study, network: { firing, dictionary } }) {
  const [digit, sample] = [study.digit.value, study.sample.value];
  const of = (/** @type {number | string} */ number, /** @type {number} */ all) =>
    t("features_of", { number, all });
  const dead = firing.rate.filter((rate) => rate === 0).length;
  const lines = [
    [t("features_nonzero"), of(firing.nonzero.toFixed(1), dictionary.count)],
    [t("features_nonzero_noisy"), sample ? of(sample.nonzero.toFixed(1), dictionary.count) : "…"],
    [t("features_dead"), of(dead, dictionary.count)],
    ...(dead ? [[t("features_woken"), sample ? of(sample.woken, dead) : "…"]] : []),
    [
      t("features_switched"),
      digit ? t("features_switched_count", { on: digit.on.length, off: digit.off.length }) : "…",
    ],
  ];
  const width = (firing.most + 1) / firing.active.length;
  const bars = firing.active.map((_, i) => i * width);
  return html`<div class="columns">
    <div>
      <dl>${lines.map(([what, value]) => html`<div><dt>${what}</dt><dd>${value}</dd></div>`)}</dl>
      <p class="quiet">${t("features_threshold", { threshold: plain(firing.threshold) })}</p>
    </div>
    <div>
      <h3>${t("features_sparsity")}</h3>
      <${Chart} lines=${[
        { name: t("features_bars_clean"), look: "bars", x: bars, y: firing.active },
        ...(sample
          ? [
              {
                name: t("features_line_noisy"),
                look: "strong",
                colour: "var(--accent)",
                x: bars.map((x) => x + width / 2),
                y: sample.active,
              },
            ]
          : []),
      ]} label=${t("features_sparsity")} height=${130} legend=${false} text=${share} />
      <p class="quiet">${t("features_sparsity_about", { digits: whole(firing.digits), sample: sample?.digits ?? "…" })}</p>
    </div>
  </div>`;
}

/** @param {Props & { onPick: (feature: number) => void }} props */
function Dictionary({ study, onPick }) {
  const network = study.network.value;
  if (!network) return null;
  const { dictionary, firing, name } = network;
  const [scale, by] = [state.get("scale"), state.get("by")];
  const peak = scale === "common" ? dictionary.peak : undefined;
  const how = [
    t(dictionary.steps ? "features_deeper" : "features_linear"),
    t(`features_${scale}_about`),
  ].join(t("between"));
  const save = (/** @type {"png" | "svg"} */ format) => {
    const line = modelLine(name);
    const sorted = { order: t(`features_by_${by}`), digits: whole(firing.digits) };
    saveDictionary({
      pictures: dictionary.pictures,
      order: study.order.value,
      peak,
      title: t("features_figure_title", { model: modelLabel(name) }),
      caption: `${line ? `${modelSummary(line)}${t("features_stop")}` : ""}${how}${t("between")}${t("features_figure_about", sorted)}`,
      less: peak ? `−${plain(peak)} ${t("features_less")}` : t("features_less"),
      more: peak ? `${t("features_more")} ${plain(peak)}` : t("features_more"),
      name: `dictionary-${fileName(modelLabel(name))}`,
      format,
    });
  };
  return html`<section class="dictionary" data-side=${study.field}>
    <h2>${t("features_dictionary")}</h2>
    <${Sheet} pictures=${dictionary.pictures} side=${SIDE} order=${study.order.value} peak=${peak} on=${study.digit.value?.on ?? []} off=${study.digit.value?.off ?? []}
      picked=${study.picked.value} onPick=${onPick} label=${t("features_canvas", { model: modelLabel(name), count: dictionary.count })}
      describe=${(/** @type {number} */ feature) => t("features_at", { feature, rate: share(firing.rate[feature]) })}>
      ${/** @type {const} */ (["png", "svg"]).map((format) => html`<button type="button" data-format=${format} onClick=${() => save(format)}>${t(`features_download_${format}`)}</button>`)}
    <//>
    <p class="legend"><span>${t("features_less")}</span><i></i><span>${t("features_more")}</span></p>
    <p class="quiet">${how}</p>
    <p class="quiet">${t("features_marks")}</p>
  </section>`;
}

/** @param {Props & { onPick: (feature: number) => void }} props */
function Filters({ study, onPick }) {
  const network = study.network.value;
  const order = useMemo(() => [...Array(network?.dictionary.filters.count ?? 0).keys()], [network]);
  if (!network) return null;
  const { filters } = network.dictionary;
  const words = { count: filters.count, side: filters.side };
  const about = filters.tied
    ? "features_filters_tied"
    : filters.isConvolution
      ? "features_filters_convolution"
      : filters.onePerFeature
        ? "features_filters_own"
        : "features_filters_hidden";
  return html`<section class="filters" data-side=${study.field}>
    <h2>${t("features_filters")}</h2>
    ${
      !filters.tied &&
      html`<${Sheet} pictures=${filters.pictures} side=${filters.side} order=${filters.onePerFeature ? study.order.value : order}
        peak=${state.get("scale") === "common" ? filters.peak : undefined} picked=${filters.onePerFeature ? study.picked.value : -1}
        onPick=${filters.onePerFeature ? onPick : undefined} label=${t("features_filters_canvas", { model: modelLabel(network.name), count: filters.count })} />`
    }
    <p class="quiet">${t(about, words)}</p>
  </section>`;
}

/**
 * What the controls change, for narrow screens, where it stays in sight: the noisy digit, and what each network makes of
 * the digit that is built up.
 * @param {{ studies: Study[] }} props
 */
function Held({ studies }) {
  const picture = (/** @type {string} */ caption, /** @type {Float32Array | undefined} */ values) =>
    html`<figure><${Picture} values=${values} alt=${caption} /><figcaption>${caption}</figcaption></figure>`;
  return html`<div class="features-held">
    ${picture(t("noisy"), studies[0].digit.value?.image)}
    ${studies.map((study) => {
      const build = study.digit.value?.build;
      const caption = studies.length > 1 ? modelLabel(study.name) : t("reconstruction");
      return picture(caption, build?.pictures.subarray(PIXELS * (build.counts.length - 1)));
    })}
  </div>`;
}

/** What is shown of the first network, for the tasks of lessons. @param {Study} study */
function tell(study) {
  const [network, digit] = [study.network.value, study.digit.value];
  if (!network || !digit || study.isOld.value) return measure("features", null);
  const { counts, errors } = digit.build;
  const at = placeOf(counts, state.get("parts"));
  measure("features", {
    dead: network.firing.rate.filter((rate) => rate === 0).length,
    active: network.firing.nonzero,
    built: counts[at],
    error: errors[at],
    opened: study.picked.value >= 0,
  });
}

export default function Features() {
  const first = useMemo(() => new Study("model"), []);
  const other = useMemo(() => new Study("second"), []);
  useEffect(() => {
    const stops = [first.start(), other.start(), effect(() => tell(first))];
    return () => {
      for (const stop of stops) stop();
      measure("features", null);
    };
  }, []);
  const studies = other.name ? [first, other] : [first];
  const pick = (/** @type {Study} */ study) => (/** @type {number} */ feature) => {
    for (const each of [first, other]) each.picked.value = each === study ? feature : -1;
  };
  const each = (/** @type {any} */ Part) =>
    studies.map((study) => html`<${Part} key=${study.field} study=${study} onPick=${pick(study)} />`);
  const looked = studies.find((study) => study.picked.value >= 0);
  const ready = studies.map((study) =>
    study.network.value && study.digit.value ? study.network.value.name : "",
  );
  return html`<${Bench} pictures=${first.problem.value ? null : html`<${Held} studies=${studies} />`}>
    <div class="features" data-two=${studies.length > 1} data-ready=${ready.join()}>
      <${Tools} />
      <div class="board">
        ${each(Head)}
        ${each(Dictionary)}
        ${looked && html`<${Detail} key="detail" study=${looked} />`}
        ${each(Filters)}
        ${each(BuildUp)}
      </div>
    </div>
  <//>`;
}
