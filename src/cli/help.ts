/** How help reads: defaults as people write them, and `help VERB` for `VERB --help`. */
import type { Command, Option } from "commander";
import { backendText } from "../backends/backend.ts";
import { engineNames } from "../engines/index.ts";

/** Makes a command describe its options in our words. */
export const plainHelp = (command: Command): Command =>
  command.configureHelp({
    optionDescription: (option) => `${option.description}${remarkOf(option)}`,
    argumentDescription: ({ description }) => description,
  });

function remarkOf({ mandatory, defaultValue }: Option): string {
  if (mandatory) return " (required)";
  const text = textOf(defaultValue);
  return text === "" ? "" : ` (default ${text})`;
}

function textOf(value: unknown): string {
  if (value === undefined || value === false) return "";
  if (Array.isArray(value))
    return value.length > 1 && value.length === engineNames.length && value.every((name) => engineNames.includes(name))
      ? "both"
      : value.map(textOf).join(",");
  if (typeof value === "object" && value !== null && "name" in value && "variant" in value)
    return backendText(value as Parameters<typeof backendText>[0]);
  return String(value);
}

/** The arguments as commander takes them: `help VERB…` asks for a verb's help, and a verb that there is not is no help's name. */
export function withHelpVerb(args: readonly string[], verbs: readonly string[]): string[] {
  const [first, ...rest] = args;
  if (first === "help") return rest.length === 0 ? ["--help"] : withHelpVerb([...rest, "--help"], verbs);
  const known = first === undefined || first.startsWith("-") || verbs.includes(first);
  return known ? [...args] : [first];
}
