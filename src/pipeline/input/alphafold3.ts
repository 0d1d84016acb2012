/** AlphaFold 3's input JSON, versions 1 to 4 (its documentation: docs/input.md; its reader: `folding_input.py`). */
import type { Note } from "../../formats/config.ts";
import { MOST_SEED } from "../../formats/given.ts";
import { readEntity } from "./entities.ts";
import type { Place } from "./fields.ts";
import { type Bond, type BondedAtom, bondKey, type Entity, fileName, isLoop, type Job, lengthOf } from "./job.ts";
import { type InputSource, textOrFile } from "./texts.ts";

const DIALECT = "alphafold3";
/** What differs between them is which fields their documentation has; all are read in all. */
const VERSIONS = [1, 2, 3, 4];
/** Of the version that has all fields. */
export const NEWEST = 4;

/** @param note told what counts otherwise than it stands there @throws {BadInputError} with the place of what is wrong */
export async function readAlphaFold3(place: Place, source: InputSource, note: Note): Promise<Job> {
  const { dialect, version, name, modelSeeds, sequences, bondedAtomPairs, userCCD, userCCDPath } = place.object(
    "dialect",
    "version",
    "name",
    "modelSeeds",
    "sequences",
    "bondedAtomPairs",
    "userCCD",
    "userCCDPath",
  );
  if (dialect.value !== DIALECT) throw dialect.not(JSON.stringify(DIALECT));
  if (!VERSIONS.includes(version.value as number)) throw version.not(`one of ${VERSIONS.join(", ")}`);
  const title = readName(name);
  const seeds = readSeeds(modelSeeds);
  const entities: Entity[] = [];
  for (const item of sequences.list("a list of proteins, RNA, DNA and ligands"))
    entities.push(await readEntity(item, source));
  checkChains(sequences, entities);
  const bonds = bondedAtomPairs.absent ? null : readBonds(bondedAtomPairs, entities, note);
  return { name: title, seeds, entities, bonds, userCcd: await textOrFile(userCCD, userCCDPath, source) };
}

export function readName(place: Place): string {
  const name = place.text("a name");
  if (name.trim() === "" || /^\.*$/.test(fileName(name)))
    throw place.bad(`should have letters, digits, "_" or "-", of which files are named, not ${JSON.stringify(name)}`);
  return name;
}

/** Seeds as numbers, or as texts of digits, which the reference takes too. */
export function readSeeds(place: Place): number[] {
  const items = place.list("a list of seeds such as [1]");
  if (items.length === 0) throw place.bad("is empty: one seed at least is needed");
  return items.map((item) => {
    const { value } = item;
    const seed = typeof value === "string" && /^\d{1,10}$/.test(value.trim()) ? Number(value) : value;
    if (typeof seed !== "number" || !Number.isSafeInteger(seed) || seed < 0 || seed > MOST_SEED)
      throw item.not(`a whole number from 0 to ${MOST_SEED}`);
    return seed;
  });
}

/** @throws {BadInputError} if there is none, or two have the same name */
export function checkChains(place: Place, entities: readonly Entity[]): void {
  if (entities.length === 0) throw place.bad("is empty: there are no chains");
  const seen = new Set<string>();
  entities.forEach(({ ids }, entity) => {
    for (const id of ids) {
      if (seen.has(id)) throw place.list()[entity].bad(`has the chain ${id}, a name that is taken`);
      seen.add(id);
    }
  });
}

function readBonds(place: Place, entities: readonly Entity[], note: Note): Bond[] {
  const chains = new Map(entities.flatMap((entity) => entity.ids.map((id) => [id, entity] as const)));
  const seen = new Set<string>();
  const bonds = new Map<string, Bond>();
  for (const item of place.list("a list of bonds")) {
    const atoms = item.list("two atoms").map((atom) => readAtom(atom, chains));
    if (atoms.length !== 2) throw item.bad(`should be two atoms, not ${atoms.length}`);
    const bond: Bond = [atoms[0], atoms[1]];
    if (isLoop(bond)) throw item.bad("joins an atom with itself");
    const key = JSON.stringify(atoms);
    if (seen.has(key)) throw item.bad("is there twice");
    seen.add(key);
    // The reference takes both ways round for two bonds, and both mean one to its network.
    if (bonds.has(bondKey(bond))) note(`${item.path} is the same bond the other way round, and counts once`);
    else bonds.set(bondKey(bond), bond);
  }
  return [...bonds.values()];
}

function readAtom(place: Place, chains: ReadonlyMap<string, Entity>): BondedAtom {
  const parts = place.list('an atom such as ["A", 1, "CA"]');
  if (parts.length !== 3) throw place.bad(`should be an atom such as ["A", 1, "CA"], not ${parts.length} values`);
  const [chain, residue, atom] = [parts[0].text("a chain's name"), parts[1], parts[2].text("an atom's name")];
  const entity = chains.get(chain);
  if (!entity)
    throw parts[0].bad(`should be one of the chains ${[...chains.keys()].join(", ")}, not ${JSON.stringify(chain)}`);
  if (entity.kind === "ligand" && entity.smiles !== undefined)
    throw place.bad(`is in chain ${chain}, a ligand given as SMILES: bonds need one that is given by ccdCodes`);
  return { chain, residue: residue.whole(1, lengthOf(entity)), atom };
}
