/** The registry of engines, components and presets. */
import { BadInputError } from "../errors.ts";
import { givenContent } from "../formats/given.ts";
import { didYouMean } from "../words.ts";
import { toyComponent } from "./components/toy.ts";
import type { Component, EngineName, Sizes } from "./core/component.ts";
import { type Engine, type PresetName, sharedPresetNames } from "./core/engine.ts";
import { enumerated } from "./core/names.ts";
import { deepmind } from "./deepmind/engine.ts";
import { ligo } from "./ligo/engine.ts";
import { protenix } from "./protenix/engine.ts";

export type { PresetName } from "./core/engine.ts";

const engines: Engine[] = [deepmind, ligo, protenix];
const names: EngineName[] = engines.map(({ name }) => name);
const sizes: PresetName[] = [...sharedPresetNames];
for (const engine of engines) addPresets(engine);

/** The names of all engines, in the order in which they are listed; one that is registered later joins them. */
export const engineNames: readonly EngineName[] = names;

/** The names of all presets, those that engines share first; not every engine has each. One that is registered later adds its own. */
export const presetNames: readonly PresetName[] = sizes;

function addPresets({ presets }: Engine): void {
  for (const name of Object.keys(presets)) if (!sizes.includes(name)) sizes.push(name);
}

/**
 * Adds an engine to those that come with the package.
 * @throws {BadInputError} if there is one of the name, or the name could not stand in a list or a path
 */
export function registerEngine(engine: Engine): void {
  const { name } = engine;
  if (!/^[a-z][a-z0-9_]*$/.test(name) || RESERVED.has(name))
    throw new BadInputError(
      `an engine cannot be called "${name}": its name is lower case and none of ${[...RESERVED].join(", ")}`,
    );
  if (names.includes(name)) throw new BadInputError(`there is an engine ${name} already`);
  engines.push(engine);
  names.push(name);
  addPresets(engine);
}

/** What stands for several engines where one is named. */
const RESERVED: ReadonlySet<string> = new Set(["all", "both"]);

/** @throws {BadInputError} with the known names if there is no such engine */
export function findEngine(name: string): Engine {
  givenContent("the engine", name, "an engine's name");
  const engine = engines.find((candidate) => candidate.name === name);
  if (!engine)
    throw new BadInputError(
      `there is no engine ${name || '""'}; there are ${enumerated(names)}${didYouMean(name, names)}`,
    );
  return engine;
}

/** A component by its own name; `toy` is every engine's. @throws {BadInputError} with the known names if there is none */
export function findComponent(engine: Engine, name: string): Component {
  givenContent("the component", name, "a component's name");
  if (name === "toy") return toyComponent(engine);
  const component = engine.components.find((candidate) => candidate.name === name);
  if (component) return component;
  const known = engine.components.map((candidate) => candidate.name);
  const near = didYouMean(name, known);
  throw new BadInputError(`${engine.name} has no component ${name}; it has ${known.join(", ")}${near}`);
}

export interface Preset {
  readonly config: unknown;
  /** Widths that the config does not hold. */
  readonly widths: Sizes;
}

/**
 * The config of a component at one of the published or small sizes.
 * @throws {BadInputError} if there is no such engine, the engine has no such preset, or the preset no such component
 */
export function findPreset(engineName: EngineName, component: string, preset: PresetName): Preset {
  const { name, presets } = findEngine(engineName);
  givenContent("the component", component, "a component's name");
  if (!presetNames.includes(preset))
    throw new BadInputError(
      `there is no preset ${preset}; there are ${enumerated(presetNames)}${didYouMean(preset, presetNames)}`,
    );
  const entry = Object.hasOwn(presets, preset) ? presets[preset] : undefined;
  if (!entry) throw new BadInputError(`${name} has no preset ${preset}; it has ${Object.keys(presets).join(", ")}`);
  if (!Object.hasOwn(entry, component)) throw new BadInputError(`the preset ${preset} has no ${name} ${component}`);
  return { config: entry[component], widths: (entry.widths ?? {}) as Sizes };
}
