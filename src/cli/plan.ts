/** `af3-gpu plan`: what a component would do at a shape, without running it. */
import { Command } from "commander";
import { recordFitting } from "../backends/fit.ts";
import { withPrecision } from "../backends/precision.ts";
import type { PlanFloor } from "../bench/core/floor.ts";
import { describePlan, type PlanDescription } from "../bench/core/plan_report.ts";
import { parseJson } from "../engines/core/cases.ts";
import type { Component, EngineName } from "../engines/core/component.ts";
import { checkComponents, componentOf } from "../engines/core/names.ts";
import { overridden } from "../engines/core/overrides.ts";
import { findEngine, findPreset, type PresetName } from "../engines/index.ts";
import { BadInputError } from "../errors.ts";
import type { PrecisionMode } from "../gpu/plan/precision.ts";
import { anyDevice, type Target } from "../gpu/plan/target.ts";
import { tuning } from "../kernels/tune/table.ts";
import { nodeFiles } from "../platform/node/files.ts";
import { withWebGpu } from "./context.ts";
import { exampleEngines, presetWords, someEngines } from "./engine_words.ts";
import { fittingTable } from "./fitting.ts";
import { checkExclusions, type Exclusion, optionOf } from "./option_uses.ts";
import * as option from "./options.ts";
import { bytes, print, rate, remark, table } from "./output.ts";
import {
  type AssumedLimits,
  assumedLimits,
  type Floors,
  floorText,
  limitsText,
  planFloor,
  publishedKeys,
  readCompiled,
  readGpu,
  targetOf,
} from "./plan_floor.ts";

interface PlanOptions {
  readonly engine: readonly EngineName[];
  readonly mode?: "trunk" | "full";
  readonly component?: readonly string[];
  readonly preset: PresetName;
  readonly config?: string;
  readonly seqLen: readonly number[];
  readonly steps?: boolean;
  readonly samples?: number;
  readonly memoryLimit?: number;
  readonly precision?: PrecisionMode;
  readonly diffusionPrecision?: PrecisionMode;
  readonly device?: string;
  readonly gpu?: string;
  readonly compilers?: string;
  readonly json?: boolean;
}

const examples = (): string => `
Without --device, the plan is for WebGPU's default limits, which need no adapter; with --gpu, for those that WebGPU usually
has on such GPUs, or the file's. With --memory-limit, intermediates are
made in smaller chunks and sections take turns on the device until the plan fits, or the largest N that does is named.
Examples:
  af3-gpu plan --engine ${exampleEngines()[1]} --preset block --seq-len 256 --steps
  af3-gpu plan --mode full --preset paper --seq-len 256 --memory-limit 8GiB
  af3-gpu plan --mode full --preset paper --seq-len 384 --precision mixed
  af3-gpu plan --mode full --preset paper --seq-len 384 --gpu rx7900xtx`;

export const planCommand = (): Command =>
  new Command("plan")
    .description("print steps, pipelines, FLOP, bytes and peak memory of a component, and what is alive at the peak")
    .option("--engine <name>", someEngines(), option.engines, option.engines("both"))
    .option("--mode <mode>", "the whole trunk or full network", option.oneOf("--mode", ["trunk", "full"] as const))
    .option("--component <names>", "the parts to plan (default pairformer)", option.components)
    .option("--preset <size>", presetWords(), option.preset, "block")
    .option("--config <file>", "a config of your own in the preset's place; one engine only")
    .option("--seq-len <list>", "numbers of tokens", option.seqLens, [256])
    .option("--samples <n>", "samples of the full network, which run side by side", option.wholeNumber("--samples", 1))
    .option("--memory-limit <size>", "what may be held on the device, such as 2GiB", option.size("--memory-limit"))
    .option("--precision <mode>", "f32 (default) or mixed: says what is saved", option.precision())
    .option(
      "--diffusion-precision <mode>",
      "of the diffusion module, which stays f32 unless this says mixed",
      option.precision("--diffusion-precision"),
    )
    .option("--device <name>", "plan for this adapter's limits and features", option.device)
    .option("--gpu <key>", `the least time on a GPU that need not be here: ${publishedKeys}, or a file with its peaks`)
    .option("--compilers <file>", "beside it, with the code of its compiler: what npm run compilers -- --json wrote")
    .option("--steps", "list every dispatch")
    .option("--json", "print the plans as JSON")
    .addHelpText("after", examples())
    .action(plan);

const exclusions: readonly Exclusion[] = [
  ["component", "mode", "a mode is a whole, a component a part in its place"],
  ["config", "preset", "a config stands in the preset's place"],
  ["gpu", "device", "a plan is for an adapter that is here, or for a GPU that need not be"],
];

async function plan(options: PlanOptions, command: Command): Promise<void> {
  checkExclusions(command, exclusions);
  if (options.compilers !== undefined && options.gpu === undefined)
    throw new BadInputError("--compilers says more of a GPU: name it with --gpu");
  const gpu = options.gpu === undefined ? undefined : await readGpu(options.gpu);
  const compiled = options.compilers === undefined ? undefined : await readCompiled(options.compilers);
  if (options.diffusionPrecision === "mixed" && options.precision !== "mixed")
    throw new BadInputError("--diffusion-precision mixed goes with --precision mixed");
  if (gpu) return planFor(targetOf(gpu), options, { gpu, compiled });
  if (options.device === undefined) return planFor(anyDevice(tuning), options);
  await withWebGpu(options.device, async (backend) => planFor(await backend.target(), options));
}

async function planFor(target: Target, options: PlanOptions, floors?: Floors): Promise<void> {
  if (options.config !== undefined && options.engine.length > 1)
    throw new BadInputError("a config belongs to one engine: name it with --engine");
  const names = options.component ?? [options.mode ?? "pairformer"];
  checkComponents(options.engine.map(findEngine), names);
  const plans: Planned[] = [];
  for (const engine of options.engine)
    for (const name of names) {
      const component = componentOf(findEngine(engine), name);
      if (component) plans.push(...(await plansOf(component, target, options, floors)));
      else remark(`${engine} has no component ${name}`);
    }
  if (options.json) print(JSON.stringify(plans, null, 2));
  else print(plans.map((one) => text(one, options.steps === true)).join("\n\n"));
}

/** What a plan does, and how long that takes at least if a GPU was named. */
type Planned = PlanDescription & {
  readonly precision: PrecisionMode;
  /** The same plan in float32, where this is in mixed precision. */
  readonly float32?: Pick<PlanDescription, "traffic_bytes" | "weights_bytes" | "activation_bytes">;
  readonly roofline?: PlanFloor & { readonly limits: AssumedLimits };
};

async function plansOf(
  component: Component,
  target: Target,
  options: PlanOptions,
  floors?: Floors,
): Promise<Planned[]> {
  const { config: file, samples, memoryLimit } = options;
  const given =
    file === undefined
      ? findPreset(component.engine, component.name, options.preset)
      : { config: parseJson(await nodeFiles.read(file), file), widths: {} };
  const config = overridden(findEngine(component.engine), component, given.config, { samples }, optionOf);
  return options.seqLen.map((tokens) => {
    const configured = component.configure(config, { ...given.widths, tokens }, () => {});
    const planned = { component, config, sizes: configured.sizes };
    const record = (at: Target) => recordFitting(at, planned, (fresh) => configured.record(fresh), memoryLimit).plan;
    const plan = record(withPrecision(target, options));
    const mixed = options.precision === "mixed";
    const float32 = mixed ? describePlan(record(target), configured) : undefined;
    const roofline = floors && { ...planFloor(plan, configured, floors), limits: assumedLimits(floors.gpu) };
    return {
      ...describePlan(plan, configured),
      precision: options.precision ?? "f32",
      ...(float32 && { float32: savedOf(float32) }),
      ...(roofline && { roofline }),
    };
  });
}

const savedOf = ({ traffic_bytes, weights_bytes, activation_bytes }: PlanDescription) => ({
  traffic_bytes,
  weights_bytes,
  activation_bytes,
});

/** Tensors at the peak that are worth a line each. */
const SHOWN = 16;

function text(one: Planned, steps: boolean): string {
  const pairs = (count: number): string =>
    one.pair_bytes === null ? "" : ` (${(count / one.pair_bytes).toFixed(2)} pair tensors)`;
  const traffic = pairs(one.traffic_bytes / one.blocks).replace(/\)$/, one.stack ? " per block)" : ")");
  const perBlock = one.stack ? ` (${one.dispatches_per_block} per block)` : "";
  const recorded = one.recorded < one.dispatches ? ` (${one.recorded} recorded, those of some sections repeat)` : "";
  const lines = [
    `${one.engine} ${one.component}, N = ${one.tokens}`,
    `  ${one.dispatches} dispatches${perBlock}${recorded}, ${one.pipelines} pipelines`,
    `  ${rate(one.flops, "FLOP")}, ${one.flops_done_ratio.toFixed(3)} × with the tiles' padding`,
    `  traffic ${bytes(one.traffic_bytes)}${traffic}`,
    `  weights ${bytes(one.weights_bytes)}, activations ${bytes(one.activation_bytes)}${pairs(one.activation_bytes)}, uniforms, upload and read-back ${bytes(one.overhead_bytes)}`,
    ...(one.float32 ? [mixedText(one, one.float32, pairs)] : []),
    `  chunks of at most ${bytes(one.chunk_bytes)}${one.strict_chunks ? "" : " or one representation"}`,
    ...(one.offload ? ["  sections take turns on the device: these are the bytes of the one that needs most"] : []),
    `  alive at the peak, in ${one.peak.step}:`,
    ...one.peak.alive.slice(0, SHOWN).map(({ name, bytes: size }) => `    ${bytes(size).padStart(9)}  ${name}`),
  ];
  const rest = one.peak.alive.slice(SHOWN).reduce((sum, { bytes: size }) => sum + size, 0);
  if (rest > 0) lines.push(`    ${bytes(rest).padStart(9)}  in ${one.peak.alive.length - SHOWN} smaller ones`);
  if (one.sections.length) lines.push("  sections, by what one run of each does:", sectionTable(one));
  if (one.roofline) lines.push(limitsText(one.roofline.limits), floorText(one.roofline));
  if (steps) lines.push(stepTable(one));
  return lines.join("\n");
}

function mixedText(one: Planned, float32: NonNullable<Planned["float32"]>, pairs: (count: number) => string): string {
  const share = (own: number, other: number): string => `${(100 * (own / other)).toFixed(0)} % of ${bytes(other)}`;
  const traffic = `traffic ${share(one.traffic_bytes, float32.traffic_bytes)}${pairs(float32.traffic_bytes / one.blocks)}`;
  return `  mixed precision: weights ${share(one.weights_bytes, float32.weights_bytes)}, activations ${share(one.activation_bytes, float32.activation_bytes)}, ${traffic} in float32`;
}

function sectionTable({ sections }: PlanDescription): string {
  const rows = sections.map((section) => [
    `    ${section.name}`,
    section.runs,
    section.dispatches,
    rate(section.flops, ""),
    bytes(section.traffic_bytes),
  ]);
  return fittingTable(
    [
      ["    section", 0, 16],
      [">runs", 1],
      [">dispatches", 3],
      [">FLOP", 0],
      [">bytes", 2],
    ],
    rows,
  );
}

function stepTable({ steps }: PlanDescription): string {
  const rows = steps.map((step) => [
    step.label,
    step.kernel,
    step.variant,
    step.workgroups,
    rate(step.flops, ""),
    bytes(step.bytes),
  ]);
  // Its labels are what it is read for, by programs too: nothing is shortened.
  return table(["step", "kernel", "variant", ">workgroups", ">FLOP", ">bytes"], rows);
}
