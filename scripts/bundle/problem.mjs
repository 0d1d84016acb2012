/** A failure with the exit code that goes with it: 2 bad input, 3 cannot be done here. */
export class Problem extends Error {
  /** @param {2 | 3} code @param {string} message */
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

/** @param {unknown} error */
export const messageOf = (error) => (error instanceof Error ? error.message : String(error));
