/** Arguments as people without types write them: what is right for a parameter, and everything that is not. */
import { BadInputError } from "../../src/errors.ts";

/** What a wrong value is, and the value. */
export type Wrong = readonly [what: string, value: unknown];

/** What a parameter takes. */
export interface Kind {
  readonly right: unknown;
  readonly wrong: readonly Wrong[];
}

/** Any of these may stand where something else belongs. */
const ANYTHING = {
  nothing: undefined,
  null: null,
  true: true,
  "a number": 7,
  "a negative number": -1,
  "a fraction": 1.5,
  NaN: Number.NaN,
  "an empty text": "",
  "a number as text": "7",
  "an empty array": [],
  "a plain object": {},
  "a function": () => {},
  "a promise": Promise.resolve(7),
  "an empty Map": new Map(),
  "a symbol": Symbol("of something"),
  "a bigint": 7n,
  bytes: new Uint8Array(3),
} as const;

type Anything = keyof typeof ANYTHING;

/** @param takes which of anything it takes, too; @param more what else is wrong */
export const kind = (right: unknown, takes: readonly Anything[], more: readonly Wrong[] = []): Kind => ({
  right,
  wrong: [...Object.entries(ANYTHING).filter(([what]) => !takes.includes(what as Anything)), ...more],
});

/** A parameter that may be left out. */
export const optional = ({ right, wrong }: Kind): Kind => ({
  right,
  wrong: wrong.filter(([, value]) => value !== undefined),
});

/** An object with fields: wrong as a whole, or in one of them. */
export const fields = (kinds: Readonly<Record<string, Kind>>, takes: readonly Anything[] = []): Kind => {
  const right = Object.fromEntries(Object.entries(kinds).map(([name, own]) => [name, own.right]));
  const inside = Object.entries(kinds).flatMap(([name, { wrong }]) =>
    wrong.map(([what, value]): Wrong => [`${name}: ${what}`, { ...right, [name]: value }]),
  );
  return kind(right, takes, inside);
};

/** What another call gave; asynchronous ones give a promise of it, which is not it. */
export const given = (right: unknown): Kind => kind(right, [], [["the promise of it", Promise.resolve(right)]]);

export const text = (right: string, ...more: readonly Wrong[]): Kind => kind(right, ["a number as text"], more);
export const content = (right: string): Kind => kind(right, ["a number as text", "an empty text"]);
/** Of known names. */
export const name = (right: string): Kind => kind(right, [], [["an unknown one", "unheard-of"]]);
export const whole = (right: number): Kind => kind(right, ["a number"], [["infinity", Number.POSITIVE_INFINITY]]);
/** A number from 0. */
export const number = (right: number): Kind => kind(right, ["a number", "a fraction"]);
/** Any number but NaN. */
export const anyNumber = (right: number): Kind => kind(right, ["a number", "a fraction", "a negative number"]);
export const flag = kind(true, ["true"]);
export const callback = optional(kind(() => {}, ["a function"]));
export const signal = optional(kind(new AbortController().signal, [], [["the controller", new AbortController()]]));
export const list = (right: unknown, ...more: readonly Wrong[]): Kind => kind(right, ["an empty array"], more);

const NOT_NUMBERS: readonly Wrong[] = [
  ["an array with a text", ["1", 2]],
  ["an array with a hole", [1, undefined]],
  ["an array of bigints", new BigInt64Array(2)],
];
/** Any numbers, however many. */
export const numbers = (right: unknown): Kind => kind(right, ["an empty array", "bytes"], NOT_NUMBERS);
/** So many numbers. */
export const numbersOf = (length: number, value = 1): Kind =>
  kind(new Float32Array(length).fill(value), [], [...NOT_NUMBERS, ["one too few", new Float32Array(length - 1)]]);

/** A Map of tensors. @param takes whether it may be empty */
export function tensors(right: ReadonlyMap<string, unknown>, ...takes: readonly Anything[]): Kind {
  const [[first, tensor]] = right as ReadonlyMap<
    string,
    { readonly shape: readonly number[]; readonly data: Float32Array }
  >;
  const changed = (value: unknown, called: unknown = first) => new Map<unknown, unknown>([...right, [called, value]]);
  return kind(right, takes, [
    ["a plain object in place of the Map", Object.fromEntries(right)],
    ["a name that is no text", changed(tensor, 7)],
    ["an array in a tensor's place", changed([1, 2])],
    ["a tensor without a shape", changed({ ...tensor, shape: undefined })],
    ["a tensor of plain numbers", changed({ ...tensor, data: [...tensor.data] })],
    ["a tensor of another length", changed({ ...tensor, data: tensor.data.subarray(1) })],
    ["a tensor of doubles", changed({ ...tensor, dtype: "float64" })],
    ["a size as text", changed({ ...tensor, shape: tensor.shape.map(String) })],
  ]);
}

/** A function that is exported, and what it belongs to. */
export interface Exported {
  readonly path: string;
  // biome-ignore lint/suspicious/noExplicitAny: this is what a caller without types calls
  readonly call: (instance: any, args: readonly unknown[]) => unknown;
}

// biome-ignore lint/suspicious/noExplicitAny: a caller without types sees any
type Untyped = any;

const isClass = (value: unknown): boolean => typeof value === "function" && /^class\b/.test(String(value));

/** All functions, classes with their methods, and objects' methods that a module exports; errors are left out. */
export function exportedFunctions(module: Readonly<Record<string, unknown>>): Exported[] {
  return Object.entries(module).flatMap(([path, value]): Exported[] => {
    if (isClass(value)) {
      const made = value as Untyped;
      if (made.prototype instanceof Error) return [];
      const methods = Object.getOwnPropertyNames(made.prototype).filter(
        (method) => method !== "constructor" && typeof made.prototype[method] === "function",
      );
      return [
        { path, call: (_, args) => new made(...args) },
        ...methods.map((method) => ({
          path: `${path}.${method}`,
          call: (instance: Untyped, args: readonly unknown[]) => instance[method](...args),
        })),
      ];
    }
    if (typeof value === "function") return [{ path, call: (_, args) => (value as Untyped)(...args) }];
    if (typeof value !== "object" || value === null || Array.isArray(value)) return [];
    return Object.entries(value)
      .filter(([, member]) => typeof member === "function")
      .map(([method, member]) => ({
        path: `${path}.${method}`,
        call: (_: unknown, args: readonly unknown[]) => (member as Untyped).apply(value, args),
      }));
  });
}

/** What a call throws or rejects with; undefined if it answers. Of a stream, what its first piece does. */
export async function outcome(call: () => unknown): Promise<unknown> {
  try {
    const result = (await call()) as Untyped;
    if (typeof result?.next === "function" && Symbol.asyncIterator in result) await result.next();
    return undefined;
  } catch (error) {
    return error ?? "nothing was thrown";
  }
}

/** One sentence for people, and no exception of the language's own. */
const READABLE = /^[^\n]{10,400}$/;
const LANGUAGE = /undefined is not|Cannot (read|convert|destructure|mix)|is not (a function|iterable)|\[object /;

/** What is wrong with how a call ended; undefined if it refused its arguments in a sentence. */
export function complaint(error: unknown): string | undefined {
  if (error === undefined) return "was taken";
  if (!(error instanceof BadInputError)) return `${String(error)}, which is no BadInputError`;
  const { message } = error;
  return READABLE.test(message) && !LANGUAGE.test(message) ? undefined : `is no sentence: ${message}`;
}

/** Calls a function with each of its arguments as everything that it should not be. @returns what was not refused as it should be */
export async function complaintsOf(
  takes: readonly Kind[],
  call: (args: readonly unknown[]) => unknown,
): Promise<string[]> {
  const right = takes.map((kind) => kind.right);
  const found: string[] = [];
  for (const [at, { wrong }] of takes.entries())
    for (const [what, value] of wrong) {
      const said = complaint(await outcome(() => call(right.with(at, value))));
      if (said) found.push(`argument ${at + 1}, ${what}: ${said}`);
    }
  return found;
}
