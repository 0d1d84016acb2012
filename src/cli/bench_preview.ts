/** `bench --list` and `bench --dry-run`: what is ready, and what would run. */

import { type BackendName, backendText } from "../backends/backend.ts";
import { withPrecision } from "../backends/precision.ts";
import { workOf } from "../bench/core/plan_report.ts";
import { planOf, type Workload } from "../bench/core/workload.ts";
import type { EngineName } from "../engines/core/component.ts";
import type { PrecisionMode } from "../gpu/plan/precision.ts";
import type { Target } from "../gpu/plan/target.ts";
import { memoryOf } from "../gpu/run/resources.ts";
import { statesText } from "./backend_states.ts";
import { type BackendChoice, type BackendOptions, statesOf } from "./backends.ts";
import { fittingTable } from "./fitting.ts";
import { bytes, print, rate } from "./output.ts";

/** Engines × backends × devices: ready, or why not. */
export async function list(
  choices: readonly BackendChoice[],
  options: BackendOptions & { readonly engine: readonly EngineName[]; readonly json?: boolean },
): Promise<void> {
  const entries = await statesOf(choices, options, options.engine);
  if (options.json) {
    print(JSON.stringify(entries, null, 2));
    return;
  }
  print(statesText(entries));
}

interface Planned {
  readonly engine: EngineName;
  readonly component: string;
  readonly backend: BackendName;
  readonly variant: string;
  readonly preset: string;
  readonly tokens: number;
  /** As they were asked for; null where the preset's own count runs. */
  readonly recycles: number | null;
  readonly steps: number | null;
  readonly samples: number | null;
  readonly flops: number;
  readonly traffic: number;
  /** Of our own plan; what other backends hold is theirs to know. */
  readonly dispatches: number | null;
  readonly activations: number | null;
  readonly weights: number | null;
}

function planned(
  workload: Workload,
  { name, variant }: BackendChoice,
  target: Target | undefined,
  diffusionPrecision?: PrecisionMode,
): Planned {
  const { engine, component, preset, tokens, recycles = null, steps = null, samples = null } = workload;
  const counts = { recycles, steps, samples };
  const what = { engine, component, backend: name, variant, preset, tokens, ...counts };
  if (name !== "webgpu" || !target) {
    const { flops, bytes: traffic } = workload.cost;
    return { ...what, flops, traffic, dispatches: null, activations: null, weights: null };
  }
  const plan = planOf(
    workload,
    variant === "mixed" ? withPrecision(target, { precision: "mixed", diffusionPrecision }) : target,
  );
  const { dispatches, flops, bytes: traffic } = workOf(plan, workload.configured);
  const { constants: weights, transients, overhead } = memoryOf(plan);
  return { ...what, flops, traffic, dispatches, activations: transients + overhead, weights };
}

/** Prints what would run. @param target of the adapter that `webgpu` would take */
export function dryRun(
  workloads: readonly Workload[],
  choices: readonly BackendChoice[],
  target: Target | undefined,
  json: boolean,
  diffusionPrecision?: PrecisionMode,
): void {
  const all = workloads.flatMap((workload) =>
    choices.map((choice) => planned(workload, choice, target, diffusionPrecision)),
  );
  if (json) {
    print(JSON.stringify(all, null, 2));
    return;
  }
  const size = (value: number | null): string => (value === null ? "" : bytes(value));
  const rows = all.map((row) => [
    row.engine,
    row.component,
    row.preset,
    backendText({ name: row.backend, variant: row.variant }),
    row.tokens,
    ...[row.recycles, row.steps, row.samples, row.dispatches].map((count) => count ?? ""),
    rate(row.flops, "FLOP"),
    bytes(row.traffic),
    size(row.weights),
    size(row.activations),
  ]);
  print(
    fittingTable(
      [
        ...([
          ["engine", 0],
          ["component", 0, 12],
          ["preset", 2],
          ["backend", 0, 12],
          [">N", 0],
        ] as const),
        ...([
          [">recycles", 1],
          [">steps", 1],
          [">samples", 1],
          [">dispatches", 6],
        ] as const),
        ...([
          [">work", 0],
          [">traffic", 5],
          [">weights", 4],
          [">activations", 3],
        ] as const),
      ],
      rows,
    ),
  );
}
