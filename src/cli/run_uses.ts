/** The three ways to call `run`: a case, single files, and the words of the original tool, which mean `bench`. */
import type { Command } from "commander";
import { BadInputError } from "../errors.ts";
import { checkUse, typedOptions } from "./option_uses.ts";

const ANY = ["out", "backend", "device", "memory-limit", "precision", "diffusion-precision", "json"];
const FILES = ["component", "config", "weights", "inputs"];
/** What the original tool has and a single run has not. */
const ORIGINAL = ["mode", "full", "passes", "seq-len", "notes"];

/** The options of each way; every option of the verb is in one of them. */
export const runUses = {
  case: ANY,
  files: [...ANY, "engine", ...FILES],
  bench: [...ANY, "engine", ...ORIGINAL],
};

/**
 * Which way it is.
 * @throws {BadInputError} if options belong to different ones, or to none
 */
export function runUse(command: Command, folder: string | undefined): keyof typeof runUses {
  const typed = typedOptions(command);
  const has = (names: readonly string[]): boolean => names.some((name) => typed.includes(name));
  if (folder !== undefined) {
    checkUse(command, { name: "a case, which says it all and runs once,", takes: runUses.case });
  } else if (has(FILES)) {
    checkUse(command, { name: "a run of single files, which is one run,", takes: runUses.files });
  } else if (has([...ORIGINAL, "engine"])) return "bench";
  else
    throw new BadInputError(
      "run needs a case; or --engine, --component, --config, --weights and --inputs; or, to time a network, --engine with --mode, --passes and --seq-len",
    );
  if (!typed.includes("out")) throw new BadInputError("run needs --out, a file for the outputs");
  return folder === undefined ? "files" : "case";
}
