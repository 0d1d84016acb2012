/** Predicts job after job: by a network on a device, or from outputs that were kept. */

import type { WebGpuBackend } from "../../backends/webgpu.ts";
import { processPeak } from "../../bench/environment.ts";
import type { Engine } from "../../engines/core/engine.ts";
import { pipelineOf } from "../../engines/core/featurise.ts";
import { readOutputs } from "../../engines/core/prediction.ts";
import { findEngine } from "../../engines/index.ts";
import { BadInputError } from "../../errors.ts";
import { sampleName } from "../../pipeline/outputs/files.ts";
import { warningOf } from "../../pipeline/outputs/metadata.ts";
import { nodeFiles } from "../../platform/node/files.ts";
import { checkWritableFolder } from "../../platform/node/written_files.ts";
import { counted, sizeText } from "../../words.ts";
import { stop, withWebGpu } from "../context.ts";
import { madeWith, openConformerSource } from "../features_of_input.ts";
import { noteOnce, notesOf, type Progress, progress, remark, seconds } from "../output.ts";
import { planJobs } from "./dry_run.ts";
import { type Queued, queueOf, unreadableText } from "./inputs.ts";
import { featuresOf, finishJob, keepSeed, type Making, madeText, searched, type Writing } from "./job.ts";
import { JobFolder, type Scored } from "./job_folder.ts";
import { fitOf, type Network, networkFeatures, openNetwork } from "./network.ts";
import type { PredictOptions } from "./options.ts";
import { inTurn, type Outcome } from "./queue.ts";
import { printOutcomes } from "./report.ts";
import { checkFormat } from "./results.ts";
import { NetworkRunner } from "./runner.ts";
import { networkRecord, outputsRecord, weightsDigest } from "./settings.ts";

/** A job whose files are there. */
export interface Finished extends Outcome {
  readonly state: "predicted" | "skipped";
  readonly folder: string;
  readonly samples: readonly Scored[];
  readonly best: Scored;
  readonly seconds: number;
  /** Bytes on the device, where a network ran. */
  readonly device_bytes?: number;
  /** The most memory in bytes that the program has had so far. */
  readonly process_peak_bytes: number;
}

type Queue = Awaited<ReturnType<typeof queueOf>>;

/** @throws {BadInputError} if an option or the only input is wrong */
export async function predict(paths: readonly string[], options: PredictOptions): Promise<void> {
  const engine = findEngine(options.engine);
  const note = noteOnce();
  const queue = await queueOf(paths, options, note, pipelineOf(engine).openLists);
  const made = madeWith(engine, options);
  const source = await openConformerSource(options.conformers);
  if (source.options.conformers && queue.jobs.length > 1)
    throw new BadInputError(`conformers are of one job, and there are ${queue.jobs.length}: leave out --conformers`);
  const making: Making = { engine, ...made, ccd: options.ccd, ...source.options };
  try {
    if (!options.dryRun) await checkWritableFolder(options.out);
    if (options.fromOutputs !== undefined) return await fromOutputs(queue, options.fromOutputs, making, options);
    // At once, and not behind weights and a device that may take their time.
    for (const each of queue.unreadable) remark(unreadableText(each));
    const network = await openNetwork(engine, { ...options, weights: options.weights ?? "random" }, note);
    await (options.dryRun ? planJobs : withNetwork)(queue, network, making, options);
  } finally {
    await source.dispose();
  }
}

/** What all jobs of a call are predicted with. */
interface Work {
  readonly network: Network;
  readonly making: Making;
  readonly options: PredictOptions;
  readonly steps: Progress;
  /** Tells the weights apart. */
  readonly weights: string;
}

async function withNetwork(queue: Queue, network: Network, making: Making, options: PredictOptions): Promise<void> {
  const steps = progress();
  const work: Work = { network, making, options, steps, weights: weightsDigest(network.weights) };
  const warning = warningOf({ randomWeights: randomSeed(network) });
  if (warning !== undefined) remark(`WARNING: ${warning}.`);
  try {
    const all = async (backend?: WebGpuBackend): Promise<(Finished | Outcome)[]> => {
      const limit = options.memoryLimit;
      const runner = backend && new NetworkRunner(backend, network, { limit, signal: stop.signal, note: noteOnce() });
      try {
        const one = (queued: Queued, prefix: string) => predictJob(queued, prefix, work, backend, runner);
        return await inTurn(queue, steps, one, async () => runner?.dispose());
      } finally {
        if (!stop.signal.aborted) await runner?.dispose();
      }
    };
    // Where nothing is left to run, no device is needed.
    const outcomes = queue.jobs.every((queued) => !needsDevice(queued, work))
      ? await all()
      : await withDevice(options, all);
    printOutcomes(outcomes, options);
  } finally {
    steps.stop();
  }
}

const withDevice = <T>({ device, precision }: PredictOptions, work: (backend: WebGpuBackend) => Promise<T>) =>
  withWebGpu(device, work, { precision });

const randomSeed = ({ weights }: Network): number | undefined => (weights.kind === "random" ? weights.seed : undefined);

function folderOf({ job, name }: Queued, { network, options, weights }: Work) {
  const record = networkRecord(job, options, network, weights);
  return { record, folder: JobFolder.open(options.out, name, record.settings, options.force ?? false) };
}

function needsDevice(queued: Queued, work: Work): boolean {
  try {
    const { folder } = folderOf(queued, work);
    return queued.job.seeds.some((seed) => !folder.has(seed));
  } catch {
    return false; // why, its turn says
  }
}

async function predictJob(
  given: Queued,
  prefix: string,
  work: Work,
  backend: WebGpuBackend | undefined,
  runner: NetworkRunner | undefined,
): Promise<readonly [Finished, string]> {
  const { network, making, options, steps } = work;
  const { folder, record } = folderOf(given, work);
  if (folder.isFinished(given.job.seeds)) return skipped(given, folder);
  const start = performance.now();
  const queued = await searched(given, options.msaServer);
  const { job } = queued;
  const terms = options.deepmindTerms || network.ownFormat ? network.engine.terms : undefined;
  const { format, fullConfidences, saveOutputs = false } = options;
  const writing: Writing = {
    engine: network.engine,
    format,
    fullConfidences,
    saveOutputs,
    terms,
    publication: network.engine.publication,
    randomWeights: randomSeed(network),
    record,
  };
  const missing = job.seeds.filter((seed) => !folder.has(seed));
  const [first] = missing;
  if (first === undefined) {
    const best = await folder.during(() => finishJob(folder, job, writing));
    return finished(queued, folder, [], best, performance.now() - start);
  }
  if (!backend || !runner) throw new Error("a seed that is missing needs a device");
  const note = notesOf(noteOnce(), prefix === given.name ? undefined : given.name);
  const made = await featuresOf(making, queued, first, note);
  checkFormat(folder.name, made.complex, options);
  remark(`${prefix}: ${madeText(made, job)}`);
  const features = networkFeatures(network, made.tensors, first);
  const fit = await fitOf(network, features, await backend.target(), {
    limit: options.memoryLimit,
    signal: stop.signal,
  });
  remark(`${prefix}: ${memoryText(fit.bytes, fit.batch, network)}`);
  const best = await folder.during(async () => {
    for (const [at, seed] of missing.entries()) {
      const own = at === 0 ? made : await featuresOf(making, queued, seed, note);
      const tensors = at === 0 ? features : networkFeatures(network, own.tensors, seed);
      const doing = (text: string): void => steps.doing(`${prefix}, seed ${seed}: ${text}`);
      const outputs = await runner.run(tensors, fit, seed, { doing, seedsLeft: missing.length - at - 1 });
      doing("structures and scores");
      await keepSeed(folder, own, outputs, seed, writing);
      if (missing.length > 1) steps.done(`${prefix}: seed ${seed} is done, ${at + 1} of ${missing.length}`);
    }
    return finishJob(folder, job, writing);
  });
  return finished(queued, folder, missing, best, performance.now() - start, fit.bytes);
}

const memoryText = (bytes: number, batch: number, { counts }: Network): string =>
  `${sizeText(bytes, Math.ceil)} on the device, ${batch === counts.samples ? `${counted(batch, "sample")} side by side` : `${batch} of ${counts.samples} samples side by side`}`;

const countedSamples = (samples: readonly Scored[]): string =>
  `${counted(samples.length, "sample")} of ${counted(new Set(samples.map(({ seed }) => seed)).size, "seed")}`;

/** @param seeds those that this call has done; the folder may have had others */
function finished(
  { name, file }: Queued,
  folder: JobFolder,
  seeds: readonly number[],
  best: Scored,
  elapsed: number,
  bytes?: number,
): readonly [Finished, string] {
  const made = folder.done.filter(({ seed }) => seeds.includes(seed));
  const now =
    made.length === folder.done.length
      ? ""
      : `, ${made.length === 0 ? "all there before" : `${countedSamples(made)} of them made`}`;
  const line = `${name}: ${countedSamples(folder.done)}${now} in ${seconds(elapsed)}, the best ${sampleName(best)} with a ranking score of ${best.rankingScore.toFixed(2)}; ${folder.folder}`;
  const found = { folder: folder.folder, samples: folder.done, best, seconds: elapsed / 1000 };
  const memory = { ...(bytes !== undefined && { device_bytes: bytes }), process_peak_bytes: processPeak() };
  return [{ name, file, state: "predicted", ...found, ...memory }, line];
}

function skipped({ name, file }: Queued, folder: JobFolder): readonly [Finished, string] {
  const best = folder.best();
  const line = `${name}: skipped, for it is finished; --force makes it anew`;
  const found = { folder: folder.folder, samples: folder.done, best, seconds: 0, process_peak_bytes: processPeak() };
  return [{ name, file, state: "skipped", ...found }, line];
}

const usesBuckets = (engine: Engine): boolean => pipelineOf(engine).options.includes("buckets");

/** Structures and scores of outputs from a file, for the first seed of the only job. */
async function fromOutputs(queue: Queue, file: string, making: Making, options: PredictOptions): Promise<void> {
  if (queue.jobs.length !== 1 || queue.unreadable.length > 0)
    throw new BadInputError(
      `--from-outputs has the outputs of one job, and there are ${queue.jobs.length + queue.unreadable.length}`,
    );
  const bytes = await nodeFiles.read(file);
  const { outputs, sizes, randomWeights } = readOutputs(making.engine, bytes, file, noteOnce());
  const steps = progress();
  const one = async (given: Queued): Promise<readonly [Finished, string]> => {
    const start = performance.now();
    const { name } = given;
    const [seed] = given.job.seeds;
    const record = outputsRecord(given.job, options, bytes);
    const folder = JobFolder.open(options.out, name, record.settings, options.force ?? false);
    if (folder.isFinished([seed])) return skipped(given, folder);
    const queued = await searched(given, options.msaServer);
    const { job } = queued;
    // Features are padded as those were that the network had; where nothing is padded there is nothing to say.
    const padding = usesBuckets(making.engine) ? { buckets: [sizes.tokens] } : {};
    const made = await featuresOf({ ...making, ...padding }, queued, seed, noteOnce());
    const { format, fullConfidences, deepmindTerms } = options;
    const terms = deepmindTerms ? making.engine.terms : undefined;
    const writing: Writing = {
      engine: making.engine,
      format,
      fullConfidences,
      saveOutputs: "never",
      terms,
      publication: making.engine.publication,
      randomWeights,
      record,
    };
    checkFormat(name, made.complex, options);
    remark(`${name}: ${madeText(made, job)}`);
    const best = await folder.during(async () => {
      await keepSeed(folder, made, outputs, seed, writing);
      return finishJob(folder, job, writing);
    });
    return finished(queued, folder, [seed], best, performance.now() - start);
  };
  const warning = warningOf({ randomWeights });
  if (warning !== undefined) remark(`WARNING: ${warning}.`);
  printOutcomes(await inTurn(queue, steps, one), options);
}
