/** The benchmark itself: its result folder, its progress, its table and its exit code. */
import type { Backend } from "../backends/backend.ts";
import { WebGpuBackend } from "../backends/webgpu.ts";
import { type BenchResult, type BenchSettings, runBench } from "../bench/core/bench.ts";
import type { Measured } from "../bench/core/compare.ts";
import { Judge } from "../bench/core/judge.ts";
import { benchRule, exactly } from "../bench/core/measure.ts";
import { benchText } from "../bench/core/progress.ts";
import type { Roofline } from "../bench/core/roofline.ts";
import { benchSummaries } from "../bench/core/summary.ts";
import type { MissingWorkload, Workload } from "../bench/core/workload.ts";
import { commitOf, cpuBrand, environment, gitState, processPeak } from "../bench/environment.ts";
import { measuredIn } from "../bench/result_files.ts";
import { benchFiles, ResultFolder } from "../bench/results.ts";
import { measureRoofline } from "../bench/roofline.ts";
import type { EngineName } from "../engines/core/component.ts";
import { BadInputError, messageOf } from "../errors.ts";
import { webgpuVersion } from "../generated/about.ts";
import type { AdapterSummary } from "../gpu/device/adapter.ts";
import { findCases, shippedCases } from "../platform/node/cases.ts";
import { machineState } from "../platform/node/conditions.ts";
import { toggles } from "../platform/node/dawn.ts";
import { nodeFiles } from "../platform/node/files.ts";
import { packageFolder } from "../platform/node/folders.ts";
import { clockMeter } from "../platform/node/gpu_clock.ts";
import { othersLoad } from "../platform/node/others_load.ts";
import { devicesOf } from "./backends.ts";
import { type Profiled, profileRow, profileText } from "./bench_profile.ts";
import { benchListing, benchReport, resultText } from "./bench_report.ts";
import { reportComparison } from "./compare.ts";
import { stop } from "./context.ts";
import type { Format } from "./listing.ts";
import { type Progress, print, progress, remark } from "./output.ts";
import { turnsOf } from "./turns.ts";

/** How it is measured and kept. */
export interface TimedOptions {
  readonly engine: readonly EngineName[];
  /** Exactly so many passes; else as many as `time` in seconds holds, until the median is certain. */
  readonly passes?: number;
  readonly time: number;
  /** Runs before the passes; else as many as it takes. */
  readonly warmup?: number;
  readonly cold?: boolean;
  readonly notes: string;
  readonly out: string;
  readonly json?: boolean;
  readonly format?: Format;
  readonly failOnError?: boolean;
  /** Results that these are compared with. */
  readonly baseline?: string;
  /** Whether rows are run again, dispatch by dispatch. */
  readonly profile?: boolean;
}

/**
 * Times workloads on backends, and prints what came of it.
 * @throws {BadInputError} if results cannot be written
 */
export async function timed(
  backends: readonly Backend[],
  workloads: readonly (Workload | MissingWorkload)[],
  options: TimedOptions,
): Promise<void> {
  const cases = await findCases(shippedCases());
  const baseline = options.baseline === undefined ? undefined : await measuredIn(options.baseline);
  const results = new ResultFolder(options.out, benchFiles);
  const git = await gitState(packageFolder);
  const webgpu = backends.find((backend) => backend instanceof WebGpuBackend);
  const device = await webgpu?.device();
  const used = await devicesOf(backends, options.engine);
  const tuning = (await webgpu?.tuning()) ?? null;
  const here = environment(device, toggles, { webgpu: webgpuVersion }, git, used, tuning);
  const machine = { ...here, ...(await machineState()) };
  await results.writeEnvironment(machine);
  const steps = progress();
  const next = turnsOf();
  const tells = Object.values(used).some(({ name, software }) => !software && /nvidia/i.test(name));
  const meter = tells ? clockMeter() : undefined;
  const settings: BenchSettings = {
    stop: options.passes === undefined ? benchRule(1000 * options.time) : exactly(options.passes),
    warmup: options.warmup ?? "settled",
    cold: options.cold === true,
    precision: "f32",
    notes: options.notes,
    commit: commitOf(git),
    machine: { cpu: cpuBrand(), processPeak, othersLoad: othersLoad(), ...(meter && { clock: meter.stretch }) },
  };
  try {
    const roofline = webgpu && (await rooflineOf(webgpu, steps, next !== undefined));
    if (roofline) await results.writeEnvironment({ ...machine, roofline });
    const profiles: (Profiled | undefined)[] = [];
    const judge = new Judge(nodeFiles, cases, stop.signal);
    const finished = await runBench(backends, workloads, judge, settings, {
      row: (row) => results.add(row),
      progress: (doing) => steps.doing(benchText(doing)),
      async finished(result, runner) {
        if (options.profile) profiles.push(await profileRow(result, runner, webgpu, roofline, results.folder, steps));
        steps.done(resultText(result));
      },
      signal: stop.signal,
      ...(next && { conditions: { ready: next, changes: 0 } }),
    });
    steps.stop();
    report(finished, roofline, options, { results: results.folder, adapter: device?.adapter ?? null });
    for (const one of profiles) if (one && formatOf(options) === "table") print(`\n${profileText(one)}`);
    process.exitCode = exitCodeOf(finished, options.failOnError === true);
    if (baseline && options.baseline !== undefined) await compareWith(baseline, options.baseline, results.folder);
  } finally {
    meter?.end();
    steps.stop();
    remark(`results: ${results.folder}`);
  }
}

/** A table of what has changed. Nothing in common with the baseline is no failure of a benchmark. */
async function compareWith(baseline: readonly Measured[], name: string, folder: string): Promise<void> {
  print("");
  try {
    reportComparison(baseline, await measuredIn(folder), [name, folder], {});
  } catch (error) {
    remark(messageOf(error));
  }
}

async function rooflineOf(backend: WebGpuBackend, steps: Progress, briefly: boolean): Promise<Roofline> {
  steps.doing("measuring the adapter's roofline");
  return measureRoofline(await backend.device(), await backend.pipelines(), await backend.target(), briefly);
}

/** 1 if a row is wrong; if none could run, 2 where other options would help and 3 where another machine would. */
export function exitCodeOf(finished: readonly Pick<BenchResult, "outcome" | "cause">[], failOnError: boolean): number {
  if (finished.some(({ outcome }) => outcome === "wrong")) return 1;
  const failed = finished.filter(({ outcome }) => outcome === "failed");
  if (failed.length === finished.length) return failed.every(({ cause }) => cause instanceof BadInputError) ? 2 : 3;
  return failed.length > 0 && failOnError ? 1 : 0;
}

const formatOf = ({ json, format = "table" }: TimedOptions): Format => (json ? "json" : format);

function report(
  finished: readonly BenchResult[],
  roofline: Roofline | undefined,
  options: TimedOptions,
  where: { readonly results: string; readonly adapter: AdapterSummary | null },
): void {
  const format = formatOf(options);
  const rows = benchSummaries(finished, roofline);
  if (options.json) print(JSON.stringify(rows, null, 2));
  else if (format === "json") print(JSON.stringify({ ...where, roofline: roofline ?? null, rows }, null, 2));
  else print(format === "table" ? benchReport(finished, roofline) : benchListing(finished, roofline, format));
  const short = finished.filter(({ stopped }) => stopped === "time").length;
  if (short > 0)
    remark(
      `${short === 1 ? "One row" : `${short} rows`} ended with ${options.time} s, before the median was certain to 1 %: --time 120 gives each two minutes, --passes 10 exactly ten passes.`,
    );
  const tiny = finished.some(({ workload }) => workload.mode !== "toy" && workload.preset === "tiny");
  if (format !== "json" && tiny)
    remark("This was the preset tiny. The published size: --preset block (one block) or --preset paper (all of them).");
}
