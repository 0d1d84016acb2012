/** Makes zip archives, well-formed or not. */
import { deflateSync } from "fflate";
import { crc32 } from "../../src/formats/crc32.ts";
import { concat } from "./records.ts";

export interface ZipMember {
  readonly name: string;
  readonly data: Uint8Array;
  /** 0 stores, 8 deflates; others store and lie. */
  readonly method?: number;
  readonly flags?: number;
  /** What the directory says in place of the truth. */
  readonly crc?: number;
  readonly size?: number;
  readonly packed?: number;
  /** Another name in front of the data. */
  readonly localName?: string;
  /** Sizes and checksum follow the data, as where the output could not be rewound. */
  readonly descriptor?: boolean;
  /** Sizes of eight bytes in front of the data, as NumPy writes them, or in the directory. */
  readonly localZip64?: boolean;
  readonly zip64?: boolean;
}

interface ZipEnd {
  readonly zip64?: boolean;
  readonly comment?: string;
  readonly before?: Uint8Array;
  readonly behind?: Uint8Array;
  readonly count?: number;
  readonly disk?: number;
}

const LONG = 0xffffffff;

/** Fields of 2, 4 or 8 bytes, little-endian. */
function fields(...values: readonly (readonly [bytes: 2 | 4 | 8, value: number])[]): Uint8Array {
  const bytes = new Uint8Array(values.reduce((sum, [size]) => sum + size, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const [size, value] of values) {
    if (size === 2) view.setUint16(at, value, true);
    else if (size === 4) view.setUint32(at, value, true);
    else view.setBigUint64(at, BigInt(value), true);
    at += size;
  }
  return bytes;
}

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

/** An archive of members in order. */
export function makeZip(members: readonly ZipMember[], end: ZipEnd = {}): Uint8Array {
  const bodies: Uint8Array[] = [];
  const entries: Uint8Array[] = [];
  let at = 0;
  for (const member of members) {
    const content = member.method === 8 ? deflateSync(member.data) : member.data;
    const crc = member.crc ?? crc32(member.data);
    const [size, packed] = [member.size ?? member.data.length, member.packed ?? content.length];
    const body = localPart(member, content, crc);
    bodies.push(body);
    const extra = member.zip64 ? fields([2, 1], [2, 24], [8, size], [8, packed], [8, at]) : new Uint8Array(0);
    const short = (value: number): number => (member.zip64 ? LONG : value);
    const name = text(member.name);
    const flags = (member.flags ?? 0) | (member.descriptor ? 8 : 0);
    entries.push(
      fields([4, 0x02014b50], [2, 45], [2, 45], [2, flags], [2, member.method ?? 0], [4, 0], [4, crc]),
      fields([4, short(packed)], [4, short(size)], [2, name.length], [2, extra.length], [2, 0]),
      fields([2, 0], [2, 0], [4, 0], [4, short(at)]),
      name,
      extra,
    );
    at += body.length;
  }
  const directory = concat(...entries);
  return concat(
    end.before ?? new Uint8Array(0),
    ...bodies,
    directory,
    endPart(members.length, directory.length, at, end),
  );
}

function localPart(member: ZipMember, content: Uint8Array, crc: number): Uint8Array {
  const { data, method = 0, flags = 0, descriptor, localZip64 } = member;
  const name = text(member.localName ?? member.name);
  const known = !descriptor && !localZip64;
  const extra = localZip64 ? fields([2, 1], [2, 16], [8, data.length], [8, content.length]) : new Uint8Array(0);
  const sizes = known ? [content.length, data.length] : localZip64 ? [LONG, LONG] : [0, 0];
  return concat(
    fields([4, 0x04034b50], [2, 45], [2, flags | (descriptor ? 8 : 0)], [2, method], [4, 0], [4, descriptor ? 0 : crc]),
    fields([4, sizes[0]], [4, sizes[1]], [2, name.length], [2, extra.length]),
    name,
    extra,
    content,
    descriptor ? fields([4, 0x08074b50], [4, crc], [4, content.length], [4, data.length]) : new Uint8Array(0),
  );
}

function endPart(members: number, length: number, start: number, end: ZipEnd): Uint8Array {
  const { zip64, comment = "", behind = new Uint8Array(0), count = members, disk = 0 } = end;
  const long = concat(
    fields([4, 0x06064b50], [8, 44], [2, 45], [2, 45], [4, disk], [4, disk], [8, count], [8, count]),
    fields([8, length], [8, start], [4, 0x07064b50], [4, 0], [8, start + length], [4, 1]),
  );
  const [total, size, offset] = zip64 ? [0xffff, LONG, LONG] : [count, length, start];
  return concat(
    zip64 ? long : new Uint8Array(0),
    fields([4, 0x06054b50], [2, disk], [2, disk], [2, total], [2, total], [4, size], [4, offset], [2, comment.length]),
    text(comment),
    behind,
  );
}
