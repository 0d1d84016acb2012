/** What AlphaFold 3's input JSON must not be, and where the message says it stands. */
import { expect, it } from "vitest";
import { BadInputError } from "../../../src/errors.ts";
import { readJobs } from "../../../src/pipeline/input/read.ts";
import { type Json, job, protein } from "../../support/input_json.ts";

const read = async (value: unknown) => (await readJobs(JSON.stringify(value), { file: "in/job.json" }))[0];

const one = (kind: string, fields: Json) => job({ sequences: [{ [kind]: fields }] });
const bonded = (...bonds: unknown[]) =>
  job({
    sequences: [{ ligand: { id: "A", ccdCodes: ["NAG", "NAG"] } }, { ligand: { id: "B", smiles: "CCO" } }],
    bondedAtomPairs: bonds,
  });
const [o4, c1] = [
  ["A", 1, "O4"],
  ["A", 2, "C1"],
];

it.each<[string, unknown, string]>([
  ["an unknown field", job({ foo: 1 }), 'the JSON has the unknown field "foo"; known are dialect'],
  ["no dialect", { ...job(), dialect: undefined }, 'dialect is missing: it should be "alphafold3"'],
  ["another dialect", job({ dialect: "x" }), 'dialect should be "alphafold3", not "x"'],
  ["a version to come", job({ version: 5 }), "version should be one of 1, 2, 3, 4, not 5"],
  ["no sequences", { ...job(), sequences: undefined }, "sequences is missing: it should be a list"],
  ["no chains", job({ sequences: [] }), "sequences is empty"],
  ["no seeds", job({ modelSeeds: [] }), "modelSeeds is empty"],
  [
    "a negative seed",
    job({ modelSeeds: [1, -1] }),
    "modelSeeds[1] should be a whole number from 0 to 4294967295, not -1",
  ],
  ["a seed of 33 bits", job({ modelSeeds: [4294967296] }), "modelSeeds[0] should be a whole number"],
  ["half a seed", job({ modelSeeds: [1.5] }), "modelSeeds[0] should be a whole number"],
  ["a blank name", job({ name: " " }), "name should have letters"],
  ["a name that no file can have", job({ name: "()" }), "name should have letters"],
  ["a name that leads out of the folder", job({ name: ".." }), "name should have letters"],
  ["a chain without a name", one("protein", { sequence: "GS" }), "sequences[0].protein.id is missing"],
  ["an empty list of names", one("protein", { id: [], sequence: "GS" }), "sequences[0].protein.id is empty"],
  [
    "a name in lower case",
    one("protein", { id: ["A", "Ab"], sequence: "GS" }),
    'sequences[0].protein.id[1] should be of capital letters alone, not "Ab"',
  ],
  [
    "a name with a digit",
    one("protein", { id: "A1", sequence: "GS" }),
    "sequences[0].protein.id should be of capital letters alone",
  ],
  ["a name twice", job({ sequences: [protein(), protein()] }), "sequences[1] has the chain A, a name that is taken"],
  [
    "two kinds in one",
    job({ sequences: [{ ...protein(), rna: {} }] }),
    "sequences[0] should have exactly one of protein, rna, dna, ligand, not protein, rna",
  ],
  ["an unknown kind", one("foo", { id: "A" }), 'sequences[0] should have one of protein, rna, dna, ligand, not "foo"'],
  ["a mistyped field", job({ sequences: [protein({ unpairedMSA: "" })] }), "Did you mean unpairedMsa?"],
  [
    "a digit in a sequence",
    job({ sequences: [protein({ sequence: "GS1" })] }),
    'sequence should be letters alone, but has "1" at position 3',
  ],
  ["lower case", job({ sequences: [protein({ sequence: "gshm" })] }), "lower case would mean unknown residues"],
  ["an empty sequence", job({ sequences: [protein({ sequence: "" })] }), "sequence is empty"],
  [
    "a modification at 0",
    job({ sequences: [protein({ modifications: [{ ptmType: "SEP", ptmPosition: 0 }] })] }),
    "modifications[0].ptmPosition should be a whole number from 1 to 6, not 0",
  ],
  [
    "a modification behind the end",
    job({ sequences: [protein({ modifications: [{ ptmType: "SEP", ptmPosition: 7 }] })] }),
    "from 1 to 6, not 7",
  ],
  [
    "a prefixed modification",
    job({ sequences: [protein({ modifications: [{ ptmType: "CCD_SEP", ptmPosition: 2 }] })] }),
    'should be a code without CCD_: "SEP"',
  ],
  [
    "an MSA twice",
    job({ sequences: [protein({ unpairedMsa: "", unpairedMsaPath: "x" })] }),
    "unpairedMsa and sequences[0].protein.unpairedMsaPath are both given",
  ],
  [
    "templates that are no list",
    job({ sequences: [protein({ templates: {} })] }),
    "templates should be a list of templates",
  ],
  [
    "an empty template",
    job({ sequences: [protein({ templates: [{ mmcif: "", queryIndices: [], templateIndices: [] }] })] }),
    "templates[0].mmcif is empty",
  ],
  [
    "indices of two lengths",
    job({ sequences: [protein({ templates: [{ mmcif: "x", queryIndices: [1], templateIndices: [] }] })] }),
    "templates[0] has 1 queryIndices and 0 templateIndices",
  ],
  [
    "a query index behind the end",
    job({ sequences: [protein({ templates: [{ mmcif: "x", queryIndices: [6], templateIndices: [0] }] })] }),
    "queryIndices[0] should be a whole number from 0 to 5, not 6",
  ],
  ["an MSA of DNA", one("dna", { id: "A", sequence: "ACGT", unpairedMsa: "" }), 'has the unknown field "unpairedMsa"'],
  [
    "a ligand in two ways",
    one("ligand", { id: "A", ccdCodes: ["ATP"], smiles: "C" }),
    "sequences[0].ligand should have either ccdCodes or smiles, not both",
  ],
  ["a ligand of nothing", one("ligand", { id: "A" }), "not neither"],
  [
    "a code that is no list",
    one("ligand", { id: "A", ccdCodes: "ATP" }),
    'ccdCodes should be a list of codes such as ["ATP"], not "ATP"',
  ],
  ["no codes", one("ligand", { id: "A", ccdCodes: [] }), "ccdCodes is empty"],
  ["a bond of three", bonded([o4, c1, c1]), "bondedAtomPairs[0] should be two atoms, not 3"],
  ["an atom of two parts", bonded([["A", 1], c1]), "bondedAtomPairs[0][0] should be an atom such as"],
  [
    "a bond to nobody",
    bonded([["Z", 1, "O4"], c1]),
    'bondedAtomPairs[0][0][0] should be one of the chains A, B, not "Z"',
  ],
  [
    "a bond behind the end",
    bonded([o4, ["A", 3, "C1"]]),
    "bondedAtomPairs[0][1][1] should be a whole number from 1 to 2, not 3",
  ],
  ["a bond of a SMILES", bonded([o4, ["B", 1, "O1"]]), "a ligand given as SMILES"],
  ["a bond twice", bonded([o4, c1], [o4, c1]), "bondedAtomPairs[1] is there twice"],
  ["components twice", job({ userCCD: "x", userCCDPath: "y" }), "userCCD and userCCDPath are both given"],
])("%s is refused", async (_, input, message) => {
  await expect(read(input)).rejects.toThrow(BadInputError);
  await expect(read(input)).rejects.toThrow(message);
});

it("a bond the other way round is taken once, as the reference's network sees it, and said", async () => {
  const notes: string[] = [];
  const text = JSON.stringify(bonded([o4, c1], [c1, o4]));
  const [{ bonds }] = await readJobs(text, { file: "x" }, (note) => notes.push(note));
  expect(bonds).toEqual([["O4", "C1"].map((atom, at) => ({ chain: "A", residue: at + 1, atom }))]);
  expect(notes).toEqual(["bondedAtomPairs[1] is the same bond the other way round, and counts once"]);
});

it("text that is no JSON is refused, however deep it is", async () => {
  for (const text of ["{", `${"[".repeat(200_000)}`, '{"dialect": NaN}', "nothing"])
    await expect(readJobs(text, { file: "x" })).rejects.toThrow(BadInputError);
});
