/** What surrounds the adapter: software of others, the machine's state, the other backends. Needs no adapter, and ends in time. */
import { engineNames } from "../engines/index.ts";
import { type Conditions, conditions } from "../platform/node/conditions.ts";
import { type Installed, installed } from "../platform/node/installed.ts";
import { type BackendState, everyBackend, statesOf } from "./backends.ts";
import { wrapped } from "./listing.ts";

export interface Surroundings {
  /** By name, the version of what is here; null for what is not. */
  readonly installed: Installed;
  readonly conditions: Conditions;
  /** Null where they did not say in time. */
  readonly backends: readonly BackendState[] | null;
}

/** Milliseconds for backends to say whether they are ready: some start a Python that imports half a gigabyte. */
const PATIENCE = 20_000;

/** Looks around. @param device as `--device` has it */
export async function lookAround(device: string): Promise<Surroundings> {
  const [found, state, backends] = await Promise.all([
    installed(),
    conditions(),
    within(PATIENCE, statesOf(everyBackend(), { device }, engineNames)),
  ]);
  return { installed: found, conditions: state, backends: backends ?? null };
}

/** What a promise resolves to, or undefined once so many milliseconds are over. */
async function within<T>(ms: number, work: Promise<T>): Promise<T | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Beside its name, what is here or the word `absent`. */
export const installedText = (found: Installed): string =>
  Object.entries(found)
    .map(([name, version]) => `${name} ${version ?? "absent"}`)
    .join(", ");

/** Lines of a name and its text, in columns. */
export const factsText = (lines: readonly (readonly [string, string])[], width = 100): string =>
  lines.map(([what, text]) => wrapped(text, width, " ".repeat(11), what.padEnd(11))).join("\n");

/** The machine's state in a line. */
export function conditionsText({ governor, battery, processors, usable, load, desktop }: Conditions): string {
  const parts = [
    `${usable} of ${processors} processors usable`,
    governor === null ? undefined : `clock governed by ${governor}`,
    battery === null ? undefined : battery ? "on battery" : "on mains",
    load === null ? undefined : `load ${load.toFixed(1)}`,
    desktop ? "a desktop" : "no desktop",
  ];
  return parts.filter(Boolean).join(", ");
}
