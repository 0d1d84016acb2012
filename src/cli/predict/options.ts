/** The options of `predict`, and which of them go together. */
import type { Command } from "commander";
import type { EngineName } from "../../engines/core/component.ts";
import { findEngine, type PresetName } from "../../engines/index.ts";
import { BadInputError } from "../../errors.ts";
import { MOST_SEED } from "../../formats/given.ts";
import type { PrecisionMode } from "../../gpu/plan/precision.ts";
import { featurisers } from "../engine_words.ts";
import { checkExclusions, checkUse, type Exclusion, typedOptions } from "../option_uses.ts";
import * as option from "../options.ts";
import type { ChainFile } from "./msas.ts";

export interface PredictOptions {
  readonly engine: EngineName;
  readonly weights?: string;
  readonly weightsSeed: number;
  readonly preset?: PresetName;
  readonly out: string;
  readonly seeds?: readonly number[];
  readonly samples?: number;
  readonly recycles?: number;
  readonly steps?: number;
  readonly buckets?: readonly number[];
  readonly conformers?: string;
  readonly ccd?: string;
  readonly keepMsaOverlaps?: boolean;
  readonly fixStandaloneGlycans?: boolean;
  /** Of chains; false: MSAs of the input are not used. */
  readonly msa?: readonly ChainFile[] | false;
  readonly pairedAsUnpaired?: boolean;
  readonly pairedMsa?: readonly ChainFile[];
  readonly msaServer?: string;
  readonly precision: PrecisionMode;
  readonly device: string;
  readonly memoryLimit?: number;
  readonly format: "mmcif" | "pdb";
  readonly fullConfidences?: boolean;
  readonly saveOutputs?: boolean;
  readonly fromOutputs?: string;
  readonly deepmindTerms?: boolean;
  readonly dryRun?: boolean;
  readonly force?: boolean;
  readonly json?: boolean;
}

/** Seeds of models, with commas. */
export const seeds = (text: string): readonly number[] => {
  const found = option.wholeNumbers("--seeds", 0, true)(text);
  const large = found.find((seed) => seed > MOST_SEED);
  if (large !== undefined) throw new BadInputError(`--seeds should be at most ${MOST_SEED}, not ${large}`);
  return found;
};

/** The engine that predicts where nobody names one. */
export const usualEngine = (): EngineName => featurisers()[0] ?? "";

/** What says how a network runs: outputs from a file have been made. */
const NETWORK = [
  "weights",
  "weights-seed",
  "preset",
  "samples",
  "recycles",
  "steps",
  "precision",
  "device",
  "memory-limit",
  "save-outputs",
  "dry-run",
];
/** What a file of outputs says itself. */
const PADDING = ["buckets"];

const exclusions: readonly Exclusion[] = [
  ["dry-run", "force", "one writes nothing, the other writes over what is there"],
  ["dry-run", "save-outputs", "one runs nothing, the other keeps what was run"],
  ["dry-run", "full-confidences", "one writes nothing, the other more"],
  ["dry-run", "msa-server", "one only plans, the other sends sequences away"],
];

/** @throws {BadInputError} if options contradict each other, or one is missing */
export function checkPredictUse(command: Command, options: PredictOptions): void {
  const typed = typedOptions(command);
  checkExclusions(command, exclusions);
  if (options.deepmindTerms && !findEngine(options.engine).terms)
    throw new BadInputError(`--deepmind-terms: ${options.engine} has no terms of use`);
  if (options.fromOutputs !== undefined) {
    const takes = command.options.map((each) => each.name()).filter((name) => ![...NETWORK, ...PADDING].includes(name));
    checkUse(command, { name: "--from-outputs, which runs no network,", takes });
    return;
  }
  const { weights, dryRun } = options;
  if (weights === undefined && !dryRun)
    throw new BadInputError(
      "predict needs --weights: a file (docs/weights.md says where there are some), or random, whose structures mean nothing",
    );
  if (weights !== undefined && weights !== "random" && typed.includes("weights-seed"))
    throw new BadInputError("--weights-seed draws random weights: it goes with --weights random");
  if (findEngine(options.engine).noise === undefined)
    throw new BadInputError(`${options.engine} has no network that predicts structures`);
}
