/** `af3-gpu tune`: times the variants of kernels on this adapter and writes its tuning table. */
import { Command } from "commander";
import { WebGpuBackend } from "../backends/webgpu.ts";
import { longOnSoftware } from "../bench/kernel_bench.ts";
import { type Job, jobsOf } from "../bench/tune/jobs.ts";
import { DeviceMachine } from "../bench/tune/machine.ts";
import { type JobResult, tuneJob } from "../bench/tune/tuner.ts";
import type { EngineName } from "../engines/core/component.ts";
import type { PresetName } from "../engines/index.ts";
import { BadInputError, throwIfAborted } from "../errors.ts";
import { type AdapterSummary, displayName } from "../gpu/device/adapter.ts";
import type { PrecisionMode } from "../gpu/plan/precision.ts";
import type { Target } from "../gpu/plan/target.ts";
import { candidatesOf } from "../kernels/tune/candidates.ts";
import { nodeSources } from "../platform/node/dawn.ts";
import { checkCacheFolder } from "../platform/node/made_folders.ts";
import { tuningFile } from "../platform/node/tuning.ts";
import { checkWritable, writeWhole } from "../platform/node/written_files.ts";
import { counted } from "../words.ts";
import { disposeOf, stop } from "./context.ts";
import { presetWords, someEngines } from "./engine_words.ts";
import { checkKernels } from "./kernel_jobs.ts";
import { checkUse, type Use } from "./option_uses.ts";
import * as option from "./options.ts";
import { print, progress, remark } from "./output.ts";
import { dryText, jobText, jsonOf, type Planned, resultLine, resultsText } from "./tune_report.ts";
import { TableKeeper } from "./tune_table.ts";

interface TuneOptions {
  readonly engine: readonly EngineName[];
  readonly mode: "trunk" | "full";
  readonly preset: PresetName;
  readonly seqLen?: readonly number[];
  readonly kernel?: readonly string[];
  readonly minutes: number;
  readonly device: string;
  readonly precision: PrecisionMode;
  readonly dryRun?: boolean;
  readonly json?: boolean | string;
}

const EXAMPLE = `
What runs now, by the reviewed table, is challenged by other variants and launch parameters, in turns. A row is written where one is
faster by more than 2 % and the noise, its numbers are right, and it wins once more. Rows lie in the cache folder, one file for each
adapter and driver; what runs on this adapter follows them from then on, unless AF3_GPU_TUNING=reviewed. docs/tuning.md says more.
Examples:
  af3-gpu tune                                     five minutes for both networks at published widths
  af3-gpu tune --seq-len 256,384 --minutes 10      at the sizes that matter to you
  af3-gpu tune --kernel attention,swiglu --json rows.json
  af3-gpu tune --dry-run                           what would be timed`;

/** Tokens where nobody says how many: what a software adapter does in seconds, and what fills a GPU. */
const TOKENS = { software: 64, hardware: 256 } as const;
/** A candidate that is not ready by then is given up, in milliseconds. */
const PREPARE_LIMIT = 15_000;
/** One call may use this part of the time that is left, so that others get theirs. */
const PART = 1 / 3;

export const dryUse: Use = {
  name: "--dry-run",
  takes: ["dry-run", "engine", "mode", "preset", "seq-len", "kernel", "device", "precision", "json"],
};

export const tuneCommand = (): Command =>
  new Command("tune")
    .description("time variants and launch parameters of kernels on this adapter, and write its tuning table")
    .option("--engine <name>", someEngines(), option.engines, option.engines("both"))
    .option("--mode <mode>", "whose calls of kernels: trunk or full", option.oneOf("--mode", ["trunk", "full"]), "full")
    .option("--preset <size>", presetWords("tiny, block (published widths) or paper"), option.preset, "block")
    .option("--seq-len <list>", `numbers of tokens (${TOKENS.hardware}, on a CPU ${TOKENS.software})`, option.seqLens)
    .option("--kernel <names>", "only these kernels, with commas", option.kernels)
    .option("--minutes <m>", "how long at most; what costs most comes first", option.positive("--minutes"), 5)
    .option("--device <name>", "auto, cpu, cuda, mps, swiftshader, or part of an adapter's name", option.device, "auto")
    .option(
      "--precision <mode>",
      "whose calls: those of f32, or of mixed, whose rows hold for it alone",
      option.precision(),
      "f32",
    )
    .option("--dry-run", "print what would be timed")
    .option("--json [file]", "print the rows and all that was timed as JSON, or write it to a file")
    .addHelpText("after", EXAMPLE)
    .action(tune);

async function tune(options: TuneOptions, command: Command): Promise<void> {
  if (options.dryRun) checkUse(command, dryUse);
  if (options.kernel) checkKernels(options.kernel);
  if (typeof options.json === "string") await checkWritable(options.json);
  // Its own rows do not run against themselves: the reviewed table is what they stand before.
  const backend = new WebGpuBackend(nodeSources(options.device), options.device, undefined, {
    precision: options.precision,
  });
  try {
    const [{ adapter }, target] = [await backend.device(), await backend.target()];
    const jobs = chosenJobs(options, target);
    if (options.dryRun) return await dryRun(jobs, target, adapter, options);
    await run(backend, jobs, adapter, options);
  } finally {
    await disposeOf(backend);
  }
}

/** @throws {BadInputError} if the plans use none of the kernels that were named */
function chosenJobs({ engine, mode, preset, seqLen, kernel }: TuneOptions, target: Target): Job[] {
  const seqLens = seqLen ?? [target.software ? TOKENS.software : TOKENS.hardware];
  const all = jobsOf({ engines: engine, component: mode, preset, seqLens }, target);
  const missing = kernel?.find((name) => !all.some((job) => job.kernel.name === name));
  if (missing !== undefined)
    throw new BadInputError(`these networks make no use of the kernel ${missing}: choose others`);
  return all.filter((job) => kernel?.includes(job.kernel.name) ?? true);
}

/** The calls that can be made in more than one way. */
const withCandidates = (jobs: readonly Job[], target: Target): Planned[] =>
  jobs
    .map((job) => ({ job, candidates: candidatesOf(job.kernel, target, job.call) }))
    .filter(({ candidates }) => candidates.others.length > 0);

async function dryRun(
  jobs: readonly Job[],
  target: Target,
  adapter: AdapterSummary,
  { json }: TuneOptions,
): Promise<void> {
  const file = tuningFile(adapter);
  const planned = withCandidates(jobs, target);
  await give(json, { device: displayName(adapter), file, jobs: planned.map(jsonOf.planned) }, () =>
    dryText(planned, file),
  );
}

async function run(
  backend: WebGpuBackend,
  jobs: readonly Job[],
  adapter: AdapterSummary,
  options: TuneOptions,
): Promise<void> {
  const file = tuningFile(adapter);
  checkCacheFolder(file);
  const [device, pipelines, target] = [await backend.device(), await backend.pipelines(), await backend.target()];
  if (adapter.software) remark(`${displayName(adapter)}: a CPU does the GPU's work. What wins here wins on no GPU.`);
  const table = await TableKeeper.open(adapter, remark);
  const planned = withCandidates(jobs, target);
  const machine = new DeviceMachine(device, pipelines, target, stop.signal);
  const steps = progress();
  const results: JobResult[] = [];
  let long = 0;
  const end = machine.now() + 60_000 * options.minutes;
  try {
    for (const [index, { job, candidates }] of planned.entries()) {
      throwIfAborted(stop.signal);
      const left = end - machine.now();
      if (left <= 0) break;
      if (target.software && longOnSoftware(job.cost)) {
        steps.done(`${jobText(job)}: too big for a software adapter`);
        long++;
        continue;
      }
      const result = await tuneJob(job, candidates, machine, {
        deadline: machine.now() + left * (index === planned.length - 1 ? 1 : PART),
        prepareLimit: Math.min(PREPARE_LIMIT, left),
        signal: stop.signal,
        doing: (candidate) => steps.doing(`${jobText(job)}: ${candidate}`),
      });
      results.push(result);
      await table.add(result);
      steps.done(resultLine(result));
    }
  } finally {
    steps.stop();
    if (table.rows.length > 0) remark(`tuning: ${counted(table.rows.length, "row")} in ${file}`);
    else if (results.length > 0)
      remark("tuning: nothing that was timed is faster than the reviewed rows by more than noise");
  }
  const found = { device: displayName(adapter), file, rows: table.rows, jobs: results.map(jsonOf.result) };
  await give(options.json, found, () => resultsText(results, planned.length - results.length - long));
  if (results.some(({ tried }) => tried.some(({ verdict }) => verdict === "wrong"))) process.exitCode = 1;
}

/** Prints a result as text or as JSON, or writes it. */
async function give(json: boolean | string | undefined, value: object, text: () => string): Promise<void> {
  const written = () => JSON.stringify(value, null, 2);
  if (json === true) return print(written());
  if (typeof json === "string") await writeWhole(json, `${written()}\n`);
  print(text());
}
