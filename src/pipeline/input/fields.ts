/** Values in a JSON file with their place in it, so that every complaint can name it. */
import { BadInputError, messageOf } from "../../errors.ts";
import { literal } from "../../formats/given.ts";
import { didYouMean, visible } from "../../words.ts";

/** Fields of an object; one that is not there has the value undefined. */
export type Fields<Name extends string> = Readonly<Record<Name, Place>>;

/** A value and where it stands, such as `sequences[0].protein.id`. */
export class Place {
  readonly value: unknown;
  readonly path: string;
  private readonly file: string;

  constructor(value: unknown, path: string, file: string) {
    this.value = value;
    this.path = path;
    this.file = file;
  }

  /** The same value, which messages look for in a part of the file. @param part such as `job "x"` */
  within(part: string): Place {
    return new Place(this.value, this.path, `${this.file}, ${part}`);
  }

  /** What is wrong with this value. @param message goes on behind the path, such as `should be a text` */
  bad(message: string): BadInputError {
    return new BadInputError(visible(`${this.file}: ${this.path === "" ? "the JSON" : this.path} ${message}`));
  }

  /** It is not what it should be. */
  not(expected: string): BadInputError {
    return this.bad(
      this.value === undefined
        ? `is missing: it should be ${expected}`
        : `should be ${expected}, not ${literal(this.value)}`,
    );
  }

  /** Nothing was given: JSON's null counts as absent. */
  get absent(): boolean {
    return this.value === undefined || this.value === null;
  }

  /** @throws {BadInputError} unless it is an object that has no other fields */
  object<Name extends string>(...known: readonly Name[]): Fields<Name> {
    const { value } = this;
    if (typeof value !== "object" || value === null || Array.isArray(value)) throw this.not("an object");
    const strange = Object.keys(value).find((name) => !(known as readonly string[]).includes(name));
    if (strange !== undefined)
      throw this.bad(
        `has the unknown field ${JSON.stringify(strange)}; known are ${known.join(", ")}${didYouMean(strange, known)}`,
      );
    return Object.fromEntries(known.map((name) => [name, this.field(name)])) as unknown as Fields<Name>;
  }

  /** The names of an object's fields. @throws {BadInputError} unless it is one */
  names(): string[] {
    const { value } = this;
    if (typeof value !== "object" || value === null || Array.isArray(value)) throw this.not("an object");
    return Object.keys(value);
  }

  /** A field of an object. */
  field(name: string): Place {
    const own = Object.hasOwn(this.value as object, name) ? (this.value as Record<string, unknown>)[name] : undefined;
    return new Place(own, this.path === "" ? name : `${this.path}.${name}`, this.file);
  }

  /** @throws {BadInputError} unless it is an array */
  list(expected = "a list"): Place[] {
    if (!Array.isArray(this.value)) throw this.not(expected);
    return this.value.map((item, index) => new Place(item, `${this.path}[${index}]`, this.file));
  }

  /** @throws {BadInputError} unless it is a text */
  text(expected = "a text"): string {
    if (typeof this.value !== "string") throw this.not(expected);
    return this.value;
  }

  /** @throws {BadInputError} unless it is a whole number from the least to the most */
  whole(least: number, most: number): number {
    const { value } = this;
    if (typeof value !== "number" || !Number.isSafeInteger(value) || value < least || value > most)
      throw this.not(`a whole number from ${least} to ${most}`);
    return value;
  }
}

/** The content of a JSON file. @throws {BadInputError} with the reason if it is none */
export function readJson(text: string, file: string): Place {
  try {
    return new Place(JSON.parse(text), "", file);
  } catch (error) {
    throw new BadInputError(`${file} is not valid JSON: ${visible(messageOf(error))}`);
  }
}
