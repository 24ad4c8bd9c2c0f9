// The engine of the page: its worker is started as soon as this is there, while the page's own modules are on their way.
import { Engine } from "./engine/client.js";

/** The address that all files of the page are found from. */
export const base = new URL("./", document.baseURI);

export const engine = new Engine({ base });
