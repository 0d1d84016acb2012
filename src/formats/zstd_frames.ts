/** How a zstd stream is made of frames and blocks (RFC 8878): enough of it to hand a decoder one block after the other. */
import type { BadInputError } from "../errors.ts";
import { ByteStream, joined } from "./byte_stream.ts";

const FRAME = 0xfd2fb528;
/** Sixteen numbers begin frames of anything, which readers skip; tools put sizes and comments there. */
const SKIPPABLE = 0x184d2a50;
/** Formats before version 0.8, of 2016. */
const LEGACY = [0xfd2fb51e, 0xfd2fb527];

/** The decoder's own limit, bytes. */
const MOST_WINDOW = 2 ** 27;
const MOST_BLOCK = 2 ** 17;
/** Bytes in front of a block that say what it is. */
const HEAD = 3;
const SKIPPED_AT_ONCE = 2 ** 16;

/** Types of blocks behind that of stored ones; there are no others. */
const REPEATED = 1;
const COMPRESSED = 2;

/** Some bytes of a frame that holds data. */
export interface FramePiece {
  readonly bytes: Uint8Array;
  /** What they are, for messages: a frame's `header`, a `block`, or the `checksum` behind the blocks. */
  readonly part: "header" | "block" | "checksum";
}

type Bad = (what: string) => BadInputError;

/**
 * The frames of a stream that hold data, block by block; skippable ones are left out.
 * @param bad makes the error for what is wrong with the stream
 * @throws what `bad` makes, if the stream is empty, no zstd or ends early, or if a frame needs a dictionary or too large a window
 */
export async function* framePieces(source: AsyncIterable<Uint8Array>, bad: Bad): AsyncGenerator<FramePiece> {
  const stream = new ByteStream(source);
  const take = async (length: number): Promise<Uint8Array> => {
    const bytes = await stream.view(length);
    if (bytes.length < length) throw bad("it ends early");
    return bytes;
  };
  try {
    for (let first = true; ; first = false) {
      const magic = await stream.take(4);
      if (magic.length === 0 && !first) return;
      if (magic.length === 0) throw bad("it is empty");
      if (magic.length < 4) throw bad("it ends early");
      const number = littleEndian(magic);
      if (number === FRAME) yield* blocks(magic, take, bad);
      else if ((number & 0xfffffff0) >>> 0 === SKIPPABLE) await skip(littleEndian(await take(4)), take);
      else if (number >= LEGACY[0] && number <= LEGACY[1]) throw bad("it has the format of a zstd before version 0.8");
      else throw bad(first ? "it does not begin like one" : "what follows a frame is none");
    }
  } finally {
    await stream.close();
  }
}

type Take = (length: number) => Promise<Uint8Array>;

const littleEndian = (bytes: Uint8Array): number =>
  bytes.reduce((value, byte, place) => value + byte * 2 ** (8 * place), 0);

async function skip(length: number, take: Take): Promise<void> {
  for (let left = length; left > 0; left -= SKIPPED_AT_ONCE) await take(Math.min(left, SKIPPED_AT_ONCE));
}

async function* blocks(magic: Uint8Array, take: Take, bad: Bad): AsyncGenerator<FramePiece> {
  const { bytes, checksum } = await header(take, bad);
  let head = await take(HEAD);
  yield { bytes: joined([magic, bytes, head]), part: "header" };
  // Each block goes with the head of the next one, so that it need not be copied.
  for (let last = false; !last; ) {
    const fields = littleEndian(head);
    last = (fields & 1) === 1;
    const [type, size] = [(fields >> 1) & 3, fields >> 3];
    if (type > COMPRESSED || size > MOST_BLOCK) throw bad("its data are corrupt");
    const content = await take((type === REPEATED ? 1 : size) + (last ? 0 : HEAD));
    if (!last) head = content.subarray(content.length - HEAD);
    if (content.length > 0) yield { bytes: content, part: "block" };
  }
  if (checksum) yield { bytes: await take(4), part: "checksum" };
}

/** What stands between the magic number and the first block. */
async function header(take: Take, bad: Bad): Promise<{ readonly bytes: Uint8Array; readonly checksum: boolean }> {
  const descriptor = await take(1);
  const [flags] = descriptor;
  const single = (flags & 32) !== 0;
  if (flags & 8) throw bad("its data are corrupt");
  const sizeBytes = [single ? 1 : 0, 2, 4, 8][flags >> 6];
  const dictionaryBytes = [0, 1, 2, 4][flags & 3];
  const rest = await take(Number(!single) + dictionaryBytes + sizeBytes);
  const dictionary = littleEndian(rest.subarray(Number(!single), Number(!single) + dictionaryBytes));
  if (dictionary !== 0) throw bad(`it needs the dictionary ${dictionary}, which is not in it`);
  const content = littleEndian(rest.subarray(rest.length - sizeBytes)) + (sizeBytes === 2 ? 256 : 0);
  const window = single ? content : 2 ** (10 + (rest[0] >> 3)) * (1 + (rest[0] & 7) / 8);
  if (window > MOST_WINDOW) throw bad(`it needs a window of ${Math.ceil(window / 2 ** 20)} MiB, more than 128 MiB`);
  return { bytes: joined([descriptor, rest]), checksum: (flags & 4) !== 0 };
}
