/** Zip archives in memory: members are found by the directory at the end, unpacked by fflate, and checked. Read with suspicion. */
import { inflateSync } from "fflate";
import { messageOf } from "../errors.ts";
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

const MOST_MEMBERS = 10_000;

/** An opened archive: its directory has been read, members are unpacked on request. */
export class ZipArchive {
  /** In the order of the directory. */
  readonly names: readonly string[];
  private readonly members: ReadonlyMap<string, Member>;
  private readonly bytes: Uint8Array;
  /** Where the directory begins, and so where members end. */
  private readonly end: number;
  private readonly bad: Bad;

  /**
   * @param bytes the whole file
   * @param bad makes the error for what is wrong with it
   * @throws what `bad` makes, if the directory is malformed or has a name twice
   */
  constructor(bytes: Uint8Array, bad: Bad) {
    const directory = findDirectory(bytes.subarray(-TAIL), bytes.length, bad);
    this.members = readMembers(bytes.subarray(directory.start, directory.end), directory, MOST_MEMBERS, bad);
    this.names = [...this.members.keys()];
    this.bytes = bytes;
    this.end = directory.start;
    this.bad = bad;
  }

  /** How many bytes a member should unpack to, by the directory. */
  sizeOf(name: string): number {
    return this.member(name).size;
  }

  /** Unpacks a member. @throws what `bad` makes, unless its size and its checksum are those of the directory */
  read(name: string): Uint8Array {
    const member = this.member(name);
    const { method, crc, packed, size, at } = member;
    const { bad, bytes } = this;
    const start = dataStart(name, member, bytes.subarray(at, at + headerBytes(member)), this.end, bad);
    const content = bytes.subarray(start, start + packed);
    const unpacked = method === STORED ? content : inflate(content, size, (what) => bad(`${name} ${what}`));
    if (unpacked.length !== size) throw bad(`${name} does not unpack to the ${size} bytes that it should have`);
    if (crc32(unpacked) !== crc)
      throw bad(`${name} is damaged: its checksum (CRC-32) is not the one that it should have`);
    return unpacked;
  }

  private member(name: string): Member {
    const member = this.members.get(name);
    if (!member) throw this.bad(`it has no ${name}`);
    return member;
  }
}

/** One byte more than there should be is enough to see that there are too many: the rest is not kept. */
function inflate(content: Uint8Array, size: number, bad: Bad): Uint8Array {
  try {
    return inflateSync(content, { out: new Uint8Array(size + 1) });
  } catch (error) {
    throw bad(`cannot be unpacked: ${messageOf(error)}`);
  }
}
