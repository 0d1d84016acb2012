/** Whether what a caller hands in is a job: JavaScript has no types, and what is none would fail far from where it came from. */
import { givenContent, givenFields, givenList, givenName, givenNumbers, givenText } from "../../formats/given.ts";
import type { Job } from "./job.ts";

const KINDS = ["protein", "rna", "dna", "ligand"];

/** A text that may be null, as what nobody has looked for is. */
function givenOrNull(name: string, value: unknown): void {
  if (value !== null) givenContent(name, value, "a text or null");
}

function givenEntity(name: string, value: unknown): void {
  givenFields(name, "a protein, RNA, DNA or a ligand of a job", value);
  givenName(`${name}.kind`, value.kind, KINDS);
  givenTexts(`${name}.ids`, "an array of chains' names", value.ids);
  if (value.kind === "ligand") {
    if (value.smiles === undefined) givenTexts(`${name}.codes`, "an array of components' codes", value.codes);
    else givenText(`${name}.smiles`, "a SMILES", value.smiles);
    return;
  }
  givenText(`${name}.sequence`, "a sequence", value.sequence);
  givenList(`${name}.modifications`, "an array of modifications", value.modifications);
  for (const [at, each] of value.modifications.entries()) {
    givenFields(`${name}.modifications[${at}]`, 'an object such as { code: "SEP", position: 1 }', each);
    givenText(`${name}.modifications[${at}].code`, "a component's code", each.code);
  }
  givenOrNull(`${name}.unpairedMsa`, value.unpairedMsa);
  givenOrNull(`${name}.pairedMsa`, value.pairedMsa);
  if (value.templates !== null) givenList(`${name}.templates`, "an array of templates, or null", value.templates);
}

function givenTexts(name: string, expected: string, value: unknown): void {
  givenList(name, expected, value);
  for (const [at, each] of value.entries()) givenText(`${name}[${at}]`, "a text", each);
}

/** @throws {BadInputError} unless it is one, as `parseInput` makes them */
export function givenJob(value: unknown): asserts value is Job {
  givenFields("the job", "one of what parseInput resolves to", value);
  givenText("the job's name", "a text", value.name);
  givenNumbers("the job's seeds", value.seeds);
  givenList("the job's entities", "an array of proteins, RNA, DNA and ligands", value.entities);
  for (const [at, entity] of value.entities.entries()) givenEntity(`entities[${at}]`, entity);
  if (value.bonds !== null) givenList("the job's bonds", "an array of bonds, or null", value.bonds);
  givenOrNull("the job's userCcd", value.userCcd);
}
