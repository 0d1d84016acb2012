/** stdout to the last byte: what cannot be written ends the command instead of getting lost. */
import { fstatSync, writeSync } from "node:fs";
import { BadInputError } from "../errors.ts";
import { reasonOf } from "../platform/node/reasons.ts";

/** The reader of a pipe, such as `head`, has seen enough. That is no failure, but there is nobody left to work for. */
const CLOSED: ReadonlySet<string | undefined> = new Set(["EPIPE", "ECONNRESET"]);

let failure: NodeJS.ErrnoException | undefined;
let onFailure: () => void = () => {};

function fail(error: NodeJS.ErrnoException): void {
  if (failure) return;
  failure = error;
  onFailure();
}

/** Calls back once if stdout can no longer be written to. stderr has nobody to tell: what it does not take is dropped. */
export function watchOutput(failed: () => void): void {
  onFailure = failed;
  process.stdout.on("error", fail);
  process.stderr.on("error", () => {});
}

/** Files and devices take a write at once, and perhaps a part of it only: Node's own stream would drop the rest. */
const direct = ((): boolean => {
  try {
    const found = fstatSync(1);
    return found.isFile() || (found.isCharacterDevice() && !process.stdout.isTTY);
  } catch {
    return false;
  }
})();

/** Writes to stdout. @throws {BadInputError} if a file or device cannot take it; a pipe tells later, see {@link outputEnd} */
export function write(text: string): void {
  if (failure) return;
  if (!direct) {
    process.stdout.write(text);
    return;
  }
  const bytes = Buffer.from(text);
  try {
    for (let done = 0; done < bytes.length; ) done += writeSync(1, bytes, done);
  } catch (error) {
    fail(error as NodeJS.ErrnoException);
    throw new BadInputError(sentence(error));
  }
}

const sentence = (error: unknown): string => `cannot write to the standard output: ${reasonOf(error)}`;

/** How writing went, once everything is written: `whole`, `closed` by its reader, or the sentence that says what failed. */
export async function outputEnd(): Promise<"whole" | "closed" | { readonly failed: string }> {
  if (!direct && !failure) await new Promise<void>((resolve) => process.stdout.write("", () => resolve()));
  if (!failure) return "whole";
  return CLOSED.has(failure.code) ? "closed" : { failed: sentence(failure) };
}
