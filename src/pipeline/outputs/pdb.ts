/** Predicted structures as PDB (format 3.3), where they fit into its columns. */
import { BadInputError } from "../../errors.ts";
import { fixed } from "../../formats/decimal.ts";
import type { Chain } from "../complex.ts";
import { type ModelSource, warningOf } from "./metadata.ts";
import { atomText, checkPlaces, isPolymer, recordOf, type Structure, type StructureAtom } from "./structure.ts";

/** Names that chains have in a PDB file: one character. */
const CHAINS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
/** Records of ATOM, HETATM and TER are numbered together. */
const MOST_RECORDS = 99_999;
const MOST_RESIDUES = 9_999;
const LONGEST_COMPONENT = 3;
/** Columns of a coordinate. */
const COORDINATE = 8;
/** Letters of a line of remarks. */
const REMARK = 69;
const ROWS = 2048;

/** Chains by their characters: their own where it is one, for it is what people look for, and the next free one else. */
function chainNames({ name, complex: { chains } }: Structure): Map<Chain, string> {
  if (chains.length > CHAINS.length)
    throw new BadInputError(
      `${name}: a PDB file names at most ${CHAINS.length} chains, and there are ${chains.length}: write mmCIF`,
    );
  const own = new Set(chains.map(({ id }) => id).filter((id) => id.length === 1));
  const free = [...CHAINS].filter((letter) => !own.has(letter)).values();
  return new Map(chains.map((chain) => [chain, chain.id.length === 1 ? chain.id : (free.next().value ?? " ")]));
}

function check({ name, atoms, complex: { chains } }: Structure): void {
  const cannot = (what: string): BadInputError => new BadInputError(`${name}: ${what}: write mmCIF`);
  const records = atoms.length + chains.filter(isPolymer).length;
  if (records > MOST_RECORDS)
    throw cannot(`a PDB file numbers at most ${MOST_RECORDS} atoms and ends of chains, and there are ${records}`);
  for (const { id, residues } of chains) {
    if (residues.length > MOST_RESIDUES)
      throw cannot(`a PDB file numbers at most ${MOST_RESIDUES} residues of a chain, and ${id} has ${residues.length}`);
    for (const residue of residues)
      if (residue.name.length > LONGEST_COMPONENT)
        throw cannot(
          `a PDB file names components by at most ${LONGEST_COMPONENT} characters, and chain ${id} has ${residue.name}`,
        );
  }
}

/** The four columns of an atom's name: that of an element of one letter begins in the second. */
const nameColumns = ({ name, element }: StructureAtom["atom"]): string =>
  (element.length === 1 && name.length < 4 ? ` ${name}` : name).padEnd(4);

function coordinates(structure: Structure, at: number): string {
  return [0, 1, 2]
    .map((axis) => {
      const text = fixed(structure.positions[3 * at + axis], 3);
      if (text.length <= COORDINATE) return text.padStart(COORDINATE);
      throw new BadInputError(
        `${structure.name}: ${atomText(structure.atoms[at])} is at ${text} Å, which a PDB file has no room for: write mmCIF`,
      );
    })
    .join("");
}

/** Lines of remarks of one number, cut between words. */
function remarks(number: number, text: string): string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < REMARK) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines.map((line) => `REMARK ${String(number).padStart(3)} ${line}`);
}

function header(structure: Structure, source: ModelSource, names: ReadonlyMap<Chain, string>): string[] {
  const warning = warningOf(source);
  const renamed = [...names].filter(([chain, name]) => chain.id !== name);
  return [
    `TITLE     ${`${structure.name} ${source.model}`.slice(0, REMARK)}`,
    ...(warning === undefined ? [] : remarks(1, warning)),
    ...(source.terms ? remarks(2, source.terms.comment.join(" ")) : []),
    ...remarks(3, "THE COLUMN OF TEMPERATURE FACTORS HOLDS PLDDT FROM 0 TO 100"),
    ...renamed.map(([chain, name]) => `REMARK   4 CHAIN ${name} IS ${chain.id}`),
  ];
}

/**
 * The text of a PDB file, in pieces. Chains of longer names get free letters, said in remarks.
 * @throws {BadInputError} before the first piece, if the structure does not fit into the format's columns
 */
export function pdbText(structure: Structure, source: ModelSource): Iterable<string> {
  checkPlaces(structure);
  check(structure);
  const names = chainNames(structure);
  structure.atoms.forEach((_, at) => {
    coordinates(structure, at);
  });
  return { [Symbol.iterator]: () => records(structure, source, names) };
}

function* records(structure: Structure, source: ModelSource, names: ReadonlyMap<Chain, string>): Generator<string> {
  let lines = header(structure, source, names);
  let serial = 0;
  const { atoms, plddt } = structure;
  for (const [at, of] of atoms.entries()) {
    const { chain, residue, atom } = of;
    const polymer = isPolymer(chain);
    const record = recordOf(of).padEnd(6);
    const place = `${residue.name.padStart(3)} ${names.get(chain)}${String(residue.number).padStart(4)} `;
    const confidence = Number.isNaN(plddt[at]) ? "  0.00" : fixed(plddt[at], 2).padStart(6);
    lines.push(
      `${record}${String(++serial).padStart(5)} ${nameColumns(atom)} ${place}   ${coordinates(structure, at)}  1.00${confidence}          ${atom.element.padStart(2)}`,
    );
    if (polymer && atoms[at + 1]?.chain !== chain) lines.push(`TER   ${String(++serial).padStart(5)}      ${place}`);
    if (lines.length >= ROWS) {
      yield `${lines.map((line) => line.padEnd(80)).join("\n")}\n`;
      lines = [];
    }
  }
  yield `${[...lines, "END"].map((line) => line.padEnd(80)).join("\n")}\n`;
}
