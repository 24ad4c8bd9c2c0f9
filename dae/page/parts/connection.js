// One quiet line while the server cannot be reached, or takes long; what needs none goes on.
import { ask, hasServer, reachable, slow } from "../ask.js";
import { t } from "../words.js";
import { html, useEffect } from "./html.js";

const EVERY = 3000; // milliseconds between two looks for a server that is gone

export function Connection() {
  const isGone = hasServer && !reachable.value;
  useEffect(() => {
    if (!isGone) return;
    const timer = setInterval(() => ask("server", {}).catch(() => {}), EVERY);
    return () => clearInterval(timer);
  }, [isGone]);
  const said = isGone ? "server_gone" : slow.value > 0 ? "server_slow" : "";
  return html`<p class="connection" role="status">${said && t(said)}</p>`;
}
