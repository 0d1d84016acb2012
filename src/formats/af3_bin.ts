/** `af3.bin`: the records in which google-deepmind/alphafold3 keeps its parameters. Read with suspicion. */
import { BadInputError } from "../errors.ts";
import { ByteStream } from "./byte_stream.ts";
import { fromBfloat16 } from "./half.ts";
import { type HostTensor, shapeText } from "./tensor.ts";

const BYTES = { float32: 4, bfloat16: 2, uint8: 1 } as const;
type StoredType = keyof typeof BYTES;

/** Beyond these a length is a mistake or an attack: published scopes have 150 bytes, tensors six axes. */
const MOST_NAME = 4096;
const MOST_AXES = 32;

const HEADER = 20;

/** One stored array. */
export interface Af3Record {
  /** `<scope>:<name>`, such as `diffuser/distogram_head/half_logits:weights`. */
  readonly name: string;
  readonly dtype: StoredType;
  readonly shape: readonly number[];
  /** Little-endian, row-major; in memory of its own, so that it can be viewed as any type. */
  readonly data: Uint8Array;
}

/**
 * Reads records one by one; no more than one is held.
 * @param source the unpacked file in pieces of any size
 * @param file its name, for messages
 * @throws {BadInputError} at the first record that is malformed, cut off, of an unknown type or named twice
 */
export async function* readAf3Records(source: AsyncIterable<Uint8Array>, file: string): AsyncGenerator<Af3Record> {
  const stream = new ByteStream(source);
  const seen = new Set<string>();
  try {
    for (;;) {
      const at = `record ${seen.size + 1}`;
      const bad = (what: string): BadInputError => new BadInputError(`${file} is not a valid af3.bin: ${at} ${what}`);
      const header = await stream.take(HEADER);
      if (header.length === 0) break;
      const record = await readRecord(stream, header, bad);
      if (seen.has(record.name)) throw bad(`is a second ${record.name}`);
      seen.add(record.name);
      yield record;
    }
  } finally {
    await stream.close();
  }
  if (seen.size === 0) throw new BadInputError(`${file} is not a valid af3.bin: it has no records`);
}

async function readRecord(
  stream: ByteStream,
  header: Uint8Array,
  bad: (what: string) => BadInputError,
): Promise<Af3Record> {
  if (header.length < HEADER) throw bad("ends inside its header");
  const [scopeBytes, nameBytes, typeBytes, rank, dataBytes] = integers(header);
  for (const length of [scopeBytes, nameBytes, typeBytes])
    if (length < 1 || length > MOST_NAME)
      throw bad(`says that one of its names has ${length} bytes, expected 1 to ${MOST_NAME}`);
  if (rank < 0 || rank > MOST_AXES) throw bad(`says that it has ${rank} axes, expected 0 to ${MOST_AXES}`);
  // The real reader takes the data as "the last B bytes", which cannot say that there are none.
  if (dataBytes < 1) throw bad(`says that it has ${dataBytes} bytes of data`);
  const take = async (length: number): Promise<Uint8Array> => {
    const bytes = await stream.take(length);
    if (bytes.length < length) throw bad(`needs ${length - bytes.length} bytes more than the file has`);
    return bytes;
  };
  const names = await take(scopeBytes + nameBytes + typeBytes);
  const text = (begin: number, end: number): string => {
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(names.subarray(begin, end));
    } catch {
      throw bad("has a name that is no UTF-8");
    }
  };
  const name = `${text(0, scopeBytes)}:${text(scopeBytes, scopeBytes + nameBytes)}`;
  const dtype = text(scopeBytes + nameBytes, names.length);
  if (!Object.hasOwn(BYTES, dtype))
    throw bad(`(${name}) has the type ${JSON.stringify(dtype)}, expected ${Object.keys(BYTES).join(", ")}`);
  const shape = integers(await take(4 * rank));
  const expected = shape.reduce((bytes, size) => bytes * size, BYTES[dtype as StoredType]);
  if (shape.some((size) => size < 1) || expected !== dataBytes)
    throw bad(`(${name}) is ${shapeText(shape)} of ${dtype}, which does not take the ${dataBytes} bytes it has`);
  return { name, dtype: dtype as StoredType, shape, data: await take(dataBytes) };
}

/** Little-endian int32. */
function integers(bytes: Uint8Array): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: bytes.length >> 2 }, (_, index) => view.getInt32(4 * index, true));
}

/** The values of a record. float32 shares its memory. @throws {BadInputError} for uint8, which marks metadata */
export function valuesOf({ name, dtype, shape, data }: Af3Record): HostTensor {
  if (dtype === "uint8") throw new BadInputError(`${name} has type uint8, expected float32 or bfloat16`);
  if (dtype === "float32") return { dtype: "float32", shape, data: new Float32Array(data.buffer) };
  return { dtype: "float32", shape, data: fromBfloat16(new Uint16Array(data.buffer)) };
}

/** All records of a file in memory, as they are stored. */
export class Af3Bin {
  readonly names: readonly string[];
  private readonly records: ReadonlyMap<string, Af3Record>;
  /** Its name, for messages. */
  readonly file: string;

  private constructor(records: ReadonlyMap<string, Af3Record>, file: string) {
    this.records = records;
    this.names = [...records.keys()];
    this.file = file;
  }

  /** @throws {BadInputError} if the file is malformed */
  static async open(records: AsyncIterable<Af3Record>, file: string): Promise<Af3Bin> {
    const found = new Map<string, Af3Record>();
    for await (const record of records) found.set(record.name, record);
    return new Af3Bin(found, file);
  }

  /** Shape and type of what {@link read} gives: bfloat16 becomes F32. `stored` is the file's own word for the type. */
  describe(
    name: string,
  ): { readonly dtype: string; readonly shape: readonly number[]; readonly stored: string } | undefined {
    const record = this.records.get(name);
    return record && { dtype: record.dtype === "uint8" ? "U8" : "F32", shape: record.shape, stored: record.dtype };
  }

  /** A tensor as float32. @throws {BadInputError} if it is missing or uint8 */
  read(name: string): HostTensor {
    return valuesOf(this.record(name));
  }

  /** A tensor's bytes as they are stored. @throws {BadInputError} if it is missing */
  bytes(name: string): Uint8Array {
    return this.record(name).data;
  }

  private record(name: string): Af3Record {
    const record = this.records.get(name);
    if (!record) throw new BadInputError(`${this.file} has no tensor ${name}`);
    return record;
  }
}
