/** Chains, ligands and ions of jobs in lists that have more in them than AlphaFold Server's. */
import { smilesAtomNames } from "../dictionary/smiles.ts";
import { readModifications, readSequence } from "./entities.ts";
import type { Place } from "./fields.ts";
import type { Entity, Ligand, Polymer, PolymerKind } from "./job.ts";
import { readMolfile } from "./molfile.ts";
import { kindOf, PREFIX } from "./server.ts";
import { type InputSource, textOfFile, textOrFile } from "./texts.ts";

/** Fields of chains that AlphaFold Server's jobs do not have. */
export const OPEN_FIELDS = [
  "id",
  "unpairedMsa",
  "unpairedMsaPath",
  "pairedMsa",
  "pairedMsaPath",
  "templatesPath",
  "msa",
] as const;

const FILE = "FILE_";
/** Files of ligands that are read. */
const MOLFILE = /\.(mol|sdf)$/i;

/** What was read of an entity. */
export interface ListEntity {
  readonly entity: Entity;
  /** A component that only this entity has, as CIF. */
  readonly cif?: string;
  /** Atoms by number, of ligands whose bonds name them so. */
  readonly numbered?: ReadonlyMap<number, string>;
}

/**
 * One member of `sequences`.
 * @param ids of its chains
 * @param at its place among the members
 * @throws {BadInputError} with the place of what is wrong
 */
export async function readListEntity(
  place: Place,
  ids: readonly string[],
  at: number,
  source: InputSource,
): Promise<ListEntity> {
  const kind = kindOf(place);
  const entity = place.field(kind);
  if (kind === "ligand") return readLigand(entity, ids, at, source);
  if (kind === "ion") {
    entity.object("ion", "count", "id");
    const ion = entity.field("ion");
    const [code, ...more] = codesOf(ion, 'a code such as "MG"');
    if (more.length > 0) throw ion.bad(`should be one component, not ${more.length + 1}`);
    return { entity: { kind: "ligand", ids, codes: [code], ion: true } };
  }
  return {
    entity:
      kind === "proteinChain" ? await readProtein(entity, ids, source) : await readNucleic(entity, kind, ids, source),
  };
}

/** Codes of components, one behind the other, with the prefix or without. */
function codesOf(place: Place, expected: string): readonly [string, ...string[]] {
  const text = place.text(expected);
  const [first, ...rest] = (text.startsWith(PREFIX) ? text.slice(PREFIX.length) : text).split("_");
  if ([first, ...rest].some((code) => !/^[!-~]+$/.test(code))) throw place.not(expected);
  return [first, ...rest];
}

async function readLigand(entity: Place, ids: readonly string[], at: number, source: InputSource): Promise<ListEntity> {
  const { ligand } = entity.object("ligand", "count", "id");
  const expected = 'a code such as "CCD_ATP", a SMILES, or a file such as "FILE_ligand.sdf"';
  const text = ligand.text(expected);
  const shared = { kind: "ligand", ids } as const;
  if (text.startsWith(PREFIX)) return { entity: { ...shared, codes: codesOf(ligand, expected) } };
  if (text.startsWith(FILE)) return readLigandFile(ligand, text.slice(FILE.length), shared, at, source);
  if (text.trim() === "") throw ligand.not(expected);
  return { entity: { ...shared, smiles: text }, numbered: smilesAtomNames(text, ligand.path) };
}

async function readLigandFile(
  place: Place,
  file: string,
  shared: Pick<Ligand, "kind" | "ids">,
  at: number,
  source: InputSource,
): Promise<ListEntity> {
  if (!MOLFILE.test(file)) throw place.bad(`names a file that is not read here: write the ligand as .sdf or .mol`);
  const code = `FILE${at + 1}`;
  const { cif, names } = readMolfile(await textOfFile(place, file, source), code, file);
  return { entity: { ...shared, codes: [code] }, cif, numbered: new Map(names.map((name, index) => [index, name])) };
}

async function readNucleic(
  place: Place,
  key: "rnaSequence" | "dnaSequence",
  ids: readonly string[],
  source: InputSource,
): Promise<Polymer> {
  const kind: PolymerKind = key === "rnaSequence" ? "rna" : "dna";
  const own = kind === "rna" ? (["unpairedMsa", "unpairedMsaPath"] as const) : [];
  place.object("sequence", "count", "id", "modifications", ...own);
  const sequence = readSequence(place.field("sequence"));
  const msa =
    kind === "rna" ? await textOrFile(place.field("unpairedMsa"), place.field("unpairedMsaPath"), source) : "";
  const modifications = place.field("modifications");
  return {
    kind,
    ids,
    sequence,
    modifications: readModifications(modifications, "modificationType", "basePosition", sequence.length, PREFIX),
    unpairedMsa: msa,
    pairedMsa: "",
    templates: [],
  };
}

async function readProtein(place: Place, ids: readonly string[], source: InputSource): Promise<Polymer> {
  const fields = place.object("sequence", "count", "modifications", "glycans", ...OPEN_FIELDS);
  const { glycans, templatesPath, modifications } = fields;
  if (!glycans.absent && glycans.list("a list of glycans").length > 0)
    throw glycans.bad("cannot be used: give glycans as ligands with covalent_bonds");
  if (!templatesPath.absent && templatesPath.text("a path") !== "")
    throw templatesPath.bad(
      "cannot be used: it names hits in a database of structures, which is not here; give templates as mmCIF, in AlphaFold 3's own JSON",
    );
  const sequence = readSequence(fields.sequence);
  const unpaired = await textOrFile(fields.unpairedMsa, fields.unpairedMsaPath, source);
  const paired = await textOrFile(fields.pairedMsa, fields.pairedMsaPath, source);
  const folder = unpaired === null && paired === null ? await ofFolder(fields.msa, source) : undefined;
  return {
    kind: "protein",
    ids,
    sequence,
    modifications: readModifications(modifications, "ptmType", "ptmPosition", sequence.length, PREFIX),
    unpairedMsa: folder?.unpaired ?? unpaired,
    pairedMsa: folder?.paired ?? paired,
    templates: null,
  };
}

/** MSAs in a folder, as lists had them before: `non_pairing.a3m` and `pairing.a3m`, of which one may be missing. */
async function ofFolder(
  place: Place,
  source: InputSource,
): Promise<{ readonly unpaired: string | null; readonly paired: string | null } | undefined> {
  if (place.absent) return undefined;
  const { precomputed_msa_dir: folder } = place.object("precomputed_msa_dir", "pairing_db");
  if (folder.absent || folder.text("a folder") === "") return undefined;
  const read = async (name: string): Promise<string | null> => {
    const path = `${folder.text().replace(/\/+$/, "")}/${name}`;
    return textOfFile(folder, path, source, false);
  };
  const [unpaired, paired] = [await read("non_pairing.a3m"), await read("pairing.a3m")];
  if (unpaired === null && paired === null) throw folder.bad("has neither non_pairing.a3m nor pairing.a3m");
  return { unpaired, paired };
}
