/** How large a network an adapter can hold, and whether it can run what `bench` runs when nobody says anything. */
import { largestTokensSoon, recordFitting } from "../backends/fit.ts";
import { withPrecision } from "../backends/precision.ts";
import { DEFAULT_TOKENS } from "../bench/core/workload.ts";
import type { EngineName } from "../engines/core/component.ts";
import { componentOf } from "../engines/core/names.ts";
import { engineNames, findEngine, findPreset } from "../engines/index.ts";
import { messageOf, TooLargeError } from "../errors.ts";
import { type PrecisionMode, precisionModes } from "../gpu/plan/precision.ts";
import type { Target } from "../gpu/plan/target.ts";

/** The largest N of an engine's network, at the published size. */
export interface Largest {
  readonly engine: EngineName;
  /** `pairformer` is the stack alone. */
  readonly mode: "pairformer" | "trunk" | "full";
  readonly precision: PrecisionMode;
  /** Null where the time for the search was up. */
  readonly tokens: number | null;
}

/** Milliseconds for all searches together, but for the stacks in the precision that was asked for. */
const PATIENCE = 15_000;

/** Engine × mode × precision; what takes long goes last. @param asked the precision that is looked at however long it takes */
export async function largestSizes(
  target: Target,
  asked: PrecisionMode,
  signal: AbortSignal,
  patience = PATIENCE,
): Promise<Largest[]> {
  const end = performance.now() + patience;
  const found: Largest[] = [];
  for (const mode of ["pairformer", "trunk", "full"] as const)
    for (const precision of precisionModes)
      for (const engine of engineNames) {
        const component = componentOf(findEngine(engine), mode);
        if (!component || !findEngine(engine).presets.paper) continue;
        const { config, widths } = findPreset(engine, component.name, "paper");
        const { sizes } = component.configure(config, { ...widths, tokens: DEFAULT_TOKENS }, () => {});
        const planned = { component, config, sizes: mode === "pairformer" ? widths : sizes };
        const until = mode === "pairformer" && precision === asked ? Number.POSITIVE_INFINITY : end;
        const tokens = await largestTokensSoon(planned, withPrecision(target, { precision }), { signal, until });
        found.push({ engine, mode, precision, tokens: tokens ?? null });
      }
  return found;
}

/** Why `bench` without options cannot run here; undefined if it can. */
export function mainJobRefusal(target: Target): string | undefined {
  for (const engine of engineNames) {
    const component = componentOf(findEngine(engine), "trunk");
    if (!component) continue;
    const { config, widths } = findPreset(engine, component.name, "tiny");
    const configured = component.configure(config, { ...widths, tokens: DEFAULT_TOKENS }, () => {});
    try {
      recordFitting(target, { component, config, sizes: configured.sizes }, (plan) => configured.record(plan));
    } catch (error) {
      if (error instanceof TooLargeError) return messageOf(error);
      throw error;
    }
  }
  return undefined;
}

/** Sizes as lines of text: one for each engine and mode, and one for what there was no time for. */
export function largestText(all: readonly Largest[]): string[] {
  const rows = new Map<string, string[]>();
  const late: string[] = [];
  for (const { engine, mode, precision, tokens } of all) {
    const row = `${engine} ${mode}`;
    if (tokens === null) late.push(`${row} ${precision}`);
    else rows.set(row, [...(rows.get(row) ?? []), `${precision} ${tokens}`]);
  }
  const found = [...rows].map(([row, sizes]) => `${row}: ${sizes.join(", ")}`);
  return late.length > 0 ? [...found, `no time was left for ${late.join(", ")}`] : found;
}
