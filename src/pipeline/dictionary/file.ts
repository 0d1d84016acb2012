/** Dictionaries of components as files: mmCIF or BinaryCIF, plain or packed with gzip. */
import { BadInputError } from "../../errors.ts";
import { isBinaryCif, parseBinaryCif } from "../../formats/binary_cif.ts";
import { joined } from "../../formats/byte_stream.ts";
import { type CifBlock, cifBlocks } from "../../formats/cif.ts";
import type { Files } from "../../formats/files.ts";
import { gunzipped, isGzip } from "../../formats/gzip.ts";
import { type Component, componentsOf } from "./component.ts";

/**
 * The wanted components of a file. Text is read block by block, and no further than the last of them.
 * @throws {BadInputError} if the file cannot be read or is wrong where it is read
 */
export async function readDictionaryFile(
  files: Pick<Files, "stream">,
  path: string,
  wanted: ReadonlySet<string>,
): Promise<Component[]> {
  const found = new Map<string, Component>();
  for await (const block of blocksOf(files.stream(path), path)) {
    for (const component of componentsOf(block, path, (code) => wanted.has(code))) found.set(component.code, component);
    if (found.size === wanted.size) break;
  }
  return [...found.values()];
}

async function* blocksOf(source: AsyncIterable<Uint8Array>, path: string): AsyncGenerator<CifBlock> {
  const [first, whole] = await opened(source);
  if (isGzip(first)) yield* blocksOf(gunzipped(whole, path), path);
  else if (isBinaryCif(first)) yield* parseBinaryCif(await collected(whole), path);
  else yield* cifBlocks(whole, path);
}

/** The first piece of a stream that holds something, and the stream with it. */
async function opened(
  source: AsyncIterable<Uint8Array>,
): Promise<readonly [first: Uint8Array, whole: AsyncIterable<Uint8Array>]> {
  const pieces = source[Symbol.asyncIterator]();
  let next = await pieces.next();
  while (!next.done && next.value.length < 2) {
    const more = await pieces.next();
    next = more.done
      ? { done: false, value: next.value }
      : { done: false, value: Uint8Array.of(...next.value, ...more.value) };
    if (more.done) break;
  }
  const first: Uint8Array = next.done ? new Uint8Array() : next.value;
  async function* whole(): AsyncGenerator<Uint8Array> {
    try {
      yield first;
      for (;;) {
        const { done, value } = await pieces.next();
        if (done) return;
        yield value;
      }
    } finally {
      await pieces.return?.();
    }
  }
  return [first, whole()];
}

/** BinaryCIF is decoded as a whole. */
const MOST_BYTES = 2 ** 30;

async function collected(source: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of source) {
    pieces.push(piece);
    size += piece.length;
    if (size > MOST_BYTES) throw new BadInputError("a dictionary in BinaryCIF has less than a gigabyte");
  }
  return joined(pieces);
}
