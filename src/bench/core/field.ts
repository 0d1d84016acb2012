/** Kinds of values that result rows hold, fields made of them, and tables of fields. */
import { BadInputError } from "../../errors.ts";
import { givenText, shown } from "../../formats/given.ts";

/** What values of a kind look like in JSON. */
export interface Kind<T> {
  /** In words, for documentation and complaints. */
  readonly words: string;
  holds(value: unknown): value is T;
}

/** A field of a row. Without `before`, whoever begins a row states it. */
export interface Field<T, Stated extends boolean = boolean> {
  readonly kind: Kind<T>;
  readonly stated: Stated;
  /** What it says before anything has been measured. */
  readonly before: T | undefined;
  readonly about: string;
  /** Whether it is a column of CSV files. */
  readonly csv: boolean;
}

export type ValueOf<F> = F extends Field<infer T> ? T : never;

const kind = <T>(words: string, holds: (value: unknown) => boolean): Kind<T> => ({
  words,
  holds: (value): value is T => holds(value),
});

const isPlain = (value: unknown): value is Readonly<Record<string, unknown>> =>
  Object.prototype.toString.call(value) === "[object Object]";

export const text = kind<string>("text", (value) => typeof value === "string");
export const flag = kind<boolean>("true or false", (value) => typeof value === "boolean");
export const number = kind<number>("a number", Number.isFinite);
export const whole = kind<number>("a whole number", (value) => Number.isSafeInteger(value) && (value as number) >= 0);
export const numbers = kind<readonly number[]>(
  "a list of numbers",
  (value) => Array.isArray(value) && value.every(Number.isFinite),
);

/** An object of single values by name. */
export const named = <T extends string | number | boolean>(words: string, ...types: readonly string[]) =>
  kind<Readonly<Record<string, T>>>(
    words,
    (value) => isPlain(value) && Object.values(value).every((one) => types.includes(typeof one)),
  );

/** Exactly this text. */
export const literal = <T extends string>(value: T) => kind<T>(`"${value}"`, (other) => other === value);

/** A list of objects with these fields. */
export const listOf = <T>(words: string, kinds: { readonly [Name in keyof T]: Kind<T[Name]> }) =>
  kind<readonly T[]>(
    words,
    (value) =>
      Array.isArray(value) &&
      value.every(
        (one) => isPlain(one) && Object.entries<Kind<unknown>>(kinds).every(([name, own]) => own.holds(one[name])),
      ),
  );

export const orNull = <T>(own: Kind<T>) =>
  kind<T | null>(`${own.words}, or null`, (value) => value === null || own.holds(value));

/** A field that is stated when a row begins. */
export const stated = <T>(own: Kind<T>, about: string): Field<T, true> => ({
  kind: own,
  stated: true,
  before: undefined,
  about,
  csv: true,
});

/** A field that is known only later. @param before what it says until then */
export const later = <T>(own: Kind<T>, before: T, about: string): Field<T, false> => ({
  kind: own,
  stated: false,
  before,
  about,
  csv: true,
});

/** A field that is too deep for a column. */
export const notInCsv = <T, S extends boolean>(field: Field<T, S>): Field<T, S> => ({ ...field, csv: false });

export interface Table<Row> {
  /** The columns of CSV files, in order. */
  readonly columns: readonly (keyof Row & string)[];
  /** All fields in their order, which is that of a line of JSON too; those that are to be stated are undefined. */
  readonly before: Readonly<Record<string, unknown>>;
  /** @throws {BadInputError} that names the first field that is missing or no such value */
  check(row: Readonly<Record<string, unknown>>, where: string): void;
  /**
   * Reads a row from what JSON held. Fields of later versions are left alone; those that an earlier one has not say what they say before
   * a measurement.
   * @throws {BadInputError} that names what is wrong
   */
  read(value: unknown, where: string, schema: string, earlier?: readonly string[]): Row;
}

/** What follows from a table of fields. */
export function tableOf<Fields extends Readonly<Record<string, Field<unknown>>>>(
  fields: Fields,
): Table<{ readonly [Name in keyof Fields]: ValueOf<Fields[Name]> }> {
  type Row = { readonly [Name in keyof Fields]: ValueOf<Fields[Name]> };
  const entries = Object.entries(fields) as (readonly [keyof Fields & string, Field<unknown>])[];
  const before = Object.fromEntries(entries.map(([name, field]) => [name, field.before]));
  const check = (row: Readonly<Record<string, unknown>>, where: string): void => {
    for (const [name, { kind }] of entries) {
      if (!Object.hasOwn(row, name) || row[name] === undefined) throw new BadInputError(`${where} has no ${name}`);
      if (!kind.holds(row[name]))
        throw new BadInputError(`${where.replace(/,$/, "")}: ${name} should be ${kind.words}, not ${shown(row[name])}`);
    }
  };
  return {
    columns: entries.flatMap(([name, { csv }]) => (csv ? [name] : [])),
    before,
    check,
    read(value, where, schema, earlier = []) {
      givenText("the place", "a text that names the row in complaints", where);
      if (!isPlain(value)) throw new BadInputError(`${where} holds no row of results`);
      if (value.schema !== schema && !earlier.some((one) => one === value.schema))
        throw new BadInputError(`${where} has the schema ${shown(value.schema)}, not "${schema}"`);
      const row = value.schema === schema ? value : { ...before, ...value, schema };
      check(row, where);
      return row as Row;
    },
  };
}
