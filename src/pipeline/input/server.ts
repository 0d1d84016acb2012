/** Jobs as AlphaFold Server writes and reads them (AlphaFold 3's `folding_input.py`, `from_alphafoldserver_fold_job`). */
import { checkChains, readName, readSeeds } from "./alphafold3.ts";
import { readModifications, readSequence } from "./entities.ts";
import type { Place } from "./fields.ts";
import { chainId, type Entity, type Job } from "./job.ts";

const KINDS = ["proteinChain", "rnaSequence", "dnaSequence", "ligand", "ion"] as const;
const DIALECT = "alphafoldserver";
/** Of codes of the dictionary. */
export const PREFIX = "CCD_";
/** More chains than the largest complex has tokens are a mistake. */
const MOST_COPIES = 10_000;

/**
 * One of a list of jobs.
 * @param randomSeed makes the seed of a job that leaves it to the server
 * @throws {BadInputError} with the place of what is wrong
 */
export function readServerJob(place: Place, randomSeed: () => number): Job {
  const { name, modelSeeds, sequences, dialect, version } = place.object(
    "name",
    "modelSeeds",
    "sequences",
    "dialect",
    "version",
  );
  if (dialect.absent !== version.absent) throw place.bad("should have dialect and version, or neither");
  if (!dialect.absent && dialect.value !== DIALECT) throw dialect.not(JSON.stringify(DIALECT));
  if (!version.absent && version.value !== 1) throw version.not("1");
  const title = readName(name);
  const seeds = modelSeeds.absent || modelSeeds.list().length === 0 ? [randomSeed()] : readSeeds(modelSeeds);
  let chains = 0;
  const entities = sequences.list("a list of chains, ligands and ions").map((item) => {
    const count = countOf(item);
    const ids = Array.from({ length: count }, () => chainId(chains++));
    return readEntity(item, ids);
  });
  checkChains(sequences, entities);
  return { name: title, seeds, entities, bonds: null, userCcd: null };
}

/** What one of `sequences` is. @throws {BadInputError} unless it is one of these */
export function kindOf(place: Place): (typeof KINDS)[number] {
  const names = place.names();
  const [kind] = KINDS.filter((known) => known === names[0]);
  if (names.length !== 1 || kind === undefined)
    throw place.bad(`should have exactly one of ${KINDS.join(", ")}, not ${names.join(", ") || "none"}`);
  return kind;
}

/** How many copies there are of one of `sequences`; one if nothing is said. */
export function countOf(place: Place): number {
  const entity = place.field(kindOf(place));
  entity.names();
  const count = entity.field("count");
  return count.absent ? 1 : count.whole(1, MOST_COPIES);
}

function readEntity(place: Place, ids: readonly string[]): Entity {
  const kind = kindOf(place);
  const entity = place.field(kind);
  if (kind === "ligand" || kind === "ion") {
    entity.object(kind, "count");
    const code = entity.field(kind);
    const text = code.text('a code such as "CCD_ATP"');
    const bare = text.startsWith(PREFIX) ? text.slice(PREFIX.length) : text;
    if (!/^[!-~]+$/.test(bare)) throw code.not('a code such as "CCD_ATP"');
    return { kind: "ligand", ids, codes: [bare], ...(kind === "ion" ? { ion: true } : {}) };
  }
  if (kind === "proteinChain") return readProtein(entity, ids);
  const { sequence, modifications } = entity.object("sequence", "count", "modifications");
  const letters = readSequence(sequence);
  return {
    kind: kind === "rnaSequence" ? "rna" : "dna",
    ids,
    sequence: letters,
    modifications: readModifications(modifications, "modificationType", "basePosition", letters.length, PREFIX),
    unpairedMsa: kind === "rnaSequence" ? null : "",
    pairedMsa: "",
    templates: [],
  };
}

function readProtein(place: Place, ids: readonly string[]): Entity {
  const { sequence, modifications, glycans, maxTemplateDate, useStructureTemplate } = place.object(
    "sequence",
    "count",
    "modifications",
    "glycans",
    "maxTemplateDate",
    "useStructureTemplate",
  );
  if (!glycans.absent && glycans.list("a list of glycans").length > 0)
    throw glycans.bad("cannot be used: give glycans as ligands with bonds, in AlphaFold 3's own JSON");
  if (!maxTemplateDate.absent) throw maxTemplateDate.bad("cannot be used: nothing searches for templates here");
  const use = useStructureTemplate.absent ? true : useStructureTemplate.value;
  if (typeof use !== "boolean") throw useStructureTemplate.not("true or false");
  const letters = readSequence(sequence);
  return {
    kind: "protein",
    ids,
    sequence: letters,
    modifications: readModifications(modifications, "ptmType", "ptmPosition", letters.length, PREFIX),
    unpairedMsa: null,
    pairedMsa: null,
    templates: use ? null : [],
  };
}
