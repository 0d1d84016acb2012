/** The registry of engines, components and presets. */
import { BadInputError } from "../errors.ts";
import { presets } from "../generated/presets.ts";
import { toyComponent } from "./components/toy.ts";
import { type Component, type EngineName, engineNames, type Sizes } from "./core/component.ts";
import type { Engine } from "./core/engine.ts";
import { deepmind } from "./deepmind/engine.ts";
import { ligo } from "./ligo/engine.ts";

const engines: Readonly<Record<EngineName, Engine>> = { deepmind, ligo };

/** @throws {BadInputError} with the known names if there is no such engine */
export function findEngine(name: string): Engine {
  if (!Object.hasOwn(engines, name))
    throw new BadInputError(`there is no engine ${name}; there are ${engineNames.join(" and ")}`);
  return engines[name as EngineName];
}

/** A component by its name; `toy` is every engine's. @throws {BadInputError} with the known names if there is none */
export function findComponent(engine: Engine, name: string): Component {
  if (name === "toy") return toyComponent(engine.name);
  const component = engine.components.find((candidate) => candidate.name === name);
  if (component) return component;
  const known = engine.components.map((candidate) => candidate.name).join(", ");
  throw new BadInputError(`${engine.name} has no component ${name}; it has ${known}`);
}

export type PresetName = "tiny" | "block" | "paper";
export const presetNames: readonly PresetName[] = ["tiny", "block", "paper"];

export interface Preset {
  readonly config: unknown;
  /** Widths that the config does not hold. */
  readonly widths: Sizes;
}

/** The config of a component at one of the published or small sizes. */
export function findPreset(engine: EngineName, component: string, preset: PresetName): Preset {
  const entry = presets[engine][preset] as Readonly<Record<string, unknown>>;
  if (!Object.hasOwn(entry, component)) throw new BadInputError(`the preset ${preset} has no ${engine} ${component}`);
  return { config: entry[component], widths: (entry.widths ?? {}) as Sizes };
}
