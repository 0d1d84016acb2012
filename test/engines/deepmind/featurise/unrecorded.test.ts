/**
 * Features of what no recorded job has: modified RNA, bonds between chains, branched glycans, components of a user's own. What is expected is
 * written down from the rules of AlphaFold 3's pipeline and from chemistry: a molecule of n heavy atoms and r rings has n − 1 + r bonds.
 */
import { describe, expect, it } from "vitest";
import { type Featurised, featuriseInput } from "../../../../src/engines/core/featurise.ts";
import { findEngine } from "../../../../src/engines/index.ts";

const engine = findEngine("deepmind");

const make = (sequences: unknown[], changes: object = {}): Promise<Featurised> =>
  featuriseInput(
    engine,
    JSON.stringify({ dialect: "alphafold3", version: 4, name: "x", modelSeeds: [1], sequences, ...changes }),
    { file: "x.json" },
    { buckets: [] },
  );

const dataOf = ({ tensors }: Featurised, name: string): number[] => Array.from(tensors.get(name)?.data ?? []);
const rowOf = (made: Featurised, name: string, row: number, columns: number): number[] =>
  dataOf(made, name).slice(row * columns, (row + 1) * columns);

/** Bonds that are there, as pairs of tokens. */
function bondsOf(made: Featurised, kind: "polymer" | "ligand"): [number, number][] {
  const name = `tokens_to_${kind}_ligand_bonds`;
  const [ends, mask] = [dataOf(made, `${name}:gather_idxs`), dataOf(made, `${name}:gather_mask`)];
  return Array.from({ length: mask.length / 2 }, (_, bond): [number, number, boolean] => [
    ends[2 * bond],
    ends[2 * bond + 1],
    mask[2 * bond] === 1 && mask[2 * bond + 1] === 1,
  ]).flatMap(([first, second, there]): [number, number][] => (there ? [[first, second]] : []));
}

const repeated = (...runs: readonly (readonly [value: number, times: number])[]): number[] =>
  runs.flatMap(([value, times]) => new Array<number>(times).fill(value));

describe("RNA with pseudouridine and 5-methylcytidine", async () => {
  const modifications = [
    { modificationType: "5MC", basePosition: 3 },
    { modificationType: "PSU", basePosition: 4 },
  ];
  const rna = { id: "R", sequence: "GACUGA", modifications, unpairedMsa: ">q\nGACUGA\n>r\nG-CaUUA\n" };
  const made = await make([{ rna }]);
  // Nucleotides of C9H13N2O9P and C10H16N3O8P with 21 and 22 heavy atoms, of which OP3 has left.
  const [cytidine, uridine] = [21, 20];
  const columns = [1, 1, cytidine, uridine, 1, 1];
  const spread = (values: readonly number[]): number[] =>
    repeated(...values.map((value, at) => [value, columns[at]] as const));

  it("has an atom of these to a token, under the class of the base that they were made of", () => {
    const [A, G, C, U] = [22, 23, 24, 25];
    expect(dataOf(made, "aatype")).toEqual(spread([G, A, C, U, G, A]));
    expect(dataOf(made, "residue_index")).toEqual(spread([1, 2, 3, 4, 5, 6]));
    expect(dataOf(made, "token_index")).toEqual(columns.flatMap((n) => new Array(n).fill(0)).map((_, at) => at + 1));
    expect(new Set(dataOf(made, "asym_id"))).toEqual(new Set([1]));
    expect(dataOf(made, "is_rna").every((value) => value === 1)).toBe(true);
    expect(dataOf(made, "frames_mask").every((value) => value === 1)).toBe(true);
  });

  it("has a slot for each atom of whole nucleotides, OP3 at the beginning alone", () => {
    const atoms = made.tokens.map((token) => token.atoms.filter(Boolean).length);
    // Guanosine and adenosine monophosphate: 24 and 23 heavy atoms.
    expect(atoms).toEqual([24, 22, ...repeated([1, cytidine], [1, uridine]), 23, 22]);
    expect(
      [made.tokens[0], made.tokens[1]].map((token) => token.atoms.map((atom) => atom?.name ?? "").indexOf("OP3")),
    ).toEqual([0, -1]);
  });

  it("has the MSA's columns for each of their atoms", () => {
    const width = made.tokens.length;
    const [A, G, C, U, gap] = [22, 23, 24, 25, 21];
    // The query is paired with nothing, and unpaired once more.
    const rows = [0, 1, 2].map((row) => rowOf(made, "msa", row, width));
    expect(rows).toEqual([spread([G, A, C, U, G, A]), spread([G, A, C, U, G, A]), spread([G, gap, C, U, U, A])]);
    expect(rowOf(made, "deletion_matrix", 2, width)).toEqual(spread([0, 0, 0, 1, 0, 0]));
    const profile = rowOf(made, "profile", 1, 31);
    expect([profile[A], profile[gap]]).toEqual([0.5, 0.5]);
    expect(dataOf(made, "deletion_mean")).toEqual(spread([0, 0, 0, 0.5, 0, 0]));
  });

  it("has their bonds, and those between nucleotides not", () => {
    const bonds = bondsOf(made, "ligand");
    // Two rings each; the bond of P and OP3 is none.
    expect(bonds).toHaveLength(22 - 1 + 2 - 1 + (21 - 1 + 2 - 1));
    const inside = ([a, b]: [number, number]): boolean => {
      const [first, last] = a < 2 + cytidine ? [2, 2 + cytidine] : [2 + cytidine, 2 + cytidine + uridine];
      return a >= first && a < last && b >= first && b < last;
    };
    expect(bonds.every(inside)).toBe(true);
    expect(bondsOf(made, "polymer")).toEqual([]);
  });

  it("has C4 of purines and the atoms of modified ones themselves for pseudo-beta", () => {
    const flat = dataOf(made, "token_atoms_to_pseudo_beta:gather_idxs");
    const names = made.tokens.map((token, at) => token.atoms[flat[at] - at * 24]?.name);
    expect([names[0], names[1], names.at(-2), names.at(-1)]).toEqual(["C4", "C4", "C4", "C4"]);
    expect(names.slice(2, -2)).toEqual(made.tokens.slice(2, -2).map(({ atoms }) => atoms[0]?.name));
  });
});

describe("a branched glycan on asparagine", async () => {
  const bond = (a: [string, number, string], b: [string, number, string]) => [a, b];
  const made = await make(
    [{ protein: { id: "A", sequence: "GNGS" } }, { ligand: { id: "B", ccdCodes: ["NAG", "NAG", "BMA"] } }],
    {
      bondedAtomPairs: [
        bond(["A", 2, "ND2"], ["B", 1, "C1"]),
        bond(["B", 1, "O4"], ["B", 2, "C1"]),
        bond(["B", 2, "O4"], ["B", 3, "C1"]),
      ],
    },
  );
  // C8H15NO6 and C6H12O6 with 15 and 12 heavy atoms, of which O1 has left.
  const [nag, bma] = [14, 11];
  const token = (residue: number, name: string): number =>
    made.tokens.findIndex(
      ({ residue: own, chain, atoms }) => chain.id === "B" && own.number === residue && atoms[0]?.name === name,
    );

  it("has an atom to a token without O1, and counts its components", () => {
    expect(made.tokens).toHaveLength(4 + 2 * nag + bma);
    expect(dataOf(made, "residue_index")).toEqual([1, 2, 3, 4, ...repeated([1, nag], [2, nag], [3, bma])]);
    expect(dataOf(made, "asym_id")).toEqual(repeated([1, 4], [2, 2 * nag + bma]));
    expect(dataOf(made, "entity_id")).toEqual(repeated([1, 4], [2, 2 * nag + bma]));
    expect(dataOf(made, "aatype").slice(4)).toEqual(repeated([20, 2 * nag + bma]));
    expect(dataOf(made, "is_ligand")).toEqual(repeated([0, 4], [1, 2 * nag + bma]));
    expect(token(1, "O1")).toBe(-1);
    const uids = made.tokens.map((_, at) => dataOf(made, "ref_space_uid")[at * 24]);
    expect(uids).toEqual([0, 1, 2, 3, ...repeated([4, nag], [5, nag], [6, bma])]);
  });

  it("hangs on the token of its asparagine", () => {
    expect(bondsOf(made, "polymer")).toEqual([[1, token(1, "C1")]]);
  });

  it("has the bonds between its components, and behind them those within", () => {
    const bonds = bondsOf(made, "ligand");
    expect(bonds.slice(0, 2)).toEqual([
      [token(1, "O4"), token(2, "C1")],
      [token(2, "O4"), token(3, "C1")],
    ]);
    // One ring each; the bond of C1 and O1 is none.
    expect(bonds).toHaveLength(2 + 2 * (15 - 1 + 1 - 1) + (12 - 1 + 1 - 1));
  });
});

describe("bonds between chains", async () => {
  const made = await make(
    [
      { protein: { id: ["A", "B"], sequence: "GCSG", modifications: [{ ptmType: "SEP", ptmPosition: 3 }] } },
      { ligand: { id: "C", ccdCodes: ["GOL"] } },
      { ligand: { id: "D", ccdCodes: ["GOL"] } },
    ],
    {
      bondedAtomPairs: [
        [
          ["A", 2, "SG"],
          ["B", 2, "SG"],
        ],
        [
          ["D", 1, "O1"],
          ["C", 1, "C1"],
        ],
        [
          ["C", 1, "O3"],
          ["B", 3, "P"],
        ],
        [
          ["A", 2, "SG"],
          ["C", 1, "C3"],
        ],
      ],
    },
  );
  // Phosphoserine, C3H8NO6P, has 11 heavy atoms, of which OXT has left: 10 tokens. CCD has N, CA first of them.
  const [sep, glycerol] = [10, 6];
  const chain = 3 + sep;
  const place = (id: string, name: string): number =>
    made.tokens.findIndex(
      (token) => token.chain.id === id && token.atoms[0]?.name === name && token.residue.name === "GOL",
    );

  it("have chains of one entity counted, and ligands of one code too", () => {
    expect(made.tokens).toHaveLength(2 * chain + 2 * glycerol);
    expect(dataOf(made, "entity_id")).toEqual(repeated([1, 2 * chain], [2, 2 * glycerol]));
    expect(dataOf(made, "sym_id")).toEqual(repeated([1, chain], [2, chain], [1, glycerol], [2, glycerol]));
  });

  it("of a polymer and a ligand are between tokens: of a modified residue its CA, whatever atom has it", () => {
    const alpha = made.tokens.findIndex(
      (token) => token.chain.id === "B" && token.residue.name === "SEP" && token.atoms[0]?.name === "CA",
    );
    expect(alpha).toBe(chain + 2 + 1);
    // In the input's order; that of two proteins is none.
    expect(bondsOf(made, "polymer")).toEqual([
      [place("C", "O3"), alpha],
      [1, place("C", "C3")],
    ]);
  });

  it("of ligands stand before those within them and within modified residues", () => {
    const bonds = bondsOf(made, "ligand");
    expect(bonds[0]).toEqual([place("D", "O1"), place("C", "C1")]);
    // Glycerol has 5, phosphoserine 10, of which that of C and OXT is none.
    expect(bonds).toHaveLength(1 + 2 * 5 + 2 * 9);
  });
});

describe("a component of a user's own", () => {
  const component = (code: string, mercury: string): string => `data_${code}
_chem_comp.id ${code}
_chem_comp.name 'made for a test'
_chem_comp.type non-polymer
_chem_comp.formula 'C H3 Hg S'
_chem_comp.mon_nstd_parent_comp_id ?
_chem_comp.pdbx_synonyms ?
_chem_comp.formula_weight 247.7
loop_ _chem_comp_atom.comp_id _chem_comp_atom.atom_id _chem_comp_atom.type_symbol _chem_comp_atom.charge
_chem_comp_atom.pdbx_model_Cartn_x_ideal _chem_comp_atom.pdbx_model_Cartn_y_ideal _chem_comp_atom.pdbx_model_Cartn_z_ideal
${code} S1 S -1 0 0 0
${code} H1 H 0 2.2 -1 0
${code} HG HG 2 ${mercury} 0
${code} C1 C ? 1.8 0 0
loop_ _chem_comp_bond.atom_id_1 _chem_comp_bond.atom_id_2 _chem_comp_bond.value_order _chem_comp_bond.pdbx_aromatic_flag
C1 S1 SING N
S1 HG SING N
C1 H1 SING N
`;
  const both = (code: string, mercury: string) =>
    make([{ ligand: { id: "A", ccdCodes: [code] } }], { userCCD: component(code, mercury) });

  it("has its heavy atoms in order, with elements, charges and names", async () => {
    const made = await both("Q7Q", "0 2.4");
    const first = (name: string, width = 1): number[] =>
      made.tokens.flatMap((_, at) => dataOf(made, name).slice(at * 24 * width, (at * 24 + 1) * width));
    expect(first("ref_element")).toEqual([16, 80, 6]);
    expect(first("ref_charge")).toEqual([-1, 2, 0]);
    // S1, HG and C1, as ASCII − 32.
    expect(first("ref_atom_name_chars", 4)).toEqual([51, 17, 0, 0, 40, 39, 0, 0, 35, 17, 0, 0]);
    const [sulphur, mercury, carbon] = [0, 1, 2].map((at) => first("ref_pos", 3).slice(at * 3, at * 3 + 3));
    const apart = (a: number[], b: number[]): number => Math.hypot(...a.map((value, axis) => value - b[axis]));
    expect(apart(sulphur, carbon)).toBeCloseTo(1.8, 5);
    expect(apart(sulphur, mercury)).toBeCloseTo(2.4, 5);
    expect(apart(mercury, carbon)).toBeCloseTo(3, 5);
  });

  it("has its bonds but those of names with H, as the reference has it", async () => {
    expect(bondsOf(await both("Q7Q", "0 2.4"), "ligand")).toEqual([[2, 0]]);
  });

  it("has frames where its atoms are not in a line", async () => {
    // Angles at the three atoms of 90, 37 and 53 degrees; in a line there is none.
    expect(dataOf(await both("Q7Q", "0 2.4"), "frames_mask")).toEqual([1, 1, 1]);
    expect(dataOf(await both("Q7Q", "-2.4 0"), "frames_mask")).toEqual([0, 0, 0]);
  });

  it("stands in the place of one that is shipped", async () => {
    expect((await both("GOL", "0 2.4")).tokens).toHaveLength(3);
    expect((await make([{ ligand: { id: "A", ccdCodes: ["GOL"] } }])).tokens).toHaveLength(6);
  });
});
