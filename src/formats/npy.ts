/** `.npy`, one NumPy array: a magic number, a version, a header that is a Python dictionary, the data. */
import { BadInputError } from "../errors.ts";
import { numpyType, type StoredType } from "./numpy_types.ts";
import { type PythonValue, parsePython } from "./python_literal.ts";
import { type HostTensor, shapeText, sizeOf } from "./tensor.ts";

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
const MOST_AXES = 64; // NumPy 2's own limit

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
  const [version, minor, long] = [bytes[6], bytes[7], bytes[6] > 1]; // from version 2 on the header's length has four bytes
  if (version < 1 || version > 3 || minor !== 0)
    throw bad(`it has version ${version}.${minor}, expected 1.0, 2.0 or 3.0`);
  const start = long ? 12 : 10;
  const end = start + (long ? view.getUint32(8, true) : view.getUint16(8, true));
  if (end > bytes.length) throw bad(`its header ends at ${end}, but it has ${bytes.length} bytes`);
  const header = readHeader(new TextDecoder().decode(bytes.subarray(start, end)), bad);
  const { shape } = header;
  const type = numpyType(header.type, name);
  const needed = sizeOf(shape) * type.bytes;
  if (needed !== bytes.length - end)
    throw bad(`${shapeText(shape)} should take ${needed} bytes, but ${bytes.length - end} follow the header`);
  return readData(new DataView(bytes.buffer, bytes.byteOffset + end, needed), type, header, name);
}

interface Header {
  readonly type: PythonValue;
  readonly shape: readonly number[];
  readonly columnMajor: boolean;
}

/** NumPy wants exactly these three keys, in any order. */
const KEYS = ["descr", "fortran_order", "shape"] as const;

function readHeader(text: string, bad: (what: string) => BadInputError): Header {
  const header = parsePython(text);
  if (!(header instanceof Map)) throw bad("its header is no dictionary");
  const [type, columnMajor, sizes] = KEYS.map((key): PythonValue => {
    if (!header.has(key)) throw bad(`its header lacks ${key}`);
    return header.get(key);
  });
  const other = [...header.keys()].find((key) => !KEYS.some((known) => known === key));
  if (other !== undefined) throw bad(`its header has a field ${JSON.stringify(other)}, which the format has not`);
  if (typeof columnMajor !== "boolean") throw bad("its header says neither True nor False for fortran_order");
  const shape = shapeOf(sizes);
  if (!shape) throw bad(`its header has no valid shape: ${/'shape'\s*:\s*([^})]{0,80}\)?)/.exec(text)?.[1] ?? ""}`);
  return { type, shape, columnMajor };
}

function shapeOf(sizes: PythonValue): readonly number[] | undefined {
  if (typeof sizes !== "object" || sizes === null || !("kind" in sizes) || sizes.kind !== "tuple") return undefined;
  const { items } = sizes;
  const isSize = (size: PythonValue): size is number => Number.isSafeInteger(size) && (size as number) >= 0;
  return items.length <= MOST_AXES && items.every(isSize) ? items : undefined;
}

function readData(view: DataView, type: StoredType, { shape, columnMajor }: Header, name: string): HostTensor {
  const length = sizeOf(shape);
  const data = type.kind === "number" ? new Float32Array(length) : new Int32Array(length);
  const place = columnMajor ? columnMajorPlaces(shape) : undefined;
  for (let at = 0; at < length; at++) {
    const stored = type.read(view, (place ? place() : at) * type.bytes);
    data[at] = Number(stored);
    // int32 wraps around silently, float32 becomes infinite; that it rounds is what is asked for.
    const kept =
      type.kind === "number"
        ? Number.isFinite(data[at]) || !Number.isFinite(Number(stored))
        : data[at] === Number(stored);
    if (!kept)
      throw new BadInputError(
        `${name} holds ${stored} at position ${at}, beyond what ${type.kind === "number" ? "float32" : "int32"} can`,
      );
  }
  return { dtype: type.kind === "number" ? "float32" : "int32", shape, data };
}

/** Where the values of a row-major array stand that NumPy stored column by column, as it does with transposed ones. */
function columnMajorPlaces(shape: readonly number[]): () => number {
  const strides = shape.map((_, axis) => sizeOf(shape.slice(0, axis)));
  const at = shape.map(() => 0);
  let next = 0;
  return () => {
    const place = next;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      next += strides[axis];
      if (++at[axis] < shape[axis]) break;
      next -= at[axis] * strides[axis];
      at[axis] = 0;
    }
    return place;
  };
}
