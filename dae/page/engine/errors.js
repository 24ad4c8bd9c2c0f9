/** What the engine cannot do, as a code that the page's words say in each language. */

/**
 * The codes, and when each of them is given:
 *
 * - `no_such_network`: there is no file of that name; values `{ name }`
 * - `unreachable`: a file could not be fetched; values `{ path }`
 * - `too_large`: a checkpoint beyond `MAX_BYTES`; values `{ limit }` in MB
 * - `damaged`: not a whole safetensors file
 * - `foreign`: a safetensors file that this playground did not write
 * - `other_format`: written in another format than this version reads
 * - `bad_description`: the description inside does not make sense
 * - `no_network`: the description does not make a network
 * - `weights_do_not_fit`: the weights are not those of the network that is described
 * - `not_finite`: some weights are not finite numbers
 * - `no_code`: a network without a code was asked for its code
 * - `no_such_noise`, `bad_level`: values `{ noise }` and, for a level, `{ limit }`
 * - `bad_question`: a question that makes no sense; values `{ reason }`, for the developer
 * - `no_ink`: a drawing without ink
 * - `too_much_ink`: a drawing that leaves too little of its paper to tell ink from paper
 * - `too_many_networks`: more networks of the visitor's own than are kept; values `{ limit }`
 * - `failed`: the engine itself has failed; values `{ reason }`, for the developer
 *
 * @typedef {"no_such_network" | "unreachable" | "too_large" | "damaged" | "foreign" | "other_format" |
 *   "bad_description" | "no_network" | "weights_do_not_fit" | "not_finite" | "no_code" | "no_such_noise" |
 *   "bad_level" | "bad_question" | "no_ink" | "too_much_ink" | "too_many_networks" | "failed"} ErrorCode
 */

/** An error with a code and the values of its sentence. */
export class EngineError extends Error {
  /**
   * @param {ErrorCode} code
   * @param {Record<string, string | number>} [values]
   */
  constructor(code, values = {}) {
    super(`${code} ${JSON.stringify(values)}`);
    this.name = "EngineError";
    this.code = code;
    this.values = values;
  }
}
