/** CIF 1.1, the text in which mmCIF files and dictionaries of components are written (Hall, Allen & Brown 1991; the IUCr's grammar of version 1.1). */
import { BadInputError } from "../errors.ts";
import { visible } from "../words.ts";

/** A value: null where the file has `?` (unknown), undefined where it has `.` (inapplicable), neither of them in quotes. */
export type CifValue = string | null | undefined;

/** A table, or a single row of items. Names are in lower case, for they mean the same in any. */
export class CifCategory {
  readonly name: string;
  /** Columns by the name behind the dot. */
  private readonly columns = new Map<string, CifValue[] | (() => CifValue[])>();
  readonly rows: number;

  constructor(name: string, rows: number) {
    this.name = name;
    this.rows = rows;
  }

  /** Adds a column, or what decodes it when it is first read. */
  add(item: string, values: CifValue[] | (() => CifValue[])): void {
    this.columns.set(item.toLowerCase(), values);
  }

  get items(): string[] {
    return [...this.columns.keys()];
  }

  /** The values of a column, one per row; undefined if there is no such column. */
  column(item: string): readonly CifValue[] | undefined {
    const key = item.toLowerCase();
    const found = this.columns.get(key);
    if (typeof found !== "function") return found;
    const values = found();
    this.columns.set(key, values);
    return values;
  }
}

/** A data block: categories by name in lower case, without the underscore. */
export interface CifBlock {
  readonly name: string;
  readonly categories: ReadonlyMap<string, CifCategory>;
}

/** No line of a sound file is as long. */
const MOST_LINE = 2 ** 24;

/**
 * The data blocks of a text.
 * @param file its name, for messages
 * @throws {BadInputError} in one sentence with the number of the line
 */
export function parseCif(text: string, file: string): CifBlock[] {
  const blocks: CifBlock[] = [];
  const reader = new CifReader(file, (block) => blocks.push(block));
  const lines = text.includes("\r") ? text.replace(/\r\n?/g, "\n") : text;
  for (let from = 0; from < lines.length; ) {
    let to = lines.indexOf("\n", from);
    if (to < 0) to = lines.length;
    reader.line(lines.slice(from, to));
    from = to + 1;
  }
  reader.end();
  return blocks;
}

/**
 * The data blocks of a file one by one, so that only one of them is in memory.
 * @throws {BadInputError} in one sentence with the number of the line
 */
export async function* cifBlocks(source: AsyncIterable<Uint8Array>, file: string): AsyncGenerator<CifBlock> {
  let ready: CifBlock[] = [];
  const reader = new CifReader(file, (block) => ready.push(block));
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let rest = "";
  const decode = (bytes?: Uint8Array): string => {
    try {
      return bytes ? decoder.decode(bytes, { stream: true }) : decoder.decode();
    } catch {
      throw new BadInputError(`${file} is no text in UTF-8`);
    }
  };
  for await (const bytes of source) {
    rest += decode(bytes);
    // A carriage return at the end may have its line feed in the next piece.
    const held = rest.endsWith("\r") ? 1 : 0;
    const lines = rest.slice(0, rest.length - held).split(/\r\n|\n|\r/);
    rest = (lines.pop() ?? "") + (held ? "\r" : "");
    if (rest.length > MOST_LINE) reader.tooLong();
    for (const line of lines) reader.line(line);
    yield* ready;
    ready = [];
  }
  const last = (rest + decode()).split(/\r\n|\n|\r/);
  if (last.at(-1) === "") last.pop();
  for (const line of last) reader.line(line);
  reader.end();
  yield* ready;
}

interface Loop {
  readonly names: string[];
  readonly columns: CifValue[][];
  /** The column that the next value goes to. */
  at: number;
  /** Values have begun: a name ends it. */
  started: boolean;
}

const RESERVED = /^(data_|save_|loop_$|stop_$|global_$)/i;

/** Reads line by line. No token but a text field spans lines. */
class CifReader {
  private readonly file: string;
  private readonly emit: (block: CifBlock) => void;
  private number = 0;
  private block: { readonly name: string; readonly categories: Map<string, CifCategory> } | undefined;
  private readonly seen = new Set<string>();
  /** Inside a save frame, of dictionaries of items: nothing here reads them. */
  private frame = false;
  /** The item whose value is to come. */
  private pending: string | undefined;
  private loop: Loop | undefined;
  /** Lines of an open text field, and where it began. */
  private text: { readonly lines: string[]; readonly from: number } | undefined;

  constructor(file: string, emit: (block: CifBlock) => void) {
    this.file = file;
    this.emit = emit;
  }

  private bad(what: string, line = this.number): BadInputError {
    return new BadInputError(visible(`${this.file}, line ${line}: ${what}`));
  }

  tooLong(): never {
    this.number++;
    throw this.bad("no line of a CIF file is as long");
  }

  line(given: string): void {
    this.number++;
    if (given.length > MOST_LINE) throw this.bad("no line of a CIF file is as long");
    const line = this.number === 1 && given.startsWith("\uFEFF") ? given.slice(1) : given;
    if (this.number === 1 && line.startsWith("#\\#CIF_2"))
      throw this.bad("CIF 2.0 is not read, only CIF 1.1, as mmCIF is written");
    if (this.text) {
      if (line[0] !== ";") {
        this.text.lines.push(line);
        return;
      }
      const value = this.text.lines.join("\n");
      this.text = undefined;
      this.value(value);
      this.tokens(line, 1);
      return;
    }
    if (line[0] === ";") this.text = { lines: [line.slice(1)], from: this.number };
    else this.tokens(line, 0);
  }

  private tokens(line: string, from: number): void {
    for (let at = from; at < line.length; ) {
      const code = line.charCodeAt(at);
      if (isBlank(code)) at++;
      else if (code === HASH) return;
      else if (code === SINGLE || code === DOUBLE) at = this.quoted(line, at);
      else {
        let end = at + 1;
        while (end < line.length && !isBlank(line.charCodeAt(end))) end++;
        this.word(line.slice(at, end));
        at = end;
      }
    }
  }

  /** A quote ends at the same mark with a blank or nothing behind it. @returns where to go on */
  private quoted(line: string, at: number): number {
    const mark = line[at];
    let end = line.indexOf(mark, at + 1);
    while (end >= 0 && end + 1 < line.length && !isBlank(line.charCodeAt(end + 1))) end = line.indexOf(mark, end + 1);
    if (end < 0) throw this.bad(`the quote ${shortened(line.slice(at))} does not end`);
    this.value(line.slice(at + 1, end));
    return end + 1;
  }

  private word(word: string): void {
    if (word[0] === "_") this.name(word);
    else if (word === "?") this.value(null);
    else if (word === ".") this.value(undefined);
    else if (RESERVED.test(word)) this.keyword(word);
    else this.value(word);
  }

  private keyword(word: string): void {
    const keyword = word.toLowerCase();
    this.complete();
    if (keyword.startsWith("data_")) this.begin(word.slice(5));
    else if (keyword.startsWith("save_")) {
      if (!this.block) throw this.bad(`${word} stands before any data block`);
      this.frame = word.length > 5;
    } else if (keyword !== "loop_") throw this.bad(`${word} is reserved, and no CIF file has it`);
    else if (!this.block) throw this.bad("loop_ stands before any data block");
    else this.loop = { names: [], columns: [], at: 0, started: false };
  }

  private begin(name: string): void {
    if (name === "") throw this.bad("the data block has no name");
    if (this.seen.has(name.toLowerCase())) throw this.bad(`the data block ${shortened(name)} is there twice`);
    this.seen.add(name.toLowerCase());
    if (this.block) this.emit(this.block);
    this.frame = false;
    this.block = { name, categories: new Map() };
  }

  private name(word: string): void {
    if (!this.block) throw this.bad(`${shortened(word)} stands before any data block`);
    if (this.loop && !this.loop.started) {
      this.loop.names.push(word);
      this.loop.columns.push([]);
      return;
    }
    this.complete();
    this.pending = word;
  }

  private value(value: CifValue): void {
    const { loop, pending } = this;
    if (pending !== undefined) {
      this.pending = undefined;
      this.store([pending], [[value]]);
    } else if (loop && loop.names.length > 0) {
      loop.started = true;
      loop.columns[loop.at].push(value);
      loop.at = (loop.at + 1) % loop.names.length;
    } else throw this.bad(`the value ${shortened(value ?? (value === null ? "?" : "."))} belongs to no item`);
  }

  /** Ends the item or the loop before. */
  private complete(): void {
    const { loop, pending } = this;
    if (pending !== undefined) throw this.bad(`${shortened(pending)} has no value`);
    this.loop = undefined;
    if (!loop) return;
    if (loop.names.length === 0) throw this.bad("a loop has no names");
    if (loop.at !== 0)
      throw this.bad(
        `the loop of ${shortened(loop.names[0])} has ${loop.names.length} columns, but its last row ${loop.at}`,
      );
    this.store(loop.names, loop.columns);
  }

  private store(names: readonly string[], columns: readonly CifValue[][]): void {
    if (this.frame || !this.block) return;
    const { categories } = this.block;
    names.forEach((name, at) => {
      const dot = name.indexOf(".");
      const [category, item] = dot < 0 ? [name.slice(1), ""] : [name.slice(1, dot), name.slice(dot + 1)];
      const key = category.toLowerCase();
      let found = categories.get(key);
      if (!found) {
        found = new CifCategory(key, columns[at].length);
        categories.set(key, found);
      }
      if (found.column(item) !== undefined) throw this.bad(`${shortened(name)} is there twice`);
      if (found.rows !== columns[at].length)
        throw this.bad(
          `${shortened(name)} has ${columns[at].length} values, but other items of its category ${found.rows}`,
        );
      found.add(item, columns[at]);
    });
  }

  end(): void {
    if (this.text) throw this.bad("the text that begins here does not end", this.text.from);
    this.complete();
    if (this.block) this.emit(this.block);
    else throw this.bad("there is no data block, expected data_ and a name");
  }
}

const [HASH, SINGLE, DOUBLE] = [35, 39, 34];
const isBlank = (code: number): boolean => code === 32 || code === 9;

const shortened = (text: string): string => (text.length > 40 ? `${text.slice(0, 40)}…` : text);
