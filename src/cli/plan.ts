/** `af3-gpu plan`: what a component would do at a shape, without running it. */
import { Command } from "commander";
import { describePlan, type PlanDescription } from "../bench/plan_report.ts";
import { largestTokens } from "../engines/backends/webgpu.ts";
import { parseJson } from "../engines/cases.ts";
import type { EngineName } from "../engines/component.ts";
import { findComponent, findEngine, findPreset, type PresetName } from "../engines/index.ts";
import { BadInputError, TooLargeError } from "../errors.ts";
import { Plan } from "../gpu/plan.ts";
import { anyDevice, type Target } from "../gpu/target.ts";
import { tuning } from "../kernels/tuning.ts";
import { nodeFiles } from "../platform/node/files.ts";
import { withWebGpu } from "./context.ts";
import * as option from "./options.ts";
import { bytes, print, rate, table } from "./output.ts";

interface PlanOptions {
  readonly engine: readonly EngineName[];
  readonly component: string;
  readonly preset: PresetName;
  readonly config?: string;
  readonly seqLen: readonly number[];
  readonly device?: string;
  readonly steps?: boolean;
  readonly json?: boolean;
}

const EXAMPLE = `
Without --device, the plan is for WebGPU's default limits, which need no adapter.
Example:
  af3-gpu plan --engine ligo --preset block --seq-len 256 --steps`;

export const planCommand = (): Command =>
  new Command("plan")
    .description("print steps, pipelines, FLOP, bytes and peak memory of a component, and what is alive at the peak")
    .option("--engine <name>", "deepmind, ligo or both", option.engines, option.engines("both"))
    .option("--component <name>", "the part to plan", option.component, "pairformer")
    .option("--preset <size>", "tiny, block or paper", option.preset, "block")
    .option("--config <file>", "a config of your own in the preset's place; one engine only")
    .option("--seq-len <list>", "numbers of tokens", option.seqLens, [256])
    .option("--device <name>", "plan for this adapter's limits and features")
    .option("--steps", "list every dispatch")
    .option("--json", "print the plans as JSON")
    .addHelpText("after", EXAMPLE)
    .action(plan);

async function plan(options: PlanOptions): Promise<void> {
  if (options.device === undefined) return planFor(anyDevice(tuning), options);
  await withWebGpu(options.device, async (backend) => planFor(await backend.target(), options));
}

async function planFor(target: Target, options: PlanOptions): Promise<void> {
  if (options.config !== undefined && options.engine.length > 1)
    throw new BadInputError("a config belongs to one engine: name it with --engine");
  const plans: PlanDescription[] = [];
  for (const engine of options.engine)
    for (const tokens of options.seqLen) {
      const component = findComponent(findEngine(engine), options.component);
      const found = findPreset(engine, options.component, options.preset);
      const config =
        options.config === undefined ? found.config : parseJson(await nodeFiles.read(options.config), options.config);
      const sizes = { ...(options.config === undefined ? found.widths : {}), tokens };
      const recorded = new Plan(target);
      const configured = component.configure(config, sizes, () => {});
      try {
        configured.record(recorded);
      } catch (error) {
        if (!(error instanceof TooLargeError)) throw error;
        const largest = largestTokens(component, config, sizes, target);
        throw new BadInputError(
          `${engine} N = ${tokens} does not fit: ${error.message}; the largest N that fits is ${largest}`,
        );
      }
      const pairBytes = 4 * tokens * tokens * configured.sizes.c_z;
      plans.push(describePlan(recorded, { engine, component: component.name, tokens, pairBytes }));
    }
  if (options.json) {
    print(JSON.stringify(plans, null, 2));
    return;
  }
  print(plans.map((one) => text(one, options.steps === true)).join("\n\n"));
}

function text(one: PlanDescription, steps: boolean): string {
  const pairs = (count: number): string => `${(count / one.pair_bytes).toFixed(2)} pair tensors`;
  const lines = [
    `${one.engine} ${one.component}, N = ${one.tokens}`,
    `  ${one.dispatches} dispatches (${one.dispatches_per_block} per block), ${one.pipelines} pipelines`,
    `  ${rate(one.flops, "FLOP")}, ${one.flops_done_ratio.toFixed(3)} × with the tiles' padding`,
    `  traffic ${bytes(one.traffic_bytes)} (${pairs(one.traffic_bytes / one.blocks)} per block)`,
    `  weights ${bytes(one.weights_bytes)}, activations ${bytes(one.activation_bytes)} (${pairs(one.activation_bytes)})`,
    `  alive at the peak, in ${one.peak.step}:`,
    ...one.peak.alive.map(({ name, bytes: size }) => `    ${bytes(size).padStart(9)}  ${name}`),
  ];
  if (steps)
    lines.push(
      table(
        ["step", "kernel", "variant", ">workgroups", ">FLOP", ">bytes"],
        one.steps.map((step) => [
          step.label,
          step.kernel,
          step.variant,
          step.workgroups,
          rate(step.flops, ""),
          bytes(step.bytes),
        ]),
      ),
    );
  return lines.join("\n");
}
