/** tar archives (POSIX ustar, as GNU tar and Go write them), read in memory: nothing is ever written where an archive says. */
import { BadInputError } from "../errors.ts";
import { visible } from "../words.ts";

const BLOCK = 512;
/** More entries than any archive has that is read here. */
const MOST_ENTRIES = 10_000;

const text = (header: Uint8Array, at: number, length: number): string => {
  const field = header.subarray(at, at + length);
  const end = field.indexOf(0);
  return new TextDecoder("latin1").decode(end < 0 ? field : field.subarray(0, end));
};

/** A number in octal digits; undefined if it is none. */
const octal = (header: Uint8Array, at: number, length: number): number | undefined => {
  const digits = text(header, at, length).trim();
  return /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : undefined;
};

/** The sum of a header's bytes, that of its own place taken for blanks. */
const sumOf = (header: Uint8Array): number =>
  header.reduce((sum, byte, at) => sum + (at >= 148 && at < 156 ? 32 : byte), 0);

/**
 * The regular files of an archive by their names, a leading `./` left out. Links, devices, folders and whatever lies elsewhere than in the archive's
 * own folder are passed over.
 * @param file its name, for messages
 * @throws {BadInputError} if it is damaged, ends early, or has a name twice
 */
export function tarFiles(bytes: Uint8Array, file: string): Map<string, Uint8Array> {
  const bad = (what: string) => new BadInputError(`${file} is no valid tar archive: ${what}`);
  const found = new Map<string, Uint8Array>();
  for (let at = 0, entries = 0; ; entries++) {
    const header = bytes.subarray(at, at + BLOCK);
    if (header.length === 0 || (header.length === BLOCK && header.every((byte) => byte === 0))) break;
    if (header.length < BLOCK) throw bad("it ends early");
    if (octal(header, 148, 8) !== sumOf(header)) throw bad(`the header at byte ${at} has another checksum`);
    if (entries === MOST_ENTRIES) throw bad(`it has more than ${MOST_ENTRIES} entries`);
    const size = octal(header, 124, 12);
    if (size === undefined) throw bad(`the header at byte ${at} has no size`);
    const from = at + BLOCK;
    if (from + size > bytes.length) throw bad("it ends early");
    const [name, type] = [text(header, 0, 100).replace(/^\.\//, ""), text(header, 156, 1)];
    const inFolder = text(header, 345, 155) !== "" && text(header, 257, 5) === "ustar";
    if ((type === "0" || type === "") && !inFolder && !/[/\\]/.test(name)) {
      if (found.has(name)) throw bad(visible(`it has the file ${name} twice`));
      found.set(name, bytes.subarray(from, from + size));
    }
    at = from + Math.ceil(size / BLOCK) * BLOCK;
  }
  return found;
}
