/** Reads the file of a sweep: which cases, within which limits. */
import path from "node:path";
import { type Axis, argumentsOf, casesOf, type Exclusion, type SweepCase, type Value } from "../../bench/sweep/grid.ts";
import { readYaml } from "../../bench/sweep/yaml.ts";
import { BadInputError, messageOf } from "../../errors.ts";
import { literal } from "../../formats/given.ts";
import { sweeps } from "../../generated/sweeps.ts";
import { nodeFiles } from "../../platform/node/files.ts";
import type { Limits } from "../../platform/node/limited_process.ts";
import { didYouMean } from "../../words.ts";
import * as option from "../options.ts";
import { benchOptionsOf, ownOptions, type SweepOption, sweepOptions } from "./options.ts";

export interface Sweep {
  /** Names its folder. */
  readonly name: string;
  readonly axes: readonly Axis[];
  /** In the order of the table. */
  readonly cases: readonly SweepCase[];
  readonly limits: Limits;
  /** Whether the largest N that runs is searched, for every combination of the rest. */
  readonly largest: boolean;
}

/** What a file may say beside options of bench. */
const KEYS = ["name", "exclude", "limits", "largest"];

/** The file that a word names: one of the shipped ones, or a path. @throws {BadInputError} if it cannot be read */
export async function readSweep(word: string): Promise<Sweep> {
  if (Object.hasOwn(sweeps, word)) return sweepOf(new TextEncoder().encode(sweeps[word]), word, `the preset ${word}`);
  if (!/[./\\]/.test(word) && !(await nodeFiles.exists(word)))
    throw new BadInputError(
      `there is no sweep ${word}: name a YAML file, or ${Object.keys(sweeps).join(", ")}${didYouMean(word, Object.keys(sweeps))}`,
    );
  return sweepOf(await nodeFiles.read(word), path.parse(word).name, word);
}

/**
 * @param name if the file says none
 * @param where names the file in complaints
 * @throws {BadInputError} in one sentence
 */
export function sweepOf(content: Uint8Array, name: string, where: string): Sweep {
  try {
    return checked(readYaml(content, where), name, where);
  } catch (error) {
    if (error instanceof BadInputError && !error.message.startsWith(where))
      throw new BadInputError(`${where}: ${error.message}`);
    throw error;
  }
}

function checked(file: ReadonlyMap<string, unknown>, fallback: string, where: string): Sweep {
  const options = sweepOptions();
  for (const key of file.keys()) refuseUnknown(key, options);
  const axes = [...file].filter(([key]) => !KEYS.includes(key)).map(([key, value]) => axisOf(options.get(key), value));
  const exclude = exclusionsOf(file.get("exclude"), axes, options);
  const cases = casesOf(axes, exclude, where);
  const limits = limitsOf(file.get("limits"));
  const largest = file.get("largest");
  if (largest !== undefined && largest !== "seq-len")
    throw new BadInputError(`largest should be seq-len, not ${literal(largest)}`);
  if (largest && limits.seconds === undefined && limits.memory === undefined)
    throw new BadInputError("largest needs limits: without seconds or memory a search has no end");
  if (largest && !axes.some((axis) => axis.option === "seq-len"))
    throw new BadInputError("largest needs seq-len, from which the search begins");
  refuseTwice(cases, where);
  refuseUseless(cases);
  return { name: nameOf(file.get("name"), fallback), axes, cases, limits, largest: largest !== undefined };
}

function refuseUnknown(key: string, options: ReadonlyMap<string, SweepOption>): void {
  if (KEYS.includes(key) || options.has(key)) return;
  if (ownOptions.has(key)) throw new BadInputError(`${key} is not a case's to say: a sweep decides it for all`);
  throw new BadInputError(`bench has no option ${literal(key)}${didYouMean(key, [...options.keys(), ...KEYS])}`);
}

/** @param known undefined cannot be: keys have been checked */
function axisOf(known: SweepOption | undefined, value: unknown): Axis {
  const one = known as SweepOption;
  const given = Array.isArray(value) ? value : [value];
  if (given.length === 0) throw new BadInputError(`${one.name} has no value: its list is empty`);
  const values = given.flatMap((each) => one.read(each));
  const seen = new Set<string>();
  for (const { identity, setting } of values) {
    if (seen.has(identity))
      throw new BadInputError(`${one.name} names ${setting === null ? "its absence" : setting} twice`);
    seen.add(identity);
  }
  return { option: one.name, values };
}

function exclusionsOf(
  value: unknown,
  axes: readonly Axis[],
  options: ReadonlyMap<string, SweepOption>,
): readonly Exclusion[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw new BadInputError(`exclude should be a list of mappings, not ${kindOf(value)}`);
  return value.map((one: unknown, index) => {
    if (!(one instanceof Map) || one.size === 0)
      throw new BadInputError(`exclude should be a list of mappings; its entry ${index + 1} is ${kindOf(one)}`);
    return new Map([...one].map(([key, values]) => [key, excluded(key, values, axes, options)]));
  });
}

const kindOf = (value: unknown): string =>
  value instanceof Map ? (value.size === 0 ? "an empty mapping" : "a mapping") : literal(value);

/** The identities of the values that are excluded. */
function excluded(
  key: string,
  value: unknown,
  axes: readonly Axis[],
  options: ReadonlyMap<string, SweepOption>,
): ReadonlySet<string> {
  const axis = axes.find(({ option }) => option === key);
  if (!axis) {
    refuseUnknown(key, options);
    throw new BadInputError(`exclude names ${key}, which no case has`);
  }
  const own = axis.values.map(({ identity }) => identity);
  const values = (Array.isArray(value) ? value : [value]).flatMap(
    (each): readonly Value[] => options.get(key)?.read(each) ?? [],
  );
  const stray = values.find(({ identity }) => !own.includes(identity));
  if (stray) throw new BadInputError(`exclude names ${key} ${stray.setting ?? "null"}, which no case has`);
  return new Set(values.map(({ identity }) => identity));
}

function limitsOf(value: unknown): Limits {
  if (value === undefined) return {};
  if (!(value instanceof Map)) throw new BadInputError(`limits should be a mapping, not ${kindOf(value)}`);
  const known = ["seconds", "memory"];
  const strange = [...value.keys()].find((key) => !known.includes(key));
  if (strange !== undefined)
    throw new BadInputError(`limits are seconds and memory, not ${literal(strange)}${didYouMean(strange, known)}`);
  const text = (key: string): string | undefined => {
    const given: unknown = value.get(key);
    if (given !== undefined && typeof given !== "string" && typeof given !== "number")
      throw new BadInputError(
        `limits: ${key} should be a ${key === "memory" ? "size" : "number"}, not ${kindOf(given)}`,
      );
    return given === undefined ? undefined : String(given);
  };
  const [seconds, memory] = [text("seconds"), text("memory")];
  return {
    ...(seconds !== undefined && { seconds: option.positive("limits: seconds")(seconds) }),
    ...(memory !== undefined && { memory: option.size("limits: memory")(memory) }),
  };
}

/** Of a folder: no path, and nothing that a shell or another system would read otherwise. */
function nameOf(value: unknown, fallback: string): string {
  const name = value === undefined ? fallback : value;
  if (typeof name !== "string" || !/^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,99}$/u.test(name))
    throw new BadInputError(
      `name should be a folder's, of letters, digits, dots, dashes and spaces, not ${literal(name)}`,
    );
  return name;
}

/** Options that mean the same in two ways make the same case twice. */
function refuseTwice(cases: readonly SweepCase[], where: string): void {
  const seen = new Set<string>();
  for (const { key } of cases) {
    if (seen.has(key)) throw new BadInputError(`${where} has the case ${key} twice`);
    seen.add(key);
  }
}

/** What whether options fit together depends on, beside which of them there are. */
const DECIDING = [
  ...["mode", "backend", "precision", "diffusion-precision"],
  ...["engine", "component", "weights", "features"],
];

/** Refuses what bench would refuse. Whether options fit together depends on few of them: each combination is asked for once. */
function refuseUseless(cases: readonly SweepCase[]): void {
  const asked = new Set<string>();
  for (const one of cases) {
    const deciding = DECIDING.map((name) => one.settings.get(name));
    const combination = JSON.stringify([[...one.settings.keys()], deciding]);
    if (asked.has(combination)) continue;
    asked.add(combination);
    try {
      benchOptionsOf(argumentsOf(one));
    } catch (error) {
      throw new BadInputError(
        `bench would refuse the case ${argumentsOf(one).join(" ")}: ${messageOf(error)} (exclude leaves cases out; null among an option's values leaves the option out)`,
      );
    }
  }
}
