/** `af3-gpu doctor`: what is here, whether its numbers are right, and how fast it is. */
import { Command } from "commander";
import type { WebGpuBackend } from "../backends/webgpu.ts";
import { checkKernel } from "../bench/kernel_check.ts";
import { callOf } from "../bench/kernel_inputs.ts";
import { measureRoofline } from "../bench/roofline.ts";
import { measureTimerStep } from "../bench/timer.ts";
import { throwIfAborted, UnavailableError } from "../errors.ts";
import type { Device } from "../gpu/device/device.ts";
import { type AnyKernel, type Dtypes, halvesOf, type Variant } from "../gpu/plan/kernel.ts";
import type { PrecisionMode } from "../gpu/plan/precision.ts";
import { type Target, wrongUnits } from "../gpu/plan/target.ts";
import { chooseVariant } from "../gpu/plan/variant.ts";
import { Timestamps } from "../gpu/run/timestamps.ts";
import type { PipelineCache } from "../gpu/shader/pipelines.ts";
import { kernels } from "../kernels/index.ts";
import { memoryOf } from "../platform/node/card_memory.ts";
import { adviceFor } from "../platform/node/conditions.ts";
import { tuningFile } from "../platform/node/tuning.ts";
import { stop, withWebGpu } from "./context.ts";
import { findingsText, surroundingsText } from "./doctor_report.ts";
import { largestSizes, mainJobRefusal } from "./doctor_sizes.ts";
import * as option from "./options.ts";
import { print, progress } from "./output.ts";
import { lookAround, type Surroundings } from "./surroundings.ts";

interface DoctorOptions {
  readonly device: string;
  readonly precision: PrecisionMode;
  readonly json?: boolean;
}

const EXAMPLE = `
Examples:
  af3-gpu doctor --device swiftshader
  af3-gpu doctor --precision mixed        whether its numbers are right with halves, and the largest N then`;

/** The self-test stops adding cases after this long, if every kernel has had one by then … */
const SELF_TEST_MS = 10_000;
/** … and after this long whatever is left: a driver may take a second for each shader. */
const MOST_TEST_MS = 30_000;

export const doctorCommand = (): Command =>
  new Command("doctor")
    .description("adapter, features and limits; a self-test of all kernels; measured rates; the largest N that fits")
    .option("--device <name>", "auto, cpu, cuda, mps, swiftshader, or part of an adapter's name", option.device, "auto")
    .option("--precision <mode>", "f32, or mixed: test and size with halves", option.precision(), "f32")
    .option("--json", "print the findings as JSON")
    .addHelpText("after", EXAMPLE)
    .action(doctor);

interface SelfTest {
  readonly passed: number;
  readonly skipped: readonly string[];
  readonly failed: readonly string[];
  /** The largest error over its bound. */
  readonly worst: number;
}

async function doctor(options: DoctorOptions): Promise<void> {
  const steps = progress();
  let opened = false;
  try {
    await withWebGpu(
      options.device,
      async (backend) => {
        opened = true;
        steps.doing("self-test of all kernels");
        const found = await examine(backend, options.precision);
        steps.doing("looking for what else is here");
        const around = await lookAround(options.device);
        const findings: Findings = { ...found, ...around, advice: adviceFor(around.conditions, found.adapter) };
        steps.stop();
        if (options.json) print(JSON.stringify(findings, null, 2));
        else print(findingsText(findings));
        if (findings.selfTest.failed.length) process.exitCode = 1;
        if (findings.main_job !== null)
          throw new UnavailableError(`af3-gpu bench cannot run here: ${findings.main_job}`, "choose another --device");
      },
      options,
    );
  } catch (error) {
    if (error instanceof UnavailableError && !opened) await withoutAdapter(options);
    throw error;
  } finally {
    steps.stop();
  }
}

/** Without an adapter, what surrounds it is worth knowing all the more. */
async function withoutAdapter({ device, json }: DoctorOptions): Promise<void> {
  const around = await lookAround(device);
  const advice = adviceFor(around.conditions, undefined);
  if (json) print(JSON.stringify({ adapter: null, ...around, advice }, null, 2));
  else print(surroundingsText(around, advice));
}

/** Everything that `doctor` says; `main_job` is why `bench` without options cannot run, null if it can. */
export type Findings = Awaited<ReturnType<typeof examine>> & Surroundings & { readonly advice: readonly string[] };

async function examine(backend: WebGpuBackend, precision: PrecisionMode) {
  const [device, pipelines, target] = [await backend.device(), await backend.pipelines(), await backend.target()];
  const selfTest = await testKernels(device, pipelines, target, precision);
  const roofline = await measureRoofline(device, pipelines, target);
  const timer = Timestamps.supported(device)
    ? { kind: "GPU timestamps", step_ms: await measureTimerStep(device, pipelines, target) }
    : { kind: "wall clock", step_ms: null };
  const memory = await memoryOf(device.adapter, target.memory);
  const known = memory.bytes === undefined ? target : { ...target, memory: memory.bytes };
  const largest = await largestSizes(known, precision, stop.signal);
  const refusal = mainJobRefusal(target);
  const stacks = largest.filter((one) => one.mode === "pairformer" && one.precision === precision);
  return {
    adapter: device.adapter,
    precision,
    features: [...device.features].sort(),
    subgroup_matrices: device.subgroupMatrices,
    matrix_wrong: wrongUnits(target),
    limits: target.limits,
    tuning: await backend.tuning(),
    tuning_file: tuningFile(device.adapter),
    variants: Object.fromEntries(
      kernels.map((kernel) => [kernel.name, chosenVariant(kernel, target, typesIn(precision, kernel)).name]),
    ),
    selfTest,
    roofline,
    timer,
    largest_tokens: Object.fromEntries(stacks.map(({ engine, tokens }) => [engine, tokens])),
    largest,
    main_job: refusal ?? null,
    main_job_note: refusal ?? "af3-gpu bench without options can run here",
    memory_bytes: memory.bytes ?? null,
    memory_note: memory.note,
  };
}

/** The first case of every kernel with the variant that the device runs, then more of them while there is time. */
async function testKernels(
  device: Device,
  pipelines: PipelineCache,
  target: Target,
  precision: PrecisionMode,
): Promise<SelfTest> {
  const start = performance.now();
  const rounds = Math.max(...kernels.map(({ cases }) => cases.length));
  const [skipped, failed]: string[][] = [[], []];
  let [passed, worst] = [0, 0];
  for (let round = 0; round < rounds; round++) {
    for (const kernel of kernels) {
      const testCase = kernel.cases.filter(({ tags }) => !tags?.includes("bench"))[round];
      const spent = performance.now() - start;
      if (!testCase || (round > 0 && spent > SELF_TEST_MS)) continue;
      if (spent > MOST_TEST_MS) {
        skipped.push(`${kernel.name}: no time left (af3-gpu kernels ${kernel.name} --check)`);
        continue;
      }
      throwIfAborted(stop.signal);
      const dtypes = typesIn(precision, kernel);
      const variant = chosenVariant(kernel, target, dtypes);
      const options = { dtypes, signal: stop.signal };
      const outcome = await checkKernel(device, pipelines, target, kernel, variant, testCase, options);
      const name = `${kernel.name} (${variant.name}) ${testCase.name}`;
      if (outcome.kind === "failed") failed.push(`${name}: ${outcome.reason}`);
      else if (outcome.kind === "skipped") skipped.push(`${name}: ${outcome.reason}`);
      else {
        passed++;
        if (outcome.bound > 0) worst = Math.max(worst, outcome.error / outcome.bound);
      }
    }
  }
  return { passed, skipped, failed, worst };
}

/** What plans of a precision store as halves, as far as a kernel allows it. */
const typesIn = (precision: PrecisionMode, kernel: AnyKernel): Dtypes =>
  precision === "mixed" ? halvesOf(kernel) : {};

/** The variant that the tuning table gives a kernel on this target. */
function chosenVariant(kernel: AnyKernel, target: Target, dtypes: Dtypes): Variant {
  const [testCase] = kernel.cases;
  if (!testCase) throw new Error(`${kernel.name} has no case`);
  return chooseVariant(kernel, target, { ...callOf(testCase), dtypes }).variant;
}
