/** gzip, unpacked piece by piece; fflate does the work. */
import { Gunzip } from "fflate";
import { BadInputError, messageOf } from "../errors.ts";

/** Whether bytes begin as gzip does. */
export const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;

/** Texts pack to a tenth, repeats of them to less; deflate itself ends at 1032, where bombs are. */
const MOST_RATIO = 256;
const ALWAYS_ALLOWED = 2 ** 26;

/** What is packed is larger than anything of its size should be. */
export class UnpacksTooFarError extends BadInputError {}

/** How much is unpacked before the size is looked at again. */
const PIECE = 2 ** 16;

/**
 * Unpacks a stream.
 * @param file its name, for messages
 * @throws {BadInputError} if it is damaged, ends early, or unpacks to more than 256 times its size
 */
export async function* gunzipped(source: AsyncIterable<Uint8Array>, file: string): AsyncGenerator<Uint8Array> {
  let ready: Uint8Array[] = [];
  let [read, written, ended] = [0, 0, false];
  const unpack = new Gunzip((piece, final) => {
    ready.push(piece);
    written += piece.length;
    ended = final;
  });
  const push = (bytes: Uint8Array, last: boolean): void => {
    try {
      unpack.push(bytes, last);
    } catch (error) {
      throw new BadInputError(`${file} is no valid gzip file: ${messageOf(error)}`);
    }
    if (written > ALWAYS_ALLOWED + MOST_RATIO * read)
      throw new UnpacksTooFarError(`${file} unpacks to more than ${MOST_RATIO} times its size`);
  };
  let held: Uint8Array | undefined;
  for await (const bytes of source)
    for (let at = 0; at < bytes.length; at += PIECE) {
      if (held) push(held, false);
      held = new Uint8Array(bytes.subarray(at, at + PIECE));
      read += held.length;
      yield* ready;
      ready = [];
    }
  push(held ?? new Uint8Array(), true);
  yield* ready;
  if (!ended) throw new BadInputError(`${file} is no valid gzip file: it ends early`);
}
