/** The directory of a zip archive, which stands at its end: where members lie, what they unpack to, and their checksums. Read with suspicion. */
import type { BadInputError } from "../errors.ts";

/** Records by their signatures, and the bytes of their fixed parts. */
const END = { signature: 0x06054b50, bytes: 22 };
const LOCATOR_64 = { signature: 0x07064b50, bytes: 20 };
const END_64 = { signature: 0x06064b50, bytes: 56 };
const ENTRY = { signature: 0x02014b50, bytes: 46 };
const LOCAL = { signature: 0x04034b50, bytes: 30 };

/** Fields of four bytes that say so stand in a zip64 field of eight. */
const IN_ZIP64 = 0xffffffff;
const ZIP64_FIELD = 1;

const MOST_COMMENT = 0xffff;

const ENCRYPTED = 1;
const UTF8 = 1 << 11;

export const STORED = 0;
export const DEFLATED = 8;

/** Methods that other tools use, for messages. */
const METHODS: ReadonlyMap<number, string> = new Map([
  [9, "Deflate64"],
  [12, "bzip2"],
  [14, "LZMA"],
  [93, "Zstandard"],
  [95, "XZ"],
  [98, "PPMd"],
  [99, "AES encryption"],
]);

export interface Member {
  readonly nameBytes: Uint8Array;
  readonly flags: number;
  readonly method: number;
  readonly crc: number;
  readonly packed: number;
  readonly size: number;
  /** Where its local header stands. */
  readonly at: number;
}

export type Bad = (what: string) => BadInputError;

const viewOf = ({ buffer, byteOffset, byteLength }: Uint8Array): DataView =>
  new DataView(buffer, byteOffset, byteLength);

const same = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((byte, at) => byte === b[at]);

/** Where the directory stands, and how many members it says there are. */
export interface Directory {
  /** Positions in the file; members end where it begins. */
  readonly start: number;
  readonly end: number;
  readonly count: number;
  /** What all positions are short of, since something stands in front of the archive. */
  readonly shift: number;
}

/** How much of a file's end is enough to find its directory. */
export const TAIL = END.bytes + MOST_COMMENT + LOCATOR_64.bytes + END_64.bytes;

/**
 * Finds the directory.
 * @param tail the last {@link TAIL} bytes of the file, or all if it has fewer
 * @param size of the file
 */
export function findDirectory(tail: Uint8Array, size: number, bad: Bad): Directory {
  const view = viewOf(tail);
  const at = findEnd(view);
  if (at === undefined) throw bad("it has no directory at its end, as if it were cut off");
  const locator = at - LOCATOR_64.bytes;
  const at64 = locator - END_64.bytes;
  const long = at64 >= 0 && view.getUint32(locator, true) === LOCATOR_64.signature;
  if (long && view.getUint32(at64, true) !== END_64.signature)
    throw bad("its zip64 directory does not end as it should");
  const found = long
    ? {
        disk: view.getUint32(at64 + 16, true),
        count: whole(view, at64 + 32, bad),
        bytes: whole(view, at64 + 40, bad),
        offset: whole(view, at64 + 48, bad),
        end: size - tail.length + at64,
      }
    : {
        disk: view.getUint16(at + 4, true),
        count: view.getUint16(at + 10, true),
        bytes: view.getUint32(at + 12, true),
        offset: view.getUint32(at + 16, true),
        end: size - tail.length + at,
      };
  if (found.disk !== 0) throw bad("it is one part of several");
  const start = found.end - found.bytes;
  const shift = start - found.offset;
  if (start < 0 || shift < 0) throw bad("its directory reaches beyond its beginning, as if a part were missing");
  return { start, end: found.end, count: found.count, shift };
}

/**
 * Reads the directory.
 * @param bytes those of the directory alone
 * @param most members that there may be
 */
export function readMembers(
  bytes: Uint8Array,
  { count, shift }: Directory,
  most: number,
  bad: Bad,
): Map<string, Member> {
  if (count > most) throw bad(`it has ${count} members, more than ${most}`);
  const members = new Map<string, Member>();
  for (let at = 0; at < bytes.length; ) {
    const { name, member, next } = readEntry(bytes, at, shift, bad);
    if (members.has(name)) throw bad(`it has ${JSON.stringify(name)} twice`);
    members.set(name, member);
    at = next;
  }
  if (members.size !== count) throw bad(`its directory has ${members.size} members, but should have ${count}`);
  return members;
}

/** How much of a member's local header says where its data begin. */
export const headerBytes = ({ nameBytes }: Member): number => LOCAL.bytes + nameBytes.length;

/**
 * Where a member's data begin.
 * @param header the {@link headerBytes} from where its local header stands, fewer where the file ends
 * @param end where members end
 * @throws what `bad` makes, if it is encrypted, packed in a way that nobody reads here, or not where the directory says
 */
export function dataStart(name: string, member: Member, header: Uint8Array, end: number, bad: Bad): number {
  const { flags, method, packed, at, nameBytes } = member;
  if (flags & ENCRYPTED) throw bad(`${name} is encrypted`);
  if (method !== STORED && method !== DEFLATED)
    throw bad(`${name} is packed with ${METHODS.get(method) ?? `the method ${method}`}, expected deflate or nothing`);
  const view = viewOf(header);
  if (at + LOCAL.bytes > end || header.length < LOCAL.bytes || view.getUint32(0, true) !== LOCAL.signature)
    throw bad(`${name} does not begin where the directory says`);
  const nameLength = view.getUint16(26, true);
  const start = at + LOCAL.bytes + nameLength + view.getUint16(28, true);
  if (!same(header.subarray(LOCAL.bytes, LOCAL.bytes + nameLength), nameBytes))
    throw bad(`${name} has another name in front of its data`);
  if (start + packed > end) throw bad(`${name} is longer than the file`);
  return start;
}

/** The end record stands last, but for a comment; bytes that do not belong to the archive may follow. */
function findEnd(view: DataView): number | undefined {
  const last = view.byteLength - END.bytes;
  let loose: number | undefined;
  for (let at = last; at >= Math.max(0, last - MOST_COMMENT); at--) {
    if (view.getUint32(at, true) !== END.signature) continue;
    const comment = view.getUint16(at + 20, true);
    if (at + comment === last) return at;
    if (at + comment < last) loose ??= at;
  }
  return loose;
}

function whole(view: DataView, at: number, bad: Bad): number {
  const value = Number(view.getBigUint64(at, true));
  if (!Number.isSafeInteger(value)) throw bad(`it says that something has ${value} bytes`);
  return value;
}

function readEntry(bytes: Uint8Array, at: number, shift: number, bad: Bad) {
  const view = viewOf(bytes);
  if (at + ENTRY.bytes > bytes.length || view.getUint32(at, true) !== ENTRY.signature)
    throw bad("its directory is damaged");
  const [nameLength, extraLength, commentLength] = [28, 30, 32].map((field) => view.getUint16(at + field, true));
  const nameEnd = at + ENTRY.bytes + nameLength;
  const extraEnd = nameEnd + extraLength;
  const next = extraEnd + commentLength;
  if (next > bytes.length) throw bad("its directory is damaged");
  const nameBytes = bytes.subarray(at + ENTRY.bytes, nameEnd);
  const flags = view.getUint16(at + 8, true);
  const name = new TextDecoder(flags & UTF8 ? "utf-8" : "latin1").decode(nameBytes);
  const [size, packed, header] = wide(bytes.subarray(nameEnd, extraEnd), bad, [
    view.getUint32(at + 24, true),
    view.getUint32(at + 20, true),
    view.getUint32(at + 42, true),
  ]);
  const method = view.getUint16(at + 10, true);
  const crc = view.getUint32(at + 16, true);
  const member: Member = { nameBytes, flags, method, crc, packed, size, at: header + shift };
  return { name, member, next };
}

/** Fields of four bytes, each replaced by one of eight where it says so. */
function wide(extra: Uint8Array, bad: Bad, fields: readonly number[]): number[] {
  if (!fields.includes(IN_ZIP64)) return [...fields];
  const view = viewOf(extra);
  for (let at = 0; at + 4 <= extra.length; at += 4 + view.getUint16(at + 2, true)) {
    if (view.getUint16(at, true) !== ZIP64_FIELD) continue;
    let next = at + 4;
    const end = Math.min(extra.length, next + view.getUint16(at + 2, true));
    return fields.map((field) => {
      if (field !== IN_ZIP64) return field;
      next += 8;
      if (next > end) throw bad("a zip64 field of its directory is too short");
      return whole(view, next - 8, bad);
    });
  }
  return [...fields];
}
