/**
 * Jobs in AlphaFold Server's words with more in them than the server reads: MSAs, names of chains, ligands by SMILES or from files, and bonds
 * between chains. Such lists say no dialect.
 */
import { checkChains, readName, readSeeds } from "./alphafold3.ts";
import { readIds } from "./entities.ts";
import type { Place } from "./fields.ts";
import type { Entity, Job } from "./job.ts";
import { readListBonds } from "./job_list_bonds.ts";
import { type ListEntity, OPEN_FIELDS, readListEntity } from "./job_list_entities.ts";
import { countOf, kindOf } from "./server.ts";
import type { InputSource } from "./texts.ts";

/** The seed of jobs that name none. */
const DEFAULT_SEED = 101;
/** What no job of AlphaFold Server has. */
const OWN_FIELDS = ["covalent_bonds", "constraint", "assembly_id"];
/** A code of the dictionary, with its prefix or without. */
const CODE = /^(CCD_)?[A-Z0-9]{1,5}$/;

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * Whether a job of a list has more in it than AlphaFold Server's have.
 * @param unmarked whether jobs that do not tell are such
 */
export function isOpenJob({ value }: Place, unmarked: boolean): boolean {
  if (!isObject(value) || "dialect" in value || "version" in value) return false;
  if (unmarked || OWN_FIELDS.some((name) => name in value)) return true;
  const { sequences } = value;
  return (
    Array.isArray(sequences) &&
    sequences.some(
      (item) =>
        isObject(item) &&
        Object.values(item).some(
          (entity) =>
            isObject(entity) &&
            (OPEN_FIELDS.some((name) => name in entity) ||
              (typeof entity.ligand === "string" && !CODE.test(entity.ligand))),
        ),
    )
  );
}

/**
 * One of a list of jobs.
 * @throws {BadInputError} with the place of what is wrong
 */
export async function readOpenJob(place: Place, source: InputSource): Promise<Job> {
  const { name, modelSeeds, sequences, covalent_bonds, constraint } = place.object(
    "name",
    "modelSeeds",
    "sequences",
    "covalent_bonds",
    "constraint",
    "assembly_id",
  );
  const title = readName(name);
  if (!constraint.absent && Object.keys(constraint.value as object).length > 0)
    throw constraint.bad("cannot be used: networks here take no constraints");
  const items = sequences.list("a list of chains, ligands and ions");
  const idsOf = chainNames(items);
  const read: ListEntity[] = [];
  for (const [at, item] of items.entries()) read.push(await readListEntity(item, idsOf[at], at, source));
  const entities: Entity[] = read.map(({ entity }) => entity);
  checkChains(sequences, entities);
  return {
    name: title,
    seeds: seedsOf(modelSeeds),
    entities,
    bonds: covalent_bonds.absent ? null : readListBonds(covalent_bonds, read),
    userCcd: read.some(({ cif }) => cif) ? read.map(({ cif = "" }) => cif).join("") : null,
  };
}

const seedsOf = (place: Place): readonly number[] =>
  place.absent || place.list().length === 0 ? [DEFAULT_SEED] : readSeeds(place);

/** The nth name of a chain, from 0: A … Z, AA, AB, …, in which the last letter changes fastest. */
function nameOf(index: number): string {
  const rest = Math.floor(index / 26) - 1;
  return (rest < 0 ? "" : nameOf(rest)) + String.fromCharCode(65 + (index % 26));
}

/** Names of all chains: those that are given, and for the others the next that is free. */
function chainNames(items: readonly Place[]): string[][] {
  const given = items.map((item) => {
    const count = countOf(item);
    const id = item.field(kindOf(item)).field("id");
    if (id.absent) return undefined;
    const ids = readIds(id);
    if (ids.length !== count)
      throw id.bad(`has ${ids.length} names, but count is ${count}: there should be a name for each copy`);
    return ids;
  });
  const taken = new Set(given.flatMap((ids) => ids ?? []));
  let next = 0;
  return items.map((item, at) => {
    const own = given[at];
    if (own) return own;
    return Array.from({ length: countOf(item) }, () => {
      while (taken.has(nameOf(next))) next++;
      taken.add(nameOf(next));
      return nameOf(next);
    });
  });
}
