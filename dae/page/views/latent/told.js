// What the tab tells of what it shows, for the tasks of lessons.
import { measure } from "../../lesson/measured.js";
import { useEffect } from "../../parts/html.js";
import { awaited, beside, classes, decodedAs, picked, place, records, shown, useFollow } from "./spaces.js";

const PROBED = "gaussian 0.5"; // the noise under which codes were measured

/** @param {import("./clouds.js").Both} clouds */
export function useTold([cloud, other]) {
  useFollow(() => {
    if (awaited.value) return measure("latent", null);
    const probes = [shown, beside].map(
      ({ value }) => records.value.find((each) => each.model === value.name && each.input === PROBED)?.probe,
    );
    measure("latent", {
      drift: cloud.value?.drift,
      probe: probes[0],
      beside: { drift: other.value?.drift, probe: probes[1] },
      decoded: decodedAs.value,
      picked: classes[picked.value],
      touched: Boolean(place.value),
    });
  });
  useEffect(() => () => measure("latent", null), []);
}
