// The engine of the page. The start of the page shows pictures that come with it: they are on the screen before the engine
// is started, by the first question. Whatever else an address asks for needs the engine: it is started at once, while the
// page's own modules are on their way.
import { Engine } from "./engine/client.js";

/** The address that all files of the page are found from. */
export const base = new URL("./", document.baseURI);

export const engine = new Engine({ base });
if (location.search || location.hash) engine.start();
