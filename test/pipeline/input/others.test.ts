/** Inputs besides AlphaFold 3's JSON: AlphaFold Server's jobs, FASTA, ColabFold's a3m. */
import { describe, expect, it } from "vitest";
import { BadInputError } from "../../../src/errors.ts";
import { parseA3m } from "../../../src/formats/a3m.ts";
import type { Polymer } from "../../../src/pipeline/input/job.ts";
import { readJobs } from "../../../src/pipeline/input/read.ts";

const read = async (content: unknown, file = "folder/my file.fasta") => {
  const notes: string[] = [];
  const text = typeof content === "string" ? content : JSON.stringify(content);
  return { jobs: await readJobs(text, { file }, (note) => notes.push(note)), notes };
};

describe("AlphaFold Server's jobs", () => {
  const server = (sequences: unknown[], changes: object = {}) => [
    { name: "x", modelSeeds: [3], sequences, dialect: "alphafoldserver", version: 1, ...changes },
  ];

  it("have chains named in order, and codes without prefix", async () => {
    const { jobs } = await read(
      server([
        {
          proteinChain: {
            sequence: "PREACHINGS",
            count: 2,
            glycans: [],
            useStructureTemplate: false,
            modifications: [{ ptmType: "CCD_HY3", ptmPosition: 1 }],
          },
        },
        {
          rnaSequence: {
            sequence: "GUAC",
            count: 1,
            modifications: [{ modificationType: "CCD_2MG", basePosition: 1 }],
          },
        },
        { dnaSequence: { sequence: "GATTACA", count: 1 } },
        { ligand: { ligand: "CCD_ATP", count: 1 } },
        { ion: { ion: "MG", count: 2 } },
      ]),
    );
    expect(jobs).toHaveLength(1);
    expect(jobs[0].seeds).toEqual([3]);
    expect(jobs[0].entities.map(({ ids }) => ids)).toEqual([["A", "B"], ["C"], ["D"], ["E"], ["F", "G"]]);
    expect(jobs[0].entities[0]).toMatchObject({
      modifications: [{ code: "HY3", position: 1 }],
      templates: [],
      unpairedMsa: null,
    });
    expect(jobs[0].entities[1]).toMatchObject({ kind: "rna", modifications: [{ code: "2MG", position: 1 }] });
    expect(jobs[0].entities.slice(3)).toMatchObject([{ codes: ["ATP"] }, { codes: ["MG"] }]);
  });

  it("without seeds draw one of 32 bits, and say so", async () => {
    const { jobs, notes } = await read(server([{ ion: { ion: "MG" } }], { modelSeeds: [] }));
    expect(notes).toEqual([`job "x" has no seed: ${jobs[0].seeds[0]} is drawn`]);
    expect(jobs[0].seeds[0]).toBeLessThan(2 ** 32);
  });

  it.each<[string, unknown, string]>([
    [
      "glycans",
      server([{ proteinChain: { sequence: "N", count: 1, glycans: [{ residues: "NAG", position: 1 }] } }]),
      "[0].sequences[0].proteinChain.glycans cannot be used",
    ],
    [
      "a date of templates",
      server([{ proteinChain: { sequence: "N", count: 1, maxTemplateDate: "2020-01-01" } }]),
      "maxTemplateDate cannot be used",
    ],
    [
      "a dialect without version",
      server([{ ion: { ion: "MG" } }], { version: undefined }),
      "[0] should have dialect and version, or neither",
    ],
    [
      "no copies",
      server([{ ion: { ion: "MG", count: 0 } }]),
      "[0].sequences[0].ion.count should be a whole number from 1 to 10000, not 0",
    ],
    ["an unknown kind", server([{ lipid: {} }]), "[0].sequences[0] should have exactly one of proteinChain"],
    ["no chains", server([]), "[0].sequences is empty"],
    ["no jobs", [], "is an empty list"],
  ])("%s is refused", async (_, input, message) => {
    await expect(read(input)).rejects.toThrow(BadInputError);
    await expect(read(input)).rejects.toThrow(message);
  });
});

describe("FASTA", () => {
  it("names chains and kinds in headers", async () => {
    const { jobs, notes } = await read(
      ">B|protein\nGSH\nMKT\n>A|rna|empty\nACGU\r\n\n>C|ccd\nATP\n>D|smiles\nCC(=O)O\n",
    );
    expect(jobs[0].name).toBe("my file");
    expect(jobs[0].entities).toMatchObject([
      { kind: "protein", ids: ["B"], sequence: "GSHMKT", unpairedMsa: null },
      { kind: "rna", ids: ["A"], sequence: "ACGU" },
      { kind: "ligand", ids: ["C"], codes: ["ATP"] },
      { kind: "ligand", ids: ["D"], smiles: "CC(=O)O" },
    ]);
    expect(notes).toEqual([]);
  });

  it("without kinds is guessed, and said", async () => {
    const { jobs, notes } = await read(
      ">sp|P12345|X_HUMAN a protein\nMKT*\n>\nACGUU\n>B|dna\nACG\n>d\nACGTT\n>complex\nGGG:MKK\n",
    );
    expect(jobs[0].entities.map(({ kind, ids }) => `${ids} ${kind}`)).toEqual([
      "A protein",
      "C rna",
      "B dna",
      "D dna",
      "E dna",
      "F protein",
    ]);
    expect(notes[0]).toBe("chain A (sp|P12345|X_HUMAN a protein) is taken for a protein");
    expect(notes).toHaveLength(5);
  });

  it.each<[string, string, string]>([
    ["an empty record", ">a\n>b\nMKT\n", 'my file.fasta, line 1: the record "a" is empty'],
    ["lower case", ">a\nmkt\n", "write it in capital letters"],
    ["a gap", "\n>a\nMK-T\n", 'line 2: the sequence of "a" has "-" at position 3'],
    ["a name twice", ">A|protein\nMKT\n>A|rna\nACG\n", "line 3: the chain A is there twice"],
    ["several chains under one name", ">A|protein\nMKT:MKT\n", "holds several, separated by colons"],
    ["an MSA", ">A|protein|a.a3m\nMKT\n", "line 1: the header names an MSA"],
    ["something else", "MKT\n", "is no input"],
    ["nothing", "", "is no input"],
  ])("%s is refused", async (_, input, message) => {
    await expect(read(input)).rejects.toThrow(BadInputError);
    await expect(read(input)).rejects.toThrow(message);
  });
});

describe("a3m", () => {
  it("is read as the reference reads it", () => {
    expect(parseA3m("MKT\nno header\n>a  b \r\n MK\r\n\r\nT\r\n>\n>c\nMaKT")).toEqual([
      { description: "a  b", sequence: "MKT" },
      { description: "", sequence: "" },
      { description: "c", sequence: "MaKT" },
    ]);
    expect(parseA3m("MKT\n")).toEqual([]);
  });
});

describe("ColabFold's a3m", () => {
  const two = "#3,2\t1,2\n>101\t102\nMKTAC\n>u1\tu2\nMaKTb-C\n>101\nMKT--\n>x\nM-T--\n>102\n---AC\n>y\n---cAG\n";

  it("is split to chains, paired and unpaired", async () => {
    const { jobs } = await read(two, "x.a3m");
    const [first, second] = jobs[0].entities as Polymer[];
    expect(first).toMatchObject({ ids: ["A"], sequence: "MKT", unpairedMsa: ">101\nMKT\n>x\nM-T\n" });
    expect(second).toMatchObject({ ids: ["B", "C"], sequence: "AC", unpairedMsa: ">102\nAC\n>y\ncAG\n" });
    expect(first.pairedMsa).toBe(">101\nMKT\n>tr|A0A000|ROW_00001 u1\nMaKTb\n");
    expect(second.pairedMsa).toBe(">102\nAC\n>tr|A0A000|ROW_00001 u2\n-C\n");
  });

  it("of one chain is unpaired", async () => {
    const { jobs } = await read("#3\t2\n>101\nMKT\n>102\nM-T\n", "x.a3m");
    expect(jobs[0].entities).toMatchObject([
      { ids: ["A", "B"], sequence: "MKT", unpairedMsa: ">101\nMKT\n>102\nM-T\n", pairedMsa: "" },
    ]);
  });

  it.each<[string, string, string]>([
    ["a row that is too short", two.replace("M-T--", "M-T-"), "has 4 columns in row 4, expected 5"],
    ["a row that is too long", two.replace("M-T--", "M-T---"), "has 6 columns in row 4, expected 5"],
    ["one count too few", two.replace("1,2", "1"), "names 2 lengths and 1 counts"],
    ["a chain without residues", two.replace("#3,2", "#5,0"), "lengths or counts no complex has"],
    ["a chain without query", "#3,2\t1,1\n>101\nMKT--\n", "has no whole query for chain 2 (its name should be 102)"],
    ["no rows", "#3\t1\n", "has no rows"],
  ])("%s is refused", async (_, input, message) => {
    await expect(read(input, "x.a3m")).rejects.toThrow(BadInputError);
    await expect(read(input, "x.a3m")).rejects.toThrow(message);
  });
});
