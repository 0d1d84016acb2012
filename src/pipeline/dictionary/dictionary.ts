/** Where components are looked up: those that come with the package, and before them what a user gives. */
import { gunzipSync } from "fflate";
import { BadInputError } from "../../errors.ts";
import { type CifBlock, parseCif } from "../../formats/cif.ts";
import { didYouMean, visible } from "../../words.ts";
import { type Component, componentsOf, userComponents } from "./component.ts";
import { type PackedComponent, unpackComponent } from "./packed.ts";

/** What finds a component by its code. */
export interface Components {
  /** @returns undefined if there is no such component */
  find(code: string): Component | undefined;
  /** @throws {BadInputError} if there is no such component, with what helps. @param place where the code stands, such as `chain A, residue 2` */
  get(code: string, place: string): Component;
  /** The one-letter code by which AlphaFold 3 knows a component of a polymer (its `residue_names.CCD_NAME_TO_ONE_LETTER`). */
  letter(code: string): string | undefined;
}

class ComponentTable implements Components {
  private readonly shipped: ReadonlyMap<string, PackedComponent>;
  private readonly letters: ReadonlyMap<string, string>;
  /** Unpacked, or given by a user. */
  private readonly known: Map<string, Component>;

  constructor(
    shipped: ReadonlyMap<string, PackedComponent>,
    letters: ReadonlyMap<string, string>,
    given: readonly Component[],
  ) {
    this.shipped = shipped;
    this.letters = letters;
    this.known = new Map(given.map((component) => [component.code, component]));
  }

  find(code: string): Component | undefined {
    const known = this.known.get(code);
    if (known) return known;
    const packed = this.shipped.get(code);
    if (!packed) return undefined;
    const component = unpackComponent(packed);
    this.known.set(code, component);
    return component;
  }

  get(code: string, place: string): Component {
    const found = this.find(code);
    if (found) return found;
    const guess = didYouMean(
      code,
      [...this.shipped.keys()].filter((known) => known.toUpperCase() === code.toUpperCase()),
    );
    throw new BadInputError(
      visible(
        `${place}: the component ${JSON.stringify(code)} is not among the ${this.shipped.size} that come with the package: give it as CIF in userCCD, or give a dictionary that has it, such as the wwPDB's components.cif${guess}`,
      ),
    );
  }

  letter(code: string): string | undefined {
    return this.letters.get(code);
  }
}

interface Table {
  readonly components: readonly PackedComponent[];
  readonly letters: Readonly<Record<string, string>>;
}

let table: Promise<readonly [Map<string, PackedComponent>, Map<string, string>]> | undefined;

async function load(): Promise<readonly [Map<string, PackedComponent>, Map<string, string>]> {
  const { components } = await import("../../generated/components.ts");
  const bytes = Uint8Array.from(atob(components), (letter) => letter.charCodeAt(0));
  const { components: packed, letters } = JSON.parse(new TextDecoder().decode(gunzipSync(bytes))) as Table;
  const pairs = Object.entries(letters).flatMap(([letter, codes]) =>
    codes.split(" ").map((code) => [code, letter] as const),
  );
  return [new Map(packed.map((component) => [component.code, component])), new Map(pairs)];
}

/**
 * The dictionary: the package's own table, which is loaded when it is first needed, and before it given components; of two with the same code
 * the later one counts.
 */
export async function openDictionary(...given: readonly (readonly Component[])[]): Promise<Components> {
  table ??= load();
  return new ComponentTable(...(await table), given.flat());
}

/** Components of an input's `userCCD`. @throws {BadInputError} with the line or the component that is wrong */
export function readUserCcd(text: string, file: string): Component[] {
  const source = `${file}: userCCD`;
  const found = userComponents(parseCif(text, source), source);
  if (found.length === 0) throw new BadInputError(`${source} has no components`);
  return found;
}

/** Components of dictionaries, whichever are wanted. @throws {BadInputError} naming the component that is wrong */
export function dictionaryComponents(
  blocks: readonly CifBlock[],
  file: string,
  wanted?: (code: string) => boolean,
): Component[] {
  return blocks.flatMap((block) => componentsOf(block, file, wanted));
}
