/** zstd, unpacked as a stream by the reference decoder (zstddec), which is loaded when it is first needed. */
import { BadInputError, messageOf } from "../errors.ts";
import { ZstdMemory } from "./zstd_decoder.ts";
import { framePieces } from "./zstd_frames.ts";

/**
 * A stream may unpack to this many times its size, and a little more for small ones. Weights pack to a half at best; what
 * exceeds this is all zeros or a bomb.
 */
const MOST_RATIO = 32;
const ALWAYS_ALLOWED = 2 ** 20;

/**
 * Where the size is not known before the end, what comes out may be this far ahead of what has been read: zeros may stand
 * in front of what does not pack.
 */
const MOST_AHEAD = 2 ** 26;

/** The decoder gives an empty piece where a header or a block without content ends; more of them mean that it is stuck. */
const MOST_IDLE = 2;

/**
 * Unpacks all frames of a stream.
 * @param file its name, for messages
 * @param size the stream's length in bytes, if it is known beforehand
 * @throws {BadInputError} if the stream is malformed, ends early or unpacks to more than 32 times its size
 */
export async function* unpackZstd(
  source: AsyncIterable<Uint8Array>,
  file: string,
  size?: number,
): AsyncGenerator<Uint8Array> {
  const bad = (what: string): BadInputError => new BadInputError(`${file} is not a valid zstd file: ${what}`);
  const tooMuch = (): BadInputError => bad(`it unpacks to more than ${MOST_RATIO} times its size, as no weights do`);
  const memory = await ZstdMemory.take();
  let read = 0;
  async function* counted(): AsyncGenerator<Uint8Array> {
    for await (const piece of source) {
      read += piece.length;
      yield piece;
    }
  }
  const input = framePieces(counted(), bad);
  let next: { readonly bytes: Uint8Array; readonly part: string } | undefined;
  let part = "";
  let [written, idle] = [0, 0];
  // The decoder is synchronous and takes at most one piece for each that it gives: one is always kept ready for it.
  function* pieces(): Generator<Uint8Array> {
    while (next !== undefined) {
      const { bytes } = next;
      ({ part } = next);
      next = undefined;
      idle = 0;
      yield bytes;
    }
  }
  let ended = false;
  const output = memory.decode(pieces());
  try {
    for (;;) {
      next ??= (await input.next()).value ?? undefined;
      const { done, value } = attempt(() => memory.step(() => output.next()), bad);
      if (done) break;
      // The decoder does not look at error codes; on an error it gives nothing and takes nothing, again and again.
      if (value.length === 0 && ++idle > MOST_IDLE)
        throw bad(part === "checksum" ? "its checksum is not that of its data" : "its data are corrupt");
      written += value.length;
      if (written > ALWAYS_ALLOWED + MOST_RATIO * (size ?? read) + (size === undefined ? MOST_AHEAD : 0))
        throw tooMuch();
      if (value.length > 0) yield value;
    }
    ended = true;
    if (written > ALWAYS_ALLOWED + MOST_RATIO * read) throw tooMuch();
  } finally {
    memory.release(ended);
    await input.return(undefined);
  }
}

function attempt<T>(work: () => T, bad: (what: string) => BadInputError): T {
  try {
    return work();
  } catch (error) {
    const message = messageOf(error);
    throw bad(/^Incomplete/.test(message) ? "it ends early" : message);
  }
}
