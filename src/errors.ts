/** Errors that a user can act on. Anything else that is thrown is a bug. */

/** An input is wrong: an argument, a file, a tensor, a config, an option. The command line exits with 2. */
export class BadInputError extends Error {
  override readonly name = "BadInputError";
}

/** What was asked for cannot run here. The message says why, `fix` what helps. The command line exits with 3. */
export class UnavailableError extends Error {
  override readonly name = "UnavailableError";
  readonly fix: string;

  constructor(message: string, fix: string, options?: ErrorOptions) {
    super(message, options);
    this.fix = fix;
  }
}

/** The device failed while it worked: lost, out of memory, or an invalid call. The message says which. */
export class DeviceError extends Error {
  override readonly name = "DeviceError";
  readonly kind: "lost" | "out-of-memory" | "validation" | "internal";

  constructor(kind: DeviceError["kind"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

/** What a network answered is NaN or infinite: its numbers overflow with these weights and inputs. The command line exits with 1. */
export class NonFiniteError extends Error {
  override readonly name = "NonFiniteError";
}

/** The caller asked to stop. Everything finished until then is kept. The command line exits with 130. */
export class CancelledError extends Error {
  override readonly name = "CancelledError";

  constructor(message = "cancelled") {
    super(message);
  }
}

/** The text of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Throws {@link CancelledError} if the signal has fired. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new CancelledError();
}

/** An array of the requested size does not fit the device. Whoever knows the sizes adds the largest that fits. */
export class TooLargeError extends BadInputError {}
