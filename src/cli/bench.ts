/** `af3-gpu bench`: times engines side by side, each row checked before it is timed. */
import { Command } from "commander";
import { type Backend, backendText } from "../backends/backend.ts";
import { WebGpuBackend } from "../backends/webgpu.ts";
import { type BenchResult, type BenchSettings, runBench } from "../bench/core/bench.ts";
import { Judge } from "../bench/core/judge.ts";
import { benchRule, exactly } from "../bench/core/measure.ts";
import { workOf } from "../bench/core/plan_report.ts";
import { benchText } from "../bench/core/progress.ts";
import { type MissingWorkload, planOf, type Workload } from "../bench/core/workload.ts";
import { cpuBrand, environment, gitState, processPeak } from "../bench/environment.ts";
import type { Roofline } from "../bench/kernel_bench.ts";
import { ResultFolder } from "../bench/results.ts";
import { measureRoofline } from "../bench/roofline.ts";
import { webgpuVersion } from "../generated/about.ts";
import type { Target } from "../gpu/plan/target.ts";
import { memoryOf } from "../gpu/run/resources.ts";
import { findCases, shippedFolder } from "../platform/node/cases.ts";
import { toggles } from "../platform/node/dawn.ts";
import { nodeFiles } from "../platform/node/files.ts";
import { packageFolder } from "../platform/node/folders.ts";
import { type BackendChoice, devicesOf, everyBackend, statesOf, webgpuChoice, withBackends } from "./backends.ts";
import { benchReport, benchSummaries, resultText } from "./bench_report.ts";
import { makeWorkloads, type WorkloadOptions } from "./bench_workloads.ts";
import { stop, withWebGpu } from "./context.ts";
import { someEngines } from "./engine_words.ts";
import * as option from "./options.ts";
import { bytes, type Progress, print, progress, rate, remark, table } from "./output.ts";

interface BenchOptions extends WorkloadOptions {
  readonly backend?: readonly BackendChoice[];
  readonly device: string;
  readonly passes?: number;
  readonly time: number;
  readonly warmup: number;
  readonly precision: "f32";
  readonly cold?: boolean;
  readonly notes: string;
  readonly out: string;
  readonly list?: boolean;
  readonly json?: boolean;
  readonly dryRun?: boolean;
  readonly failOnError?: boolean;
}

const EXAMPLE = `
Components have the engines' own names and short ones: pairformer, msa, template, diffusion, confidence, distogram.
Examples:
  af3-gpu bench                                         both engines' trunks, tiny, N = 64
  af3-gpu bench --preset block --seq-len 64-256*2       one block of each stack at published widths
  af3-gpu bench --full --steps 20 --samples 5           trunk, sampling and heads
  af3-gpu bench --component pairformer,msa              parts alone
  af3-gpu bench --mode toy                              the overhead alone
  af3-gpu bench --backend webgpu,onnx-cpu,native        beside what people use today; --list tells what is ready here`;

const count = option.wholeNumber;

export const benchCommand = (): Command =>
  new Command("bench")
    .description("time engines on backends; every row is checked before it is timed")
    .option("--engine <name>", someEngines(), option.engines, option.engines("both"))
    .option("--backend <names>", "webgpu (default), onnx-cpu, onnx-webgpu[:mha], native, …, or all", option.backends)
    .option("--device <name>", "auto, cpu, cuda, mps, swiftshader, or part of an adapter's name", "auto")
    .option("--mode <mode>", "toy, trunk or full", option.oneOf("--mode", ["toy", "trunk", "full"] as const))
    .option("--full", "short for --mode full")
    .option("--preset <size>", "tiny, block (published widths, depth 1) or paper", option.preset, "tiny")
    .option("--component <names>", "parts to run in the whole's place", option.components)
    .option(
      "--passes <n>",
      "exactly so many timed runs (else until the median is certain to 1 %, within --time)",
      option.wholeNumber("--passes", 1),
    )
    .option("--time <seconds>", "how long a row may take, loading and checking included", option.positive("--time"), 20)
    .option("--warmup <n>", "runs before them, the checked first one included", option.wholeNumber("--warmup", 1), 2)
    .option(
      "--seq-len <list>",
      "numbers of tokens, such as 64,128-512*2 (64, or what the features have)",
      option.seqLens,
    )
    .option("--recycles <n>", "trips through the trunk after the first", count("--recycles", 0))
    .option("--steps <n>", "steps of the sampler's schedule, for full", count("--steps", 1))
    .option("--samples <n>", "samples, for full", count("--samples", 1))
    .option("--precision <mode>", "f32", option.precision, "f32")
    .option("--weights <random|file>", "seeded random weights, safetensors, or an af3.bin[.zst]", "random")
    .option("--features <synthetic|file>", "seeded synthetic inputs, or a file of them", "synthetic")
    .option("--seed <n>", "seed of weights and inputs", option.wholeNumber("--seed", 0, 2 ** 32 - 1), 0)
    .option("--threads <n>", "threads of backends on the CPU", option.wholeNumber("--threads", 1))
    .option("--memory-limit <size>", "what may be held on the device, such as 2GiB", option.size("--memory-limit"))
    .option("--cold", "load anew for every pass, warm nothing up")
    .option("--notes <text>", "kept in every row", "")
    .option("--out <folder>", "where result folders are made", "results")
    .option("--list", "print what is ready here, and why the rest is not")
    .option("--json", "print summaries as JSON")
    .option("--dry-run", "print what would run, with FLOP, bytes and memory")
    .option("--fail-on-error", "exit with 1 if a row could not run")
    .addHelpText("after", EXAMPLE)
    .action(bench);

async function bench(options: BenchOptions): Promise<void> {
  if (options.list) return list(options);
  const workloads = await makeWorkloads(options);
  if (options.dryRun) return dryRun(workloads, await planTarget(options), options.json === true);
  await withBackends(options.backend ?? [webgpuChoice], options, options.engine, async (backends) => {
    const webgpu = backends.find((backend) => backend instanceof WebGpuBackend);
    // A limit that cannot be kept is refused before anything runs.
    if (webgpu && options.memoryLimit !== undefined) {
      const target = await webgpu.target();
      for (const workload of workloads.filter(runs)) planOf(workload, target);
    }
    await timed(backends, workloads, options);
  });
}

const runs = (workload: Workload | MissingWorkload): workload is Workload => !("missing" in workload);

async function timed(
  backends: readonly Backend[],
  workloads: readonly (Workload | MissingWorkload)[],
  options: BenchOptions,
): Promise<void> {
  const results = new ResultFolder(options.out);
  const git = await gitState(packageFolder);
  const webgpu = backends.find((backend) => backend instanceof WebGpuBackend);
  const device = await webgpu?.device();
  const used = await devicesOf(backends, options.engine);
  await results.writeEnvironment(environment(device, toggles, { webgpu: webgpuVersion }, git, used));
  const steps = progress();
  const settings: BenchSettings = {
    stop: options.passes === undefined ? benchRule(1000 * options.time) : exactly(options.passes),
    warmup: options.warmup,
    cold: options.cold === true,
    precision: options.precision,
    notes: options.notes,
    commit: git ? `${git.commit}${git.dirty ? "-dirty" : ""}` : null,
    machine: { cpu: cpuBrand(), processPeak },
  };
  let finished: BenchResult[] = [];
  try {
    const roofline = webgpu && (await rooflineOf(webgpu, steps));
    const judge = new Judge(nodeFiles, await findCases(shippedFolder));
    finished = await runBench(backends, workloads, judge, settings, {
      row: (row) => results.add(row),
      progress: (doing) => steps.doing(benchText(doing)),
      finished: (result) => steps.done(resultText(result)),
      signal: stop.signal,
    });
    steps.stop();
    report(finished, roofline, options);
  } finally {
    steps.stop();
    remark(`results: ${results.folder}`);
  }
  const wrong = finished.some(({ outcome }) => outcome === "wrong");
  const failed = finished.some(({ outcome }) => outcome === "failed");
  if (wrong || (failed && options.failOnError)) process.exitCode = 1;
}

async function rooflineOf(backend: WebGpuBackend, steps: Progress): Promise<Roofline> {
  steps.doing("measuring the adapter's roofline");
  return measureRoofline(await backend.device(), await backend.pipelines(), await backend.target());
}

function report(finished: readonly BenchResult[], roofline: Roofline | undefined, options: BenchOptions): void {
  if (options.json) print(JSON.stringify(benchSummaries(finished, roofline), null, 2));
  else print(benchReport(finished, roofline));
  if (!options.json && options.preset === "tiny" && !finished.some(({ workload }) => workload.mode === "toy"))
    remark("This was the preset tiny. The published size: --preset block (one block) or --preset paper (all of them).");
}

/** Engines × backends × devices: ready, or why not. */
async function list(options: BenchOptions): Promise<void> {
  const entries = await statesOf(options.backend ?? everyBackend(), options, options.engine);
  if (options.json) {
    print(JSON.stringify(entries, null, 2));
    return;
  }
  const rows = entries.map(({ engine, backend, variant, device, ready, reason, fix }) => [
    engine,
    backendText({ name: backend, variant }),
    device,
    ready ? "ready" : `not ready: ${reason}. To fix it: ${fix}`,
  ]);
  print(table(["engine", "backend", "device", "state"], rows));
}

/** What plans are printed for: the adapter of the backend webgpu. */
const planTarget = (options: BenchOptions): Promise<Target> =>
  withWebGpu(options.device, (backend) => backend.target());

function dryRun(workloads: readonly (Workload | MissingWorkload)[], target: Target, json: boolean): void {
  for (const workload of workloads) if ("missing" in workload) remark(workload.missing);
  const planned = workloads.filter(runs).map((workload) => {
    const plan = planOf(workload, target);
    const { dispatches, flops, bytes: traffic } = workOf(plan, workload.configured);
    const { engine, component, preset, tokens } = workload;
    const { constants: weights, transients, overhead } = memoryOf(plan);
    const activations = transients + overhead;
    return { engine, component, preset, tokens, dispatches, flops, traffic, activations, weights };
  });
  if (json) {
    print(JSON.stringify(planned, null, 2));
    return;
  }
  const rows = planned.map((row) => [
    row.engine,
    row.component,
    row.preset,
    row.tokens,
    row.dispatches,
    rate(row.flops, "FLOP"),
    bytes(row.traffic),
    bytes(row.weights),
    bytes(row.activations),
  ]);
  print(
    table(
      ["engine", "component", "preset", ">N", ">dispatches", ">work", ">traffic", ">weights", ">activations"],
      rows,
    ),
  );
}
