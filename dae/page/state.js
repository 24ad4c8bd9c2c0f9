// The page's one state: every field with its range, from the manifest. Views and controls read it and write it, and
// are told when it changes; a link is it, the address follows it, a lesson's step is a part of it.
import { batch, computed, signal } from "@preact/signals-core";

/** @typedef {import("./types.d.ts").Manifest} Manifest */
/** @typedef {import("./types.d.ts").Field} Field */
/** @typedef {import("./types.d.ts").Value} Value */

const OWN = "own-"; // how the names of a visitor's own networks begin: they travel in no link

/** @param {unknown} value @param {number} low @param {number} high @param {number} start */
export function clamp(value, low, high, start) {
  const number = typeof value === "string" && value.trim() === "" ? Number.NaN : Number(value);
  return Number.isNaN(number) ? start : Math.min(Math.max(number, low), high);
}

export class State {
  /**
   * @param {Manifest} manifest
   * @param {() => string[]} models the names of the networks that may be chosen
   */
  constructor(manifest, models) {
    this.fields = manifest.state;
    this.models = models;
    this.noises = new Map(manifest.noises.map((noise) => [noise.key, noise]));
    /** What the open step of a lesson has set: a link that names the step need not say it. @type {Record<string, Value>} */
    this.ofStep = {};
    /** @type {Record<string, import("@preact/signals-core").Signal<any>>} */
    this.signals = {};
    for (const [name, field] of Object.entries(this.fields)) this.signals[name] = signal(field.start);
    /** The noise that is chosen, with its range. */
    this.noise = computed(() => {
      const noise = this.noises.get(this.signals.noise.value);
      if (!noise) throw new Error("the state holds an unknown noise");
      return noise;
    });
  }

  /** The value of a field; whoever reads it in a component or effect is told of its changes. @param {string} name */
  get(name) {
    return this.signals[name].value;
  }

  /** @param {string} name */
  peek(name) {
    return this.signals[name].peek();
  }

  /** Whether a control is shown: a link may leave it out. @param {string} name */
  shows(name) {
    return !this.get("hide").includes(name);
  }

  /**
   * Change fields. Numbers are clamped to their range, nonsense is replaced by the field's start. Another noise begins
   * at its own level unless one is given.
   * @param {Record<string, unknown>} values
   */
  set(values) {
    batch(() => {
      const changed = "noise" in values && values.noise !== this.peek("noise") && !("level" in values);
      if ("noise" in values) this.signals.noise.value = this.read("noise", values.noise);
      for (const [name, value] of Object.entries(values)) {
        if (name in this.signals && name !== "noise") this.#assign(name, this.read(name, value));
      }
      if (changed) this.signals.level.value = this.noise.value.start;
    });
  }

  /** @param {string} name @param {Value} value */
  #assign(name, value) {
    const before = this.peek(name);
    const same = Array.isArray(value) && Array.isArray(before) && value.join() === before.join();
    if (!same) this.signals[name].value = value;
  }

  /**
   * A field's value from anything that came from outside.
   * @param {string} name @param {unknown} value
   * @returns {Value}
   */
  read(name, value) {
    const field = this.fields[name];
    const text = typeof value === "string" ? value : Array.isArray(value) ? value.join(",") : String(value);
    switch (field.type) {
      case "choice":
        return field.choices?.includes(text) ? text : field.start;
      case "whole":
      case "number": {
        const number = clamp(value, field.low ?? 0, field.high ?? 0, /** @type {number} */ (field.start));
        return field.type === "whole" ? Math.trunc(number) : number;
      }
      case "level": {
        const noise = this.noises.get(this.peek("noise"));
        return clamp(value, 0, noise?.maximum ?? 0, noise?.start ?? 0);
      }
      case "flag":
        if (["1", "true"].includes(text)) return true;
        return ["0", "false", ""].includes(text) ? false : field.start;
      case "model":
        return text === "" || this.models().includes(text) ? text : field.start;
      case "names":
        return text
          .split(",")
          .filter((each) => each !== "" && (!each.startsWith(OWN) || this.models().includes(each)))
          .slice(0, 64);
      case "list":
        return (field.choices ?? []).filter((each) => text.split(",").includes(each));
      case "text":
        return text.length <= (field.longest ?? 0) ? text : field.start;
      case "pixels":
        return text.length <= (field.longest ?? 0) && /^[\w-]*$/.test(text) ? text : "";
    }
  }

  /**
   * Read a link's query: unknown parameters are ignored, what a link does not say starts as ever.
   * @param {URLSearchParams} query
   */
  open(query) {
    this.ofStep = {};
    const values = Object.fromEntries(
      Object.entries(this.fields).map(([name, field]) => [name, field.start]),
    );
    // At once: nobody sees the link's noise with what was shown before.
    batch(() => {
      this.signals.noise.value = this.read("noise", query.get("noise"));
      values.level = this.noise.value.start;
      for (const name of Object.keys(this.fields)) if (query.has(name)) values[name] = query.get(name) ?? "";
      values.noise = this.peek("noise");
      this.set(values);
    });
  }

  /**
   * The query that gives this state back. Names of a visitor's own networks are left out.
   * @param {{ whole?: boolean }} [options] whole: the fields of the shared controls even where they stand at their start
   */
  query({ whole = false } = {}) {
    const query = new URLSearchParams();
    const picked = this.peek("source") === "pick" || !this.peek("pixels");
    const noise = this.noise.peek();
    for (const [name, field] of Object.entries(this.fields)) {
      let value = this.peek(name);
      if (["digit", "index"].includes(name) && !picked) continue;
      if (name === "pixels" && picked) continue;
      if (name === "clip" && !noise.canClip) continue;
      if (Array.isArray(value)) value = value.filter((each) => !each.startsWith(OWN));
      else if (typeof value === "string" && value.startsWith(OWN)) continue;
      const hasOwn = name in this.ofStep && (name !== "level" || this.ofStep.noise === noise.key);
      const start = hasOwn ? this.ofStep[name] : name === "level" ? noise.start : field.start;
      const isStart = String(value) === String(start);
      if (isStart && !(whole && SHARED.includes(name))) continue;
      query.set(name, typeof value === "boolean" ? String(Number(value)) : String(value));
    }
    return query;
  }

  /** The fields that hold networks of the visitor's own, which `query` leaves out. @returns {Record<string, Value>} */
  ownChoices() {
    const held = Object.keys(this.fields).filter((name) => String(this.peek(name)).includes(OWN));
    return Object.fromEntries(held.map((name) => [name, this.peek(name)]));
  }

  /** Whether a link to this state leaves a network of the visitor's own out. */
  get leavesOut() {
    return Object.keys(this.ownChoices()).length > 0;
  }
}

// What "Copy link" always says, so that a link shows the same when the starts change.
const SHARED = ["tab", "source", "digit", "index", "pixels", "noise", "level", "clip", "seed", "model"];
