/** Inputs with everything that AlphaFold 3's own pipeline made of them: large, and so beside the repository. */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";

/** A folder per input: input.json, normalised_input.json, features.npz, conformers.npz and meta.json; and input_errors.json. */
const folder = process.env.AF3_GPU_RECORDED_JOBS;

/** Why tests of them are skipped; undefined where they run. */
export const noRecordedJobs: string | undefined =
  folder === undefined
    ? "recorded jobs are not in the repository: AF3_GPU_RECORDED_JOBS=<folder> npx vitest run --project unit test/pipeline test/engines/deepmind"
    : undefined;

export const recordedJobs: readonly string[] =
  folder === undefined
    ? []
    : readdirSync(folder, { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map(({ name }) => name);

export const recordedFile = (...names: readonly string[]): string => path.join(folder ?? "", ...names);
export const recordedText = (...names: readonly string[]): string => readFileSync(recordedFile(...names), "utf8");

/** An input that the reference refuses, or accepts with so many tokens. */
export interface RecordedInput {
  readonly name: string;
  readonly input: unknown;
  readonly accepted: boolean;
  readonly stage?: "read" | "featurise";
  readonly tokens?: number;
}

export const recordedInputs = (): readonly RecordedInput[] =>
  folder === undefined ? [] : JSON.parse(recordedText("input_errors.json"));
