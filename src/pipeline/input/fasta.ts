/** Jobs as FASTA: a chain per record. */
import { BadInputError } from "../../errors.ts";
import type { Note } from "../../formats/config.ts";
import { visible } from "../../words.ts";
import { chainId, type Entity, type PolymerKind } from "./job.ts";

const KINDS = ["protein", "rna", "dna", "ccd", "smiles"] as const;
type Kind = (typeof KINDS)[number];

interface Record {
  readonly header: string;
  /** Of the header, from 1. */
  readonly line: number;
  readonly content: string;
}

/**
 * Chains of a FASTA file. A header such as `>A|protein` names the chain and its kind (protein, rna, dna, ccd or smiles); of any other
 * the chain takes the next free letter, and the kind is guessed from the letters and noted. Colons separate chains of one record, as
 * ColabFold has it.
 * @throws {BadInputError} with the line of what is wrong
 */
export function readFasta(text: string, file: string, note: Note): Entity[] {
  const records = recordsOf(text, file);
  const named = records.map(({ header }) => /^\s*([A-Z]+)\s*\|\s*(\w+)\s*(?:\|(.*))?$/.exec(header));
  const isKind = (kind: string): kind is Kind => (KINDS as readonly string[]).includes(kind);
  const taken = new Set<string>();
  const kinds = named.map((match, at) => {
    const kind = match?.[2].toLowerCase();
    if (!match || kind === undefined || !isKind(kind)) return undefined;
    const bad = (what: string) => new BadInputError(visible(`${file}, line ${records[at].line}: ${what}`));
    if (taken.has(match[1])) throw bad(`the chain ${match[1]} is there twice`);
    if (match[3] && match[3].trim() !== "empty")
      throw bad(`the header names an MSA, "${match[3].trim()}": give MSAs by JSON`);
    taken.add(match[1]);
    return { id: match[1], kind };
  });
  let next = 0;
  const free = (): string => {
    while (taken.has(chainId(next))) next++;
    return chainId(next++);
  };
  return records.flatMap(({ content, header, line }, at): Entity[] => {
    const given = kinds[at];
    const bad = (what: string) => new BadInputError(visible(`${file}, line ${line}: ${what}`));
    if (given?.kind === "ccd" || given?.kind === "smiles")
      return [
        {
          kind: "ligand",
          ids: [given.id],
          ...(given.kind === "ccd" ? { codes: content.split(",") } : { smiles: content }),
        },
      ];
    const parts = content.split(":");
    if (given && parts.length > 1) throw bad(`the record of chain ${given.id} holds several, separated by colons`);
    return parts.map((part) => {
      const sequence = checked(part, header, bad);
      const kind = given?.kind ?? guess(sequence);
      const id = given?.id ?? free();
      if (!given)
        note(
          visible(`chain ${id} (${header.slice(0, 40) || `line ${line}`}) is taken for ${WORDS[kind as PolymerKind]}`),
        );
      return polymer(kind as PolymerKind, id, sequence);
    });
  });
}

const WORDS: Readonly<{ [kind in PolymerKind]: string }> = { protein: "a protein", rna: "RNA", dna: "DNA" };

/** A chain of which nothing but the sequence is known. */
export const polymer = (kind: PolymerKind, id: string, sequence: string): Entity => ({
  kind,
  ids: [id],
  sequence,
  modifications: [],
  unpairedMsa: kind === "dna" ? "" : null,
  pairedMsa: kind === "protein" ? null : "",
  templates: kind === "protein" ? null : [],
});

function recordsOf(text: string, file: string): Record[] {
  const records: { header: string; line: number; pieces: string[] }[] = [];
  text.split(/\r\n|\r|\n/).forEach((raw, index) => {
    const line = raw.trim();
    if (line === "" || line.startsWith(";")) return;
    if (line.startsWith(">")) records.push({ header: line.slice(1).trim(), line: index + 1, pieces: [] });
    else if (records.length === 0) throw new BadInputError(`${file}, line ${index + 1}: a FASTA file begins with ">"`);
    else records[records.length - 1].pieces.push(line);
  });
  if (records.length === 0) throw new BadInputError(`${file} has no chains`);
  return records.map(({ header, line, pieces }) => {
    const content = pieces.join("").replace(/\s/g, "");
    if (content === "")
      throw new BadInputError(visible(`${file}, line ${line}: the record "${header.slice(0, 40)}" is empty`));
    return { header, line, content };
  });
}

/** Letters alone, in capitals; a star at the end, where translation stopped, is left out. */
function checked(part: string, header: string, bad: (what: string) => BadInputError): string {
  const sequence = part.endsWith("*") ? part.slice(0, -1) : part;
  const record = `the sequence of "${header.slice(0, 40)}"`;
  if (sequence === "") throw bad(`${record} is empty`);
  const strange = sequence.search(/[^A-Z]/);
  if (strange < 0) return sequence;
  const advice = /[a-z]/.test(sequence[strange])
    ? ": write it in capital letters, for lower case would mean unknown residues"
    : "";
  throw bad(`${record} has "${sequence[strange]}" at position ${strange + 1}, expected capital letters alone${advice}`);
}

const guess = (sequence: string): PolymerKind =>
  /^[ACGUN]+$/.test(sequence) && sequence.includes("U") ? "rna" : /^[ACGTN]+$/.test(sequence) ? "dna" : "protein";
