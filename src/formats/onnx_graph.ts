/** Writes ONNX models: as much of the protobuf as small graphs of our own need. Parameters lie in files beside the model. */
import { joined } from "./byte_stream.ts";
import { sizeOf } from "./tensor.ts";

export type OnnxType = "float32" | "int32" | "int64" | "bool";

/** The numbers of the types in onnx.proto. */
const TYPES: Readonly<Record<OnnxType, number>> = { float32: 1, int32: 6, int64: 7, bool: 9 };

/** An input or output of a graph; a size may be a name. */
export interface OnnxValue {
  readonly name: string;
  readonly type: OnnxType;
  readonly shape: readonly (number | string)[];
}

/** A parameter whose values stand in the model, or as float32 at an offset of a file in the model's folder. */
export interface OnnxInitializer {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array | BigInt64Array | { readonly file: string; readonly offset: number };
}

export interface OnnxNode {
  readonly op: string;
  /** Empty for ONNX's own operators. */
  readonly domain?: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Whole numbers or lists of such. */
  readonly attributes?: Readonly<Record<string, number | readonly number[]>>;
}

export interface OnnxGraph {
  readonly name: string;
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  readonly initializers?: readonly OnnxInitializer[];
  /** In the order of their dependencies. */
  readonly nodes: readonly OnnxNode[];
}

type Field = readonly [number: number, value: number | string | Uint8Array | readonly Field[] | undefined];

function varint(value: number): number[] {
  const bytes: number[] = [];
  // Division, not shifts: sizes and offsets pass 32 bits.
  for (; value >= 128; value = Math.floor(value / 128)) bytes.push((value % 128) + 128);
  return [...bytes, value];
}

/** Numbers are written as varints, everything else with its length; undefined fields are left out. */
function message(fields: readonly Field[]): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const [number, value] of fields) {
    if (value === undefined) continue;
    if (typeof value === "number") {
      parts.push(Uint8Array.from([...varint(number << 3), ...varint(value)]));
      continue;
    }
    const bytes =
      value instanceof Uint8Array
        ? value
        : typeof value === "string"
          ? new TextEncoder().encode(value)
          : message(value);
    parts.push(Uint8Array.from([...varint((number << 3) | 2), ...varint(bytes.length)]), bytes);
  }
  return joined(parts);
}

function valueInfo({ name, type, shape }: OnnxValue): Uint8Array {
  const dims = shape.map((size): Field => [1, [[typeof size === "number" ? 1 : 2, size]]]);
  // An empty shape must still be written, or the value would have any rank.
  const tensor: Field[] = [
    [1, TYPES[type]],
    [2, message(dims)],
  ];
  return message([
    [1, name],
    [2, [[1, tensor]]],
  ]);
}

function initializer({ name, shape, values }: OnnxInitializer): Uint8Array {
  const head: Field[] = [
    ...shape.map((size): Field => [1, size]),
    [2, values instanceof BigInt64Array ? TYPES.int64 : TYPES.float32],
    [8, name],
  ];
  if (values instanceof Float32Array || values instanceof BigInt64Array)
    return message([...head, [9, new Uint8Array(values.buffer, values.byteOffset, values.byteLength)]]);
  const places = { location: values.file, offset: values.offset, length: 4 * sizeOf(shape) };
  const external = Object.entries(places).map(
    ([key, value]): Field => [
      13,
      [
        [1, key],
        [2, String(value)],
      ],
    ],
  );
  return message([...head, ...external, [14, 1]]);
}

function node({ op, domain, inputs, outputs, attributes = {} }: OnnxNode): Uint8Array {
  const written = Object.entries(attributes).map(([name, value]): Field => {
    const fields: Field[] =
      typeof value === "number"
        ? [
            [3, value],
            [20, 2],
          ]
        : [...value.map((one): Field => [8, one]), [20, 7]];
    return [5, [[1, name], ...fields]];
  });
  return message([
    ...inputs.map((name): Field => [1, name]),
    ...outputs.map((name): Field => [2, name]),
    [4, op],
    ...written,
    [7, domain],
  ]);
}

/** The bytes of a `.onnx` file: opset 20, with ONNX Runtime's own operators at hand. */
export function writeOnnx({ name, inputs, outputs, initializers = [], nodes }: OnnxGraph): Uint8Array {
  const graph = message([
    ...nodes.map((one): Field => [1, node(one)]),
    [2, name],
    ...initializers.map((one): Field => [5, initializer(one)]),
    ...inputs.map((value): Field => [11, valueInfo(value)]),
    ...outputs.map((value): Field => [12, valueInfo(value)]),
  ]);
  const opset = (domain: string, version: number): Field => [
    8,
    [
      [1, domain],
      [2, version],
    ],
  ];
  return message([[1, 10], [2, "af3-gpu"], [7, graph], opset("", 20), opset("com.microsoft", 1)]);
}
