/** What decides the numbers in a job's folder, so that another call can tell whether it would make the same. */
import { createHash } from "node:crypto";
import type { Weights } from "../../engines/core/weights.ts";
import { version } from "../../generated/about.ts";
import type { Job } from "../../pipeline/input/job.ts";
import { writeJob } from "../../pipeline/input/write.ts";
import type { RunRecord, Settings } from "./job_folder.ts";
import type { Network } from "./network.ts";
import type { PredictOptions } from "./options.ts";

const digest = (...parts: readonly (string | Uint8Array)[]): string => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest("hex").slice(0, 16);
};

/** So many bytes of each weight tell files apart: all of them would take seconds. */
const TELLING_BYTES = 1024;

/** Tells weights apart. */
export function weightsDigest(weights: Weights): string {
  if (weights.kind === "random") return `random, seed ${weights.seed}`;
  const { file } = weights;
  const parts = [...file.names]
    .sort()
    .flatMap((name) => [`${name} ${file.describe(name)?.shape.join()}\n`, file.bytes(name).subarray(0, TELLING_BYTES)]);
  return digest(...parts);
}

/** A job as it is predicted: MSAs and templates that nobody has looked for are none. */
export const withoutSearch = (job: Job): Job => ({
  ...job,
  entities: job.entities.map((entity) =>
    entity.kind === "ligand"
      ? entity
      : {
          ...entity,
          unpairedMsa: entity.unpairedMsa ?? "",
          pairedMsa: entity.pairedMsa ?? "",
          templates: entity.templates ?? [],
        },
  ),
});

/** What does not depend on what ran. */
const shared = (job: Job, options: PredictOptions): Settings => ({
  input: digest(writeJob({ ...withoutSearch(job), seeds: [] })),
  engine: options.engine,
  ...(options.msaServer === undefined ? {} : { msa_server: options.msaServer }),
  conformers: options.conformers ?? "ideal",
  ccd: options.ccd ?? null,
  keep_msa_overlaps: options.keepMsaOverlaps ?? false,
  fix_standalone_glycans: options.fixStandaloneGlycans ?? false,
  ...(options.msa === false ? { msa: false } : {}),
  ...(options.pairedAsUnpaired === false ? { paired_as_unpaired: false } : {}),
  format: options.format,
  full_confidences: options.fullConfidences ?? false,
  deepmind_terms: options.deepmindTerms ?? false,
});

/** Of a job that a network predicts. @param weights {@link weightsDigest} */
export function networkRecord(
  job: Job,
  options: PredictOptions,
  { preset, counts, precision }: Network,
  weights: string,
): Pick<RunRecord, "settings" | "about"> {
  const { samples, recycles, steps } = counts;
  const settings = {
    ...shared(job, options),
    weights,
    preset,
    samples,
    recycles,
    steps,
    precision,
    buckets: options.buckets ? options.buckets.join() || "exact" : "its own",
  };
  return { settings, about: { af3_gpu_version: version, weights_file: options.weights ?? null } };
}

/** Of a job whose outputs were kept in a file. */
export const outputsRecord = (
  job: Job,
  options: PredictOptions,
  file: Uint8Array,
): Pick<RunRecord, "settings" | "about"> => ({
  settings: { ...shared(job, options), outputs: digest(file) },
  about: { af3_gpu_version: version, outputs_file: options.fromOutputs ?? null },
});
