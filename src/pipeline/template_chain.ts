/** The chain of a template: its full sequence, and the atoms that are there (AlphaFold 3's `structure.from_mmcif` as templates use it). */
import { BadInputError } from "../errors.ts";
import { type CifBlock, type CifCategory, type CifValue, parseCif } from "../formats/cif.ts";
import { visible } from "../words.ts";
import { isPosition } from "./positions.ts";

export interface TemplateResidue {
  /** The component's code. */
  readonly name: string;
  /** Positions in ångström by the atom's name; none where the residue is not resolved. */
  readonly atoms: ReadonlyMap<string, readonly [number, number, number]>;
}

type Bad = (what: string) => BadInputError;

/**
 * The residues of a template's only polymer chain, unresolved ones too. Of several models the first is taken, of alternative places those that
 * are occupied most; selenium is read as sulphur, and the two nitrogens at the end of arginine are told apart by their places.
 * @param name for messages
 * @throws {BadInputError} if it is no mmCIF, has another number of polymers, or no date of release
 */
export function readTemplateChain(mmcif: string, name: string): TemplateResidue[] {
  const bad: Bad = (what) => new BadInputError(visible(`${name} ${what}`));
  const [block] = parseCif(mmcif, name);
  const dates = block.categories.get("pdbx_audit_revision_history")?.column("revision_date") ?? [];
  if (!dates.some((date) => date !== null && date !== undefined && /^\d{4}-\d{2}-\d{2}$/.test(date)))
    throw bad("has no date of release: set _pdbx_audit_revision_history.revision_date to one such as 2020-12-31");
  const sites = block.categories.get("atom_site");
  if (!sites) throw bad("has no atoms (_atom_site)");
  const { chain, entity } = polymerOf(block, sites, bad);
  const atoms = atomsOf(sites, chain, bad);
  return sequenceOf(block, entity, atoms).map(({ number, names }): TemplateResidue => {
    const found = atoms.get(number);
    const residue = found ? [...found].find(([code]) => names.length === 0 || names.includes(code)) : undefined;
    if (!residue) return { name: names[0] ?? "UNK", atoms: new Map() };
    return { name: residue[0], atoms: named(residue[0], residue[1]) };
  });
}

const texts = (category: CifCategory, item: string): readonly CifValue[] => category.column(item) ?? [];

/** The only chain whose entity is a polymer. */
function polymerOf(block: CifBlock, sites: CifCategory, bad: Bad): { chain: string; entity: string } {
  const table = block.categories.get("entity");
  const polymers = new Set(
    (table ? texts(table, "id") : []).filter((_, row) => table && texts(table, "type")[row] === "polymer"),
  );
  const [chains, entities] = [texts(sites, "label_asym_id"), texts(sites, "label_entity_id")];
  const found = new Map<string, string>();
  chains.forEach((chain, row) => {
    const entity = entities[row];
    if (chain && entity && polymers.has(entity)) found.set(chain, entity);
  });
  if (found.size !== 1) throw bad(`has ${found.size} polymer chains, expected one`);
  const [[chain, entity]] = found;
  return { chain, entity };
}

interface Site {
  readonly atom: string;
  readonly alternative: string;
  readonly occupancy: number;
  readonly position: readonly [number, number, number];
}

/** Atoms of the first model by residue number and component. */
function atomsOf(sites: CifCategory, wanted: string, bad: Bad): Map<string, Map<string, Site[]>> {
  const column = (item: string) => texts(sites, item);
  const [chains, numbers, names, atoms] = ["label_asym_id", "label_seq_id", "label_comp_id", "label_atom_id"].map(
    column,
  );
  const [alternatives, occupancies, models] = ["label_alt_id", "occupancy", "pdbx_PDB_model_num"].map(column);
  const axes = ["Cartn_x", "Cartn_y", "Cartn_z"].map(column);
  const residues = new Map<string, Map<string, Site[]>>();
  for (let row = 0; row < sites.rows; row++) {
    const [number, name, atom] = [numbers[row], names[row], atoms[row]];
    if (chains[row] !== wanted || models[row] !== models[0] || !number || !name || !atom) continue;
    const [x, y, z] = axes.map((values) => Number(values[row] ?? Number.NaN));
    if (!isPosition([x, y, z])) throw bad(`has no position of the atom ${atom} in residue ${number}`);
    const components = residues.get(number) ?? new Map<string, Site[]>();
    residues.set(number, components);
    const list = components.get(name) ?? [];
    components.set(name, list);
    const occupancy = Number(occupancies[row] ?? 1);
    list.push({
      atom,
      alternative: alternatives[row] ?? "",
      occupancy: Number.isFinite(occupancy) ? occupancy : 1,
      position: [x, y, z],
    });
  }
  return new Map([...residues].map(([number, components]) => [number, mostOccupied(components)]));
}

/** The component and the alternative that are occupied most; the first of equals. */
function mostOccupied(components: ReadonlyMap<string, Site[]>): Map<string, Site[]> {
  const mean = (sites: readonly Site[]): number =>
    sites.reduce((sum, { occupancy }) => sum + occupancy, 0) / sites.length;
  const chosen = [...components].map(([name, sites]): [string, Site[]] => {
    const alternatives = [...new Set(sites.map(({ alternative }) => alternative))]
      .filter((label) => label !== "")
      .sort();
    const best = alternatives.reduce<string | undefined>((a, b) => {
      if (a === undefined) return b;
      return mean(sites.filter((site) => site.alternative === b)) > mean(sites.filter((site) => site.alternative === a))
        ? b
        : a;
    }, undefined);
    return [name, sites.filter(({ alternative }) => alternative === "" || alternative === best)];
  });
  return new Map(chosen.sort(([, a], [, b]) => mean(b) - mean(a)));
}

/** Numbers of an entity's residues in order, with the components that they may be; from its atoms where no sequence is given. */
function sequenceOf(
  { categories }: CifBlock,
  entity: string,
  atoms: ReadonlyMap<string, unknown>,
): { number: string; names: string[] }[] {
  const table = categories.get("entity_poly_seq");
  const residues = new Map<string, string[]>();
  for (let row = 0; row < (table?.rows ?? 0); row++) {
    if (!table || texts(table, "entity_id")[row] !== entity) continue;
    const [number, name] = [texts(table, "num")[row], texts(table, "mon_id")[row]];
    if (!number || !name) continue;
    const names = residues.get(number) ?? [];
    residues.set(number, names);
    names.push(name);
  }
  if (residues.size === 0) for (const number of atoms.keys()) residues.set(number, []);
  return [...residues]
    .map(([number, names]) => ({ number, names }))
    .sort((a, b) => Number(a.number) - Number(b.number));
}

function named(name: string, sites: readonly Site[]): Map<string, readonly [number, number, number]> {
  const atoms = new Map(
    sites.map(({ atom, position }) => [name === "MSE" && atom === "SE" ? "SD" : atom, position] as const),
  );
  const [near, far, delta] = ["NH1", "NH2", "CD"].map((atom) => atoms.get(atom));
  if (name === "ARG" && near && far && delta && distance(far, delta) < distance(near, delta)) {
    atoms.set("NH1", far);
    atoms.set("NH2", near);
  }
  return atoms;
}

const distance = (a: readonly number[], b: readonly number[]): number =>
  Math.hypot(...a.map((value, axis) => value - b[axis]));
