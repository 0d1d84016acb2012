/** safetensors: an 8-byte header length, a JSON header, the data. Read with suspicion, since files come from anywhere. */
import { BadInputError } from "../errors.ts";
import { givenBytes, givenContent, givenText } from "./given.ts";
import { givenTensors, type HostTensor, shapeText, sizeOf, type TensorMap } from "./tensor.ts";

/**
 * Bits per element of the format's types. Those that are no float32 or int32 can be listed but not read, and so can types
 * that are newer than this table: nothing but their size cannot be checked.
 */
const BITS: ReadonlyMap<string, number> = new Map([
  ["F4", 4],
  ["F6_E2M3", 6],
  ["F6_E3M2", 6],
  ["BOOL", 8],
  ["U8", 8],
  ["I8", 8],
  ["F8_E4M3", 8],
  ["F8_E4M3FNUZ", 8],
  ["F8_E5M2", 8],
  ["F8_E5M2FNUZ", 8],
  ["F8_E8M0", 8],
  ["I16", 16],
  ["U16", 16],
  ["F16", 16],
  ["BF16", 16],
  ["I32", 32],
  ["U32", 32],
  ["F32", 32],
  ["C64", 64],
  ["F64", 64],
  ["I64", 64],
  ["U64", 64],
]);

/** The reference implementation's cap: a longer header is an attack or a mistake. */
const HEADER_LIMIT = 100_000_000;

interface Entry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/** An opened file: names, shapes and types are checked, values are copied out on request. */
export class SafeTensors {
  readonly names: readonly string[];
  private readonly entries: ReadonlyMap<string, Entry>;
  private readonly content: Uint8Array;
  private readonly start: number;
  /** Its name, for messages. */
  readonly file: string;

  /**
   * @param bytes the whole file
   * @param file its name, for messages
   * @throws {BadInputError} if the header is malformed, or tensors overlap, leave gaps or reach beyond the file
   */
  constructor(bytes: Uint8Array, file: string) {
    givenBytes("the bytes", bytes);
    givenText("the file", "a name, for messages", file);
    const bad = (what: string): BadInputError => new BadInputError(`${file} is not a valid safetensors file: ${what}`);
    if (bytes.length < 8) throw bad(`it has ${bytes.length} bytes, less than the header's length field`);
    const length = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
    if (length > BigInt(HEADER_LIMIT))
      throw bad(`it does not begin with the length of its header, for its first 8 bytes would mean ${length}`);
    if (length > BigInt(Math.min(HEADER_LIMIT, bytes.length - 8)))
      throw bad(`it says that its header has ${length} bytes, but the file has ${bytes.length}`);
    this.content = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength); // slice() of a Node Buffer would not copy
    this.file = file;
    this.start = 8 + Number(length);
    this.entries = readEntries(bytes.subarray(8, this.start), bytes.length - this.start, bad);
    this.names = [...this.entries.keys()];
  }

  has(name: string): boolean {
    givenName(name);
    return this.entries.has(name);
  }

  /** Shape and type of a tensor without its values. */
  describe(name: string): { readonly dtype: string; readonly shape: readonly number[] } | undefined {
    givenName(name);
    return this.entries.get(name);
  }

  /** A tensor's bytes as they are stored, not copied. @throws {BadInputError} if it is missing */
  bytes(name: string): Uint8Array {
    const { begin, end } = this.entry(name);
    return this.content.subarray(this.start + begin, this.start + end);
  }

  /** Copies a tensor out. @throws {BadInputError} if it is missing or neither float32 nor int32 */
  read(name: string): HostTensor {
    const { dtype, shape } = this.entry(name);
    if (dtype !== "F32" && dtype !== "I32")
      throw new BadInputError(`${this.file}: ${name} has type ${dtype}, expected float32 (F32) or int32 (I32)`);
    // A copy: the data need not start at a multiple of four, and the file's buffer can then be freed.
    const data = this.bytes(name).slice().buffer;
    return dtype === "F32"
      ? { dtype: "float32", shape, data: new Float32Array(data) }
      : { dtype: "int32", shape, data: new Int32Array(data) };
  }

  /** Copies all float32 and int32 tensors out; others are left where they are. */
  readAll(): Map<string, HostTensor> {
    const readable = [...this.entries].filter(([, { dtype }]) => dtype === "F32" || dtype === "I32");
    return new Map(readable.map(([name]) => [name, this.read(name)]));
  }

  private entry(name: string): Entry {
    givenName(name);
    const entry = this.entries.get(name);
    if (!entry) throw new BadInputError(`${this.file} has no tensor ${name}`);
    return entry;
  }
}

const givenName = (name: unknown): void => givenContent("the name", name, "a tensor's name");

type Bad = (what: string) => BadInputError;

function readEntries(header: Uint8Array, dataLength: number, bad: Bad): Map<string, Entry> {
  let text: string;
  let parsed: unknown;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(header);
    parsed = JSON.parse(text);
  } catch {
    throw bad("its header is no JSON");
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) throw bad("its header is no JSON object");
  const duplicate = duplicateKey(text);
  if (duplicate !== undefined) throw bad(`its header names ${duplicate} twice`);
  const entries = new Map<string, Entry>();
  for (const [name, value] of Object.entries(parsed))
    if (name !== METADATA) entries.set(name, readEntry(name, value, dataLength, bad));
  checkCover(entries, dataLength, bad);
  return entries;
}

const isSize = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

function readEntry(name: string, value: unknown, dataLength: number, bad: Bad): Entry {
  const { dtype, shape, data_offsets: offsets } = (value ?? {}) as Record<string, unknown>;
  if (typeof dtype !== "string") throw bad(`${name} has no valid type`);
  if (!Array.isArray(shape) || !shape.every(isSize)) throw bad(`${name} has no valid shape`);
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isSize))
    throw bad(`${name} has no valid offsets`);
  const [begin, end] = offsets as number[];
  if (begin > end || end > dataLength)
    throw bad(`${name} lies at ${begin} to ${end}, but the file has ${dataLength} bytes of data`);
  const bits = BITS.get(dtype);
  if (bits !== undefined && sizeOf(shape) * bits !== 8 * (end - begin))
    throw bad(
      `${name} ${shapeText(shape)} of ${dtype} should take ${(sizeOf(shape) * bits) / 8} bytes, not ${end - begin}`,
    );
  return { dtype, shape, begin, end };
}

/** The format wants the tensors to follow each other without overlap or gap, from the first byte of data to the last. */
function checkCover(entries: ReadonlyMap<string, Entry>, dataLength: number, bad: Bad): void {
  let [reached, before] = [0, "the start"];
  for (const [name, { begin, end }] of [...entries].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end)) {
    if (begin < reached) throw bad(`${name} overlaps ${before}`);
    if (begin > reached) throw bad(`there is a gap of ${begin - reached} bytes before ${name}`);
    [reached, before] = [end, name];
  }
  if (reached !== dataLength) throw bad(`${dataLength - reached} bytes after the last tensor belong to none`);
}

/** The first key that a JSON object's text has twice at its top level; JSON.parse would keep the last one silently. */
function duplicateKey(text: string): string | undefined {
  const seen = new Set<string>();
  let depth = 0;
  const token = /"(?:[^"\\]|\\.)*"(\s*:)?|[{}[\]]/g;
  for (const [match, colon] of text.matchAll(token)) {
    if (match === "{" || match === "[") depth++;
    else if (match === "}" || match === "]") depth--;
    else if (colon !== undefined && depth === 1) {
      const key: string = JSON.parse(match.slice(0, match.length - colon.length));
      if (seen.has(key)) return key;
      seen.add(key);
    }
  }
  return undefined;
}

/** Where everything goes in a file that is written piece by piece. */
export interface SafetensorsLayout {
  /** What the file begins with. */
  readonly header: Uint8Array;
  /** Where a tensor's data begin in the file. */
  readonly begins: ReadonlyMap<string, number>;
  /** The whole file's length. */
  readonly length: number;
}

/** Types that are written: their names in the format, and how wide they are. */
const WRITTEN = {
  float32: { name: "F32", bytes: 4 },
  int32: { name: "I32", bytes: 4 },
  float16: { name: "F16", bytes: 2 },
  bfloat16: { name: "BF16", bytes: 2 },
} as const;

export type WrittenType = keyof typeof WRITTEN;

/** Lays tensors out in the order of their names; wider ones come first, so that each lies at a multiple of its width. */
export function layoutSafetensors(
  tensors: ReadonlyMap<string, { readonly dtype: WrittenType; readonly shape: readonly number[] }>,
): SafetensorsLayout {
  const sorted = [...tensors].sort(
    ([a, { dtype: one }], [b, { dtype: other }]) => WRITTEN[other].bytes - WRITTEN[one].bytes || (a < b ? -1 : 1),
  );
  let offset = 0;
  const fields: string[] = [];
  const offsets = new Map<string, number>();
  for (const [name, { dtype, shape }] of sorted) {
    const { name: type, bytes } = WRITTEN[dtype];
    const end = offset + bytes * sizeOf(shape);
    const field = { dtype: type, shape, data_offsets: [offset, end] };
    fields.push(`${JSON.stringify(name)}:${JSON.stringify(field)}`);
    offsets.set(name, offset);
    offset = end;
  }
  const text = new TextEncoder().encode(`{${fields.join(",")}}`);
  const start = 8 + 8 * Math.ceil(text.length / 8); // spaces align the data, as the format suggests
  const header = new Uint8Array(start).fill(0x20, 8);
  new DataView(header.buffer).setBigUint64(0, BigInt(start - 8), true);
  header.set(text, 8);
  return {
    header,
    begins: new Map([...offsets].map(([name, begin]) => [name, start + begin])),
    length: start + offset,
  };
}

/** The one name of the format's own: a tensor that is called so would not be found again. */
const METADATA = "__metadata__";

/**
 * The bytes of a safetensors file, with the tensors in the order of their names.
 * @throws {BadInputError} unless it is a Map of tensors that can be called so
 */
export function writeSafetensors(tensors: TensorMap): Uint8Array {
  givenTensors("the tensors", tensors);
  if (tensors.has(METADATA)) throw new BadInputError(`a tensor in a safetensors file cannot be called ${METADATA}`);
  const { header, begins, length } = layoutSafetensors(tensors);
  const bytes = new Uint8Array(length);
  bytes.set(header);
  for (const [name, { data }] of tensors)
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), begins.get(name));
  return bytes;
}
