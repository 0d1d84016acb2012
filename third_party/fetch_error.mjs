/** A failure with a message for people and the exit code that goes with it: 2 bad usage or input, 3 cannot be fetched. */
export class FetchError extends Error {
  /** @param {2 | 3} code @param {string} message */
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}
