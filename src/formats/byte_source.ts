/** A file whose bytes are read where they are wanted, and not held. */
import { BadInputError } from "../errors.ts";
import type { Files } from "./files.ts";

export interface ByteSource {
  /** In bytes. */
  readonly size: number;
  /** Exactly these bytes. @throws {BadInputError} if they cannot be read, or the file has become shorter */
  read(at: number, length: number): Promise<Uint8Array>;
}

/** Opens a file for reading parts. Where the platform has no parts of files, the whole is read once and held. */
export async function openSource(files: Files, path: string): Promise<ByteSource> {
  if (files.range && files.size) {
    const size = await files.size(path);
    const range = files.range.bind(files);
    return {
      size,
      async read(at, length) {
        const bytes = await range(path, at, length);
        if (bytes.length !== length) throw new BadInputError(`${path} changed while it was read`);
        return bytes;
      },
    };
  }
  return sourceOf(await files.read(path));
}

/** A file that is in memory already. */
export const sourceOf = (bytes: Uint8Array): ByteSource => ({
  size: bytes.length,
  read: async (at, length) => bytes.subarray(at, at + length),
});
