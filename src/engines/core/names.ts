/** Names of components: the engines' own, and the short ones that engines share. */
import { BadInputError } from "../../errors.ts";
import { didYouMean } from "../../words.ts";
import type { Component } from "./component.ts";
import type { Engine } from "./engine.ts";

/** Names in a sentence: `a`, `a and b`, `a, b and c`. */
export const enumerated = (names: readonly string[], word = "and"): string =>
  names.length < 2 ? names.join() : `${names.slice(0, -1).join(", ")} ${word} ${names.at(-1)}`;

/** A component by the engine's own name or the short one; undefined if the engine has none of it. */
export const componentOf = ({ components }: Engine, name: string): Component | undefined =>
  components.find((component) => component.name === name) ?? components.find(({ shortName }) => shortName === name);

/** The short names of components that some of the engines have. */
export const shortNames = (engines: readonly Engine[]): string[] => [
  ...new Set(engines.flatMap(({ components }) => components.flatMap(({ shortName }) => shortName ?? []))),
];

/**
 * Makes sure that at least one of the engines has each component.
 * @throws {BadInputError} with the known names if none has
 */
export function checkComponents(engines: readonly Engine[], names: readonly string[]): void {
  const unknown = names.find((name) => engines.every((engine) => !componentOf(engine, name)));
  if (unknown === undefined) return;
  const own = engines.flatMap(({ components }) => components.map(({ name }) => name));
  const known = [...new Set([...own, ...shortNames(engines)])];
  throw new BadInputError(
    `${enumerated(engines.map(({ name }) => name))} ${engines.length > 1 ? "have" : "has"} no component ${unknown}; known are ${known.join(", ")}${didYouMean(unknown, known)}`,
  );
}
