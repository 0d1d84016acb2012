/** Templates: residues and atoms of an mmCIF, laid on a chain. */
import { describe, expect, it } from "vitest";
import { featurise } from "../../../../src/engines/deepmind/featurise/index.ts";
import { BadInputError } from "../../../../src/errors.ts";
import type { HostTensor } from "../../../../src/formats/tensor.ts";
import { openDictionary } from "../../../../src/pipeline/dictionary/dictionary.ts";
import { readJobs } from "../../../../src/pipeline/input/read.ts";
import { readTemplateChain } from "../../../../src/pipeline/template_chain.ts";

const dictionary = await openDictionary();

/** An mmCIF with one chain, of which residues 2 to 4 are resolved. */
const cif = (sites: string, extra = "") => `data_1abc
loop_ _pdbx_audit_revision_history.ordinal _pdbx_audit_revision_history.revision_date 1 2020-01-01
loop_ _entity.id _entity.type 1 polymer 2 non-polymer 3 water
loop_ _entity_poly_seq.entity_id _entity_poly_seq.num _entity_poly_seq.mon_id 1 1 GLY 1 2 MSE 1 3 ARG 1 4 SEP 1 5 ALA
loop_ _atom_site.label_asym_id _atom_site.label_entity_id _atom_site.label_seq_id _atom_site.label_comp_id _atom_site.label_atom_id
_atom_site.label_alt_id _atom_site.occupancy _atom_site.Cartn_x _atom_site.Cartn_y _atom_site.Cartn_z _atom_site.pdbx_PDB_model_num
${sites}
${extra}`;
const SITES = `A 1 2 MSE N . 1 1 0 0 1
A 1 2 MSE SE . 1 2 0 0 1
A 1 3 ARG N A 0.3 3 0 0 1
A 1 3 ARG N B 0.7 4 0 0 1
A 1 3 ARG CD . 1 0 0 0 1
A 1 3 ARG NH1 . 1 0 9 0 1
A 1 3 ARG NH2 . 1 0 1 0 1
A 1 4 SEP CA . 1 5 0 0 1
A 1 4 SEP P . 1 6 0 0 1
B 2 . GOL C1 . 1 7 0 0 1
C 3 . HOH O . 1 7 0 0 1
A 1 2 MSE N . 1 8 0 0 2`;

describe("a template's chain", () => {
  const residues = readTemplateChain(cif(SITES), "template");

  it("has its full sequence, with atoms where they are resolved", () => {
    expect(residues.map(({ name, atoms }) => `${name} ${[...atoms.keys()]}`)).toEqual([
      "GLY ",
      "MSE N,SD",
      "ARG N,CD,NH1,NH2",
      "SEP CA,P",
      "ALA ",
    ]);
  });

  it("is of the first model, at the places that are occupied most", () => {
    expect([residues[1].atoms.get("N"), residues[2].atoms.get("N")]).toEqual([
      [1, 0, 0],
      [4, 0, 0],
    ]);
  });

  it("has arginine's NH1 on the side of CD", () => {
    expect([residues[2].atoms.get("NH1"), residues[2].atoms.get("NH2")]).toEqual([
      [0, 1, 0],
      [0, 9, 0],
    ]);
  });

  it.each<[string, string, string]>([
    ["no date", cif(SITES).replace("revision_date", "foo"), "has no date of release"],
    ["no atoms", cif(SITES).replaceAll("_atom_site", "_other"), "has no atoms (_atom_site)"],
    ["two polymers", `${cif(SITES)}D 1 1 GLY N . 1 0 0 0 1`, "has 2 polymer chains, expected one"],
    ["no polymer", cif(SITES).replace("1 polymer", "1 branched"), "has 0 polymer chains, expected one"],
    [
      "an atom that is nowhere",
      cif(SITES).replace("1 5 0 0 1", "1 ? 0 0 1"),
      "has no position of the atom CA in residue 4",
    ],
    ["no mmCIF", "HEADER", "line 1: the value HEADER belongs to no item"],
  ])("%s is refused", (_, text, message) => {
    expect(() => readTemplateChain(text, "template")).toThrow(BadInputError);
    expect(() => readTemplateChain(text, "template")).toThrow(message);
  });
});

describe("a chain's templates", () => {
  const make = async (sequence: string, ...templates: unknown[]) => {
    const protein = { id: ["A", "B"], sequence, unpairedMsa: "", pairedMsa: "", templates };
    const text = JSON.stringify({
      dialect: "alphafold3",
      version: 4,
      name: "x",
      modelSeeds: [1],
      sequences: [{ protein }],
    });
    return featurise((await readJobs(text, { file: "x" }))[0], dictionary, { buckets: [12] }).tensors;
  };
  const template = { mmcif: cif(SITES), queryIndices: [0, 1, 3, 4], templateIndices: [1, 2, 3, 4] };

  it("are laid on its residues, and on those of its copies", async () => {
    const tensors = await make("MRTSA", template);
    const { shape, data } = tensors.get("template_aatype") as HostTensor;
    expect(shape).toEqual([4, 12]);
    expect([...data.subarray(0, 12)]).toEqual([12, 1, 21, 15, 0, 12, 1, 21, 15, 0, 0, 0]);
    expect(data.subarray(12).every((value) => value === 0)).toBe(true);
    const mask = tensors.get("template_atom_mask")?.data ?? [];
    const slots = (token: number) =>
      Array.from({ length: 24 }, (_, slot) => slot).filter((slot) => mask[token * 24 + slot]);
    const behind = Array.from({ length: 24 - 8 }, (_, at) => 8 + at);
    // N, SD of methionine, and N once more in every slot that methionine has no atom for.
    expect(slots(0)).toEqual([0, 6, ...behind]);
    expect(slots(2)).toEqual([]);
    expect(slots(3)).toEqual([1]);
    const positions = (tensors.get("template_atom_positions") as HostTensor).data;
    expect([...positions.subarray(6 * 3, 6 * 3 + 3), ...positions.subarray(23 * 3, 24 * 3)]).toEqual([
      2, 0, 0, 1, 0, 0,
    ]);
  });

  it("are four at most, and none of chains with less than five residues", async () => {
    const full = await make("MRTSA", ...new Array(6).fill(template));
    expect(full.get("template_aatype")?.data[3 * 12]).toBe(12);
    const short = await make("MRTS", { ...template, queryIndices: [0], templateIndices: [1] });
    expect(short.get("template_aatype")?.data.every((value) => value === 0)).toBe(true);
  });

  it("with indices behind their end are refused", async () => {
    await expect(make("MRTSA", { ...template, templateIndices: [1, 2, 3, 5] })).rejects.toThrow(
      "template 1 of chain A: templateIndices[3] is 5, but the template has 5 residues",
    );
  });
});
