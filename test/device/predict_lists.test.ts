/** `af3-gpu predict` of a list of jobs by an engine with scores of its own and atoms without padding: from sequences to files. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { parseCif } from "../../src/formats/cif.ts";
import { Npz } from "../../src/formats/npz.ts";
import { scratch } from "../support/binary.ts";
import { testDevice } from "../support/device.ts";
import { af3gpu } from "../support/inside.ts";

const cwd = scratch();
const jobs = [
  {
    name: "ours",
    modelSeeds: [3],
    sequences: [
      { proteinChain: { sequence: "GSHMKT", count: 2, unpairedMsa: ">q\nGSHMKT\n>r\nGSHM-T\n" } },
      { ligand: { ligand: "CC=O" } },
      { ion: { ion: "MG" } },
    ],
    covalent_bonds: [],
  },
  { name: "no such", modelSeeds: [3], sequences: [{ ligand: { ligand: "CCD_QQQQQ" } }], covalent_bonds: [] },
];
writeFileSync(path.join(cwd, "jobs.json"), JSON.stringify(jobs));
const [TOKENS, SAMPLES] = [16, 2];

const typed = ["--recycles", "0", "--steps", "2", "--samples", `${SAMPLES}`, "--device", testDevice];
const engine = ["--engine", "protenix", "--full-confidences"];
const predict = (...args: readonly string[]) =>
  af3gpu(
    ["predict", "jobs.json", ...engine, "--weights", "random", "--out", "out", "--save-outputs", ...typed, ...args],
    { cwd },
  );
const read = (folder: string, name: string): string => readFileSync(path.join(cwd, folder, "ours", name), "utf8");
const listed = (folder: string): string[] =>
  readdirSync(path.join(cwd, folder, "ours"), { recursive: true })
    .map(String)
    .sort();

const ENDINGS = ["model.cif", "summary_confidences.json", "confidences.json", "report.html"];
const samplesOf = (seed: number): string[] => Array.from({ length: SAMPLES }, (_, at) => `seed-${seed}_sample-${at}`);

describe("a list", () => {
  let first: Awaited<ReturnType<typeof af3gpu>>;
  beforeAll(async () => {
    first = await predict();
  });

  it("ends in files of the job that can be predicted, and a line that names file and job of the other", () => {
    expect([first.code, first.stderr]).toEqual([
      1,
      expect.stringContaining("WARNING: MADE WITH RANDOM WEIGHTS (seed 0)"),
    ]);
    expect(first.stderr).toContain("note: ours: LIG_C has no coordinates: its reference structure is zeros\n");
    expect(first.stderr).toMatch(/^1 of 2, ours: 16 tokens, \d+ atoms, 3 rows of the MSA, 0 templates$/m);
    expect(first.stderr).toMatch(/^ours: 2 samples of 1 seed in \S+s, the best seed-3_sample-\d /m);
    expect(first.stderr).toMatch(/^jobs\.json, job "no such": chain A, residue 1: the component "QQQQQ" is not among/m);
    expect(first.stdout).toMatch(/^ours +2 +seed-3_sample-\d /m);
    const top = ["data.json", "ranking_scores.csv", "run.json", "seed-3_outputs.npz", ...ENDINGS];
    expect(listed("out")).toEqual(
      [
        "RANDOM_WEIGHTS.txt",
        ...top.map((ending) => `ours_${ending}`),
        ...samplesOf(3).flatMap((one) => [one, ...ENDINGS.map((ending) => `${one}/ours_${one}_${ending}`)]),
      ].sort(),
    );
  });

  it("has the network's positions in the structures, and its confidence beside them", () => {
    const outputs = new Npz(readFileSync(path.join(cwd, "out/ours/ours_seed-3_outputs.npz")), "outputs");
    const { shape, data } = outputs.read("positions");
    expect([shape[0], outputs.read("pae").shape]).toEqual([SAMPLES, [SAMPLES, TOKENS, TOKENS, 64]]);
    for (const [sample, one] of samplesOf(3).entries()) {
      const [block] = parseCif(read("out", `${one}/ours_${one}_model.cif`), one);
      const atoms = block.categories.get("atom_site");
      const column = (name: string): number[] => (atoms?.column(name) ?? []).map(Number);
      const places = ["x", "y", "z"].map((axis) => column(`Cartn_${axis}`));
      expect(places[0]).toHaveLength(shape[1]);
      for (const [atom, axis] of [
        [0, 0],
        [17, 1],
        [shape[1] - 1, 2],
      ])
        expect(places[axis][atom]).toBeCloseTo(data[(sample * shape[1] + atom) * 3 + axis], 3);
      const summary = JSON.parse(read("out", `${one}/ours_${one}_summary_confidences.json`));
      const full = JSON.parse(read("out", `${one}/ours_${one}_confidences.json`));
      const mean = column("B_iso_or_equiv").reduce((sum, value) => sum + value / shape[1], 0);
      expect(Math.abs(mean - summary.plddt)).toBeLessThan(0.02);
      expect(summary.ranking_score).toBeCloseTo(0.8 * summary.iptm + 0.2 * summary.ptm - 100 * summary.has_clash, 3);
      expect([summary.chain_ptm.length, full.pae.length, full.atom_plddts.length]).toEqual([4, TOKENS, shape[1]]);
      expect(full.pae.flat().every((error: number) => error > 0 && error < 32)).toBe(true);
    }
  });

  it("goes on with another seed, counts all samples, and makes the same files of outputs that were kept", async () => {
    const more = await predict("--seeds", "3,5");
    expect(more.stderr).toMatch(/^ours: 4 samples of 2 seeds, 2 samples of 1 seed of them made in \S+s, the best /m);
    expect(more.stdout).toMatch(/^ours +4 +seed-/m);
    writeFileSync(path.join(cwd, "one.json"), JSON.stringify(jobs.slice(0, 1)));
    const args = [...engine, "--from-outputs", "out/ours/ours_seed-3_outputs.npz"];
    expect((await af3gpu(["predict", "one.json", ...args, "--out", "kept"], { cwd })).code).toBe(0);
    for (const one of samplesOf(3))
      for (const ending of ENDINGS)
        expect(read("kept", `${one}/ours_${one}_${ending}`)).toBe(read("out", `${one}/ours_${one}_${ending}`));
  });
});
