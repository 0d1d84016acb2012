/** AlphaFold 3's input JSON: what is read, and what is written back. */
import { gzipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { BadInputError } from "../../../src/errors.ts";
import type { Files } from "../../../src/formats/files.ts";
import { chainId, chainNumber, fileName } from "../../../src/pipeline/input/job.ts";
import { readJobs } from "../../../src/pipeline/input/read.ts";
import { writeJob } from "../../../src/pipeline/input/write.ts";
import { type Json, job, protein } from "../../support/input_json.ts";

/** Files of a made-up folder. */
const folder = (files: Record<string, Uint8Array>): Files => ({
  read: async (name) => {
    if (!files[name]) throw new BadInputError(`cannot read ${name}: there is no such file`);
    return files[name];
  },
  stream: () => {
    throw new Error("nothing is streamed");
  },
  exists: async (name) => name in files,
  list: async () => undefined,
});

const read = async (value: unknown, files?: Files) =>
  (await readJobs(JSON.stringify(value), { file: "in/job.json", files }))[0];

describe("a job", () => {
  it("has every field of the newest version", async () => {
    const found = await read(
      job({
        modelSeeds: [7, "4294967295"],
        sequences: [
          protein({
            id: ["A", "B"],
            description: "what it is",
            modifications: [{ ptmType: "SEP", ptmPosition: 2 }],
            unpairedMsa: ">a\nGSHMKT\n",
            pairedMsa: "",
            templates: [{ mmcif: "data_x", queryIndices: [0, 5], templateIndices: [3, 4] }],
          }),
          {
            rna: {
              id: "C",
              sequence: "ACGU",
              modifications: [{ modificationType: "2MG", basePosition: 1 }],
              unpairedMsa: "",
            },
          },
          { dna: { id: "D", sequence: "ACGT" } },
          { ligand: { id: "E", ccdCodes: ["NAG", "NAG"] } },
          { ligand: { id: "F", smiles: "CCO", description: "ethanol" } },
        ],
        bondedAtomPairs: [
          [
            ["E", 1, "O4"],
            ["E", 2, "C1"],
          ],
        ],
        userCCD: "data_QQQ\n",
      }),
    );
    expect(found).toEqual({
      name: "a job",
      seeds: [7, 4294967295],
      entities: [
        {
          kind: "protein",
          ids: ["A", "B"],
          sequence: "GSHMKT",
          description: "what it is",
          modifications: [{ code: "SEP", position: 2 }],
          unpairedMsa: ">a\nGSHMKT\n",
          pairedMsa: "",
          templates: [{ mmcif: "data_x", queryIndices: [0, 5], templateIndices: [3, 4] }],
        },
        {
          kind: "rna",
          ids: ["C"],
          sequence: "ACGU",
          modifications: [{ code: "2MG", position: 1 }],
          unpairedMsa: "",
          pairedMsa: "",
          templates: [],
        },
        { kind: "dna", ids: ["D"], sequence: "ACGT", modifications: [], unpairedMsa: "", pairedMsa: "", templates: [] },
        { kind: "ligand", ids: ["E"], codes: ["NAG", "NAG"] },
        { kind: "ligand", ids: ["F"], smiles: "CCO", description: "ethanol" },
      ],
      bonds: [
        [
          { chain: "E", residue: 1, atom: "O4" },
          { chain: "E", residue: 2, atom: "C1" },
        ],
      ],
      userCcd: "data_QQQ\n",
    });
  });

  it("that says nothing of MSAs and templates has null for what was not looked for", async () => {
    const [{ unpairedMsa, pairedMsa, templates }] = (await read(job({ version: 1 }))).entities as never as [Json];
    expect([unpairedMsa, pairedMsa, templates]).toEqual([null, null, null]);
  });

  it("takes texts from plain and packed files beside it", async () => {
    const files = folder({
      "in/a.a3m": new TextEncoder().encode(">a\nGSHMKT\n"),
      "/abs/b.a3m.gz": gzipSync(new TextEncoder().encode(">b\nGSHMKT\n")),
    });
    const [{ unpairedMsa, pairedMsa }] = (
      await read(job({ sequences: [protein({ unpairedMsaPath: "a.a3m", pairedMsaPath: "/abs/b.a3m.gz" })] }), files)
    ).entities as never as [Json];
    expect([unpairedMsa, pairedMsa]).toEqual([">a\nGSHMKT\n", ">b\nGSHMKT\n"]);
  });

  it("with files that are missing, packed strangely or damaged is refused", async () => {
    const gz = gzipSync(new TextEncoder().encode("text ".repeat(100)));
    const files = folder({
      "in/xz": Uint8Array.of(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0),
      "in/cut": gz.subarray(0, gz.length - 12),
      "in/binary": Uint8Array.of(0xff, 0xfe, 0x00),
    });
    const refused = (unpairedMsaPath: string, given?: Files) =>
      expect(read(job({ sequences: [protein({ unpairedMsaPath })] }), given)).rejects;
    await refused("none", files).toThrow(
      "in/job.json: sequences[0].protein.unpairedMsaPath cannot be used: cannot read in/none",
    );
    await refused("xz", files).toThrow("in/xz is packed with xz");
    await refused("cut", files).toThrow("in/cut is no valid gzip file");
    await refused("binary", files).toThrow("in/binary is no text in UTF-8");
    await refused("a.a3m").toThrow("unpairedMsaPath names a file, which cannot be read from here");
  });

  it("whose MSA is the name of a file is refused", async () => {
    const files = folder({ "in/a.a3m": new Uint8Array() });
    await expect(read(job({ sequences: [protein({ unpairedMsa: "a.a3m" })] }), files)).rejects.toThrow(
      "sequences[0].protein.unpairedMsa is the name of a file: give it as sequences[0].protein.unpairedMsaPath",
    );
  });
});

describe("written back", () => {
  it("equal entities are one, and indices stand on a line", async () => {
    const template = { mmcif: 'data_x\n_a "queryIndices": [\n', queryIndices: [0, 5], templateIndices: [3, 4] };
    const given = job({
      name: "Ångström",
      sequences: [
        protein({ templates: [template] }),
        protein({ id: "B", templates: [template] }),
        { dna: { id: "C", sequence: "AC" } },
      ],
    });
    const text = writeJob(await read(given));
    expect(text).toContain('"id": [\n          "A",\n          "B"\n        ]');
    expect(text).toContain('\n            "queryIndices": [0, 5],\n            "templateIndices": [3, 4]\n');
    expect(text).toContain('"name": "\\u00c5ngstr\\u00f6m"');
    expect(await read(JSON.parse(text))).toEqual({
      ...(await read(given)),
      entities: [
        expect.objectContaining({ ids: ["A", "B"], templates: [template] }),
        expect.objectContaining({ ids: ["C"] }),
      ],
    });
  });
});

it("files are named after jobs without what names of files should not have", () => {
  expect(fileName("Protein no MSA (1)")).toBe("Protein_no_MSA_1");
});

it("chains are named as the reference names them, the first letter changing fastest", () => {
  expect([0, 25, 26, 27, 51, 52, 701, 702].map(chainId)).toEqual(["A", "Z", "AA", "BA", "ZA", "AB", "ZZ", "AAA"]);
  expect([0, 25, 26, 701, 702, 20_000].map((index) => chainNumber(chainId(index)))).toEqual([
    0, 25, 26, 701, 702, 20_000,
  ]);
});
