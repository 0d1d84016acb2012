/** Reads engine configs: JSON objects whose fields have the engine's defaults, and whose unknown fields are only noted. */
import { BadInputError } from "../errors.ts";
import { literal } from "./given.ts";

/** The most that a count or a width of a config may be, which keeps a mistyped one from filling the memory. */
export const MOST_COUNT = 65536;

export type Note = (text: string) => void;

/** One object of a config. A field that is absent or null has its default. */
export class ConfigReader {
  private readonly values: Readonly<Record<string, unknown>>;
  /** Where the object stands, such as `config.heads`: for messages. */
  readonly path: string;
  private readonly known = new Set<string>();
  private readonly nested: ConfigReader[] = [];

  constructor(value: unknown, path = "config") {
    if (typeof value !== "object" || value === null || Array.isArray(value))
      throw new BadInputError(`${path} should be a JSON object`);
    this.values = value as Record<string, unknown>;
    this.path = path;
  }

  /** A whole number from 1 to `most`. Without a default, an absent field is undefined. */
  integer(name: string): number | undefined;
  integer(name: string, fallback: number, most?: number): number;
  integer(name: string, fallback?: number, most = MOST_COUNT): number | undefined {
    const value = this.field(name);
    if (value === undefined) return fallback;
    if (typeof value !== "number" || !Number.isInteger(value) || value < 1 || value > most)
      throw this.wrong(name, `a whole number from 1 to ${most}`, value);
    return value;
  }

  /** A whole number from 0: how often something happens again. */
  count(name: string, fallback: number, most = MOST_COUNT): number {
    const value = this.field(name);
    if (value === undefined) return fallback;
    if (typeof value !== "number" || !Number.isInteger(value) || value < 0 || value > most)
      throw this.wrong(name, `a whole number from 0 to ${most}`, value);
    return value;
  }

  /** A finite number above zero. */
  number(name: string, fallback: number): number {
    const value = this.amount(name, fallback, "a number above zero");
    if (value === 0) throw this.wrong(name, "a number above zero", value);
    return value;
  }

  /** A finite number that may be zero. */
  amount(name: string, fallback: number, expected = "zero, or a number above zero"): number {
    const value = this.field(name);
    if (value === undefined) return fallback;
    if (typeof value !== "number" || !Number.isFinite(value) || value < 0) throw this.wrong(name, expected, value);
    return value;
  }

  text(name: string, fallback: string): string {
    const value = this.field(name);
    if (value === undefined) return fallback;
    if (typeof value !== "string") throw this.wrong(name, "a text", value);
    return value;
  }

  flag(name: string, fallback: boolean): boolean {
    const value = this.field(name);
    if (value === undefined) return fallback;
    if (typeof value !== "boolean") throw this.wrong(name, "true or false", value);
    return value;
  }

  /** A nested object; an absent one has all its defaults. */
  object(name: string): ConfigReader {
    const nested = new ConfigReader(this.field(name) ?? {}, `${this.path}.${name}`);
    this.nested.push(nested);
    return nested;
  }

  /** Fields that exist but change no number. */
  ignore(...names: readonly string[]): void {
    for (const name of names) this.known.add(name);
  }

  /** Takes all fields that exist as known. */
  ignoreAll(): void {
    this.ignore(...Object.keys(this.values));
  }

  /** The paths of fields that nobody asked for, here and in the objects that were. */
  unknown(): string[] {
    const own = Object.keys(this.values).filter((name) => !this.known.has(name));
    const paths = [...own.map((name) => `${this.path}.${name}`), ...this.nested.flatMap((reader) => reader.unknown())];
    return [...new Set(paths)];
  }

  private field(name: string): unknown {
    this.known.add(name);
    return Object.hasOwn(this.values, name) ? (this.values[name] ?? undefined) : undefined;
  }

  private wrong(name: string, expected: string, found: unknown): BadInputError {
    return new BadInputError(`${this.path}.${name} should be ${expected}, not ${literal(found)}`);
  }
}
