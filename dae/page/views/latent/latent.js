// The Latent space tab: the gallery's codes on a plane to point at, click and drag on, and what noise does to them.
import { greys } from "../../base64.js";
import { clean, perClass } from "../../digit.js";
import { askAbout } from "../../networks.js";
import { modelLabel, modelSummary, state } from "../../page.js";
import { Bench } from "../../parts/bench.js";
import { Segments, Switch } from "../../parts/controls.js";
import { html, media, useEffect, useMemo, useSignal } from "../../parts/html.js";
import { mosaic, paint, SIDE } from "../../parts/picture.js";
import { Plane } from "../../parts/plane.js";
import { excuse, Python } from "../../parts/python.js";
import { saveFile } from "../../parts/save.js";
import { Term, Terms } from "../../parts/term.js";
import { t } from "../../words.js";
import { Clouds, Held, Lack, useClouds } from "./clouds.js";
import { Neighbours, Seen } from "./look.js";
import { Batch, Between, Nothing, Worth } from "./more.js";
import * as spaces from "./spaces.js";
import { useTold } from "./told.js";

const narrow = media("(max-width: 900px)");
const { extent, kind, kinds, place, places, shown } = spaces;

/** Where the visitor's digit is on the shown plane: on t-SNE's, where the gallery digit with the nearest code is. */
function useStar() {
  const place = spaces.useAnswer("encode", "latent-star", () =>
    clean.value ? { model: shown.value.name, images: clean.value } : null,
  );
  const near = spaces.useAnswer("neighbours", "latent-near", () => {
    if (kind.value !== "tsne" || spaces.ownIndex.value >= 0 || !clean.value) return null;
    return { model: shown.value.name, digit: clean.value, count: 1 };
  });
  const plane = spaces.spaceFor(shown.value).value.plane;
  if (!plane || !places.value) return null;
  if (kind.value === "tsne") {
    const index = spaces.ownIndex.value >= 0 ? spaces.ownIndex.value : near.value?.indices[0];
    return index === undefined ? null : [...places.value.subarray(2 * index, 2 * index + 2)];
  }
  const code = place.value?.codes;
  if (!code || code.length !== plane.mean.length) return null;
  return [0, 1].map(
    (a) => plane.axes[a]?.reduce((sum, each, i) => sum + each * (code[i] - plane.mean[i]), 0) ?? 0,
  );
}

/** The decoder's pictures all over the plane, as its background. */
function useGrid() {
  const grid = spaces.useAnswer("decodeGrid", "latent-grid", () => {
    const isWanted = state.get("grid") && kind.value !== "tsne" && places.value;
    return isWanted ? { ...spaces.spaceOf(shown.value), extent: extent.value } : null;
  });
  const found = state.get("grid") && kind.value !== "tsne" ? grid.value : null;
  return useMemo(() => {
    if (!found) return null;
    const picture = Object.assign(document.createElement("canvas"), {
      width: SIDE * found.side,
      height: SIDE * found.side,
    });
    paint(picture, mosaic(found.images, found.side));
    return { picture, extent: extent.peek() };
  }, [found]);
}

/** The plane as a figure for a slide. */
function Files() {
  const [busy, problem] = [useSignal(false), useSignal("")];
  /** @param {"png" | "svg"} format */
  const make = async (format) => {
    const [model, digit] = [shown.peek(), clean.peek()];
    if (!digit) return;
    busy.value = true;
    problem.value = "";
    const label = modelLabel(model.name);
    const share = Math.round(
      100 *
        (spaces
          .spaceFor(model)
          .peek()
          .plane?.share.reduce((a, b) => a + b, 0) ?? 0),
    );
    const figure = {
      ...{ plane: kind.peek(), format, digit: greys(digit) },
      title: t("latent_figure", { model: label }),
      caption: t(`latent_figure_${kind.peek()}`, { model: label, about: modelSummary(model), share }),
    };
    await askAbout("codes-figure", model.name, figure).then(saveFile, (error) => {
      problem.value = excuse(error, "python_figure");
    });
    busy.value = false;
  };
  return html`<div class="files">
    <${Python} what="python_figure">
      ${
        /** @type {const} */ (["png", "svg"]).map(
          (format) =>
            html`<button type="button" key=${format} data-format=${format} disabled=${busy.value || !places.value} onClick=${() => make(format)}>${t(`latent_${format}`)}</button>`,
        )
      }
    <//>
    <p class="problem" role="status">${problem.value}</p>
  </div>`;
}

/** What is missing of the plane, and what can be done. */
function Missing() {
  const model = shown.value;
  const { plane, done, problem: lack } = spaces.spaceFor(model).value;
  if (lack) return html`<p class="problem" role="alert"><${Lack} model=${model} problem=${lack} /></p>`;
  if (!plane) return html`<p role="status">${t("latent_encoding", { percent: Math.round(100 * done) })}</p>`;
  if (places.value) return null;
  const { state: now, percent, problem } = spaces.embeddingFor(model).value;
  const words = {
    unasked: t("latent_tsne_missing"),
    running: t("latent_tsne_percent", { percent }),
    waiting: t("latent_tsne_busy", { percent }),
    failed: problem || t("latent_tsne_failed"),
    done: "",
  }[now];
  const canStart = now === "unasked" || now === "failed";
  return html`<${Python} what="python_tsne">
    <p role="status">${words}</p>
    ${canStart && html`<button type="button" class="start-tsne" onClick=${() => spaces.embed(model)}>${t("latent_tsne_start")}</button>`}
  <//>`;
}

function GalleryPlane() {
  const model = shown.value;
  const plane = spaces.spaceFor(model).value.plane;
  const xy = places.value;
  const points = useMemo(() => xy && { xy, classes: spaces.classes }, [xy]);
  const star = useStar();
  const background = useGrid();
  const overlay = useMemo(
    () => ({ stars: star ? [star] : [], clouds: [], dim: Boolean(background) }),
    [star?.join(), Boolean(background)],
  );
  useEffect(
    () =>
      places.subscribe(() => {
        place.value = null; // it was on another plane
      }),
    [],
  );
  const isTsne = kind.value === "tsne";
  const share = (/** @type {number} */ axis) => `${Math.round(100 * (plane?.share[axis] ?? 0))} %`;
  return html`<section class="group codes-map" data-points=${xy ? `${model.name} ${kind.value}` : undefined} data-star=${star && JSON.stringify(star)}>
    <div class="bar">
      <div class="asked"><${Segments} name="plane" label=${t("latent_kinds")} value=${kind.value} onChange=${(/** @type {string} */ value) => state.set({ plane: value })}
        options=${kinds.value.map((each) => ({ value: each, label: t(`latent_kind_${each}`) }))} /><${Term} of=${kind.value === "code" ? "plane" : kind.value} word=${t(`latent_kind_${kind.value}`)} /></div>
      <${Switch} name="grid" label=${t("latent_grid")} checked=${state.get("grid")} disabled=${isTsne} onChange=${(/** @type {boolean} */ grid) => state.set({ grid })} />
      <${Files} />
    </div>
    <p class="quiet about">${t(`latent_about_${kind.value}`, { width: model.latentDim, x: share(0), y: share(1) })}</p>
    <div class="map">
      <${Seen} />
      <div class="large">
        <${Plane} points=${points} extent=${extent.value} overlay=${overlay} background=${background} pictureOf=${spaces.digitOf}
          label=${t("latent_canvas", { count: (10 * perClass).toLocaleString("en-US") })}
          onDrag=${(/** @type {number} */ x, /** @type {number} */ y) => {
            place.value = { x, y };
          }}
          onPick=${(/** @type {number} */ x, /** @type {number} */ y, /** @type {number} */ index) => {
            place.value = { x, y };
            if (index >= 0) spaces.pick(index);
          }} />
        <div class="missing"><${Missing} /></div>
      </div>
      <${Neighbours} />
    </div>
    <${Terms} of=${["code", "latent_space", "encoder", "decoder"]} />
    <p class="quiet">${t("latent_map_hint")} ${isTsne && `${t("latent_no_inverse")} ${t("latent_star_tsne")}`}</p>
  </section>`;
}

function Stage() {
  const clouds = useClouds();
  useTold(clouds);
  useEffect(() => {
    spaces.again(); // what could not be had when the tab was open before
    window.addEventListener("online", spaces.again);
    return () => window.removeEventListener("online", spaces.again);
  }, []);
  const isOther = state.get("model") !== shown.value.name;
  const names = { model: modelLabel(state.get("model")), shown: modelLabel(shown.value.name) };
  return html`<${Bench} pictures=${narrow.value && html`<${Held} clouds=${clouds} />`}>
    ${isOther && html`<p class="note" role="status">${t("latent_no_code", names)}</p>`}
    <${GalleryPlane} />
    <${Clouds} clouds=${clouds} />
    <${Between} />
    <${Nothing} />
    <${Worth} />
    <${Batch} />
  <//>`;
}

export default function Latent() {
  const hasAny = spaces.coded.value.length > 0;
  return html`<div class="latent">${hasAny ? html`<${Stage} />` : html`<p class="problem">${t("latent_none")}</p>`}</div>`;
}
