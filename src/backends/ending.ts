/** Use after the end: one sentence in place of a device that opens again, or of an error from inside. */
import { BadInputError } from "../errors.ts";

export class Ending {
  private readonly what: string;
  private over = false;

  /** @param what it is, such as `this backend` */
  constructor(what: string) {
    this.what = what;
  }

  /** From now on nothing may be asked any more. */
  end(): void {
    this.over = true;
  }

  /** @throws {BadInputError} once it has ended */
  check(): void {
    if (this.over) throw new BadInputError(`${this.what} has been disposed of: make another`);
  }
}
