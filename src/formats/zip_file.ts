/** Zip archives that are read where it is wanted, for files larger than memory: members that are stored without packing, in parts. Read with suspicion. */
import type { ByteSource } from "./byte_source.ts";
import { crc32 } from "./crc32.ts";
import {
  type Bad,
  dataStart,
  findDirectory,
  headerBytes,
  type Member,
  readMembers,
  STORED,
  TAIL,
} from "./zip_directory.ts";

/** Far from what a model with its optimiser has. */
const MOST_MEMBERS = 200_000;
const MOST_DIRECTORY = 2 ** 26;
/** How much is read at once to compute a checksum. */
const PIECE = 2 ** 22;

export class ZipFile {
  private readonly source: ByteSource;
  private readonly members: ReadonlyMap<string, Member>;
  /** Where the directory begins, and so where members end. */
  private readonly end: number;
  private readonly bad: Bad;
  private readonly starts = new Map<string, number>();

  private constructor(source: ByteSource, members: ReadonlyMap<string, Member>, end: number, bad: Bad) {
    this.source = source;
    this.members = members;
    this.end = end;
    this.bad = bad;
  }

  /**
   * Reads the directory.
   * @param bad makes the error for what is wrong with the file
   * @throws what `bad` makes, if the directory is malformed or has a name twice
   */
  static async open(source: ByteSource, bad: Bad): Promise<ZipFile> {
    const length = Math.min(TAIL, source.size);
    const directory = findDirectory(await source.read(source.size - length, length), source.size, bad);
    const { start, end } = directory;
    if (end - start > MOST_DIRECTORY) throw bad(`its directory has ${end - start} bytes, more than ${MOST_DIRECTORY}`);
    const members = readMembers(await source.read(start, end - start), directory, MOST_MEMBERS, bad);
    return new ZipFile(source, members, start, bad);
  }

  /** In the order of the directory. */
  get names(): readonly string[] {
    return [...this.members.keys()];
  }

  /** How many bytes a member has by the directory; undefined if there is none of the name. */
  sizeOf(name: string): number | undefined {
    return this.members.get(name)?.size;
  }

  /** A part of a member, whose checksum nobody has looked at. */
  async part(name: string, at: number, length: number): Promise<Uint8Array> {
    return this.source.read((await this.start(name)) + at, length);
  }

  /** A whole member. @throws what `bad` makes, unless it is short enough and its checksum is that of the directory */
  async whole(name: string, most: number): Promise<Uint8Array> {
    const { size, crc } = this.member(name);
    if (size > most) throw this.bad(`${name} has ${size} bytes, more than ${most}`);
    const bytes = await this.part(name, 0, size);
    if (crc32(bytes) !== crc) throw this.damaged(name);
    return bytes;
  }

  /** Reads a member once, to see whether its checksum is that of the directory. @throws what `bad` makes if it is another */
  async check(name: string): Promise<void> {
    const { size, crc } = this.member(name);
    const start = await this.start(name);
    let found = 0;
    for (let at = 0; at < size; at += PIECE)
      found = crc32(await this.source.read(start + at, Math.min(PIECE, size - at)), found);
    if (found !== crc) throw this.damaged(name);
  }

  private damaged(name: string): Error {
    return this.bad(`${name} is damaged: its checksum (CRC-32) is not the one that it should have`);
  }

  /** Where a member's data begin. */
  private async start(name: string): Promise<number> {
    const known = this.starts.get(name);
    if (known !== undefined) return known;
    const member = this.member(name);
    const { at, packed, size, method } = member;
    const length = Math.max(0, Math.min(headerBytes(member), this.end - at));
    const start = dataStart(name, member, await this.source.read(at, length), this.end, this.bad);
    if (method !== STORED) throw this.bad(`${name} is packed, expected it to be stored as it is`);
    if (packed !== size) throw this.bad(`${name} has ${packed} bytes, but should have ${size}`);
    this.starts.set(name, start);
    return start;
  }

  private member(name: string): Member {
    const member = this.members.get(name);
    if (!member) throw this.bad(`it has no ${name}`);
    return member;
  }
}
