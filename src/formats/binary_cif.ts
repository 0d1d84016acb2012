/** BinaryCIF: CIF's categories as encoded columns (Sehnal et al. 2020, doi:10.1371/journal.pcbi.1008247; molstar/BinaryCIF's encoding.md). */
import { BadInputError } from "../errors.ts";
import { type CifBlock, CifCategory, type CifValue } from "./cif.ts";
import { type Packed, unpackMessage } from "./message_pack.ts";

type Numbers =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array;
type Column = Numbers | string[];
type Record = { readonly [name: string]: Packed };

/** Values of one column. Runs and packings may claim any number of them in a few bytes. */
const MOST_VALUES = 2 ** 27;

/** Whether bytes may be BinaryCIF: MessagePack's maps with few fields. */
export const isBinaryCif = (bytes: Uint8Array): boolean =>
  bytes.length > 0 && (bytes[0] >> 4 === 8 || bytes[0] === 0xde || bytes[0] === 0xdf);

/**
 * The data blocks of a file. Columns are decoded when they are first read.
 * @throws {BadInputError} naming what is wrong; of a column when it is read
 */
export function parseBinaryCif(bytes: Uint8Array, file: string): CifBlock[] {
  const reader = new BinaryCif(file);
  const root = reader.record(unpackMessage(bytes, file), "the file");
  return reader.list(root.dataBlocks, "dataBlocks").map((block) => reader.block(reader.record(block, "a data block")));
}

class BinaryCif {
  private readonly file: string;

  constructor(file: string) {
    this.file = file;
  }

  bad(what: string): BadInputError {
    return new BadInputError(`${this.file} is no valid BinaryCIF file: ${what}`);
  }

  record(value: Packed | undefined, what: string): Record {
    if (typeof value !== "object" || value === null || Array.isArray(value) || value instanceof Uint8Array)
      throw this.bad(`${what} is no map`);
    return value as Record;
  }

  list(value: Packed | undefined, what: string): readonly Packed[] {
    if (!Array.isArray(value)) throw this.bad(`${what} is no list`);
    return value;
  }

  text(value: Packed | undefined, what: string): string {
    if (typeof value !== "string") throw this.bad(`${what} is no text`);
    return value;
  }

  whole(value: Packed | undefined, what: string): number {
    if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0 || value > MOST_VALUES)
      throw this.bad(`${what} is no size`);
    return value;
  }

  block(block: Record): CifBlock {
    const categories = new Map<string, CifCategory>();
    for (const item of this.list(block.categories, "categories")) {
      const given = this.record(item, "a category");
      const name = this.text(given.name, "a category's name").replace(/^_/, "").toLowerCase();
      const rows = this.whole(given.rowCount, `the number of rows of ${name}`);
      const category = new CifCategory(name, rows);
      for (const entry of this.list(given.columns, `the columns of ${name}`)) {
        const column = this.record(entry, "a column");
        const title = this.text(column.name, "a column's name");
        category.add(title, () => this.values(column, rows, `${name}.${title}`));
      }
      categories.set(name, category);
    }
    return { name: this.text(block.header, "a data block's name"), categories };
  }

  private values(column: Record, rows: number, name: string): CifValue[] {
    const data = this.decode(this.record(column.data, name), name);
    const mask =
      column.mask === null || column.mask === undefined
        ? undefined
        : this.numbers(this.decode(this.record(column.mask, name), name), name);
    if (data.length !== rows || (mask && mask.length !== rows))
      throw this.bad(`${name} has ${data.length} values, expected ${rows}`);
    // Of the mask, 1 is "." and 2 is "?".
    return Array.from({ length: rows }, (_, row) =>
      mask?.[row] ? (mask[row] === 2 ? null : undefined) : String(data[row]),
    );
  }

  private numbers(data: Column, name: string): Numbers {
    if (Array.isArray(data)) throw this.bad(`${name} holds texts where numbers should be`);
    return data;
  }

  /** Undoes the encodings, the last one first. */
  private decode(data: Record, name: string): Column {
    const bytes = data.data;
    if (!(bytes instanceof Uint8Array)) throw this.bad(`${name} has no bytes`);
    return this.undo(bytes, this.list(data.encoding, `the encodings of ${name}`), name);
  }

  private undo(bytes: Uint8Array, encodings: readonly Packed[], name: string): Column {
    let data: Column = bytes;
    for (const item of [...encodings].reverse()) {
      const encoding = this.record(item, "an encoding");
      data =
        encoding.kind === "StringArray"
          ? this.strings(bytes, encoding, name)
          : this.step(this.numbers(data, name), encoding, name);
    }
    return data;
  }

  private step(data: Numbers, encoding: Record, name: string): Numbers {
    const number = (field: string): number => {
      const value = encoding[field];
      if (typeof value !== "number") throw this.bad(`an encoding of ${name} has no ${field}`);
      return value;
    };
    switch (encoding.kind) {
      case "ByteArray":
        return this.typed(data, number("type"), name);
      case "FixedPoint":
        return Float64Array.from(data, (value) => value / number("factor"));
      case "IntervalQuantization": {
        const step = (number("max") - number("min")) / (number("numSteps") - 1);
        return Float64Array.from(data, (value) => number("min") + step * value);
      }
      case "Delta": {
        let sum = number("origin");
        return Int32Array.from(data, (value) => {
          sum += value;
          return sum;
        });
      }
      case "RunLength":
        return this.runs(data, this.whole(encoding.srcSize, `the size of ${name}`), name);
      case "IntegerPacking":
        return this.unpacked(data, encoding, name);
      default:
        throw this.bad(`${name} has an unknown encoding`);
    }
  }

  private typed(bytes: Numbers, type: number, name: string): Numbers {
    const kinds = {
      1: Int8Array,
      2: Int16Array,
      3: Int32Array,
      4: Uint8Array,
      5: Uint16Array,
      6: Uint32Array,
      32: Float32Array,
      33: Float64Array,
    };
    const Kind = kinds[type as keyof typeof kinds];
    if (!Kind || !(bytes instanceof Uint8Array)) throw this.bad(`${name} has numbers of an unknown type`);
    const { BYTES_PER_ELEMENT: size } = Kind;
    if (bytes.length % size !== 0) throw this.bad(`${name} ends within a number`);
    return new Kind(new Uint8Array(bytes).buffer); // a copy lies where its numbers may; the slice of a Buffer would be none
  }

  private runs(data: Numbers, size: number, name: string): Int32Array {
    const values = new Int32Array(size);
    let at = 0;
    for (let run = 0; run + 1 < data.length; run += 2) {
      const count = data[run + 1];
      if (count < 0 || at + count > size) throw this.bad(`${name} has runs of more than ${size} values`);
      values.fill(data[run], at, at + count);
      at += count;
    }
    if (at !== size) throw this.bad(`${name} has runs of ${at} values, expected ${size}`);
    return values;
  }

  /** Values at the type's limits go on in the next one. */
  private unpacked(data: Numbers, encoding: Record, name: string): Int32Array {
    const size = this.whole(encoding.srcSize, `the size of ${name}`);
    const bits = encoding.byteCount === 1 ? 8 : 16;
    const [low, high] = encoding.isUnsigned ? [-1, 2 ** bits - 1] : [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1];
    const values = new Int32Array(size);
    let [count, sum] = [0, 0];
    for (const value of data) {
      sum += value;
      if (value === high || value === low) continue;
      if (count >= size) throw this.bad(`${name} has more than ${size} values`);
      values[count++] = sum;
      sum = 0;
    }
    if (count !== size) throw this.bad(`${name} has ${count} values, expected ${size}`);
    return values;
  }

  private strings(bytes: Uint8Array, encoding: Record, name: string): string[] {
    const { offsets, stringData } = encoding;
    if (!(offsets instanceof Uint8Array)) throw this.bad(`${name} has no offsets`);
    const at = this.numbers(
      this.undo(offsets, this.list(encoding.offsetEncoding, "the encodings of offsets"), name),
      name,
    );
    const index = this.numbers(
      this.undo(bytes, this.list(encoding.dataEncoding, "the encodings of indices"), name),
      name,
    );
    const all = this.text(stringData, `the texts of ${name}`);
    const texts = Array.from({ length: Math.max(0, at.length - 1) }, (_, text) => all.slice(at[text], at[text + 1]));
    return Array.from(index, (text) => {
      if (text === -1) return "";
      const found = texts[text];
      if (found === undefined) throw this.bad(`${name} has a text that is not there`);
      return found;
    });
  }
}
