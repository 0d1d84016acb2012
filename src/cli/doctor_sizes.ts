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
  /** Null where not even one had been tried when the time for the search was up. */
  readonly tokens: number | null;
  /** What is not certain about it, in a sentence; null where nothing is. */
  readonly note: string | null;
}

/** Milliseconds for all searches together, but for the stacks in the precision that was asked for, which come before. */
const PATIENCE = 15_000;

/**
 * Engine × mode × precision; what takes long goes last. Each search may take its share of the time that is left.
 * @param asked the precision of which stacks are searched to the end, however long it takes
 */
export async function largestSizes(
  target: Target,
  asked: PrecisionMode,
  signal: AbortSignal,
  patience = PATIENCE,
): Promise<Largest[]> {
  const searches: Pick<Largest, "engine" | "mode" | "precision">[] = [];
  for (const mode of ["pairformer", "trunk", "full"] as const)
    for (const precision of precisionModes)
      for (const engine of engineNames)
        if (componentOf(findEngine(engine), mode) && findEngine(engine).presets.paper)
          searches.push({ engine, mode, precision });
  const found = new Map<(typeof searches)[number], Largest>();
  const endless = searches.filter(({ mode, precision }) => mode === "pairformer" && precision === asked);
  for (const one of endless) found.set(one, await searched(one, target, signal, Number.POSITIVE_INFINITY));
  const end = performance.now() + patience;
  const rest = searches.filter((one) => !endless.includes(one));
  for (const [index, one] of rest.entries()) {
    const now = performance.now();
    found.set(one, await searched(one, target, signal, now + Math.max(0, end - now) / (rest.length - index)));
  }
  return searches.map((one) => found.get(one) as Largest);
}

async function searched(
  what: Pick<Largest, "engine" | "mode" | "precision">,
  target: Target,
  signal: AbortSignal,
  until: number,
): Promise<Largest> {
  const { engine, mode, precision } = what;
  const component = componentOf(findEngine(engine), mode);
  if (!component) throw new Error(`${engine} has no ${mode}`);
  const { config, widths } = findPreset(engine, component.name, "paper");
  const { sizes } = component.configure(config, { ...widths, tokens: DEFAULT_TOKENS }, () => {});
  const planned = { component, config, sizes: mode === "pairformer" ? widths : sizes };
  const { tokens, ended } = await largestTokensSoon(planned, withPrecision(target, { precision }), { signal, until });
  if (ended) return { ...what, tokens, note: null };
  return tokens > 0
    ? { ...what, tokens, note: "so many fit; the time for the search was up before it was known how many more do" }
    : { ...what, tokens: null, note: "not known: the time for the search was up before a plan was known to fit" };
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
  for (const { engine, mode, precision, tokens, note } of all) {
    const row = `${engine} ${mode}`;
    if (tokens === null) late.push(`${row} ${precision}`);
    else rows.set(row, [...(rows.get(row) ?? []), `${precision} ${note === null ? "" : "at least "}${tokens}`]);
  }
  const found = [...rows].map(([row, sizes]) => `${row}: ${sizes.join(", ")}`);
  return late.length > 0 ? [...found, `no time was left for ${late.join(", ")}`] : found;
}
