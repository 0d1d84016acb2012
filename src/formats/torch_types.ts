/** Element types of torch's tensors: how wide they are, and what becomes of their values. */
import { BadInputError } from "../errors.ts";
import { fromBfloat16, halfValue } from "./half.ts";
import type { HostTensor } from "./tensor.ts";

/** A type by torch's own name, such as `bfloat16`. */
export interface TorchType {
  readonly name: string;
  readonly bytes: number;
  /** What its values are read as; undefined for what is neither a number nor a truth value. */
  readonly as?: "float32" | "int32";
}

const TYPES: readonly TorchType[] = [
  { name: "float32", bytes: 4, as: "float32" },
  { name: "float64", bytes: 8, as: "float32" },
  { name: "float16", bytes: 2, as: "float32" },
  { name: "bfloat16", bytes: 2, as: "float32" },
  { name: "int64", bytes: 8, as: "int32" },
  { name: "int32", bytes: 4, as: "int32" },
  { name: "int16", bytes: 2, as: "int32" },
  { name: "int8", bytes: 1, as: "int32" },
  { name: "uint8", bytes: 1, as: "int32" },
  { name: "bool", bytes: 1, as: "int32" },
  { name: "uint16", bytes: 2, as: "int32" },
  { name: "uint32", bytes: 4, as: "int32" },
  { name: "uint64", bytes: 8, as: "int32" },
  { name: "complex32", bytes: 4 },
  { name: "complex64", bytes: 8 },
  { name: "complex128", bytes: 16 },
  { name: "float8_e4m3fn", bytes: 1 },
  { name: "float8_e4m3fnuz", bytes: 1 },
  { name: "float8_e5m2", bytes: 1 },
  { name: "float8_e5m2fnuz", bytes: 1 },
];

/** By their names in a pickle. */
export const typeNamed: ReadonlyMap<string, TorchType> = new Map(TYPES.map((type) => [`torch.${type.name}`, type]));

const STORAGES: Readonly<Record<string, string>> = {
  ...{ Float: "float32", Double: "float64", Half: "float16", BFloat16: "bfloat16", Long: "int64", Int: "int32" },
  ...{
    Short: "int16",
    Char: "int8",
    Byte: "uint8",
    Bool: "bool",
    ComplexFloat: "complex64",
    ComplexDouble: "complex128",
  },
};

/** The element type of a storage, by the storage's name in a pickle. */
export const typeOfStorage: ReadonlyMap<string, TorchType> = new Map(
  Object.entries(STORAGES).map(([storage, type]) => [
    `torch.${storage}Storage`,
    typeNamed.get(`torch.${type}`) as TorchType,
  ]),
);

/** A storage of bytes, whose type is the tensor's to say. */
export const UNTYPED = "torch.storage.UntypedStorage";

/** Reads one element of little-endian bytes. */
const READERS: Readonly<Record<string, (view: DataView, at: number) => number | bigint>> = {
  float32: (view, at) => view.getFloat32(at, true),
  float64: (view, at) => view.getFloat64(at, true),
  float16: (view, at) => halfValue(view.getUint16(at, true)),
  int64: (view, at) => view.getBigInt64(at, true),
  uint64: (view, at) => view.getBigUint64(at, true),
  int32: (view, at) => view.getInt32(at, true),
  uint32: (view, at) => view.getUint32(at, true),
  int16: (view, at) => view.getInt16(at, true),
  uint16: (view, at) => view.getUint16(at, true),
  int8: (view, at) => view.getInt8(at),
  uint8: (view, at) => view.getUint8(at),
  bool: (view, at) => (view.getUint8(at) === 0 ? 0 : 1),
};

/**
 * The values of a tensor: of floating-point types as float32, of others as int32.
 * @param bytes little-endian and row-major
 * @param whose names the tensor in a complaint
 * @throws {BadInputError} for a type that holds no real numbers, and for values that float32 or int32 cannot hold
 */
export function torchValues(type: TorchType, shape: readonly number[], bytes: Uint8Array, whose: string): HostTensor {
  if (type.as === undefined) throw new BadInputError(`${whose} has type ${type.name}, expected real or whole numbers`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = bytes.length / type.bytes;
  if (type.as === "int32") {
    const data = new Int32Array(count);
    for (let i = 0; i < count; i++) {
      const value = READERS[type.name](view, i * type.bytes);
      data[i] = Number(value);
      if (data[i] !== Number(value))
        throw new BadInputError(`${whose} holds ${value} at position ${i}, which is beyond int32`);
    }
    return { dtype: "int32", shape, data };
  }
  return { dtype: "float32", shape, data: floats(type.name, view, count, whose) };
}

function floats(name: string, view: DataView, count: number, whose: string): Float32Array {
  if (name === "float32") {
    const { buffer, byteOffset, byteLength } = view;
    return new Float32Array(buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer);
  }
  if (name === "bfloat16")
    return fromBfloat16(Uint16Array.from({ length: count }, (_, at) => view.getUint16(2 * at, true)));
  const data = new Float32Array(count);
  const { bytes } = typeNamed.get(`torch.${name}`) as TorchType;
  for (let i = 0; i < count; i++) {
    const value = READERS[name](view, i * bytes) as number;
    data[i] = value;
    if (Number.isFinite(value) && !Number.isFinite(data[i]))
      throw new BadInputError(`${whose} holds ${value} at position ${i}, which is beyond float32`);
  }
  return data;
}
