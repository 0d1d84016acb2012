/** Use after the end: one sentence in place of a device that opens again, or of an error from inside. */
import { BadInputError, CancelledError } from "../errors.ts";

export class Ending {
  private readonly what: string;
  private readonly next: string;
  private over = false;

  /**
   * @param what it is, such as `this backend`
   * @param next what to do instead
   */
  constructor(what: string, next: "make another" | "load another") {
    this.what = what;
    this.next = next;
  }

  /** From now on nothing may be asked any more. */
  end(): void {
    this.over = true;
  }

  /** @throws {BadInputError} once it has ended */
  check(): void {
    if (this.over) throw this.refusal();
  }

  /**
   * What is in use while the end comes: it fails wherever it finds its parts gone, in words that are about these.
   * @throws {BadInputError} in place of such a failure, whose cause it names
   */
  async during<T>(use: Promise<T>): Promise<T> {
    try {
      return await use;
    } catch (error) {
      if (!this.over || error instanceof CancelledError) throw error;
      throw this.refusal(error);
    }
  }

  private refusal(cause?: unknown): BadInputError {
    return new BadInputError(`${this.what} has been disposed of: ${this.next}`, cause === undefined ? {} : { cause });
  }
}
