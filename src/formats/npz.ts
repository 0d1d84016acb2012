/** `.npz`, NumPy's archives: a zip of `.npy` arrays. Read with suspicion. */
import { BadInputError } from "../errors.ts";
import { shortened, visible } from "../words.ts";
import { readNpy } from "./npy.ts";
import type { HostTensor } from "./tensor.ts";
import { ZipArchive } from "./zip.ts";

/**
 * What is read may unpack to this many times the file's size, and a little more for small files. One-hot features pack to a
 * hundredth; deflate itself ends at 1032, where bombs are.
 */
const MOST_RATIO = 256;
const ALWAYS_ALLOWED = 2 ** 24;

/** Names of members may have anything in them, and are in messages. */
const MOST_LETTERS = 400;

const ENDING = ".npy";

/** An opened archive: members are unpacked, checked and converted on request; the others may be of any type. */
export class Npz {
  readonly file: string;
  readonly names: readonly string[];
  private readonly archive: ZipArchive;
  /** Names in the archive by names of arrays, which lack the ending. */
  private readonly members = new Map<string, string>();
  private readonly bad: (what: string) => BadInputError;
  private readonly most: number;
  private readonly counted = new Set<string>();
  private unpacked = 0;

  /**
   * @param bytes the whole file
   * @param file its name, for messages
   * @throws {BadInputError} if it is no zip archive, or has an array twice
   */
  constructor(bytes: Uint8Array, file: string) {
    this.file = file;
    this.bad = (what) =>
      new BadInputError(`${file} is not a valid npz file: ${visible(shortened(what, MOST_LETTERS))}`);
    this.most = ALWAYS_ALLOWED + MOST_RATIO * bytes.length;
    this.archive = new ZipArchive(bytes, this.bad);
    for (const member of this.archive.names) {
      const name = member.endsWith(ENDING) ? member.slice(0, -ENDING.length) : member;
      if (this.members.has(name)) throw this.bad(`it has ${JSON.stringify(name)} twice`);
      this.members.set(name, member);
    }
    this.names = [...this.members.keys()];
  }

  has(name: string): boolean {
    return this.members.has(name);
  }

  /**
   * An array. Integers and truth values become int32, floating-point numbers float32.
   * @throws {BadInputError} if it is missing or damaged, if what has been read unpacks to more than 256 times the file's
   *   size, or if it holds a type or a value that neither int32 nor float32 can
   */
  read(name: string): HostTensor {
    const member = this.members.get(name);
    if (member === undefined) throw new BadInputError(`${this.file} has no array ${name}`);
    if (!this.counted.has(member)) this.unpacked += this.archive.sizeOf(member);
    this.counted.add(member);
    if (this.unpacked > this.most) throw this.bad(`it unpacks to more than ${MOST_RATIO} times its size`);
    return readNpy(this.archive.read(member), `${this.file}: ${member}`);
  }
}
