/** `af3-gpu kernels`: lists, checks and times single kernels. */
import { Command } from "commander";
import type { WebGpuBackend } from "../backends/webgpu.ts";
import { kernelRule, kernelRuleWithin } from "../bench/core/measure.ts";
import type { Roofline } from "../bench/core/roofline.ts";
import { median } from "../bench/core/stats.ts";
import { commitOf, cpuBrand, environment, gitState } from "../bench/environment.ts";
import { benchKernel, longOnSoftware } from "../bench/kernel_bench.ts";
import { checkKernel, type KernelOutcome } from "../bench/kernel_check.ts";
import { caseDims } from "../bench/kernel_inputs.ts";
import { kernelRow } from "../bench/kernel_row.ts";
import { kernelFiles, ResultFolder } from "../bench/results.ts";
import { measureRoofline } from "../bench/roofline.ts";
import type { Suite } from "../bench/suites/suite.ts";
import { BadInputError } from "../errors.ts";
import { webgpuVersion } from "../generated/about.ts";
import { displayName } from "../gpu/device/adapter.ts";
import { costOf } from "../gpu/plan/kernel.ts";
import type { Target } from "../gpu/plan/target.ts";
import { refusal } from "../gpu/plan/variant.ts";
import type { TuningUse } from "../kernels/tune/use.ts";
import { machineState } from "../platform/node/conditions.ts";
import { toggles } from "../platform/node/dawn.ts";
import { packageFolder } from "../platform/node/folders.ts";
import { othersLoad } from "../platform/node/others_load.ts";
import { stop, withWebGpu } from "./context.ts";
import { reportFinished } from "./finished.ts";
import { kernelColumns, type MeasuredKernel } from "./kernel_columns.ts";
import { type Job, type JobChoice, jobsOf, nameOf } from "./kernel_jobs.ts";
import { columnsText, type Format, formats, listing, outputWidth, wrapped } from "./listing.ts";
import { checkExclusions, checkUse, type Use } from "./option_uses.ts";
import * as option from "./options.ts";
import { print, rate, remark, table } from "./output.ts";
import { listSuites, runSuites, suiteChoice } from "./suites.ts";
import { turnsOf } from "./turns.ts";

interface KernelsOptions extends JobChoice {
  readonly check?: boolean;
  readonly list?: boolean;
  readonly suite?: readonly Suite[];
  readonly seed: number;
  readonly device: string;
  readonly json?: boolean;
  readonly format?: Format;
  readonly time: number;
  readonly notes: string;
  readonly out: string;
}

const EXAMPLE = `
Examples:
  af3-gpu kernels                            time every bench case of every variant
  af3-gpu kernels attention --check          correctness only
  af3-gpu kernels swiglu --case "N = 512"    a case that is too big for a software adapter's default
  af3-gpu kernels --suite trimul             check and time the shapes of GPU MODE's contest`;

export const kernelsCommand = (): Command =>
  new Command("kernels")
    .description("time kernels alone against the adapter's measured roofline, or check them")
    .argument("[names...]", "kernels; without any, all")
    .option("--check", "compare with the double-precision references instead of timing; exits with 1 if one is off")
    .option("--list", "print the kernels, their variants and cases")
    .option("--case <name>", "only cases whose name contains this")
    .option("--variant <name>", "only this variant, such as workgroup or shuffle")
    .option("--suite <name>", "another project's shapes in place of our cases: trimul, attention or all", suiteChoice)
    .option(
      "--seed <n>",
      "seed of the inputs that --check and --suite draw",
      option.wholeNumber("--seed", 0, 2 ** 32 - 1),
      0,
    )
    .option("--precision <mode>", "f32, or mixed: halves in all arrays that may hold them", option.precision(), "f32")
    .option("--device <name>", "auto, cpu, cuda, mps, swiftshader, or part of an adapter's name", option.device, "auto")
    .option(
      "--time <seconds>",
      "how long a case is sampled at most, batched and cold each",
      option.positive("--time"),
      kernelRule.maxTime / 1000,
    )
    .option("--notes <text>", "kept in every row", "")
    .option("--out <folder>", "where result folders are made", option.place("--out"), "results")
    .option("--format <name>", "how times are printed: table, md, csv or json", option.oneOf("--format", formats))
    .option("--json", "print the result as JSON")
    .addHelpText("after", () => `\nColumns:\n${columnsText(kernelColumns)}\n${EXAMPLE}`)
    .action(kernels);

/** What a list of kernels takes notice of, and what does that keeps no results. */
export const listUse: Use = { name: "--list", takes: ["list", "case", "variant", "suite", "json"] };
export const checkedUse: Use = {
  name: "--check",
  takes: ["check", "case", "variant", "suite", "seed", "precision", "device", "json"],
};
export const suiteUse: Use = { name: "--suite", takes: [...checkedUse.takes, "list"] };

async function kernels(names: readonly string[], options: KernelsOptions, command: Command): Promise<void> {
  checkExclusions(command, [["format", "json", "--json is short for --format json"]]);
  if (options.list) checkUse(command, listUse);
  else if (options.check) checkUse(command, checkedUse);
  else if (options.suite) checkUse(command, suiteUse);
  if (options.suite) return suites(names, options.suite, options);
  const jobs = jobsOf(names, options);
  if (options.list) return list(jobs, options.json === true);
  await withWebGpu(options.device, (backend) =>
    options.check ? check(backend, jobs, options) : time(backend, jobs, options),
  );
}

async function suites(names: readonly string[], chosen: readonly Suite[], options: KernelsOptions): Promise<void> {
  const { case: named, variant, list, check, seed, precision, device, json = false } = options;
  if (names.length > 0 || named !== undefined || variant !== undefined)
    throw new BadInputError("--suite brings its own shapes: leave out the kernels, --case and --variant");
  if (precision !== "f32") throw new BadInputError("--suite computes in float32: leave out --precision");
  if (list) listSuites(chosen, json);
  else await runSuites(chosen, { device, seed, json, time: check !== true });
}

function list(jobs: readonly Job[], json: boolean): void {
  const found = [...new Set(jobs.map(({ kernel }) => kernel))].map((kernel) => ({
    name: kernel.name,
    formula: kernel.formula,
    variants: kernel.variants.map(({ name, features }) => ({ name, features })),
    cases: kernel.cases.map(({ name, tags = [] }) => ({ name, tags })),
  }));
  if (json) {
    print(JSON.stringify(found, null, 2));
    return;
  }
  const rows = found.map(({ name, formula, variants, cases }) => [
    name,
    variants.map((variant) => variant.name).join(", "),
    cases.length,
    formula,
  ]);
  print(table(["kernel", "variants", ">cases", "computes"], rows));
}

async function check(backend: WebGpuBackend, jobs: readonly Job[], options: KernelsOptions): Promise<void> {
  const [device, pipelines, target] = [await backend.device(), await backend.pipelines(), await backend.target()];
  await reportFinished(
    jobs,
    async (job, steps) => {
      const { kernel, variant, testCase, dtypes } = job;
      steps.doing(nameOf(job));
      const skipped = skipReason(job, target, options);
      const check = { seed: options.seed, dtypes, randomShapes: 3, signal: stop.signal };
      const outcome: KernelOutcome =
        skipped === undefined
          ? await checkKernel(device, pipelines, target, kernel, variant, testCase, check)
          : { kind: "skipped", reason: skipped };
      if (outcome.kind !== "passed") steps.done(`${nameOf(job)} ${outcome.kind}: ${outcome.reason}`);
      return { ...job, outcome };
    },
    (outcomes) => reportChecks(outcomes, displayName(device.adapter), options.json === true),
  );
}

type Checked = Job & { readonly outcome: KernelOutcome };

function reportChecks(outcomes: readonly Checked[], device: string, json: boolean): void {
  const failed = outcomes.filter(({ outcome }) => outcome.kind === "failed");
  const rows = outcomes.map(({ kernel, variant, testCase, outcome }) => [
    outcome.kind,
    kernel.name,
    variant.name,
    testCase.name,
    outcome.kind === "skipped" ? "" : (outcome.error?.toExponential(1) ?? ""),
    outcome.kind === "skipped" ? "" : (outcome.bound?.toExponential(1) ?? ""),
  ]);
  if (json)
    print(
      JSON.stringify(
        outcomes.map(({ outcome, ...job }) => ({ name: nameOf(job), ...outcome })),
        null,
        2,
      ),
    );
  else {
    print(table(["", "kernel", "variant", "case", ">error", ">bound"], rows));
    const count = (kind: KernelOutcome["kind"]) => outcomes.filter(({ outcome }) => outcome.kind === kind).length;
    print(`${count("passed")} passed, ${failed.length} failed, ${count("skipped")} skipped on ${device}`);
  }
  if (failed.length) process.exitCode = 1;
}

/** Why a case is not run here by default, or undefined. */
function skipReason(
  { kernel, variant, testCase, dtypes }: Job,
  target: Target,
  { case: named }: KernelsOptions,
): string | undefined {
  const dims = caseDims(target, kernel, variant, testCase);
  const refused = refusal(variant, target, dims);
  if (refused) return refused;
  if (target.software && named === undefined && longOnSoftware(costOf(kernel, { dtypes }, dims)))
    return `too big for a software adapter; af3-gpu kernels ${kernel.name} --case "${testCase.name}" runs it`;
  return undefined;
}

async function time(backend: WebGpuBackend, jobs: readonly Job[], options: KernelsOptions): Promise<void> {
  const [device, pipelines, target] = [await backend.device(), await backend.pipelines(), await backend.target()];
  const tuning = await backend.tuning();
  const results = new ResultFolder(options.out, kernelFiles);
  const git = await gitState(packageFolder);
  const here = environment(device, toggles, { webgpu: webgpuVersion }, git, {}, tuning);
  await results.writeEnvironment({ ...here, ...(await machineState()) });
  const made = {
    device: displayName(device.adapter),
    software: device.adapter.software,
    cpu_brand: cpuBrand(),
    notes: options.notes,
    af3_gpu_commit: commitOf(git),
  };
  const load = othersLoad();
  const next = turnsOf();
  try {
    await reportFinished(
      jobs.filter(({ testCase }) => testCase.tags?.includes("bench")),
      async (job, steps): Promise<MeasuredKernel | undefined> => {
        const { kernel, variant, testCase, dtypes } = job;
        const skipped = skipReason(job, target, options);
        if (skipped !== undefined) {
          steps.done(`${nameOf(job)} skipped: ${skipped}`);
          return undefined;
        }
        steps.doing(nameOf(job));
        // Correct first: a wrong kernel has no time.
        const { seed } = options;
        const { signal } = stop;
        const outcome = await checkKernel(device, pipelines, target, kernel, variant, testCase, {
          seed,
          dtypes,
          signal,
          usualForm: next !== undefined,
        });
        if (outcome.kind !== "passed") {
          steps.done(`${nameOf(job)} ${outcome.kind}: ${outcome.reason}`);
          if (outcome.kind === "failed") process.exitCode = 1;
          return undefined;
        }
        const roofline = await measureRoofline(device, pipelines, target, next !== undefined);
        const start_ts = new Date().toISOString();
        const rule = kernelRuleWithin(1000 * options.time);
        const others: number[] = [];
        const watched = async <T>(work: () => Promise<T>): Promise<T> => {
          await next?.();
          const end = load();
          const done = await work();
          others.push(...[end() ?? []].flat());
          return done;
        };
        const bench = (turn?: typeof watched) =>
          benchKernel(device, pipelines, target, kernel, variant, testCase, { rule, dtypes, signal, turn });
        const timing = await (next ? bench(watched) : watched(() => bench()));
        const { precision } = options;
        const others_cpu = others.length > 0 ? median(others) : null;
        results.add(kernelRow(timing, roofline, { ...made, precision, start_ts, others_cpu }));
        steps.done(nameOf(job));
        return { ...timing, roofline };
      },
      (timings) => report(timings, displayName(device.adapter), tuning, options),
    );
  } finally {
    remark(`results: ${results.folder}`);
  }
}

function report(
  timings: readonly MeasuredKernel[],
  device: string,
  tuning: TuningUse,
  { json, format = json ? "json" : "table" }: Pick<KernelsOptions, "json" | "format">,
): void {
  if (format === "json") print(JSON.stringify({ device, tuning, timings }, null, 2));
  else if (format !== "table") print(listing(kernelColumns, timings, format));
  else {
    const head = `${device}; each row's roofline was measured just before it${rooflines(timings)}`;
    print(`${wrapped(head, outputWidth(), "  ", "")}\n\n${listing(kernelColumns, timings, format)}`);
  }
}

/** What the roofs were, in the middle. */
function rooflines(timings: readonly MeasuredKernel[]): string {
  if (timings.length === 0) return "";
  const middle = (pick: keyof Roofline): number => median(timings.map(({ roofline }) => roofline[pick]));
  return `, in the middle ${rate(middle("flops"), "FLOP/s")} and ${rate(middle("bytes"), "B/s")}`;
}
