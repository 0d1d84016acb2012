/** Tensors on the host. */
import { BadInputError } from "../errors.ts";
import { givenFields, givenList, givenName, givenText, givenWhole, MOST_SIZE, refuse } from "./given.ts";

export type DType = "float32" | "int32";

export interface HostTensor {
  readonly dtype: DType;
  /** Row-major; [] is a scalar. */
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array;
}

export type TensorMap = ReadonlyMap<string, HostTensor>;

export const sizeOf = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

/** A float32 tensor. @throws {BadInputError} unless the values are a Float32Array that fills the shape */
export function float32(shape: readonly number[], data: Float32Array): HostTensor {
  return made({ dtype: "float32", shape, data });
}

/** An int32 tensor. @throws {BadInputError} unless the values are an Int32Array that fills the shape */
export function int32(shape: readonly number[], data: Int32Array): HostTensor {
  return made({ dtype: "int32", shape, data });
}

function made(tensor: HostTensor): HostTensor {
  givenTensor("the tensor", tensor);
  return tensor;
}

export const shapeText = (shape: readonly (string | number)[]): string => `[${shape.join(", ")}]`;

/** @throws {BadInputError} unless it is a Map of tensors whose values fill their shapes */
export function givenTensors(name: string, value: unknown): void {
  const expected = "a Map of { dtype, shape, data } by name";
  if (!(value instanceof Map) && Object.prototype.toString.call(value) !== "[object Map]")
    refuse(name, expected, value, helpFor(value));
  for (const [key, tensor] of value as Map<unknown, unknown>) {
    givenText(`a name in ${name}`, "a text", key);
    givenTensor(`${name}: ${key}`, tensor);
  }
}

/** What makes a Map of what was given in its place; empty if nothing simple does. */
function helpFor(value: unknown): string {
  if (value instanceof Promise) return ": await it";
  const plain = typeof value === "object" && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);
  return plain ? ": new Map(Object.entries(…)) makes one" : "";
}

function givenTensor(name: string, value: unknown): void {
  givenFields(name, "a tensor { dtype, shape, data }", value);
  const { dtype, shape, data } = value as unknown as HostTensor;
  givenName(`${name}: dtype`, dtype, ["float32", "int32"]);
  givenList(`${name}: shape`, "an array of whole numbers", shape);
  for (const size of shape) givenWhole(`${name}: shape [${shape.join(", ")}]`, size, 0, MOST_SIZE);
  const kind = dtype === "float32" ? "Float32Array" : "Int32Array";
  if (Object.prototype.toString.call(data) !== `[object ${kind}]`)
    refuse(`${name}: data of ${dtype}`, `a ${kind}`, data);
  if (data.length !== sizeOf(shape))
    throw new BadInputError(
      `${name} has ${data.length} values, but its shape ${shapeText(shape)} holds ${sizeOf(shape)}`,
    );
}
