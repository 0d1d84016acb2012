/** Checks of what callers hand in: JavaScript has no types, and a value of another kind would fail far from where it came from. */
import { BadInputError } from "../errors.ts";
import { type HostTensor, shapeText, sizeOf } from "./tensor.ts";

/** A value as a message shows it: short, and never a whole tensor. */
function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  if (typeof value === "function") return "a function";
  if (typeof value !== "object" || value === null) return String(value);
  if (Array.isArray(value)) return "an array";
  const name = value.constructor?.name ?? "Object";
  return name === "Object" ? "a plain object" : `a ${name}`;
}

const wrong = (name: string, expected: string, value: unknown): BadInputError =>
  new BadInputError(
    value === undefined
      ? `${name} is missing: it should be ${expected}`
      : `${name} should be ${expected}, not ${shown(value)}`,
  );

/** @throws {BadInputError} unless it is an object with fields */
export function givenFields(name: string, expected: string, value: unknown): asserts value is Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw wrong(name, expected, value);
}

/** @throws {BadInputError} unless it is a text that is not empty */
export function givenText(name: string, expected: string, value: unknown): asserts value is string {
  if (typeof value !== "string" || value === "") throw wrong(name, expected, value);
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

/** @throws {BadInputError} unless they are options with a signal and a function `progress` among them */
export function givenOptions(value: unknown): void {
  if (isSignal(value)) throw new BadInputError("a signal is one of the options: pass { signal }");
  givenFields("the options", "an object such as { signal, progress }", value);
  givenSignal("signal", value.signal);
  givenFunction("progress", value.progress);
}

/** Sizes are counted in 32 bits. */
export const MOST_SIZE = 2 ** 31 - 1;
/** Seeds are 32 bits without a sign. */
export const MOST_SEED = 2 ** 32 - 1;

/** @throws {BadInputError} unless every size is a whole number */
export function givenSizes(value: unknown): void {
  givenFields("sizes", "an object such as { tokens: 64 }", value);
  // There may be no templates, or no second chain; what else must not be zero is the component's to say.
  for (const [name, size] of Object.entries(value))
    givenWhole(`sizes.${name}`, size, name === "tokens" ? 1 : 0, MOST_SIZE);
}

/** @throws {BadInputError} unless it is a Map of tensors whose values fill their shapes */
export function givenTensors(name: string, value: unknown): void {
  const expected = "a Map of { dtype, shape, data } by name";
  if (!(value instanceof Map) && Object.prototype.toString.call(value) !== "[object Map]")
    throw typeof value === "object" && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value)
      ? new BadInputError(`${name} should be ${expected}, not ${shown(value)}: new Map(Object.entries(…)) makes one`)
      : wrong(name, expected, value);
  for (const [key, tensor] of value as Map<unknown, unknown>) givenTensor(`${name}: ${key}`, tensor);
}

function givenTensor(name: string, value: unknown): void {
  givenFields(name, "a tensor { dtype, shape, data }", value);
  const { dtype, shape, data } = value as unknown as HostTensor;
  givenName(`${name}: dtype`, dtype, ["float32", "int32"]);
  if (!Array.isArray(shape)) throw wrong(`${name}: shape`, "an array of whole numbers", shape);
  for (const size of shape) givenWhole(`${name}: shape [${shape.join(", ")}]`, size, 0, MOST_SIZE);
  const kind = dtype === "float32" ? "Float32Array" : "Int32Array";
  if (Object.prototype.toString.call(data) !== `[object ${kind}]`)
    throw wrong(`${name}: data of ${dtype}`, `a ${kind}`, data);
  if (data.length !== sizeOf(shape))
    throw new BadInputError(
      `${name} has ${data.length} values, but its shape ${shapeText(shape)} holds ${sizeOf(shape)}`,
    );
}
