/** MessagePack, as far as BinaryCIF uses it: everything but extensions. Read with suspicion. */
import { BadInputError } from "../errors.ts";

export type Packed =
  | null
  | boolean
  | number
  | string
  | Uint8Array
  | readonly Packed[]
  | { readonly [name: string]: Packed };

/** BinaryCIF nests files, blocks, categories, columns, data and encodings. */
const MOST_DEPTH = 32;

/** @throws {BadInputError} if the bytes end early, go on behind the value, or hold what BinaryCIF never does */
export function unpackMessage(bytes: Uint8Array, file: string): Packed {
  const reader = new MessageReader(bytes, file);
  const value = reader.value(0);
  reader.end();
  return value;
}

/** Bytes of a length, of bytes and texts. */
const WIDTHS = [1, 2, 4] as const;

class MessageReader {
  private readonly bytes: Uint8Array;
  private readonly view: DataView;
  private readonly file: string;
  private at = 0;

  constructor(bytes: Uint8Array, file: string) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.file = file;
  }

  private bad(what: string): BadInputError {
    return new BadInputError(`${this.file} is no valid BinaryCIF file: ${what}`);
  }

  end(): void {
    if (this.at !== this.bytes.length) throw this.bad("there are bytes behind its end");
  }

  /** Moves over so many bytes. @returns where they begin */
  private skip(count: number): number {
    const from = this.at;
    if (count > this.bytes.length - from) throw this.bad("it ends early");
    this.at = from + count;
    return from;
  }

  private whole(bytes: 1 | 2 | 4): number {
    const at = this.skip(bytes);
    return bytes === 1 ? this.view.getUint8(at) : bytes === 2 ? this.view.getUint16(at) : this.view.getUint32(at);
  }

  value(depth: number): Packed {
    if (depth > MOST_DEPTH) throw this.bad("it is nested too deeply");
    const code = this.whole(1);
    if (code <= 0x7f) return code;
    if (code <= 0x8f) return this.map(code & 15, depth);
    if (code <= 0x9f) return this.array(code & 15, depth);
    if (code <= 0xbf) return this.text(code & 31);
    if (code >= 0xe0) return code - 256;
    switch (code) {
      case 0xc0:
        return null;
      case 0xc2:
        return false;
      case 0xc3:
        return true;
      case 0xc4:
      case 0xc5:
      case 0xc6: {
        const length = this.whole(WIDTHS[code - 0xc4]);
        const from = this.skip(length);
        return this.bytes.subarray(from, from + length);
      }
      case 0xca:
        return this.view.getFloat32(this.skip(4));
      case 0xcb:
        return this.view.getFloat64(this.skip(8));
      case 0xcc:
        return this.whole(1);
      case 0xcd:
        return this.whole(2);
      case 0xce:
        return this.whole(4);
      case 0xcf:
        return Number(this.view.getBigUint64(this.skip(8)));
      case 0xd0:
        return this.view.getInt8(this.skip(1));
      case 0xd1:
        return this.view.getInt16(this.skip(2));
      case 0xd2:
        return this.view.getInt32(this.skip(4));
      case 0xd3:
        return Number(this.view.getBigInt64(this.skip(8)));
      case 0xd9:
      case 0xda:
      case 0xdb:
        return this.text(this.whole(WIDTHS[code - 0xd9]));
      case 0xdc:
        return this.array(this.whole(2), depth);
      case 0xdd:
        return this.array(this.whole(4), depth);
      case 0xde:
        return this.map(this.whole(2), depth);
      case 0xdf:
        return this.map(this.whole(4), depth);
      default:
        throw this.bad(`it holds a value of an unknown kind (${code})`);
    }
  }

  private text(length: number): string {
    const from = this.skip(length);
    try {
      return new TextDecoder("utf-8", { fatal: true }).decode(this.bytes.subarray(from, from + length));
    } catch {
      throw this.bad("a text is not UTF-8");
    }
  }

  private array(length: number, depth: number): Packed[] {
    if (length > this.bytes.length - this.at) throw this.bad("it ends early");
    return Array.from({ length }, () => this.value(depth + 1));
  }

  private map(length: number, depth: number): { [name: string]: Packed } {
    if (2 * length > this.bytes.length - this.at) throw this.bad("it ends early");
    const entries: [string, Packed][] = [];
    for (let i = 0; i < length; i++) {
      const name = this.value(depth + 1);
      if (typeof name !== "string") throw this.bad("a field's name is no text");
      entries.push([name, this.value(depth + 1)]);
    }
    return Object.fromEntries(entries);
  }
}
