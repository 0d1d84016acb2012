/** The cases of a sweep: every combination of its options' values but the excluded ones, each with a key of its own. */
import { createHash } from "node:crypto";
import { BadInputError } from "../../errors.ts";

/** How an option is given: a text behind it, there without one, or left out. */
export type Setting = string | true | null;

/** A value of an option. */
export interface Value {
  readonly setting: Setting;
  /** What it means: two ways to write the same are the same. */
  readonly identity: string;
}

/** An option with all of its values, in the order of the file. */
export interface Axis {
  readonly option: string;
  readonly values: readonly Value[];
}

/** What cases must not have at once: by option, the identities of values. */
export type Exclusion = ReadonlyMap<string, ReadonlySet<string>>;

/** One run of `bench`. */
export interface SweepCase {
  /** A name that can be read, and a digest of all options. Also the name of its folder. */
  readonly key: string;
  /** By option; those that are left out are not here. */
  readonly settings: ReadonlyMap<string, string | true>;
}

export const MOST_CASES = 10_000;

/**
 * All cases, in the order of the file: the last option changes fastest.
 * @throws {BadInputError} if there are none, or more than {@link MOST_CASES}, which is found out without making them
 */
export function casesOf(axes: readonly Axis[], exclude: readonly Exclusion[], where: string): SweepCase[] {
  const count = axes.reduce((product, { values }) => product * values.length, 1);
  if (count > MOST_CASES)
    throw new BadInputError(
      `${where} has ${count.toLocaleString("en")} cases before exclude, more than ${MOST_CASES.toLocaleString("en")}`,
    );
  const cases: SweepCase[] = [];
  for (let index = 0; index < count; index++) {
    const values = valuesAt(axes, index);
    if (!exclude.some((one) => matches(one, axes, values))) cases.push(caseOf(axes, values));
  }
  if (cases.length === 0) throw new BadInputError(`${where} has no case: exclude leaves none`);
  return cases;
}

function valuesAt(axes: readonly Axis[], index: number): Value[] {
  let rest = index;
  const values: Value[] = [];
  for (const axis of [...axes].reverse()) {
    values.unshift(axis.values[rest % axis.values.length]);
    rest = Math.floor(rest / axis.values.length);
  }
  return values;
}

const matches = (exclusion: Exclusion, axes: readonly Axis[], values: readonly Value[]): boolean =>
  [...exclusion].every(([option, identities]) =>
    identities.has(values[axes.findIndex((axis) => axis.option === option)]?.identity ?? ""),
  );

/** A case of one value per option. */
function caseOf(axes: readonly Axis[], values: readonly Value[]): SweepCase {
  const given = axes.flatMap(({ option }, at) => (values[at].setting === null ? [] : [{ option, ...values[at] }]));
  const settings = new Map(given.map(({ option, setting }) => [option, setting as string | true]));
  // By name, so that the order of a file's lines changes no key.
  const identities = given.map(({ option, identity }) => [option, identity]).sort(([a], [b]) => (a < b ? -1 : 1));
  const digest = createHash("sha256").update(JSON.stringify(identities)).digest("hex").slice(0, 12);
  return { key: [...slug(settings), digest].join("-"), settings };
}

/** As {@link casesOf} makes it, with another value of one option. */
export function withValue(axes: readonly Axis[], one: SweepCase, option: string, value: Value): SweepCase {
  const single = axes.map((axis) => {
    if (axis.option === option) return value;
    const setting = one.settings.get(axis.option) ?? null;
    return axis.values.find((each) => each.setting === setting) as Value;
  });
  return caseOf(axes, single);
}

/** What people look for in a list of folders. */
const NAMING = ["engine", "component", "mode", "preset", "backend", "precision", "seq-len"];
const MOST_LETTERS = 60;

function slug(settings: ReadonlyMap<string, string | true>): string[] {
  const words = NAMING.flatMap((option) => {
    const setting = settings.get(option);
    return typeof setting === "string" ? [option === "seq-len" ? `n${setting}` : setting] : [];
  });
  const text = words
    .join("-")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-");
  const short = text.slice(0, MOST_LETTERS).replace(/^-+|-+$/g, "");
  return short === "" ? [] : [short];
}

/** The arguments of `bench` for a case. A value stands behind `=`, so that it may begin with a dash. */
export const argumentsOf = ({ settings }: SweepCase): string[] =>
  [...settings].map(([option, setting]) => (setting === true ? `--${option}` : `--${option}=${setting}`));
