/**
 * Structures made by formulas, the same as those of export/tests/test_score.py, where a kept implementation scores them: a helix and a strand of
 * RNA, and models of them that are shaken, bent in the middle, and lack a residue and an atom.
 */

export interface MadeAtom {
  readonly chain: string;
  readonly residue: string;
  readonly number: number;
  readonly name: string;
  readonly position: readonly number[];
}

export interface MadeStructure {
  readonly kind: "protein" | "nucleic";
  readonly chain: string;
  readonly length: number;
  readonly residues: readonly string[];
  readonly atoms: readonly string[];
  /** Of a turn from one residue to the next, and how far it rises. */
  readonly turn: number;
  readonly rise: number;
  readonly radius: number;
}

export const MADE: readonly MadeStructure[] = [
  {
    kind: "protein",
    chain: "A",
    length: 40,
    residues: ["ALA", "SER", "LYS", "GLY", "THR"],
    atoms: ["N", "CA", "C", "O"],
    ...{ turn: 1.745, rise: 1.5, radius: 2.3 },
  },
  {
    kind: "nucleic",
    chain: "B",
    length: 36,
    residues: ["A", "C", "G", "U"],
    atoms: ["P", "C4'", "C3'", "C1'"],
    ...{ turn: 0.571, rise: 2.8, radius: 9 },
  },
];

/** The reference's atoms. */
export function referenceOf({ chain, length, residues, atoms, turn, rise, radius }: MadeStructure): MadeAtom[] {
  return Array.from({ length }, (_, i) =>
    atoms.map((name, a): MadeAtom => {
      const angle = turn * i;
      const position = [
        radius * Math.cos(angle) + 1.5 * Math.cos(angle + 2 * a),
        radius * Math.sin(angle) + 1.5 * Math.sin(angle + 2 * a),
        rise * i + 0.4 * a,
      ];
      return { chain, residue: residues[i % residues.length], number: i + 1, name, position };
    }),
  ).flat();
}

/** The model's: shaken, its second half bent by 30 degrees, turned and moved; residue 5 and an atom of residue 9 are missing. */
export function modelOf(made: MadeStructure): MadeAtom[] {
  const middle = (made.rise * made.length) / 2;
  return referenceOf(made).flatMap((atom): MadeAtom[] => {
    const [i, a] = [atom.number - 1, made.atoms.indexOf(atom.name)];
    if (atom.number === 5 || (atom.number === 9 && a === 3)) return [];
    let [x, y, z] = atom.position;
    x += 0.6 * Math.sin(1.3 * i + a);
    y += 0.6 * Math.cos(0.7 * i + 2 * a);
    z += 0.6 * Math.sin(2.1 * i - a);
    if (atom.number > made.length / 2) [y, z] = turned(y, z - middle, Math.PI / 6, middle);
    [x, y] = turned(x, y, 1, 0);
    [y, z] = turned(y, z, 2, 0);
    return [{ ...atom, position: [x + 10, y - 20, z + 5] }];
  });
}

const turned = (a: number, b: number, angle: number, shift: number): [number, number] => [
  Math.cos(angle) * a - Math.sin(angle) * b,
  Math.sin(angle) * a + Math.cos(angle) * b + shift,
];

/** As PDB. */
export function pdbOf(atoms: readonly MadeAtom[]): string {
  const lines = atoms.map(({ chain, residue, number, name, position }, at) => {
    const [x, y, z] = position.map((value) => value.toFixed(3).padStart(8));
    const columns = [`ATOM  ${String(at + 1).padStart(5)}`, ` ${name}`.padEnd(4), residue.padStart(3)];
    return `${columns[0]} ${columns[1]} ${columns[2]} ${chain}${String(number).padStart(4)}    ${x}${y}${z}  1.00  0.00          ${name[0].padStart(2)}`;
  });
  return `${lines.join("\n")}\nTER\nEND\n`;
}

/** As mmCIF. */
export function cifOf(atoms: readonly MadeAtom[]): string {
  const items = "group_PDB id type_symbol label_atom_id label_alt_id label_comp_id label_asym_id label_seq_id".split(
    " ",
  );
  const more = "auth_seq_id auth_asym_id Cartn_x Cartn_y Cartn_z pdbx_PDB_model_num".split(" ");
  const rows = atoms.map(({ chain, residue, number, name, position }, at) => {
    const places = position.map((value) => value.toFixed(3)).join(" ");
    return `ATOM ${at + 1} ${name[0]} "${name}" . ${residue} ${chain} ${number} ${number} ${chain} ${places} 1`;
  });
  return `data_made\nloop_\n${[...items, ...more].map((item) => `_atom_site.${item}`).join("\n")}\n${rows.join("\n")}\n`;
}
