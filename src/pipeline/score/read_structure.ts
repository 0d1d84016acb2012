/** Structures of mmCIF and PDB files. */
import { BadInputError } from "../../errors.ts";
import { type CifCategory, parseCif } from "../../formats/cif.ts";
import { visible } from "../../words.ts";
import { isPosition } from "../positions.ts";
import { isPdb, readPdb } from "./read_pdb.ts";
import { chainsOf, type Site, type Structure } from "./structure.ts";

type Bad = (what: string) => BadInputError;

/**
 * The polymers of a structure's first model. Of alternative places those that are occupied most are taken; hydrogens, ligands, ions and water
 * are left out.
 * @param text of mmCIF, or PDB, which its lines say
 * @param file its name, for messages
 * @throws {BadInputError} in one sentence, if it is neither, an atom has no position, or nothing in it is a polymer
 */
export function readStructure(text: string, file: string): Structure {
  const bad: Bad = (what) => new BadInputError(visible(`${file} ${what}`));
  if (text.trim() === "") throw bad("is empty: expected a structure, as mmCIF or PDB");
  if (/^\uFEFF?(\s|#.*$)*data_/im.test(text.slice(0, 4096)))
    return { file, chains: chainsOf(cifSites(text, file, bad), bad) };
  if (!isPdb(text)) throw bad("is no structure: expected mmCIF, which begins with data_, or PDB with ATOM records");
  const inLine = (what: string, line?: number): BadInputError =>
    line === undefined ? bad(what) : new BadInputError(visible(`${file}, line ${line}: ${what}`));
  return { file, chains: chainsOf(readPdb(text, inLine), bad) };
}

function cifSites(text: string, file: string, bad: Bad): Site[] {
  const table = parseCif(text, file)
    .map(({ categories }) => categories.get("atom_site"))
    .find((found) => found && found.rows > 0);
  if (!table) throw bad("has no atoms (_atom_site)");
  const sequence = table.column("label_seq_id");
  const [first] = table.column("pdbx_pdb_model_num") ?? [];
  const models = table.column("pdbx_pdb_model_num");
  const sites: Site[] = [];
  for (let row = 0; row < table.rows; row++) {
    if (models && models[row] !== first) continue;
    // Of what is no polymer there is none.
    if (sequence && (sequence[row] === undefined || sequence[row] === null)) continue;
    const group = textOf(table, row, "group_pdb");
    if (!sequence && group === "HETATM") continue;
    sites.push(siteOf(table, row, bad));
  }
  return sites;
}

const textOf = (table: CifCategory, row: number, ...items: readonly string[]): string | undefined => {
  for (const item of items) {
    const found = table.column(item)?.[row];
    if (found !== undefined && found !== null && found !== "") return found;
  }
  return undefined;
};

function siteOf(table: CifCategory, row: number, bad: Bad): Site {
  const text = (...items: readonly string[]): string | undefined => textOf(table, row, ...items);
  const where = `the atom in row ${row + 1} of _atom_site`;
  const atom = text("label_atom_id", "auth_atom_id");
  const residue = text("label_comp_id", "auth_comp_id");
  const number = text("auth_seq_id", "label_seq_id");
  if (!atom || !residue || !number)
    throw bad(`is incomplete: ${where} has no ${!atom ? "name" : !residue ? "residue" : "number of its residue"}`);
  const [x, y, z] = ["cartn_x", "cartn_y", "cartn_z"].map((item) => Number(text(item) ?? Number.NaN));
  if (!isPosition([x, y, z])) throw bad(`has no position of ${where}, ${atom} of ${residue} ${number}`);
  const occupancy = Number(text("occupancy") ?? 1);
  return {
    chain: text("auth_asym_id", "label_asym_id") ?? "_",
    authorNumber: `${number}${text("pdbx_pdb_ins_code") ?? ""}`,
    sequenceNumber: text("label_seq_id"),
    residue,
    atom,
    element: (text("type_symbol") ?? atom.replace(/^\d+/, "")[0] ?? "").toUpperCase(),
    alternative: text("label_alt_id") ?? "",
    occupancy: Number.isFinite(occupancy) ? occupancy : 1,
    position: [x, y, z],
  };
}
