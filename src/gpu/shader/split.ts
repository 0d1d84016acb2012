/** Arrays that several bindings hold: a kernel's text says `x[i]`, the shader finds the binding that has element `i`. */
import { bytesOf } from "../plan/dtype.ts";
import { type AnyKernel, dtypeOfArray, type Typed } from "../plan/kernel.ts";
import type { Cuts } from "../plan/parts.ts";
import { BINDING, STORED } from "./marks.ts";

/** An array, and where the bindings behind the first begin, in elements. */
type Starts = ReadonlyMap<string, readonly number[]>;

/** The name of a binding that holds a part of an array. */
const part = (array: string, index: number): string => `${array}_part${index}`;

/**
 * Declares bindings for the parts of arrays, and rewrites what reads and writes their elements. Libraries have no arrays: only the
 * kernel's own file is handed in.
 *
 * A value is read by a function, `x[i]` becoming `load_x(u32(i))`, since indices may be signed; where one is written, the statement chooses the binding.
 * @param typed whose types the arrays have
 * @returns the text as it is, if no array is cut
 * @throws if the kernel has no such array, uses its name for something else that is indexed, or cuts through an element
 */
export function split(text: string, kernel: AnyKernel, typed: Typed, cuts: Cuts): string {
  if (Object.keys(cuts).length === 0) return text;
  const starts = new Map<string, readonly number[]>();
  const loads: string[] = [];
  let next = 0;
  const binding = new RegExp(BINDING.source);
  const lines = text.split("\n").map((line) => {
    const [, , space, name, type, shape = ""] = binding.exec(line) ?? [];
    if (name === undefined) return line;
    const own = cuts[name];
    if (!own) return line.replace(/@binding\(\d+\)/, `@binding(${next++})`);
    const element = /^array<(\w+)>$/.exec(type)?.[1] ?? "";
    const bytes = elementBytes(text, kernel, typed, name, element);
    if (own.some((cut) => cut % bytes !== 0)) throw new Error(`${kernel.name}: ${name} is cut through an element`);
    const cutAt = own.map((cut) => cut / bytes);
    starts.set(name, cutAt);
    loads.push(loader(name, element, cutAt));
    const declared = (index: number): string =>
      `@group(0) @binding(${next++}) var<${space}> ${part(name, index)}: ${type};  // ${shape}`;
    return [0, ...own].map((_, index) => declared(index)).join("\n");
  });
  const missing = Object.keys(cuts).filter((name) => !starts.has(name));
  if (missing.length) throw new Error(`${kernel.name}: the shader has no array ${missing.join(", ")}`);
  checkNames(kernel.name, text, starts);
  return `${new Rewriter(lines.join("\n"), starts).all()}\n${loads.join("\n")}`;
}

/** How many bytes an element of a binding takes in a call. */
function elementBytes(text: string, kernel: AnyKernel, typed: Typed, array: string, element: string): number {
  const type = [...text.matchAll(STORED)].some(([, name]) => name === element) ? "vec4f" : element;
  const count = /^vec([24])/.exec(type)?.[1] ?? (/^[fiu]\w+$/.test(type) ? 1 : undefined);
  if (count === undefined) throw new Error(`${kernel.name}: the elements of ${array} cannot be counted`);
  return bytesOf([Number(count)], dtypeOfArray(kernel, typed, array));
}

/** A function that reads an element of an array in parts. */
function loader(name: string, element: string, starts: readonly number[]): string {
  const found = ["0u", ...starts.map((start) => `${start}u`)].map((start, index) => {
    const value = `${part(name, index)}[at${index ? ` - ${start}` : ""}]`;
    return starts[index] === undefined ? `  return ${value};` : `  if (at < ${starts[index]}u) { return ${value}; }`;
  });
  return `fn load_${name}(at: u32) -> ${element} {\n${found.join("\n")}\n}\n`;
}

/** @throws if a function gives an array's name to something of its own, and indexes it: which is meant cannot be told */
function checkNames(kernel: string, text: string, starts: Starts): void {
  for (const body of text.replace(/\/\/.*$/gm, "").split(/^(?=fn |@compute)/m))
    for (const name of starts.keys()) {
      const own = new RegExp(`\\b(?:let|var|const) ${name}\\b|[(,]\\s*${name}\\s*:`).test(body);
      if (own && new RegExp(`(?<![.\\w])${name}\\[`).test(body))
        throw new Error(`${kernel}: a function indexes ${name}, and has something of its own by that name`);
    }
}

/** What assigns: `=`, or an operation with it. */
const ASSIGNMENT = /^\s*((?:[-+*/%&|^]|<<|>>)?)=(?!=)/;

/** Walks through a text once. */
class Rewriter {
  private readonly text: string;
  private readonly starts: Starts;

  constructor(text: string, starts: Starts) {
    this.text = text;
    this.starts = starts;
  }

  all(): string {
    return this.range(0, this.text.length);
  }

  /** A range with whatever it reads and writes of the arrays. */
  private range(from: number, end: number): string {
    let out = "";
    for (let at = from; at < end; ) {
      const token = /\/\/.*|\w+|[^\w]/y;
      token.lastIndex = at;
      const [found] = token.exec(this.text) as RegExpExecArray;
      const behind = at + found.length;
      const starts = this.text[at - 1] === "." || this.text[behind] !== "[" ? undefined : this.starts.get(found);
      if (starts) {
        const access = this.access(found, starts, behind);
        out += access.text;
        at = access.end;
      } else {
        out += found;
        at = behind;
      }
    }
    return out;
  }

  /** What becomes of `name[index]`, and where it ends. @param open where the bracket stands */
  private access(
    name: string,
    starts: readonly number[],
    open: number,
  ): { readonly text: string; readonly end: number } {
    const close = this.closing(open);
    const index = this.range(open + 1, close);
    let end = close + 1;
    // Components of the element, by name or by index.
    for (let selector = this.selector(end); selector > end; selector = this.selector(end)) end = selector;
    const assignment = ASSIGNMENT.exec(this.text.slice(end, end + 16));
    if (!assignment) return { text: `load_${name}(u32(${index}))`, end: close + 1 };
    const semicolon = this.semicolon(end);
    const value = this.range(end + assignment[0].length, semicolon).trim();
    const components = this.range(close + 1, end);
    const store = (position: number): string => {
      const at = `${name}_at${position ? ` - ${starts[position - 1]}u` : ""}`;
      return `{ ${part(name, position)}[${at}]${components} ${assignment[1]}= ${name}_value; }`;
    };
    const choice = starts.map((start, position) => `if (${name}_at < ${start}u) ${store(position)} else `).join("");
    const text = `{ let ${name}_at = u32(${index}); let ${name}_value = ${value}; ${choice}${store(starts.length)} }`;
    return { text, end: semicolon + 1 };
  }

  /** Where a selector behind an element ends; where it began, if there is none. */
  private selector(at: number): number {
    if (this.text[at] === "[") return this.closing(at) + 1;
    const named = /\.\w+/y;
    named.lastIndex = at;
    return at + (named.exec(this.text)?.[0].length ?? 0);
  }

  /** The bracket that closes one. */
  private closing(open: number): number {
    for (let at = open, depth = 0; at < this.text.length; at++) {
      if (this.text[at] === "[") depth++;
      if (this.text[at] === "]" && --depth === 0) return at;
    }
    throw new Error("a bracket is not closed");
  }

  private semicolon(from: number): number {
    const at = this.text.indexOf(";", from);
    if (at < 0) throw new Error("a statement does not end");
    return at;
  }
}
