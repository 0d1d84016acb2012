/** NumPy's types of array elements: which are numbers, and what the others are called. */
import { BadInputError } from "../errors.ts";
import { halfValue } from "./half.ts";
import type { PythonValue } from "./python_literal.ts";

/** How one element is read. */
export interface StoredType {
  readonly bytes: number;
  readonly kind: "integer" | "number";
  readonly read: (view: DataView, at: number) => number | bigint;
}

type Reader = (view: DataView, at: number, little: boolean) => number | bigint;

/** By NumPy's letter for the kind and the bytes. */
const READERS: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ["b1", (view, at) => Number(view.getUint8(at) !== 0)],
  ["i1", (view, at) => view.getInt8(at)],
  ["i2", (view, at, little) => view.getInt16(at, little)],
  ["i4", (view, at, little) => view.getInt32(at, little)],
  ["i8", (view, at, little) => view.getBigInt64(at, little)],
  ["u1", (view, at) => view.getUint8(at)],
  ["u2", (view, at, little) => view.getUint16(at, little)],
  ["u4", (view, at, little) => view.getUint32(at, little)],
  ["u8", (view, at, little) => view.getBigUint64(at, little)],
  ["f2", (view, at, little) => halfValue(view.getUint16(at, little))],
  ["f4", (view, at, little) => view.getFloat32(at, little)],
  ["f8", (view, at, little) => view.getFloat64(at, little)],
]);

/** NumPy's names, which its headers do not use but its reader takes. */
const NAMES: ReadonlyMap<string, string> = new Map([
  ["bool", "b1"],
  ["?", "b1"],
  ...[8, 16, 32, 64].flatMap((bits): [string, string][] => [
    [`int${bits}`, `i${bits / 8}`],
    [`uint${bits}`, `u${bits / 8}`],
  ]),
  ...[16, 32, 64].map((bits): [string, string] => [`float${bits}`, `f${bits / 8}`]),
]);

/** What the other kinds are, for messages. */
const OTHERS: ReadonlyMap<string, string> = new Map([
  ["U", "text"],
  ["S", "text as bytes"],
  ["a", "text as bytes"],
  ["O", "Python objects"],
  ["c", "complex numbers"],
  ["M", "dates"],
  ["m", "time spans"],
  ["V", "raw bytes"],
]);

/**
 * The type that a header names, in either byte order.
 * @param descr as NumPy writes it, such as `<f4`; a structured type is a list of its fields
 * @param name of the array, for messages
 * @throws {BadInputError} saying what type it is, unless it is one of whole numbers, truth values or real numbers
 */
export function numpyType(descr: PythonValue, name: string): StoredType {
  const [, order, rest] = (typeof descr === "string" && /^([<>=|]?)(.*)$/.exec(descr)) || ["", "", ""];
  const short = NAMES.get(rest) ?? rest;
  const read = READERS.get(short);
  if (!read) throw new BadInputError(`${name} has the type ${described(descr)}, expected numbers or truth values`);
  const little = order !== ">";
  return {
    bytes: Number(short.slice(1)),
    kind: short.startsWith("f") ? "number" : "integer",
    read: (view, at) => read(view, at, little),
  };
}

function described(descr: PythonValue): string {
  if (typeof descr !== "string") return "of records with several fields";
  const other = OTHERS.get(descr.replace(/^[<>=|]/, "").charAt(0));
  return `${JSON.stringify(descr)}${other ? ` (${other})` : ""}`;
}
