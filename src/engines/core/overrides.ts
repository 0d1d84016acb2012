/** Counts of a whole network's config that commands may override. */
import { BadInputError } from "../../errors.ts";
import type { Component, EngineName } from "./component.ts";

/** Trips through the trunk after the first, steps of the sampler, and samples; undefined keeps the config's own. */
export interface Overrides {
  readonly recycles?: number | undefined;
  readonly steps?: number | undefined;
  readonly samples?: number | undefined;
}

type Field = keyof Overrides;

/** Where an engine's config of the whole network keeps each. */
const places: Readonly<Record<EngineName, Readonly<Record<Field, readonly string[]>>>> = {
  deepmind: {
    recycles: ["num_recycles"],
    steps: ["heads", "diffusion", "eval", "steps"],
    samples: ["heads", "diffusion", "eval", "num_samples"],
  },
  ligo: { recycles: ["num_cycles"], steps: ["n_steps"], samples: ["samples_per_trunk"] },
};

/** What a component has of the three. */
const fieldsOf: Readonly<Record<string, readonly Field[]>> = {
  trunk: ["recycles"],
  full: ["recycles", "steps", "samples"],
};

/** The least that makes sense: ligo's sampler ends one step before its schedule does. */
const least = (engine: EngineName, field: Field): number => {
  if (field === "recycles") return 0;
  return field === "steps" && engine === "ligo" ? 2 : 1;
};

/** A count as the engine's config has it: ligo's cycles count the first trip, deepmind's recycles do not. */
const counted = (engine: EngineName, field: Field, value: number): number =>
  field === "recycles" && engine === "ligo" ? value + 1 : value;

/**
 * A config with other counts.
 * @throws {BadInputError} if the component has no such count, or the engine takes no such number
 */
export function overridden(
  { engine, name }: Pick<Component, "engine" | "name">,
  config: unknown,
  overrides: Overrides,
): unknown {
  let changed = config;
  for (const field of ["recycles", "steps", "samples"] as const) {
    const value = overrides[field];
    if (value === undefined) continue;
    if (!fieldsOf[name]?.includes(field)) {
      const having = Object.keys(fieldsOf).filter((whole) => fieldsOf[whole].includes(field));
      throw new BadInputError(`--${field} belongs to ${having.join(" and ")}; ${engine} ${name} has none`);
    }
    if (value < least(engine, field))
      throw new BadInputError(`--${field} should be at least ${least(engine, field)} for ${engine}, not ${value}`);
    changed = withValue(changed, places[engine][field], counted(engine, field, value));
  }
  return changed;
}

function withValue(config: unknown, [key, ...rest]: readonly string[], value: number): unknown {
  const fields = { ...(config as Record<string, unknown> | null | undefined) };
  return { ...fields, [key]: rest.length ? withValue(fields[key], rest, value) : value };
}
