/** Which options of `bench` a sweep ranges over, and what their values mean: all of them, from bench's own list. */
import type { Command } from "commander";
import type { Setting, Value } from "../../bench/sweep/grid.ts";
import { BadInputError, messageOf } from "../../errors.ts";
import { literal } from "../../formats/given.ts";
import { inPrecisions, webgpuChoice } from "../backends.ts";
import { type BenchOptions, benchCommand } from "../bench.ts";
import { benchUses, checkBenchUse } from "../bench_uses.ts";
import { checkWorkloads } from "../bench_workloads.ts";

/** What the sweep decides itself: where results go, what is printed, and when a case has failed. */
export const ownOptions: ReadonlySet<string> = new Set(["out", "json", "format", "baseline", "fail-on-error"]);

export interface SweepOption {
  readonly name: string;
  /** Whether it takes a value; else it is there or not. */
  readonly takesValue: boolean;
  /** The values that one of the file stands for. @throws {BadInputError} if bench would not take it */
  read(value: unknown): readonly Value[];
}

/** Whatever a timed run of `bench` takes notice of. */
export function sweepOptions(): ReadonlyMap<string, SweepOption> {
  const timed = new Set([...benchUses.network, ...benchUses.toy]);
  const options = benchCommand().options.filter((option) => timed.has(option.name()) && !ownOptions.has(option.name()));
  return new Map(
    options.map((option) => {
      const name = option.name();
      const takesValue = option.required || option.optional;
      const parse = (text: string): unknown => option.parseArg?.(text, undefined) ?? text;
      return [name, { name, takesValue, read: (value) => valuesOf(name, takesValue, parse, value) }];
    }),
  );
}

function valuesOf(name: string, takesValue: boolean, parse: (text: string) => unknown, value: unknown): Value[] {
  if (value === null) return [{ setting: null, identity: "null" }];
  if (!takesValue) {
    if (typeof value !== "boolean") throw new BadInputError(`${name} should be true or false, not ${literal(value)}`);
    return [{ setting: value || null, identity: value ? "true" : "null" }];
  }
  if (typeof value !== "string" && typeof value !== "number")
    throw new BadInputError(`${name} should be a value of bench's --${name}, or a list of such, not ${kindOf(value)}`);
  const text = String(value);
  // Lengths are never side by side: each is a case, so that one that ends its process takes no other with it.
  const parts = name === "seq-len" ? (parse(text) as readonly number[]).map(String) : [text];
  return parts.map((part) => ({ setting: part as Setting, identity: JSON.stringify(parse(part)) }));
}

const kindOf = (value: unknown): string =>
  value instanceof Map ? "a mapping" : Array.isArray(value) ? "a list in a list" : literal(value);

/** What `bench` would make of arguments. @throws {BadInputError} if it would refuse them */
export function benchOptionsOf(args: readonly string[]): BenchOptions {
  const command = parsed(args);
  const options = command.opts<BenchOptions>();
  checkBenchUse(command, options);
  inPrecisions(options.backend ?? [webgpuChoice], options);
  checkWorkloads(options);
  return options;
}

function parsed(args: readonly string[]): Command {
  const command = benchCommand()
    .exitOverride()
    .configureOutput({ outputError: () => {} });
  try {
    const { operands, unknown } = command.parseOptions([...args]);
    const strange = [...operands, ...unknown].at(0);
    if (strange !== undefined) throw new BadInputError(`bench has no use for ${strange}`);
  } catch (error) {
    if (error instanceof BadInputError) throw error;
    throw new BadInputError(messageOf(error).replace(/^error: /, ""));
  }
  return command;
}
