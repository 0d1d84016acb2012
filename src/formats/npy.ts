/** `.npy`, one NumPy array: a magic number, a version, a header that is a Python dictionary, the data. */
import { BadInputError } from "../errors.ts";
import { type HostTensor, shapeText, sizeOf } from "./tensor.ts";

type Reader = (view: DataView, at: number) => number | bigint;

interface StoredType {
  readonly bytes: number;
  readonly kind: "integer" | "number";
  readonly read: Reader;
}

/** NumPy's descriptions of types; those of one byte have no byte order. */
const TYPES: Readonly<Record<string, StoredType>> = {
  "|b1": { bytes: 1, kind: "integer", read: (view, at) => view.getUint8(at) },
  "|i1": { bytes: 1, kind: "integer", read: (view, at) => view.getInt8(at) },
  "|u1": { bytes: 1, kind: "integer", read: (view, at) => view.getUint8(at) },
  "<i2": { bytes: 2, kind: "integer", read: (view, at) => view.getInt16(at, true) },
  "<u2": { bytes: 2, kind: "integer", read: (view, at) => view.getUint16(at, true) },
  "<i4": { bytes: 4, kind: "integer", read: (view, at) => view.getInt32(at, true) },
  "<u4": { bytes: 4, kind: "integer", read: (view, at) => view.getUint32(at, true) },
  "<i8": { bytes: 8, kind: "integer", read: (view, at) => view.getBigInt64(at, true) },
  "<u8": { bytes: 8, kind: "integer", read: (view, at) => view.getBigUint64(at, true) },
  "<f4": { bytes: 4, kind: "number", read: (view, at) => view.getFloat32(at, true) },
  "<f8": { bytes: 8, kind: "number", read: (view, at) => view.getFloat64(at, true) },
};

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
const MOST_AXES = 32;

/**
 * Reads one array. Integers and truth values become int32, floating-point numbers float32.
 * @param bytes the whole file
 * @param name what it is called in messages
 * @throws {BadInputError} if it is malformed, or holds a type or a value that neither int32 nor float32 can
 */
export function readNpy(bytes: Uint8Array, name: string): HostTensor {
  const bad = (what: string): BadInputError => new BadInputError(`${name} is not a valid npy file: ${what}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 12 || MAGIC.some((byte, at) => bytes[at] !== byte)) throw bad("it does not begin like one");
  const [version, long] = [bytes[6], bytes[6] > 1]; // from version 2 on the header's length has four bytes
  if (version < 1 || version > 3) throw bad(`it has version ${version}, expected 1 to 3`);
  const start = long ? 12 : 10;
  const end = start + (long ? view.getUint32(8, true) : view.getUint16(8, true));
  if (end > bytes.length) throw bad(`its header ends at ${end}, but it has ${bytes.length} bytes`);
  const { type, shape, columnMajor } = readHeader(bytes.subarray(start, end), bad);
  if (sizeOf(shape) * type.bytes !== bytes.length - end)
    throw bad(
      `${shapeText(shape)} should take ${sizeOf(shape) * type.bytes} bytes, but ${bytes.length - end} follow the header`,
    );
  const data = readData(new DataView(bytes.buffer, bytes.byteOffset + end), type, sizeOf(shape), name);
  return makeTensor(type, shape, columnMajor ? rowMajor(data, shape) : data);
}

interface Header {
  readonly type: StoredType;
  readonly shape: readonly number[];
  readonly columnMajor: boolean;
}

/** The dictionary has exactly three keys; NumPy writes them sorted, others need not. */
function readHeader(bytes: Uint8Array, bad: (what: string) => BadInputError): Header {
  const text = new TextDecoder("utf-8").decode(bytes).trim();
  if (!/^\{[^{}]*\}$/.test(text)) throw bad("its header is no dictionary");
  const descr = /'descr'\s*:\s*'([^']*)'/.exec(text)?.[1];
  const order = /'fortran_order'\s*:\s*(True|False)\b/.exec(text)?.[1];
  const sizes = /'shape'\s*:\s*\(([\d,\s]*)\)/.exec(text)?.[1];
  if (descr === undefined) throw bad("its header names no simple type");
  if (order === undefined || sizes === undefined) throw bad("its header lacks the order or the shape");
  if (!Object.hasOwn(TYPES, descr))
    throw bad(`it has the type ${JSON.stringify(descr)}, expected one of ${Object.keys(TYPES).join(", ")}`);
  const shape = sizes
    .split(",")
    .map((size) => size.trim())
    .filter((size) => size !== "")
    .map(Number);
  if (shape.length > MOST_AXES || !shape.every(Number.isSafeInteger)) throw bad(`its shape is (${sizes})`);
  return { type: TYPES[descr], shape, columnMajor: order === "True" };
}

function readData(view: DataView, { bytes, kind, read }: StoredType, length: number, name: string) {
  const data = kind === "number" ? new Float32Array(length) : new Int32Array(length);
  for (let at = 0; at < length; at++) {
    const stored = Number(read(view, at * bytes));
    data[at] = stored;
    // int32 wraps around silently, float32 becomes infinite; that it rounds is what is asked for.
    const kept = kind === "number" ? Number.isFinite(data[at]) || !Number.isFinite(stored) : data[at] === stored;
    if (!kept)
      throw new BadInputError(
        `${name} holds ${stored} at position ${at}, beyond what ${kind === "number" ? "float32" : "int32"} can`,
      );
  }
  return data;
}

/** Puts an array in row-major order that NumPy stored column by column, as it does with transposed ones. */
function rowMajor<T extends Float32Array | Int32Array>(data: T, shape: readonly number[]): T {
  const ordered = data.slice() as T;
  const at = shape.map(() => 0);
  const strides = shape.map((_, axis) => sizeOf(shape.slice(0, axis)));
  for (let to = 0; to < ordered.length; to++) {
    ordered[to] = data[at.reduce((sum, index, axis) => sum + index * strides[axis], 0)];
    for (let axis = shape.length - 1; axis >= 0 && ++at[axis] === shape[axis]; axis--) at[axis] = 0;
  }
  return ordered;
}

const makeTensor = ({ kind }: StoredType, shape: readonly number[], data: Float32Array | Int32Array): HostTensor => ({
  dtype: kind === "number" ? "float32" : "int32",
  shape,
  data,
});
