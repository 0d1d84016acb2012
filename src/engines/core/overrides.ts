/** Counts of a whole network's config that commands may override. */
import { BadInputError } from "../../errors.ts";
import { MOST_COUNT } from "../../formats/config.ts";
import type { Component, CountName } from "./component.ts";
import type { Engine } from "./engine.ts";

/** Trips through the trunk after the first, steps of the sampler, and samples; undefined keeps the config's own. */
export type Overrides = { readonly [name in CountName]?: number | undefined };

/**
 * A config with other counts.
 * @param said what whoever asks calls a count, for messages: not as the config does
 * @throws {BadInputError} if the component has no such count, or the engine takes no such number
 */
export function overridden(
  engine: Engine,
  component: Component,
  config: unknown,
  overrides: Overrides,
  said: (name: CountName) => string = (name) => name,
): unknown {
  let changed = config;
  for (const name of ["recycles", "steps", "samples"] as const) {
    const value = overrides[name];
    if (value === undefined) continue;
    const count = component.counts?.[name];
    if (!count) throw new BadInputError(`${engine.name} ${component.name} has no ${name}${having(engine, name)}`);
    const { path, least, toConfig = (same: number) => same } = count;
    const wrong = (range: string) =>
      new BadInputError(`${said(name)} should be ${range} for ${engine.name}, not ${value}`);
    if (value < least) throw wrong(`at least ${least}`);
    const own = toConfig(value);
    if (own > MOST_COUNT) throw wrong(`at most ${MOST_COUNT - (own - value)}`);
    changed = withValue(changed, path, own);
  }
  return changed;
}

/** Which components of the engine have a count, for a message. */
function having({ components }: Engine, count: CountName): string {
  const names = components.filter(({ counts }) => counts?.[count]).map(({ name }) => name);
  return names.length ? `; ${names.sort().reverse().join(" and ")} ${names.length > 1 ? "have" : "has"}` : "";
}

function withValue(config: unknown, [key, ...rest]: readonly string[], value: number): unknown {
  const fields = { ...(config as Record<string, unknown> | null | undefined) };
  return { ...fields, [key]: rest.length ? withValue(fields[key], rest, value) : value };
}
