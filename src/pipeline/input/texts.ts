/** Long texts of an input, which stand in the JSON or in files beside it. */
import { BadInputError, messageOf } from "../../errors.ts";
import { joined } from "../../formats/byte_stream.ts";
import { type Files, joinPath } from "../../formats/files.ts";
import { gunzipped, isGzip } from "../../formats/gzip.ts";
import { unpackZstd } from "../../formats/zstd.ts";
import type { Place } from "./fields.ts";

/** Where an input came from. */
export interface InputSource {
  /** Its name, for messages; paths in it are relative to its folder. */
  readonly file: string;
  /** What reads the files that it names; without it an input must hold everything itself. */
  readonly files?: Files | undefined;
  /**
   * Whether jobs of a list that say no dialect may have more in them than AlphaFold Server's: then a ligand's text without CCD_ is a SMILES. Jobs
   * that have more in them tell anyway.
   */
  readonly openLists?: boolean | undefined;
}

const MAGIC = { zstd: [0x28, 0xb5, 0x2f, 0xfd], xz: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0] } as const;

/**
 * The text of a file, plain or packed with gzip or zstd, which its first bytes say.
 * @throws {BadInputError} if it is packed otherwise, damaged, unpacks to too much, or is no UTF-8
 */
export async function decodeText(bytes: Uint8Array, file: string): Promise<string> {
  const starts = (magic: readonly number[]): boolean => magic.every((byte, at) => bytes[at] === byte);
  if (starts(MAGIC.xz))
    throw new BadInputError(`${file} is packed with xz, which is not read here: unpack it with "xz -d"`);
  let plain = bytes;
  if (isGzip(bytes)) plain = await collect(gunzipped(once(bytes), file));
  if (starts(MAGIC.zstd)) plain = await collect(unpackZstd(once(bytes), file, bytes.length));
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(plain);
  } catch {
    throw new BadInputError(`${file} is no text in UTF-8`);
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

async function collect(source: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of source) pieces.push(new Uint8Array(piece));
  return joined(pieces);
}

/** Texts shorter than this may be paths by mistake. */
const MAYBE_A_PATH = 256;

const isAbsolute = (path: string): boolean => /^(\/|[A-Za-z]:[\\/]|[a-z]+:\/\/)/.test(path);

function beside(file: string, path: string): string {
  const folder = file.slice(0, Math.max(file.lastIndexOf("/"), file.lastIndexOf("\\")) + 1);
  return isAbsolute(path) || folder === "" ? path : joinPath(folder, path);
}

/**
 * The text of a file that an input names.
 * @param place where it is named
 * @throws {BadInputError} if it cannot be read
 */
export async function textOfFile(place: Place, given: string, source: InputSource): Promise<string>;
/** @param needed whether it must be there: else the text of one that is not is null */
export async function textOfFile(
  place: Place,
  given: string,
  source: InputSource,
  needed: boolean,
): Promise<string | null>;
export async function textOfFile(
  place: Place,
  given: string,
  { file, files }: InputSource,
  needed = true,
): Promise<string | null> {
  if (!files) throw place.bad("names a file, which cannot be read from here: put its content into the JSON");
  const at = beside(file, given);
  if (!needed && !(await files.exists(at))) return null;
  return decodeText(
    await files.read(at).catch((error) => Promise.reject(place.bad(`cannot be used: ${messageOf(error)}`))),
    at,
  );
}

/**
 * A text given in one of two fields: as it is, or as the path of a file that may be packed.
 * @returns null if neither is there
 * @throws {BadInputError} if both are, if the file cannot be read, or if the text is the name of a file
 */
export async function textOrFile(inline: Place, path: Place, { file, files }: InputSource): Promise<string | null> {
  if (!inline.absent && !path.absent) throw inline.bad(`and ${path.path} are both given: only one of them can be`);
  if (!path.absent) {
    const given = path.text("a path");
    if (given === "") throw path.not("a path");
    return textOfFile(path, given, { file, files });
  }
  if (inline.absent) return null;
  const text = inline.text();
  if (
    files &&
    text !== "" &&
    text.length < MAYBE_A_PATH &&
    !/[\n\0>]/.test(text) &&
    (await files.exists(beside(file, text)))
  )
    throw inline.bad(`is the name of a file: give it as ${path.path}`);
  return text;
}
