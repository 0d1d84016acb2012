/** zstd, unpacked as a stream by the reference decoder (zstddec), which is loaded when it is first needed. */
import { BadInputError, messageOf } from "../errors.ts";

/**
 * A frame may unpack to this many times the bytes that it has had so far, and a little more for small ones. Weights pack
 * to a half at best; what exceeds this is all zeros or a bomb. The decoder itself refuses windows above 128 MiB.
 */
const MOST_RATIO = 32;
const ALWAYS_ALLOWED = 2 ** 20;

/** Pieces as the decoder takes them: none empty, since it cannot wait for a next one behind an empty one. */
const PIECE = 2 ** 16;

/** A frame that holds nothing gives one empty piece without taking input; more of them in a row mean that it is stuck. */
const MOST_IDLE = 2;

/**
 * Unpacks all frames of a stream.
 * @param file its name, for messages
 * @throws {BadInputError} if the stream is malformed, ends early or unpacks to more than 32 times its size
 */
export async function* unpackZstd(source: AsyncIterable<Uint8Array>, file: string): AsyncGenerator<Uint8Array> {
  const bad = (what: string): BadInputError => new BadInputError(`${file} is not a valid zstd file: ${what}`);
  const { ZSTDDecoder } = await import("zstddec/stream");
  const decoder = new ZSTDDecoder();
  await decoder.init();
  const input = inPieces(source);
  let next: Uint8Array | undefined;
  let [read, written, idle] = [0, 0, 0];
  // The decoder is synchronous and takes at most one piece for each that it gives: one is always kept ready for it.
  function* pieces(): Generator<Uint8Array> {
    while (next !== undefined) {
      const piece = next;
      next = undefined;
      idle = 0;
      read += piece.length;
      yield piece;
    }
  }
  const output = decoder.decodeStreaming(pieces());
  try {
    for (;;) {
      next ??= (await input.next()).value ?? undefined;
      if (next === undefined && read === 0) throw bad("it is empty");
      const { done, value } = attempt(() => output.next(), bad);
      if (done) return;
      // The decoder does not look at error codes; on an error it gives nothing and takes nothing, again and again.
      if (value.length === 0 && ++idle > MOST_IDLE) throw bad("its data are corrupt, or need a window above 128 MiB");
      written += value.length;
      if (written > ALWAYS_ALLOWED + MOST_RATIO * read)
        throw bad(`it unpacks to more than ${MOST_RATIO} times its size, as no weights do`);
      if (value.length > 0) yield value;
    }
  } finally {
    await input.return(undefined);
  }
}

async function* inPieces(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, undefined> {
  for await (const piece of source)
    for (let at = 0; at < piece.length; at += PIECE) yield piece.subarray(at, at + PIECE);
  return undefined;
}

function attempt<T>(step: () => T, bad: (what: string) => BadInputError): T {
  try {
    return step();
  } catch (error) {
    throw bad(/incomplete/i.test(messageOf(error)) ? "it ends early" : messageOf(error));
  }
}
