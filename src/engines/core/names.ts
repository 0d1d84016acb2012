/** Short names of components: what each engine calls them. */
import { BadInputError } from "../../errors.ts";
import { findEngine } from "../index.ts";
import type { Component, EngineName } from "./component.ts";
import type { Engine } from "./engine.ts";

/** By engine, the own names of the components that have a short one; `pairformer` and the whole networks need none. */
const ownNames: Readonly<Record<EngineName, Readonly<Record<string, string>>>> = {
  deepmind: {
    msa: "msa_stack",
    template: "template_embedding",
    diffusion: "diffusion_head",
    confidence: "confidence_head",
    distogram: "distogram_head",
  },
  ligo: {
    msa: "msa_module",
    template: "template_embedder",
    diffusion: "diffusion_module",
    confidence: "confidence_head",
    distogram: "distogram_head",
  },
};

const shortNames = Object.keys(ownNames.deepmind);

/** A component by the engine's own name or the short one; undefined if the engine has none of it. */
export function componentOf({ name: engine, components }: Engine, name: string): Component | undefined {
  const own = Object.hasOwn(ownNames[engine], name) ? ownNames[engine][name] : name;
  return components.find((component) => component.name === own);
}

/**
 * Makes sure that at least one of the engines has each component.
 * @throws {BadInputError} with the known names if none has
 */
export function checkComponents(engines: readonly EngineName[], names: readonly string[]): void {
  const found = engines.map(findEngine);
  const unknown = names.find((name) => found.every((engine) => !componentOf(engine, name)));
  if (unknown === undefined) return;
  const own = found.flatMap(({ components }) => components.map(({ name }) => name));
  const short = shortNames.filter((name) => found.some((engine) => componentOf(engine, name)));
  const known = [...new Set([...own, ...short])].join(", ");
  throw new BadInputError(
    `${engines.join(" and ")} ${engines.length > 1 ? "have" : "has"} no component ${unknown}; known are ${known}`,
  );
}
