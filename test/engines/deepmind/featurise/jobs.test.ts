/** Features of small jobs: integers as AlphaFold 3's own pipeline made them, conformers by what they must be. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { conformerAtoms } from "../../../../src/engines/components/conformers.ts";
import type { FeaturiseOptions } from "../../../../src/engines/core/featurise.ts";
import { featurise } from "../../../../src/engines/deepmind/featurise/index.ts";
import { BadInputError } from "../../../../src/errors.ts";
import { crc32 } from "../../../../src/formats/crc32.ts";
import type { HostTensor } from "../../../../src/formats/tensor.ts";
import { openDictionary } from "../../../../src/pipeline/dictionary/dictionary.ts";
import { readJobs } from "../../../../src/pipeline/input/read.ts";

const dictionary = await openDictionary();

async function make(input: unknown, options: FeaturiseOptions = {}) {
  const notes: string[] = [];
  const [job] = await readJobs(JSON.stringify(input), { file: "job.json" });
  return { ...featurise(job, dictionary, { note: (text) => notes.push(text), ...options }), notes };
}

const job = (...sequences: unknown[]) => ({
  dialect: "alphafold3",
  version: 4,
  name: "x",
  modelSeeds: [42],
  sequences,
});
const protein = (id: string | string[], sequence: string, changes: object = {}) => ({
  protein: { id, sequence, ...changes },
});

interface RecordedJob {
  readonly name: string;
  readonly bucket: number;
  readonly seed: number;
  readonly options: { readonly resolve_msa_overlaps?: boolean };
  readonly input: unknown;
  readonly digests: readonly (string | null)[];
}
/** Made by scripts/recorded_digests.mjs. */
const recorded: { tensors: string[]; jobs: RecordedJob[] } = JSON.parse(
  readFileSync(path.resolve(import.meta.dirname, "../../../fixtures/jobs.json"), "utf8"),
);

describe("a recorded job", () => {
  it.each(recorded.jobs)("$name has the reference's features", async ({ bucket, seed, options, input, digests }) => {
    const { tensors } = await make(input, {
      buckets: [bucket],
      seed,
      keepMsaOverlaps: options.resolve_msa_overlaps === false,
    });
    const digest = ({ data }: HostTensor): string =>
      crc32(new Uint8Array(data.buffer, data.byteOffset, data.byteLength)).toString(36);
    const found = recorded.tensors.map((name, at) => [
      name,
      digests[at] === null ? null : digest(tensors.get(name) as HostTensor),
    ]);
    expect(Object.fromEntries(found)).toEqual(
      Object.fromEntries(recorded.tensors.map((name, at) => [name, digests[at]])),
    );
  });
});

/** The first conformer of a recorded job, glycine's as RDKit made it (C CA H H2 HA2 HA3 HXT N O OXT), and where N CA C O were put with the seed 42. */
// biome-ignore format: points
const GLYCINE = [
  0.83005351, 0.00058042933, 0.076442711, -0.53420955, -0.38011, -0.33408204, -1.8381152, 1.1908897, 0.096206009, -1.2010113, 0.30294436, 1.4568291,
  -0.69916642, -0.21360549, -1.4260694, -0.66600883, -1.474894, -0.18895644, 2.7938583, 0.019591115, -0.60501081, -1.5547775, 0.25903925, 0.45912325,
  0.95510036, 0.81319195, 1.0401734, 1.9142765, -0.51762736, -0.57465571,
];
// biome-ignore format: points
const PLACED = [-0.65601283, -1.0738508, -0.32972425, -2.0786662, -1.0376395, -0.097363219, -2.4828396, 0.060174953, 0.80047685, -1.5769165, 0.82153684, 1.2525635];

describe("reference structures", () => {
  it("are put where the reference puts them", async () => {
    const { tensors } = await make(job(protein("A", "G")), { buckets: [], conformers: () => GLYCINE });
    const { data } = tensors.get("ref_pos") as HostTensor;
    // OXT, the last residue's, is the fifth slot.
    PLACED.forEach((value, at) => {
      expect(data[at]).toBeCloseTo(value, 5);
    });
  });

  it("have atoms by name, but of a SMILES as written", async () => {
    const { complex } = await make(
      job({ ligand: { id: "A", ccdCodes: ["GOL"] } }, { ligand: { id: "B", smiles: "OC" } }),
    );
    expect(complex.chains.map(({ residues }) => conformerAtoms(residues[0].component).join(" "))).toEqual([
      "C1 C2 C3 H11 H12 H2 H31 H32 HO1 HO2 HO3 O1 O2 O3",
      "O1 C1",
    ]);
  });

  it("of a SMILES are zeros, put somewhere, and that is said", async () => {
    const { tensors, notes } = await make(job({ ligand: { id: "B", smiles: "OC" } }), { buckets: [] });
    const { data } = tensors.get("ref_pos") as HostTensor;
    expect([...data.slice(0, 3)]).toEqual([...data.slice(72, 75)]);
    expect(notes).toEqual(["LIG_B has no coordinates: its reference structure is zeros"]);
    expect([...(tensors.get("frames_mask")?.data ?? [])]).toEqual([0, 0]);
  });
});

it("chains left out are named", async () => {
  const { notes } = await make(job(protein("A", "GS"), protein("B", "XX")));
  expect(notes).toEqual(["chain B is left out: none of its residues is known"]);
});

it("padding is zeros everywhere", async () => {
  const { tensors } = await make(job(protein("A", "GSHMKT"), { ligand: { id: "B", ccdCodes: ["ATP"] } }), {
    buckets: [64],
  });
  for (const [name, { shape, data }] of tensors) {
    if (shape[0] !== 64 || name.includes("gather_")) continue;
    const perToken = data.length / 64;
    expect(
      data.subarray(37 * perToken).every((value) => value === 0),
      name,
    ).toBe(true);
  }
});

it("inputs that no features can be made of are refused with the chain", async () => {
  const msa = (unpairedMsa: string) => make(job(protein("A", "GSHMKT", { unpairedMsa })));
  await expect(msa(">a\nGSHMKA\n")).rejects.toThrow(BadInputError);
  await expect(msa(">a\nGSHMKA\n")).rejects.toThrow("the unpaired MSA of chain A: the first row has A at column 6");
  await expect(msa(">a\nGSHMKT\n>b\nGSHM\n")).rejects.toThrow("row 2 (b) has 4 columns, expected 6");
  await expect(msa(">a\nGSHMKT\n>b c\nGS*MKT\n")).rejects.toThrow('row 2 (b c) has "*" at position 3');
});
