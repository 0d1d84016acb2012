/** Which options a use of a verb takes notice of: the rest is refused rather than ignored. */
import type { Command } from "commander";
import { BadInputError } from "../errors.ts";

/** A way to use a verb. */
export interface Use {
  /** Names it in complaints, such as `--list` or `the mode toy`. */
  readonly name: string;
  /** The options that mean something then, by their long names. */
  readonly takes: readonly string[];
}

/** Two options of which a call can have one only, and why. */
export type Exclusion = readonly [one: string, other: string, why: string];

/** The options that were typed, by their long names; defaults are not among them. */
export const typedOptions = (command: Command): readonly string[] =>
  command.options
    .filter((option) => command.getOptionValueSource(option.attributeName()) === "cli")
    .map((option) => option.name());

/** What an option is typed as. @param name the one that its value has in code, such as `numMsa` */
export const optionOf = (name: string): string => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

const dashed = (names: readonly string[]): string => names.map((name) => `--${name}`).join(", ");

/** @throws {BadInputError} if an option was typed that this use has no use for */
export function checkUse(command: Command, { name, takes }: Use): void {
  const stray = typedOptions(command).filter((option) => !takes.includes(option));
  if (stray.length > 0) throw new BadInputError(`${name} has no use for ${dashed(stray)}: leave it out`);
}

/** @throws {BadInputError} if two options were typed that contradict each other */
export function checkExclusions(command: Command, exclusions: readonly Exclusion[]): void {
  const typed = typedOptions(command);
  for (const [one, other, why] of exclusions)
    if (typed.includes(one) && typed.includes(other))
      throw new BadInputError(`--${one} and --${other} contradict each other: ${why}`);
}
