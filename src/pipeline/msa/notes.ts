/** What of a job's MSAs and templates is not used, and why: what is left out without a word is looked for in vain. */
import { parseA3m } from "../../formats/a3m.ts";
import { counted } from "../../words.ts";
import type { Chain, Complex } from "../complex.ts";
import { MOST_TEMPLATES } from "../template_features.ts";
import { isAligned, isPaired, LEAST_RESIDUES } from "./alignment.ts";

/** Lines before the first header, which the reference passes over (its `parsers.py`), without blank ones and remarks. */
function strayLines(a3m: string): number {
  const first = a3m.search(/^\s*>/m);
  const before = first < 0 ? a3m : a3m.slice(0, first);
  return before.split(/\r\n?|\n/).filter((line) => line.trim() !== "" && !line.startsWith("#")).length;
}

function aboutMsa(a3m: string, what: string): string[] {
  if (parseA3m(a3m).length === 0)
    return [`${what} is taken for none: no line of it begins with ">", so that it has no sequences`];
  const stray = strayLines(a3m);
  return stray === 0
    ? []
    : [`${what}: ${counted(stray, "line")} before the first ">" ${stray === 1 ? "is" : "are"} ignored`];
}

const aboutTemplates = (id: string, count: number): string[] =>
  count > MOST_TEMPLATES ? [`chain ${id} has ${count} templates: the first ${MOST_TEMPLATES} are used`] : [];

/** What is said of a complex, a line each. */
export function inputNotes(complex: Complex): string[] {
  const pairing = isPaired(complex);
  const told = new Set<Chain["entity"]>();
  return complex.chains.flatMap(({ id, entity, residues }) => {
    if (entity.kind === "ligand" || entity.kind === "dna") return [];
    const [unpaired, paired] = [entity.unpairedMsa ?? "", entity.pairedMsa ?? ""];
    const without =
      entity.kind === "protein" && residues.length >= LEAST_RESIDUES && unpaired === "" && paired === ""
        ? [`no MSA for chain ${id}: single-sequence prediction, expect low confidence`]
        : [];
    // Copies share what is read.
    if (told.has(entity)) return without;
    told.add(entity);
    const templates = entity.templates?.length ?? 0;
    if (!isAligned({ entity, residues }))
      return unpaired + paired === "" && templates === 0
        ? []
        : [`chain ${id} is too short for MSAs and templates: those of the input are not used`];
    const notes = [...without, ...(unpaired === "" ? [] : aboutMsa(unpaired, `the unpaired MSA of chain ${id}`))];
    if (paired !== "" && pairing) notes.push(...aboutMsa(paired, `the paired MSA of chain ${id}`));
    else if (parseA3m(paired).length > 1)
      notes.push(`the paired MSA of chain ${id} is not used: there are no different proteins to pair`);
    return [...notes, ...aboutTemplates(id, templates)];
  });
}
