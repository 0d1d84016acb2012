/**
 * A restricted reader of Python's pickles. A pickle is a program: this reader runs the instructions that build plain values, and of
 * those that name, call or fill Python objects only what its caller allows. Nothing in the file is run. Read with suspicion.
 */
import { BadInputError } from "../errors.ts";
import { shortened, visible } from "../words.ts";
import { PickleBytes } from "./pickle_bytes.ts";

/** Python's tuple; its list is an array, its dictionary a Map, None is null. */
export class Tuple {
  readonly items: readonly Value[];
  constructor(items: readonly Value[]) {
    this.items = items;
  }
}

/** Something that is allowed and that nobody reads, such as a data type or a device. */
export class Named {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

/** Plain values, and as objects of any kind what allowed calls and persistent ids make. */
export type Value = null | boolean | number | bigint | string | object;

export interface PickleOptions {
  /** What may be named, such as `collections.OrderedDict`: what its call makes of the arguments, or undefined for what is never called. */
  readonly allowed: (name: string) => ((args: readonly Value[]) => Value) | "value" | undefined;
  /** What a persistent id stands for. */
  readonly persistent: (id: Value) => Value;
  /** Makes the error for what is wrong with the file. */
  readonly bad: (what: string) => BadInputError;
  /** The file's name, for messages. */
  readonly file: string;
}

/** Far from what a model with its optimiser takes; what lies beyond only fills memory. */
const MOST_INSTRUCTIONS = 3_000_000;
const HIGHEST_PROTOCOL = 5;

/** A mark on the stack. */
const MARK = new Named("mark");

const DAMAGED = "its pickle is damaged";

/** One pickle, read from beginning to end. */
export function readPickle(bytes: Uint8Array, options: PickleOptions): Value {
  return new Machine(bytes, options).run();
}

class Machine {
  private readonly bytes: PickleBytes;
  private readonly options: PickleOptions;
  private readonly stack: Value[] = [];
  private readonly memo = new Map<number, Value>();
  private readonly calls = new Map<Named, (args: readonly Value[]) => Value>();
  private readonly names = new Map<string, Named>();

  constructor(bytes: Uint8Array, options: PickleOptions) {
    this.options = options;
    this.bytes = new PickleBytes(bytes, () => this.bad(`${DAMAGED}: it ends early`));
  }

  run(): Value {
    for (let count = 0; count < MOST_INSTRUCTIONS; count++) {
      const code = this.bytes.byte();
      if (code === 0x2e) return this.pop(); // STOP
      const instruction = INSTRUCTIONS.get(code);
      if (!instruction)
        throw this.bad(`its pickle has the instruction 0x${code.toString(16)}, which torch never writes`);
      instruction(this, this.bytes);
    }
    throw this.bad(`its pickle has more than ${MOST_INSTRUCTIONS} instructions`);
  }

  bad(what: string): BadInputError {
    return this.options.bad(what);
  }

  push(value: Value): void {
    this.stack.push(value);
  }

  pop(): Value {
    const value = this.stack.pop();
    if (value === undefined || value === MARK) throw this.bad(DAMAGED);
    return value;
  }

  top(): Value {
    const value = this.stack.at(-1);
    if (value === undefined || value === MARK) throw this.bad(DAMAGED);
    return value;
  }

  mark(): void {
    this.stack.push(MARK);
  }

  /** What was pushed since the last mark. */
  marked(): Value[] {
    const at = this.stack.lastIndexOf(MARK);
    if (at < 0) throw this.bad(DAMAGED);
    const items = this.stack.splice(at);
    items.shift();
    return items;
  }

  tuple(length: number): void {
    const items = Array.from({ length }, () => this.pop());
    this.push(new Tuple(items.reverse()));
  }

  remember(at: number): void {
    this.memo.set(at, this.top());
  }

  /** Remembers under the next number. */
  memoise(): void {
    this.remember(this.memo.size);
  }

  recall(at: number): void {
    const value = this.memo.get(at);
    if (value === undefined) throw this.bad(DAMAGED);
    this.push(value);
  }

  append(items: readonly Value[]): void {
    const list = this.top();
    if (!Array.isArray(list)) throw this.bad(DAMAGED);
    for (const item of items) list.push(item);
  }

  /** Fills a dictionary with keys and values in turns. */
  fill(items: readonly Value[]): void {
    const dictionary = this.top();
    if (!(dictionary instanceof Map) || items.length % 2 === 1) throw this.bad(DAMAGED);
    for (let at = 0; at < items.length; at += 2) {
      const key = items[at];
      if (dictionary.has(key)) throw this.bad(`a dictionary in it names ${shortName(key)} twice`);
      dictionary.set(key, items[at + 1]);
    }
  }

  /** A module's attribute. Whatever is not allowed is refused here, before anything could be done with it. */
  global(module: string, attribute: string): void {
    const name = `${module}.${attribute}`;
    let found = this.names.get(name);
    if (!found) {
      const allowed = this.options.allowed(name);
      if (allowed === undefined)
        throw new BadInputError(
          `${this.options.file} asks for Python's ${shortName(name)}; only tensors and plain containers are made of a checkpoint, and nothing in it is run`,
        );
      found = new Named(name);
      this.names.set(name, found);
      if (allowed !== "value") this.calls.set(found, allowed);
    }
    this.push(found);
  }

  /** A call of what lies on the stack below its arguments. */
  reduce(): void {
    const [args, callee] = [this.pop(), this.pop()];
    const call = callee instanceof Named ? this.calls.get(callee) : undefined;
    if (!call || !(args instanceof Tuple))
      throw this.bad(`its pickle calls ${callee instanceof Named ? shortName(callee.name) : "what is no function"}`);
    this.push(call(args.items));
  }

  /** Attributes of a dictionary, which torch writes behind a state_dict, are left; nothing else has any. */
  build(): void {
    this.pop();
    const target = this.top();
    if (!(target instanceof Map)) throw this.bad("its pickle gives attributes to what is no dictionary");
  }

  persistent(): void {
    this.push(this.options.persistent(this.pop()));
  }
}

/** A name from a file, as a message shows it. */
export const shortName = (name: Value): string =>
  typeof name === "string" ? visible(shortened(name, 80)) : typeof name === "object" ? "something" : String(name);

type Instruction = (machine: Machine, bytes: PickleBytes) => void;

/** By their codes; `pickletools` of Python has their names. Those of the oldest protocols, which write numbers as text, are missing: torch never used them. */
const INSTRUCTIONS: ReadonlyMap<number, Instruction> = new Map<number, Instruction>([
  [
    0x80, // PROTO
    (machine, bytes) => {
      const protocol = bytes.byte();
      if (protocol < 2 || protocol > HIGHEST_PROTOCOL)
        throw machine.bad(`its pickle is of protocol ${protocol}, expected 2 to ${HIGHEST_PROTOCOL}`);
    },
  ],
  [0x95, (_, bytes) => void bytes.long()], // FRAME: how much follows
  [0x28, (machine) => machine.mark()], // MARK
  [0x30, (machine) => void machine.pop()], // POP
  [0x31, (machine) => void machine.marked()], // POP_MARK
  [0x4e, (machine) => machine.push(null)], // NONE
  [0x88, (machine) => machine.push(true)], // NEWTRUE
  [0x89, (machine) => machine.push(false)], // NEWFALSE
  [0x4b, (machine, bytes) => machine.push(bytes.byte())], // BININT1
  [0x4d, (machine, bytes) => machine.push(bytes.short())], // BININT2
  [0x4a, (machine, bytes) => machine.push(bytes.int())], // BININT
  [0x8a, (machine, bytes) => machine.push(bytes.integer(bytes.byte()))], // LONG1
  [0x47, (machine, bytes) => machine.push(bytes.double())], // BINFLOAT
  [0x58, (machine, bytes) => machine.push(bytes.text(bytes.word()))], // BINUNICODE
  [0x8c, (machine, bytes) => machine.push(bytes.text(bytes.byte()))], // SHORT_BINUNICODE
  [0x8d, (machine, bytes) => machine.push(bytes.text(bytes.long()))], // BINUNICODE8
  [0x43, (machine, bytes) => machine.push(bytes.take(bytes.byte()))], // SHORT_BINBYTES
  [0x42, (machine, bytes) => machine.push(bytes.take(bytes.word()))], // BINBYTES
  [0x8e, (machine, bytes) => machine.push(bytes.take(bytes.long()))], // BINBYTES8
  [0x96, (machine, bytes) => machine.push(bytes.take(bytes.long()))], // BYTEARRAY8
  [0x55, (machine, bytes) => machine.push(bytes.text(bytes.byte()))], // SHORT_BINSTRING, of Python 2
  [0x54, (machine, bytes) => machine.push(bytes.text(bytes.word()))], // BINSTRING, of Python 2
  [0x29, (machine) => machine.push(new Tuple([]))], // EMPTY_TUPLE
  [0x85, (machine) => machine.tuple(1)], // TUPLE1
  [0x86, (machine) => machine.tuple(2)], // TUPLE2
  [0x87, (machine) => machine.tuple(3)], // TUPLE3
  [0x74, (machine) => machine.push(new Tuple(machine.marked()))], // TUPLE
  [0x5d, (machine) => machine.push([])], // EMPTY_LIST
  [0x61, (machine) => machine.append([machine.pop()])], // APPEND
  [0x65, (machine) => machine.append(machine.marked())], // APPENDS
  [0x8f, (machine) => machine.push([])], // EMPTY_SET
  [0x90, (machine) => machine.append(machine.marked())], // ADDITEMS
  [0x91, (machine) => machine.push(machine.marked())], // FROZENSET
  [0x7d, (machine) => machine.push(new Map())], // EMPTY_DICT
  [
    0x73, // SETITEM
    (machine) => {
      const [value, key] = [machine.pop(), machine.pop()];
      machine.fill([key, value]);
    },
  ],
  [0x75, (machine) => machine.fill(machine.marked())], // SETITEMS
  [0x71, (machine, bytes) => machine.remember(bytes.byte())], // BINPUT
  [0x72, (machine, bytes) => machine.remember(bytes.word())], // LONG_BINPUT
  [0x94, (machine) => machine.memoise()], // MEMOIZE
  [0x68, (machine, bytes) => machine.recall(bytes.byte())], // BINGET
  [0x6a, (machine, bytes) => machine.recall(bytes.word())], // LONG_BINGET
  [0x63, (machine, bytes) => machine.global(bytes.line(), bytes.line())], // GLOBAL
  [
    0x93, // STACK_GLOBAL
    (machine) => {
      const [attribute, module] = [machine.pop(), machine.pop()];
      if (typeof attribute !== "string" || typeof module !== "string") throw machine.bad(DAMAGED);
      machine.global(module, attribute);
    },
  ],
  [
    0x69, // INST, of the oldest protocols: a call, refused with its name
    (machine, bytes) => {
      machine.global(bytes.line(), bytes.line());
      machine.reduce();
    },
  ],
  [0x52, (machine) => machine.reduce()], // REDUCE
  [0x81, (machine) => machine.reduce()], // NEWOBJ: a call of a class
  [0x62, (machine) => machine.build()], // BUILD
  [0x51, (machine) => machine.persistent()], // BINPERSID
]);
