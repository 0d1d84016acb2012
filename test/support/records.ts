/** Makes `af3.bin` records and zstd frames, well-formed or not. */

export interface RecordParts {
  readonly scope: string;
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data: Uint8Array;
}

/** One record; `lengths` overrides fields of its header: scope, name, type, axes, data. */
export function record({ scope, name, dtype, shape, data }: RecordParts, lengths: Record<number, number> = {}) {
  const texts = [scope, name, dtype].map((text) => new TextEncoder().encode(text));
  const header = Int32Array.of(...texts.map(({ length }) => length), shape.length, data.length);
  for (const [index, value] of Object.entries(lengths)) header[Number(index)] = value;
  return concat(new Uint8Array(header.buffer), ...texts, new Uint8Array(Int32Array.from(shape).buffer), data);
}

export const float32Record = (name: string, shape: readonly number[], values: readonly number[]): Uint8Array =>
  record({ scope: "scope", name, dtype: "float32", shape, data: new Uint8Array(Float32Array.from(values).buffer) });

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** A stream of pieces of this many bytes. */
export async function* pieces(bytes: Uint8Array, size = bytes.length || 1): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

export async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const one of source) found.push(one);
  return found;
}

const FRAME = [0x28, 0xb5, 0x2f, 0xfd, 0x00];
/** Window of 1 MiB: the exponent above 10 in the upper five bits. */
const WINDOW = 10 << 3;
const STORED = 0;
const REPEATED = 1;
const BLOCK = 2 ** 17;

const blockHeader = (last: boolean, type: number, size: number): Uint8Array => {
  const word = Number(last) | (type << 1) | (size << 3);
  return Uint8Array.of(word, word >> 8, word >> 16);
};

/** A zstd frame that stores bytes as they are. */
export function storedFrame(bytes: Uint8Array, window = WINDOW): Uint8Array {
  const blocks: Uint8Array[] = [];
  for (let at = 0; at === 0 || at < bytes.length; at += BLOCK) {
    const part = bytes.subarray(at, at + BLOCK);
    blocks.push(blockHeader(at + BLOCK >= bytes.length, STORED, part.length), part);
  }
  return concat(Uint8Array.of(...FRAME, window), ...blocks);
}

/** A zstd frame that holds nothing, with its size in the header or without, and with the checksum of nothing or without. */
export const emptyFrame = (checksum = false): Uint8Array =>
  concat(
    Uint8Array.of(...FRAME.slice(0, 4), checksum ? 4 : 0, WINDOW),
    blockHeader(true, STORED, 0),
    checksum ? Uint8Array.of(0x99, 0xe9, 0xd8, 0x51) : new Uint8Array(0),
  );

/** An empty frame as `zstd` makes it of an empty file: one segment of size 0. */
export const emptySegment = (): Uint8Array =>
  concat(Uint8Array.of(...FRAME.slice(0, 4), 32, 0), blockHeader(true, STORED, 0));

/** A frame that readers skip, with one of its sixteen numbers; pzstd writes such with the size of the next frame. */
export const skippableFrame = (content: Uint8Array, number = 0): Uint8Array => {
  const head = new Uint8Array(8);
  new DataView(head.buffer).setUint32(0, 0x184d2a50 + number, true);
  new DataView(head.buffer).setUint32(4, content.length, true);
  return concat(head, content);
};

/** A zstd frame of zeros: four bytes for each 128 KiB. */
export function bomb(blocks: number): Uint8Array {
  const parts = Array.from({ length: blocks }, (_, at) =>
    concat(blockHeader(at === blocks - 1, REPEATED, BLOCK), Uint8Array.of(0)),
  );
  return concat(Uint8Array.of(...FRAME, WINDOW), ...parts);
}
