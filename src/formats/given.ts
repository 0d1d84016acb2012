/** Checks of what callers hand in: JavaScript has no types, and a value of another kind would fail far from where it came from. */
import { BadInputError } from "../errors.ts";
import { didYouMean } from "../words.ts";

/** A value as a message shows it: short, and never a whole tensor. */
export function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  if (typeof value === "function") return "a function";
  if (typeof value !== "object" || value === null) return String(value);
  if (Array.isArray(value)) return "an array";
  const name = value.constructor?.name ?? "Object";
  return name === "Object" ? "a plain object" : `a ${name}`;
}

/** Letters of a value that a message shows. */
const MOST_LETTERS = 80;

/** JSON writes numbers that it has no word for as null, and refuses large ones. */
const worded = (_: string, value: unknown): unknown =>
  typeof value === "bigint" || (typeof value === "number" && !Number.isFinite(value)) ? String(value) : value;

/** A value of a config or a JSON file as a message shows it: as it stands there, where that is short. */
export function literal(value: unknown): string {
  if (typeof value !== "object" && typeof value !== "string") return shown(value);
  try {
    const text = JSON.stringify(value, worded);
    return text.length > MOST_LETTERS ? `${text.slice(0, MOST_LETTERS)}…` : text;
  } catch {
    // It holds itself.
    return shown(value);
  }
}

/** Several things of a kind, such as `the options`; a field's name is one word. */
const PLURAL = /^the .*[^s]s$/;

function wrong(name: string, expected: string, value: unknown): BadInputError {
  if (value !== undefined) return new BadInputError(`${name} should be ${expected}, not ${shown(value)}`);
  const missing = PLURAL.test(name) ? "are missing: they" : "is missing: it";
  return new BadInputError(`${name} ${missing} should be ${expected}`);
}

/** @throws {BadInputError} that says what it is, what it should be, what it is instead, and what helps */
export function refuse(name: string, expected: string, value: unknown, help = ""): never {
  throw new BadInputError(wrong(name, expected, value).message + help);
}

/** Objects whose content is no fields: what is looked for in them would seem to be left out. */
const WITHOUT_FIELDS = /^\[object (Map|Set|Promise|DataView|.*Array.*)\]$/;
const hasFields = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !WITHOUT_FIELDS.test(Object.prototype.toString.call(value));

/** @throws {BadInputError} unless it is an object with fields; of a promise, that it is to be awaited */
export function givenFields(name: string, expected: string, value: unknown): asserts value is Record<string, unknown> {
  if (!hasFields(value)) refuse(name, expected, value, value instanceof Promise ? ": await it" : "");
}

/** @throws {BadInputError} if it has a field that nobody reads: a mistyped one would change nothing, without a word */
export function knownFields(name: string, value: Readonly<Record<string, unknown>>, known: readonly string[]): void {
  const strange = Object.keys(value).find((field) => !known.includes(field));
  if (strange !== undefined)
    throw new BadInputError(
      `${strange} is no field of ${name}; known are ${known.join(", ")}${didYouMean(strange, known)}`,
    );
}

/** What a part must be; NaN is no number here. */
type Part = "string" | "number" | "boolean" | "object" | "list" | "function";
const PARTS: Readonly<Record<Part, readonly [words: string, holds: (value: unknown) => boolean]>> = {
  string: ["a text", (value) => typeof value === "string"],
  number: ["a number", (value) => typeof value === "number" && !Number.isNaN(value)],
  boolean: ["true or false", (value) => typeof value === "boolean"],
  object: ["an object", (value) => hasFields(value)],
  list: ["an array", Array.isArray],
  function: ["a function", (value) => typeof value === "function"],
};

/**
 * Checks what another call gave, by some of its parts; no other part is touched, for one may be made when it is first read.
 * @param source where it comes from, such as `what readCase resolves to`
 * @throws {BadInputError} naming the part that is missing or something else
 */
export function givenParts(name: string, source: string, value: unknown, parts: Readonly<Record<string, Part>>): void {
  givenFields(name, source, value);
  for (const [part, type] of Object.entries(parts)) {
    const [words, holds] = PARTS[type];
    const found = value[part];
    if (holds(found)) continue;
    const instead = found === undefined ? "is missing" : `should be ${words}, not ${shown(found)}`;
    throw new BadInputError(`${name} should be ${source}, but its ${part} ${instead}`);
  }
}

/** @throws {BadInputError} unless it is a text that is not empty */
export function givenText(name: string, expected: string, value: unknown): asserts value is string {
  if (typeof value !== "string" || value === "") throw wrong(name, expected, value);
}

/** @throws {BadInputError} unless it is a text, which may be empty */
export function givenContent(name: string, value: unknown, expected = "a text"): asserts value is string {
  if (typeof value !== "string") throw wrong(name, expected, value);
}

/** @throws {BadInputError} unless it is true or false */
export function givenFlag(name: string, value: unknown): asserts value is boolean {
  if (typeof value !== "boolean") throw wrong(name, "true or false", value);
}

/** @throws {BadInputError} unless it is a number from the least to the most; NaN is none */
export function givenNumber(
  name: string,
  value: unknown,
  least = Number.NEGATIVE_INFINITY,
  most = Number.POSITIVE_INFINITY,
): asserts value is number {
  const range =
    least === Number.NEGATIVE_INFINITY
      ? ""
      : most === Number.POSITIVE_INFINITY
        ? ` from ${least}`
        : ` from ${least} to ${most}`;
  if (typeof value !== "number" || !(value >= least && value <= most)) throw wrong(name, `a number${range}`, value);
}

/** @throws {BadInputError} unless it is the bytes of a file */
export function givenBytes(name: string, value: unknown): asserts value is Uint8Array {
  // A Buffer is one, and so is that of another realm.
  if (Object.prototype.toString.call(value) !== "[object Uint8Array]") throw wrong(name, "a Uint8Array", value);
}

/** @throws {BadInputError} unless it is an array. @param expected such as `an array of samples` */
export function givenList(name: string, expected: string, value: unknown): asserts value is readonly unknown[] {
  if (!Array.isArray(value)) throw wrong(name, expected, value);
}

/**
 * @param length how many there must be, if that is known
 * @throws {BadInputError} unless it is an array or a typed array of numbers; NaN is one
 */
export function givenNumbers(name: string, value: unknown, length?: number): asserts value is ArrayLike<number> {
  const typed = ArrayBuffer.isView(value) && !/DataView|Big/.test(Object.prototype.toString.call(value));
  if (!typed && !Array.isArray(value)) throw wrong(name, "an array of numbers", value);
  const values = value as ArrayLike<unknown>;
  if (!typed)
    for (let at = 0; at < values.length; at++)
      if (typeof values[at] !== "number") throw wrong(`${name}[${at}]`, "a number", values[at]);
  if (length !== undefined && values.length !== length)
    throw new BadInputError(`${name} should have ${length} numbers, not ${values.length}`);
}

/** @throws {BadInputError} unless it is a whole number from the least to the most */
export function givenWhole(name: string, value: unknown, least: number, most: number): asserts value is number {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < least || value > most)
    throw wrong(name, `a whole number from ${least} to ${most}`, value);
}

/** @throws {BadInputError} unless it is one of the names */
export function givenName(what: string, value: unknown, names: readonly string[]): void {
  if (typeof value !== "string" || !names.includes(value)) throw wrong(what, `one of ${names.join(", ")}`, value);
}

/** @throws {BadInputError} unless it is a function, or undefined */
export function givenFunction(name: string, value: unknown): void {
  if (value !== undefined && typeof value !== "function") throw wrong(name, "a function", value);
}

const isSignal = (value: unknown): boolean =>
  typeof value === "object" && value !== null && "aborted" in value && "addEventListener" in value;

/** @throws {BadInputError} unless it is an AbortSignal, or undefined */
export function givenSignal(name: string, value: unknown): void {
  if (value !== undefined && !isSignal(value)) throw wrong(name, "the signal of an AbortController", value);
}

/** @throws {BadInputError} unless they are options with a signal and a function `progress` at the most */
export function givenOptions(value: unknown): void {
  if (isSignal(value)) throw new BadInputError("a signal is one of the options: pass { signal }");
  givenFields("the options", "an object such as { signal, progress }", value);
  knownFields("the options", value, ["signal", "progress"]);
  givenSignal("signal", value.signal);
  givenFunction("progress", value.progress);
}

/** Sizes are counted in 32 bits. */
export const MOST_SIZE = 2 ** 31 - 1;
/** Seeds are 32 bits without a sign. */
export const MOST_SEED = 2 ** 32 - 1;

/** @throws {BadInputError} unless every size is a whole number */
export function givenSizes(value: unknown): asserts value is Readonly<Record<string, number>> {
  givenFields("sizes", "an object such as { tokens: 64 }", value);
  // There may be no templates, or no second chain; what else must not be zero is the component's to say.
  for (const [name, size] of Object.entries(value))
    givenWhole(`sizes.${name}`, size, name === "tokens" ? 1 : 0, MOST_SIZE);
}
