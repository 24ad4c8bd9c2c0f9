// What is looked at beside the plane: the place of the marker, the digit that was picked, and its neighbours in code space.
import { perClass } from "../../digit.js";
import { engine, state } from "../../page.js";
import { html, useComputed, useSignal } from "../../parts/html.js";
import { Picture } from "../../parts/picture.js";
import { labelled, t } from "../../words.js";
import {
  classes,
  decodedAs,
  digitOf,
  encoding,
  kind,
  nearestTo,
  pick,
  picked,
  place,
  places,
  shown,
  spaceFor,
  spaceOf,
  useAnswer,
  useFollow,
} from "./spaces.js";

const NEIGHBOURS = 8;

/** @param {number} index of a digit of the gallery, or -1 */
export const nameOf = (index) =>
  index < 0
    ? t("latent_none_picked")
    : t("latent_picked", { digit: classes[index], number: (index % perClass) + 1 });

/** A digit of the gallery as a signal. @param {() => number} index -1: none */
function useDigit(index) {
  const digit = useSignal(/** @type {Float32Array | null} */ (null));
  const turn = useSignal(0);
  useFollow(() => {
    const wanted = index();
    const mine = turn.peek() + 1;
    turn.value = mine;
    if (wanted < 0) digit.value = null;
    else {
      digitOf(wanted).then(
        (found) => {
          if (turn.peek() === mine) digit.value = found;
        },
        (error) => console.error(error),
      );
    }
  });
  return digit;
}

/** The decoder's picture of the marker's place; t-SNE has none, and the nearest digit is shown. */
function Decoded() {
  const near = useComputed(() => {
    const at = place.value;
    return kind.value === "tsne" && at && places.value ? nearestTo(places.value, at.x, at.y) : -1;
  });
  const digit = useDigit(() => near.value);
  const decoded = useAnswer("decodePlaces", "latent-decode", () => {
    const at = place.value;
    if (!at || kind.value === "tsne" || !spaceFor(shown.value).value.plane) return null;
    return { ...spaceOf(shown.value), places: [at.x, at.y] };
  });
  useFollow(() => {
    const images = kind.value === "tsne" || !place.value ? null : decoded.value?.images;
    decodedAs.value = null;
    if (!images) return;
    let isCurrent = true;
    engine.ask("verdict", { images }, { channel: "latent-verdict" }).then(
      (answer) => {
        if (isCurrent && answer) decodedAs.value = answer.verdicts[0];
      },
      (error) => console.error(error),
    );
    return () => {
      isCurrent = false;
    };
  });
  const isTsne = kind.value === "tsne";
  const words = place.value ? t(isTsne ? "latent_decoded_tsne" : "latent_decoded") : t("latent_decode_hint");
  const read = decodedAs.value;
  return html`<figure class="decoded" data-there=${Boolean(place.value)}>
    <${Picture} values=${isTsne ? digit.value : decoded.value?.images} alt=${words} />
    <figcaption>${words}${!isTsne && state.shows("verdict") && html`<br />${read?.digit === null ? t("verdict_unsure") : html`${t("verdict")} <b>${read ? `${read.digit}` : "–"}</b>`}`}</figcaption>
  </figure>`;
}

/** The marker's place decoded, and the picked digit with its reconstruction. */
export function Seen() {
  const digit = useDigit(() => picked.value);
  const restored = useAnswer("restore", "latent-picked", () =>
    digit.value && picked.value >= 0 ? { model: shown.value.name, images: digit.value } : null,
  );
  const name = nameOf(picked.value);
  return html`<div class="seen">
    <${Decoded} />
    <figure><${Picture} values=${digit.value} alt=${labelled(t("clean"), name)} /><figcaption>${t("clean")}</figcaption></figure>
    <figure><${Picture} values=${restored.value?.restored} alt=${labelled(t("reconstruction"), name)} /><figcaption>${t("reconstruction")}</figcaption></figure>
    <p class="which" aria-live="polite">${name}</p>
  </div>`;
}

/** @param {{ index: number, distance: number }} props */
function Neighbour({ index, distance }) {
  const digit = useSignal(/** @type {Float32Array | null} */ (null));
  useFollow(() => {
    digitOf(index).then(
      (found) => {
        digit.value = found;
      },
      (error) => console.error(error),
    );
  });
  const words = t("latent_neighbour", { digit: classes[index], distance: distance.toPrecision(3) });
  return html`<li><button type="button" data-index=${index} title=${words} aria-label=${words} style=${{ "--class": `var(--line-${classes[index]})` }}
    onClick=${() => {
      pick(index);
    }}><${Picture} values=${digit.value} alt="" /></button></li>`;
}

/** The digits of the gallery with the codes nearest to that of the picked one. */
export function Neighbours() {
  const found = useSignal(/** @type {{ indices: number[], distances: number[] } | null} */ (null));
  const done = useSignal(1);
  const turn = useSignal(0);
  useFollow(() => {
    const [index, model] = [picked.value, shown.value];
    const mine = turn.peek() + 1;
    turn.value = mine;
    found.value = null;
    if (index < 0) return;
    const look = async () => {
      for await (const share of encoding(model)) {
        if (turn.peek() !== mine) return;
        done.value = share;
      }
      const digit = await digitOf(index);
      const question = { model: model.name, digit, count: NEIGHBOURS, leaveOut: index };
      const answer = await engine.ask("neighbours", question, { channel: "latent-neighbours" });
      if (turn.peek() === mine) found.value = answer;
    };
    look().catch((error) => console.error(error));
  });
  if (picked.value < 0) return null;
  const waits = !found.value && done.value < 1;
  return html`<div class="near">
    <h2>${t("latent_neighbours")}</h2>
    <ol>${found.value?.indices.map(
      (index, n) => html`<${Neighbour} key=${index} index=${index} distance=${found.value?.distances[n]} />`,
    )}</ol>
    <p class="quiet" role="status">${waits && t("latent_encoding", { percent: Math.round(100 * done.value) })}</p>
  </div>`;
}
