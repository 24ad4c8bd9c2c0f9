// Where the digit comes from: the gallery, the pen, or a picture.
import { digitAt, galleryOf, perClass } from "../digit.js";
import { state } from "../page.js";
import { t } from "../words.js";
import { html, useEffect, useState } from "./html.js";
import { Picture } from "./picture.js";

const OFFERED = 10; // digits of a class that are offered at once
const PIXELS = 28 * 28;

function Gallery() {
  const digit = state.get("digit");
  const index = state.get("index");
  const first = Math.floor(index / OFFERED) * OFFERED;
  const [digits, setDigits] = useState(/** @type {Uint8Array | null} */ (null));
  useEffect(() => {
    let isCurrent = true;
    galleryOf(digit).then(
      (found) => isCurrent && setDigits(found),
      () => {},
    );
    return () => {
      isCurrent = false;
    };
  }, [digit]);
  const count = digits ? digits.length / PIXELS : perClass;
  return html`<div class="gallery">
    <div class="classes" role="group" aria-label=${t("source")}>
      ${[...Array(10).keys()].map(
        (each) =>
          html`<button type="button" key=${each} aria-pressed=${each === digit} aria-label=${t("pick_class", { digit: each })} onClick=${() => state.set({ source: "pick", digit: each, index: 0 })}>${each}</button>`,
      )}
    </div>
    <div class="digits">
      ${[...Array(OFFERED).keys()]
        .map((n) => first + n)
        .filter((each) => each < count)
        .map(
          (each) =>
            html`<button type="button" key=${each - first} aria-pressed=${each === index} aria-label=${t("pick_this", { digit, index: each })} onClick=${() => state.set({ source: "pick", index: each })}>
            <${Picture} values=${digits && digitAt(digits, each)} alt="" />
          </button>`,
        )}
    </div>
    <button type="button" id="another" onClick=${() => state.set({ source: "pick", index: Math.floor(Math.random() * count) })}>${t("another")}</button>
  </div>`;
}

export function Source() {
  if (!state.shows("digit")) return null;
  return html`<div class="group source"><${Gallery} /></div>`;
}
