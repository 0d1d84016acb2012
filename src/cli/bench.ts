/** `af3-gpu bench`: times engines side by side, each row checked before it is timed. */
import { Command } from "commander";
import { WebGpuBackend } from "../backends/webgpu.ts";
import { DEFAULT_TOKENS, type MissingWorkload, planOf, type Workload } from "../bench/core/workload.ts";
import { shortNames } from "../engines/core/names.ts";
import { engineNames, findEngine } from "../engines/index.ts";
import { BadInputError } from "../errors.ts";
import { displayName } from "../gpu/device/adapter.ts";
import type { PrecisionMode } from "../gpu/plan/precision.ts";
import { type BackendChoice, everyBackend, inPrecisions, webgpuChoice, withBackends } from "./backends.ts";
import { benchColumns } from "./bench_columns.ts";
import { dryRun, list } from "./bench_preview.ts";
import { type TimedOptions, timed } from "./bench_timed.ts";
import { checkBenchUse } from "./bench_uses.ts";
import { makeWorkloads, type WorkloadOptions } from "./bench_workloads.ts";
import { withWebGpu } from "./context.ts";
import { presetWords, someEngines } from "./engine_words.ts";
import { columnsText, formats } from "./listing.ts";
import { typedOptions } from "./option_uses.ts";
import * as option from "./options.ts";
import { remark } from "./output.ts";

export interface BenchOptions extends WorkloadOptions, TimedOptions {
  readonly backend?: readonly BackendChoice[];
  readonly precision?: readonly PrecisionMode[];
  readonly diffusionPrecision?: PrecisionMode;
  readonly device: string;
  readonly list?: boolean;
  readonly dryRun?: boolean;
}

const examples = (): string => `
Components have the engines' own names; short ones for all: ${shortNames(engineNames.map(findEngine)).join(", ")}.

Columns (a narrow terminal has fewer, --format md all):
${columnsText(benchColumns)}

Examples:
  af3-gpu bench                                         all engines' trunks, tiny, N = 64, 20 s a row
  af3-gpu bench --passes 10                             exactly ten passes a row, whatever they take
  af3-gpu bench --preset block --seq-len 64-256*2       one block of each stack at published widths
  af3-gpu bench --full --steps 20 --samples 5           trunk, sampling and heads
  af3-gpu bench --component pairformer,msa              parts alone
  af3-gpu bench --precision f32,mixed --component pairformer    both precisions in turns, with their errors
  af3-gpu bench --component pairformer --profile        where its time goes, by layer and kernel
  af3-gpu bench --mode toy                              the overhead alone
  af3-gpu bench --backend webgpu,onnx-cpu,native        beside what people use today; --list tells what is ready here`;

const counts = option.wholeNumbers;

export const benchCommand = (): Command =>
  new Command("bench")
    .description("time engines on backends; every row is checked before it is timed")
    .option("--engine <name>", someEngines(), option.engines, option.engines("both"))
    .option("--backend <names>", "webgpu (default), onnx-cpu, onnx-webgpu[:mha], native, …, or all", option.backends)
    .option("--device <name>", "auto, cpu, cuda, mps, swiftshader, or part of an adapter's name", option.device, "auto")
    .option("--mode <mode>", "toy, trunk (default) or full", option.oneOf("--mode", ["toy", "trunk", "full"] as const))
    .option("--full", "short for --mode full")
    .option(
      "--preset <size>",
      presetWords("tiny, block (published widths, depth 1), paper, or several"),
      option.presets,
      ["tiny"],
    )
    .option("--component <names>", "parts to run in the whole's place", option.components)
    .option(
      "--passes <n>",
      "exactly so many timed runs (else until the median is certain to 1 %, within --time)",
      option.wholeNumber("--passes", 1),
    )
    .option("--time <seconds>", "how long a row may take, loading and checking included", option.positive("--time"), 20)
    .option(
      "--warmup <n>",
      "exactly so many runs before them, the checked first one included (else until another makes no difference)",
      option.wholeNumber("--warmup", 1),
    )
    .option(
      "--seq-len <list>",
      "numbers of tokens, such as 64,128-512*2 (64, or what the features have)",
      option.seqLens,
    )
    .option("--recycles <list>", "trips through the trunk after the first, such as 0,3", counts("--recycles", 0))
    .option("--steps <list>", "steps of the sampler's schedule, for full", counts("--steps", 1))
    .option("--samples <list>", "samples, for full", counts("--samples", 1))
    .option("--precision <modes>", "f32 (default), mixed (weights and operands as halves), or both", option.precisions)
    .option(
      "--diffusion-precision <mode>",
      "of the diffusion module, which stays f32 unless this says mixed",
      option.precision("--diffusion-precision"),
    )
    .option("--weights <random|file>", "seeded random weights, safetensors, or an af3.bin[.zst]", "random")
    .option("--features <synthetic|file>", "seeded synthetic inputs, or a file of them", "synthetic")
    .option("--seed <n>", "seed of weights and inputs", option.wholeNumber("--seed", 0, 2 ** 32 - 1), 0)
    .option("--threads <n>", "threads of backends on the CPU", option.wholeNumber("--threads", 1))
    .option("--memory-limit <size>", "what may be held on the device, such as 2GiB", option.size("--memory-limit"))
    .option("--cold", "load anew for every pass, warm nothing up")
    .option("--notes <text>", "kept in every row", "")
    .option("--out <folder>", "where result folders are made", option.place("--out"), "results")
    .option(
      "--baseline <folder>",
      "results that these are compared with, as af3-gpu compare does",
      option.place("--baseline"),
    )
    .option(
      "--profile",
      "run again with every dispatch or node timed: where the time goes, as tables, figure and trace",
    )
    .option("--list", "print what is ready here, and why the rest is not")
    .option("--format <name>", "how the table is printed: table, md, csv or json", option.oneOf("--format", formats))
    .option("--json", "print summaries as JSON, without what --format json has beside them: folder and adapter")
    .option("--dry-run", "print what would run, with FLOP, bytes and memory")
    .option("--fail-on-error", "exit with 1 if a row could not run")
    .addHelpText("after", examples())
    .action(benchVerb);

async function benchVerb(options: BenchOptions, command: Command): Promise<void> {
  checkBenchUse(command, options);
  return bench(options, typedOptions(command).includes("seed"));
}

/** Does what options say that have been checked for contradictions. @param seedAsked whether somebody chose the seed */
export async function bench(options: BenchOptions, seedAsked = false): Promise<void> {
  const choices = inPrecisions(options.backend ?? [webgpuChoice], options);
  if (options.list) return list(options.backend ?? everyBackend(), options);
  const workloads = await makeWorkloads(options);
  if (seedAsked && workloads.filter(runs).every(({ seeded }) => !seeded))
    throw new BadInputError("weights and features from files leave nothing for --seed to draw: leave it out");
  if (options.dryRun) return preview(workloads, choices, options);
  await withBackends(choices, options, options.engine, async (backends) => {
    const webgpu = backends.find((backend) => backend instanceof WebGpuBackend);
    const fitting = await sizedFor(webgpu, workloads, options);
    // A limit that cannot be kept is refused before anything runs.
    if (options.memoryLimit !== undefined)
      for (const backend of backends)
        if (backend instanceof WebGpuBackend) {
          const target = await backend.target();
          for (const workload of fitting.filter(runs)) planOf(workload, target);
        }
    await timed(backends, fitting, options);
  });
}

const runs = (workload: Workload | MissingWorkload): workload is Workload => !("missing" in workload);

async function preview(
  workloads: readonly (Workload | MissingWorkload)[],
  choices: readonly BackendChoice[],
  options: BenchOptions,
): Promise<void> {
  for (const workload of workloads) if ("missing" in workload) remark(workload.missing);
  const json = options.json === true;
  if (!choices.some(({ name }) => name === "webgpu")) return dryRun(workloads.filter(runs), choices, undefined, json);
  await withWebGpu(options.device, async (backend) => {
    const fitting = await sizedFor(backend, workloads, options);
    dryRun(fitting.filter(runs), choices, await backend.target(), json, options.diffusionPrecision);
  });
}

/** SwiftShader does some 10^8 operations a second: more than this keeps people waiting for minutes. */
const MUCH_WORK = 1e9;
const FEWER_TOKENS = 32;

/** The workloads, with fewer tokens where nobody said how many and the adapter would take minutes for a row. */
async function sizedFor(
  webgpu: WebGpuBackend | undefined,
  workloads: readonly (Workload | MissingWorkload)[],
  options: BenchOptions,
): Promise<readonly (Workload | MissingWorkload)[]> {
  if (!webgpu || options.seqLen !== undefined || options.features !== "synthetic") return workloads;
  const { adapter } = await webgpu.device();
  const much = workloads.filter(runs).some(({ cost }) => cost.flops > MUCH_WORK);
  if (!/swiftshader/i.test(displayName(adapter)) || !much) return workloads;
  remark(`SwiftShader is slow: N = ${FEWER_TOKENS}. Any other: --seq-len; for ${DEFAULT_TOKENS} allow minutes.`);
  return makeWorkloads({ ...options, seqLen: [FEWER_TOKENS] });
}
