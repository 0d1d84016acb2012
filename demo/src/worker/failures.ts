/** Which kind of failure an error is. */
import { BadInputError, DeviceError, TooLargeError, UnavailableError } from "af3-gpu";
import type { Failure, FailureKind } from "../shared/protocol.ts";

/** An error whose kind whoever threw it knew. */
export class KnownFailure extends Error {
  readonly kind: FailureKind;

  constructor(kind: FailureKind, cause: Error) {
    super(cause.message, { cause });
    this.kind = kind;
  }
}

/** The kind of an error; what is not known is a bug. */
export function failureOf(error: unknown): Failure {
  const detail = error instanceof Error ? error.message : String(error);
  if (error instanceof KnownFailure) return { kind: error.kind, detail };
  if (error instanceof TooLargeError || (error instanceof BadInputError && error.cause instanceof TooLargeError)) {
    const largest = /the largest N that fits is (\d+)/.exec(detail)?.[1];
    return { kind: "too-large", detail, ...(largest !== undefined && { largest: Number(largest) }) };
  }
  if (error instanceof BadInputError) return { kind: "input", detail };
  if (error instanceof DeviceError)
    return { kind: error.kind === "lost" || error.kind === "out-of-memory" ? error.kind : "bug", detail };
  // A device that is lost while shaders compile is told as a shader that does not compile.
  if (error instanceof Error && error.cause instanceof DeviceError) return { ...failureOf(error.cause), detail };
  if (error instanceof RangeError && /array|allocation|length/i.test(detail)) return { kind: "too-large", detail };
  if (error instanceof UnavailableError) return { kind: unavailable(detail), detail };
  return { kind: "bug", detail };
}

function unavailable(detail: string): FailureKind {
  if (!("gpu" in navigator) || !navigator.gpu) return "no-worker-webgpu"; // a page without it starts no worker
  return /is too small/.test(detail) ? "limits" : "no-adapter";
}
