/** Features of jobs that nobody has recorded, against what the package's rules say of them. */
import { describe, expect, it } from "vitest";
import { type FeaturiseOptions, featuriseInput } from "../../../../src/engines/core/featurise.ts";
import { findEngine } from "../../../../src/engines/index.ts";
import { atomsOf } from "../../../../src/pipeline/outputs/structure.ts";

const engine = findEngine("protenix");

async function make(sequences: unknown[], changes: object = {}, options: FeaturiseOptions = {}) {
  const notes: string[] = [];
  const text = JSON.stringify([{ name: "x", sequences, ...changes }]);
  const made = await featuriseInput(engine, text, { file: "x.json" }, { ...options, note: (note) => notes.push(note) });
  const atoms = atomsOf(made.complex);
  return {
    ...made,
    notes,
    numbers: (name: string): number[] => Array.from(made.tensors.get(name)?.data ?? []),
    shape: (name: string) => made.tensors.get(name)?.shape,
    /** Atoms as `A1:N`. */
    names: atoms.map(({ chain, residue, atom }) => `${chain.id}${residue.number}:${atom.name}`),
    /** Classes that are one in each row. */
    classes(name: string): number[] {
      const { data, shape } = made.tensors.get(name) ?? { data: [], shape: [0, 0] };
      return Array.from({ length: shape[0] }, (_, row) =>
        Array.from(data.slice(row * shape[1], (row + 1) * shape[1])).indexOf(1),
      );
    },
    /** Bonded tokens by the atoms or residues that they are, each pair once. */
    bonds(): string[] {
      const { data = [], shape = [0] } = made.tensors.get("token_bonds") ?? {};
      const name = (at: number): string => {
        const { chain, residue, atoms: own } = made.tokens[at];
        return `${chain.id}${residue.number}${own.length === 1 ? `:${own[0]?.name}` : ""}`;
      };
      const found: string[] = [];
      for (let i = 0; i < shape[0]; i++)
        for (let j = 0; j < shape[0]; j++) {
          expect(data[i * shape[0] + j]).toBe(data[j * shape[0] + i]);
          if (j > i && data[i * shape[0] + j]) found.push(`${name(i)} ${name(j)}`);
        }
      return found;
    },
  };
}
const protein = (sequence: string, more: object = {}) => ({ proteinChain: { sequence, count: 1, ...more } });
const ligand = (text: string, count = 1) => ({ ligand: { ligand: text, count } });
const bond = (...ends: (string | number)[]) =>
  Object.fromEntries(
    ["entity1", "position1", "atom1", "entity2", "position2", "atom2"].map((key, at) => [key, ends[at]]),
  );

describe("chains", () => {
  it("of one entity are numbered from 0, ions by count; elements are one less than their number", async () => {
    const made = await make([protein("GA", { count: 2 }), { ion: { ion: "MG", count: 2 } }]);
    expect(made.numbers("asym_id")).toEqual([0, 0, 1, 1, 2, 3]);
    expect(made.numbers("entity_id")).toEqual([0, 0, 0, 0, 1, 1]);
    expect(made.numbers("sym_id")).toEqual([0, 0, 1, 1, 0, 1]);
    expect(made.numbers("residue_index")).toEqual([1, 2, 1, 2, 1, 1]);
    expect(made.numbers("ref_element").slice(-2)).toEqual([11, 11]);
    expect(made.numbers("ref_element").slice(0, 4)).toEqual([6, 5, 5, 7]);
    expect(made.numbers("ref_charge").slice(-2)).toEqual([2, 2]);
    expect(made.numbers("has_frame")).toEqual([1, 1, 1, 1, 0, 0]);
    expect(made.classes("restype").slice(-2)).toEqual([20, 20]);
    expect(made.numbers("msa").slice(-2)).toEqual([20, 20]);
  });

  it("of ten entities or more are numbered as their numbers are sorted as texts", async () => {
    const made = await make(Array.from({ length: 11 }, () => ({ ion: { ion: "ZN" } })));
    expect(made.numbers("entity_id")).toEqual([0, 3, 4, 5, 6, 7, 8, 9, 10, 1, 2]);
  });

  it("stay in the order of the job, unknown ones too", async () => {
    const made = await make([ligand("CCD_GOL"), protein("XX"), protein("GG")]);
    expect(made.complex.chains.map(({ id }) => id)).toEqual(["A", "B", "C"]);
    expect(made.names.filter((name) => name.startsWith("B1"))).toEqual(
      "N CA C O CB CG".split(" ").map((name) => `B1:${name}`),
    );
  });
});

describe("nucleic acids", () => {
  it("keep OP3 at the beginning, and have classes, places and atoms that stand for them", async () => {
    const made = await make([
      { dnaSequence: { sequence: "GATN", count: 1 } },
      { rnaSequence: { sequence: "ACGU", count: 1 } },
    ]);
    expect(made.classes("restype")).toEqual([27, 26, 29, 30, 21, 23, 22, 24]);
    expect(made.names.filter((name) => name.endsWith(":OP3"))).toEqual(["A1:OP3", "B1:OP3"]);
    const standing = made.names.filter((_, at) => made.numbers("distogram_rep_atom_mask")[at] === 1);
    expect(standing).toEqual(["A1:C4", "A2:C4", "A3:C2", "A4:C1'", "B1:C4", "B2:C2", "B3:C4", "B4:C2"]);
    const places = made.numbers("atom_to_tokatom_idx");
    expect([places[made.names.indexOf("A1:OP3")], places[made.names.indexOf("A2:P")]]).toEqual([0, 1]);
    expect([made.numbers("is_dna")[0], made.numbers("is_rna")[0]]).toEqual([1, 0]);
    const [a, b, c] = made.numbers("frame_atom_index");
    expect([a, b, c].map((at) => made.names[at])).toEqual(["A1:C1'", "A1:C3'", "A1:C4'"]);
    expect(made.bonds()).toEqual([]);
  });

  it("repeat the first row of the MSA where a row has nothing of them", async () => {
    const made = await make([
      protein("MKTAY", { unpairedMsa: ">q\nMKTAY\n>a\nMKSA-\n>b\nMKS--\n" }),
      { rnaSequence: { sequence: "ACGUA", count: 1, unpairedMsa: ">q\nACGUA\n>r\nAC-UA\n" } },
      { dnaSequence: { sequence: "AC", count: 1 } },
    ]);
    const [rows, size] = made.shape("msa") ?? [0, 0];
    const msa = made.numbers("msa");
    expect([rows, size]).toEqual([4, 12]);
    const row = (at: number) => msa.slice(at * size, (at + 1) * size);
    expect(row(0)).toEqual([12, 11, 16, 0, 18, 21, 23, 22, 24, 21, 26, 28]);
    expect(row(2)).toEqual([12, 11, 15, 0, 31, 21, 23, 31, 24, 21, 26, 28]);
    expect(row(3)).toEqual([12, 11, 15, 31, 31, 21, 23, 22, 24, 21, 26, 28]);
  });
});

describe("modified residues", () => {
  const sep = { modifications: [{ ptmType: "CCD_SEP", ptmPosition: 2 }] };

  it("are a token for each atom, of the class of their letter, with their own bonds and no others", async () => {
    const made = await make([protein("GSG", sep)]);
    const own = "N CA CB OG C O P O1P O2P O3P".split(" ");
    expect(made.names.filter((name) => name.startsWith("A2"))).toEqual(own.map((name) => `A2:${name}`));
    expect(made.classes("restype")).toEqual([7, ...own.map(() => 15), 7]);
    expect(made.numbers("residue_index")).toEqual([1, ...own.map(() => 2), 3]);
    const places = made.numbers("atom_to_tokatom_idx");
    expect(made.names.flatMap((name, at) => (name.startsWith("A2") ? [places[at]] : []))).toEqual(own.map(() => 0));
    const bonds = "N-CA CA-CB CA-C CB-OG OG-P C-O P-O1P P-O2P P-O3P".replace(/(\w+)-(\w+)/g, "A2:$1-A2:$2");
    expect(made.bonds().sort()).toEqual(
      bonds
        .split(" ")
        .map((pair) => pair.replace("-", " "))
        .sort(),
    );
    expect(made.numbers("is_protein")).toEqual(made.names.map(() => 1));
  });

  it("take columns of the MSA by their letter in the sequence", async () => {
    const made = await make([protein("GSGAA", { ...sep, unpairedMsa: ">q\nGSGAA\n>r\nG-GAA\n" })]);
    expect(made.numbers("msa").slice(1, 11)).toEqual(new Array(10).fill(15));
    expect(made.shape("msa")).toEqual([3, 14]);
  });

  it.each([
    ["MSE", "M", 12, 1],
    ["PCA", "Q", 5, 8],
    ["SEC", "C", 20, 6],
  ])("%s is %s's class as the dictionary has it", async (code, letter, expected, tokens) => {
    const made = await make([protein(`${letter}G`, { modifications: [{ ptmType: `CCD_${code}`, ptmPosition: 1 }] })]);
    expect(made.classes("restype")).toEqual([...new Array(tokens).fill(expected), 7]);
  });

  it("selenomethionine becomes methionine, its atoms in their own order", async () => {
    const made = await make([protein("GM", { modifications: [{ ptmType: "CCD_MSE", ptmPosition: 2 }] })]);
    const names = "N CA C O OXT CB CG SD CE".split(" ");
    expect(made.names.slice(4)).toEqual(names.map((name) => `A2:${name}`));
    const sulphur = made.names.indexOf("A2:SD");
    expect([made.numbers("ref_element")[sulphur], made.numbers("atom_to_tokatom_idx")[sulphur]]).toEqual([15, 6]);
    expect(made.numbers("atom_to_tokatom_idx")[made.names.indexOf("A2:OXT")]).toBe(8);
  });

  it("caps are ligands to the network, bonded to their chain", async () => {
    const made = await make([
      protein("AGA", {
        modifications: [
          { ptmType: "CCD_ACE", ptmPosition: 1 },
          { ptmType: "CCD_NME", ptmPosition: 3 },
        ],
      }),
    ]);
    expect(made.bonds()).toEqual(expect.arrayContaining(["A1:C A2", "A2 A3:N"]));
    expect(made.names.filter((name) => name.startsWith("A2"))).toEqual(
      "N CA C O OXT".split(" ").map((name) => `A2:${name}`),
    );
  });
});

describe("bonds", () => {
  it("between polymers are told where they are none along a chain: disulfides and rings", async () => {
    const made = await make([protein("CGCC")], {
      covalent_bonds: [bond(1, 1, "SG", 1, 3, "SG"), bond(1, 1, "N", 1, 4, "C"), bond(1, 3, "SG", 1, 4, "SG")],
    });
    expect(made.bonds()).toEqual(["A1 A3", "A1 A4"]);
    // What leaves where the ring closes is not there.
    expect(made.names).not.toContain("A4:OXT");
    expect(made.complex.bonds).toHaveLength(3);
  });

  it("take leaving atoms of sugars away, and only where one is bonded", async () => {
    const sequences = [protein("GNG"), ligand("CCD_NAG_NAG"), ligand("CCD_NAG")];
    const made = await make(sequences, {
      covalent_bonds: [bond(1, 2, "ND2", 2, 1, "C1"), bond(2, 1, "O4", 2, 2, "C1")],
    });
    expect(made.names.filter((name) => name.endsWith(":O1"))).toEqual(["C1:O1"]);
    expect(made.bonds()).toEqual(expect.arrayContaining(["A2 B1:C1", "B1:O4 B2:C1"]));
    expect(made.numbers("residue_index").filter((_, at) => made.tokens[at].chain.id === "B")).toEqual([
      ...new Array(14).fill(1),
      ...new Array(14).fill(2),
    ]);
  });

  it("to atoms of a SMILES are known by number, and refused where an atom is not there", async () => {
    const made = await make([protein("GK"), ligand("CC=O")], { covalent_bonds: [bond(1, 2, "NZ", 2, 1, 1)] });
    expect(made.bonds()).toEqual(["A2 B1:C2", "B1:C1 B1:C2", "B1:C2 B1:O1"]);
    expect(made.notes[0]).toBe("LIG_B has no coordinates: its reference structure is zeros");
    expect(made.numbers("has_frame").slice(2)).toEqual([0, 0, 0]);
    await expect(
      make([protein("GK"), ligand("CCD_GOL")], { covalent_bonds: [bond(1, 1, "CB", 2, 1, "C1")] }),
    ).rejects.toThrow(
      'a bond names the atom "CB" of residue 1 of chain A, GLY, which has no such atom; it has N, CA, C, O',
    );
  });
});

describe("reference structures", () => {
  it("lie about the middle of each residue's atoms, copies alike", async () => {
    const made = await make([protein("AK", { count: 2 }), ligand("CCD_GOL")]);
    const [positions, uids] = [made.numbers("ref_pos"), made.numbers("ref_space_uid")];
    for (const uid of new Set(uids)) {
      const own = uids.flatMap((each, at) => (each === uid ? [at] : []));
      for (const axis of [0, 1, 2])
        expect(own.reduce((sum, at) => sum + positions[at * 3 + axis], 0)).toBeCloseTo(0, 4);
    }
    expect(new Set(uids).size).toBe(5);
    const half = (positions.length - 18) / 2;
    expect(positions.slice(0, half)).toEqual(positions.slice(half, 2 * half));
  });

  it("have characters of names less 32, and 0 behind them", async () => {
    const made = await make([{ ion: { ion: "MG" } }]);
    expect(made.numbers("ref_atom_name_chars")).toEqual([45, 39, 0, 0]);
  });
});

describe("MSAs", () => {
  it("need not begin with the query, but have as many columns", async () => {
    const made = await make([protein("MKTAY", { unpairedMsa: ">a\nMKSAY\n" })]);
    expect(made.numbers("msa")).toEqual([12, 11, 16, 0, 18, 12, 11, 15, 0, 18]);
    await expect(make([protein("MKTAY", { unpairedMsa: ">a\nMKSA\n" })])).rejects.toThrow(
      "the unpaired MSA of chain A: row 1 (a) has 4 columns, expected 5",
    );
  });

  it("lose rows that are there twice, and value deletions by their number", async () => {
    const made = await make([protein("MKTAY", { unpairedMsa: ">q\nMKTAY\n>a\nMaaaKTAY\n>b\nMK-AY\n>c\nMaaaK-AY\n" })]);
    expect(made.shape("msa")).toEqual([3, 5]);
    expect(made.numbers("profile")[2 * 32 + 31]).toBeCloseTo(0.5, 6);
    expect(made.numbers("deletion_mean")).toEqual([0, 0, 0, 0, 0]);
    const counted = await make([protein("MKTAY", { unpairedMsa: ">q\nMKTAY\n>b\nMaaaK-AY\n" })]);
    expect(counted.numbers("deletion_mean")).toEqual([0, 1.5, 0, 0, 0]);
    expect(counted.numbers("deletion_value")[11]).toBeCloseTo(0.5, 6);
    expect(counted.numbers("has_deletion")[11]).toBe(1);
  });

  it("are paired by species of UniProt and UniRef", async () => {
    const made = await make([
      protein("MKTAY", { pairedMsa: ">q\nMKTAY\n>UniRef100_A_9606/1-5\nMKTAS\n" }),
      protein("GSHWL", { pairedMsa: ">q\nGSHWL\n>UniRef100_B_9606 x\nGSHWI\n" }),
    ]);
    // The query, the pair; the rows that are paired count among the unpaired ones, and are there already.
    expect(made.shape("msa")).toEqual([2, 10]);
    expect(made.numbers("msa").slice(10)).toEqual([12, 11, 16, 0, 15, 7, 15, 8, 17, 9]);
  });

  it("are left unused where nobody wants them", async () => {
    const sequences = [protein("MKTAY", { unpairedMsa: ">q\nMKTAY\n>a\nMKSAY\n" })];
    const made = await make(sequences, {}, { msa: false });
    expect(made.shape("msa")).toEqual([1, 5]);
    expect(made.notes).toEqual([]);
  });

  it("without any, a chain is said to have none", async () => {
    expect((await make([protein("MKTAY")])).notes).toEqual([
      "no MSA for chain A: single-sequence prediction, expect low confidence",
    ]);
  });
});

it("templates are empty: gaps in the first place, and 0 in the others", async () => {
  const made = await make([protein("GA"), ligand("CCD_GOL")]);
  expect(made.shape("template_aatype")).toEqual([4, 8]);
  expect(made.numbers("template_aatype")).toEqual([...new Array(8).fill(31), ...new Array(24).fill(0)]);
  expect(made.shape("template_atom_mask")).toEqual([4, 8, 24]);
});

it.each([
  ["buckets", { buckets: [16] }],
  ["keepMsaOverlaps", { keepMsaOverlaps: true }],
  ["fixStandaloneGlycans", { fixStandaloneGlycans: true }],
])("has no use for %s", async (name, options) => {
  await expect(make([protein("GA")], {}, options)).rejects.toThrow(`protenix has no use for the option ${name}`);
});

it("residues that do not fit each other are not bonded, and said to be", async () => {
  const made = await make([protein("GAG", { modifications: [{ ptmType: "CCD_GOL", ptmPosition: 2 }] })]);
  expect(made.notes.slice(0, 2)).toEqual([
    "chain A: residues 1 (GLY) and 2 (GOL) are not bonded to each other",
    "chain A: residues 2 (GOL) and 3 (GLY) are not bonded to each other",
  ]);
  expect(made.names).not.toContain("A1:OXT");
  expect(made.names).toContain("A3:OXT");
});
