/** Python literals, as headers of `.npy` have them: dictionaries, tuples, lists, texts, whole numbers, True, False and None. */

/** A tuple or a list; which of the two matters to NumPy. */
export interface PythonSequence {
  readonly kind: "tuple" | "list";
  readonly items: readonly PythonValue[];
}

export type PythonValue = string | number | boolean | null | PythonSequence | ReadonlyMap<PythonValue, PythonValue>;

/** Headers nest four deep at most; a text of brackets must not exhaust the stack. */
const MOST_DEPTH = 32;

/**
 * Reads one literal, which must be all of the text. Whole numbers may end with `L`, as Python 2 wrote long ones.
 * @returns undefined if it is no literal of these kinds, or one that nests too deep
 */
export function parsePython(text: string): PythonValue | undefined {
  const reader = new Reader(text);
  try {
    const value = reader.value(0);
    return reader.atEnd() ? value : undefined;
  } catch (error) {
    if (error instanceof Malformed) return undefined;
    throw error;
  }
}

class Malformed extends Error {}

class Reader {
  private readonly text: string;
  private at = 0;

  constructor(text: string) {
    this.text = text;
  }

  value(depth: number): PythonValue {
    if (depth > MOST_DEPTH) throw new Malformed();
    if (this.take(/\{/y)) return this.dictionary(depth + 1);
    if (this.take(/\[/y)) return { kind: "list", items: this.items("]", depth + 1).items };
    if (this.take(/\(/y)) {
      const { items, comma } = this.items(")", depth + 1);
      return items.length === 1 && !comma ? items[0] : { kind: "tuple", items };
    }
    const string = this.take(/[uU]?(?:'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)")/y);
    if (string) return string[1] ?? string[2];
    const number = this.take(/([+-]?\d+)[lL]?(?![\w.])/y);
    if (number) return Number(number[1]);
    const word = this.take(/(True|False|None)(?!\w)/y);
    if (!word) throw new Malformed();
    return word[1] === "None" ? null : word[1] === "True";
  }

  atEnd(): boolean {
    return this.take(/$/y) !== null;
  }

  /** What stands here, behind white space; the next token begins behind it. */
  private take(token: RegExp): RegExpExecArray | null {
    while (/\s/.test(this.text.charAt(this.at))) this.at++;
    token.lastIndex = this.at;
    const found = token.exec(this.text);
    if (found) this.at = token.lastIndex;
    return found;
  }

  private items(end: ")" | "]", depth: number): { readonly items: PythonValue[]; readonly comma: boolean } {
    const close = end === ")" ? /\)/y : /\]/y;
    const items: PythonValue[] = [];
    let comma = true;
    while (!this.take(close)) {
      if (!comma) throw new Malformed();
      items.push(this.value(depth));
      comma = this.take(/,/y) !== null;
    }
    return { items, comma };
  }

  private dictionary(depth: number): ReadonlyMap<PythonValue, PythonValue> {
    const entries = new Map<PythonValue, PythonValue>();
    let comma = true;
    while (!this.take(/\}/y)) {
      if (!comma) throw new Malformed();
      const key = this.value(depth);
      if (!this.take(/:/y)) throw new Malformed();
      entries.set(key, this.value(depth));
      comma = this.take(/,/y) !== null;
    }
    return entries;
  }
}
