/** `features` and `predict` of an engine with lists of jobs, atoms without padding and scores of its own; without a device. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { parseCif } from "../../src/formats/cif.ts";
import { Npz } from "../../src/formats/npz.ts";
import { writeNpz } from "../../src/formats/npz_writer.ts";
import { SafeTensors } from "../../src/formats/safetensors.ts";
import { float32, type HostTensor } from "../../src/formats/tensor.ts";
import { scratch } from "../support/binary.ts";
import { af3gpu } from "../support/inside.ts";

const cwd = path.join(scratch(), "lists");
mkdirSync(cwd);
const write = (name: string, content: string | Uint8Array): string => {
  writeFileSync(path.join(cwd, name), content);
  return name;
};
const read = (...names: string[]): string => readFileSync(path.join(cwd, ...names), "utf8");
/** 6 residues, of which one is split into its 10 atoms, a SMILES of 3 atoms, and two ions. */
const list = write(
  "list.json",
  JSON.stringify([
    {
      name: "a job",
      sequences: [
        {
          proteinChain: {
            sequence: "GSHMKT",
            modifications: [{ ptmType: "CCD_SEP", ptmPosition: 2 }],
            unpairedMsa: ">q\nGSHMKT\n>r\nGSHM-T\n",
          },
        },
        { ligand: { ligand: "CC=O" } },
        { ion: { ion: "MG", count: 2 } },
      ],
      covalent_bonds: [{ entity1: 1, position1: 5, atom1: "NZ", entity2: 2, position2: 1, atom2: 1 }],
    },
  ]),
);
const [TOKENS, ATOMS] = [20, 54];

describe("features of a list", () => {
  it("are those that the network takes, by a file's ending", async () => {
    const { code, stderr, stdout } = await af3gpu(
      ["features", list, "--engine", "protenix", "--out", "list.safetensors"],
      { cwd },
    );
    expect([code, stderr.split("\n").at(-3)]).toEqual([0, `${TOKENS} tokens, ${ATOMS} atoms, 3 rows of the MSA`]);
    expect(stdout).toContain(`tokens=${TOKENS}`);
    const made = new SafeTensors(readFileSync(path.join(cwd, "list.safetensors")), "list");
    expect(made.read("token_bonds").shape).toEqual([TOKENS, TOKENS]);
    const checked = await af3gpu(["features", "list.safetensors", "--engine", "protenix"], { cwd });
    expect([checked.code, checked.stdout]).toEqual([0, expect.stringContaining(`atoms=${ATOMS}`)]);
  });

  it("have no MSA with --no-msa, and paired rows apart with --no-paired-as-unpaired", async () => {
    const args = ["features", list, "--engine", "protenix", "--out", "none.npz"];
    const { code, stderr } = await af3gpu([...args, "--no-msa", "--no-paired-as-unpaired"], { cwd });
    expect([code, stderr.split("\n").at(-3)]).toEqual([0, `${TOKENS} tokens, ${ATOMS} atoms, 1 row of the MSA`]);
    expect(new Npz(readFileSync(path.join(cwd, "none.npz")), "none").read("msa").shape).toEqual([1, TOKENS]);
  });

  it.each([
    [["--buckets", "32"], "protenix has no use for --buckets: leave it out"],
    [["--keep-msa-overlaps"], "protenix has no use for --keep-msa-overlaps: leave it out"],
    [["--fix-standalone-glycans"], "protenix has no use for --fix-standalone-glycans: leave it out"],
  ])("refuse %j", async (args, message) => {
    const { code, stderr } = await af3gpu(["features", list, "--engine", "protenix", ...args], { cwd });
    expect([code, stderr]).toEqual([2, `af3-gpu: ${message}\n`]);
  });

  it.each([
    [["--no-msa"], "deepmind has no use for --no-msa: leave it out"],
    [["--no-paired-as-unpaired"], "deepmind has no use for --no-paired-as-unpaired: leave it out"],
  ])("refuse %j of an engine without it", async (args, message) => {
    const { code, stderr } = await af3gpu(["features", list, "--engine", "deepmind", ...args], { cwd });
    expect([code, stderr]).toEqual([2, `af3-gpu: ${message}\n`]);
  });

  it("need an input", async () => {
    const { code, stderr } = await af3gpu(
      ["features", "--synthetic", "--engine", "protenix", "--out", "x.npz", "--no-msa"],
      {
        cwd,
      },
    );
    expect([code, stderr]).toEqual([2, "af3-gpu: --no-msa needs an input, such as job.json\n"]);
  });
});

/** What a network might answer: atoms on a line, 2 Å apart, and all bins alike but for the samples' own. */
function outputs(
  samples: number,
  changes: Readonly<Record<string, HostTensor>> = {},
  without: readonly string[] = [],
): Uint8Array {
  const bins = (shape: readonly number[], best: (sample: number) => number): HostTensor => {
    const [, ...rest] = shape;
    const each = rest.reduce((product, size) => product * size, 1);
    const count = shape.at(-1) ?? 1;
    return float32(
      shape,
      Float32Array.from({ length: samples * each }, (_, at) => (at % count === best(Math.floor(at / each)) ? 6 : 0)),
    );
  };
  const positions = Float32Array.from({ length: samples * ATOMS * 3 }, (_, at) =>
    at % 3 ? 0 : 2 * ((at / 3) % ATOMS),
  );
  return writeNpz(
    new Map(
      Object.entries({
        positions: float32([samples, ATOMS, 3], positions),
        plddt: bins([samples, ATOMS, 50], (sample) => 40 + sample),
        pae: bins([samples, TOKENS, TOKENS, 64], (sample) => 20 - 5 * sample),
        pde: bins([samples, TOKENS, TOKENS, 64], () => 4),
        contact_probs: float32([TOKENS, TOKENS], new Float32Array(TOKENS ** 2).fill(0.25)),
        ...changes,
      }).filter(([name]) => !without.includes(name)),
    ),
  );
}

describe("predictions of outputs that were kept", () => {
  it("are structures with scores of the engine's own", async () => {
    write("outputs.npz", outputs(2));
    const args = ["predict", list, "--engine", "protenix", "--from-outputs", "outputs.npz", "--out", "made"];
    const { code, stdout, stderr } = await af3gpu([...args, "--full-confidences"], { cwd });
    expect([code, stderr]).toEqual([0, expect.stringContaining(`a_job: ${TOKENS} tokens, ${ATOMS} atoms`)]);
    expect(stdout).toMatch(/a_job +2 +seed-101_sample-1 /);
    const summary = JSON.parse(read("made", "a_job", "a_job_summary_confidences.json"));
    expect(Object.keys(summary)).toEqual(
      "plddt gpde ptm iptm chain_gpde chain_pair_gpde chain_ptm chain_iptm chain_pair_iptm chain_pair_iptm_global chain_plddt chain_pair_plddt has_clash disorder ranking_score".split(
        " ",
      ),
    );
    expect(summary.chain_pair_iptm).toHaveLength(4);
    expect(summary.has_clash).toBe(0);
    expect(summary.ranking_score).toBeCloseTo(0.8 * summary.iptm + 0.2 * summary.ptm, 3);
    const [block] = parseCif(read("made", "a_job", "a_job_model.cif"), "model");
    const atoms = block.categories.get("atom_site");
    expect(atoms?.rows).toBe(ATOMS);
    const mean = (atoms?.column("B_iso_or_equiv") ?? []).reduce((sum, text) => sum + Number(text) / ATOMS, 0);
    expect(Math.abs(mean - summary.plddt)).toBeLessThan(0.02);
    expect(block.categories.get("struct_conn")?.rows).toBe(1);
    const full = JSON.parse(read("made", "a_job", "a_job_confidences.json"));
    expect([full.pae.length, full.atom_plddts.length, full.contact_probs[0][0]]).toEqual([TOKENS, ATOMS, 0.25]);
    expect(read("made", "a_job", "a_job_report.html")).toContain("Distance error of contacts between chains");
    expect(read("made", "a_job", "a_job_ranking_scores.csv").split("\r\n")).toHaveLength(4);
  });

  it("may have what is expected of pairs' errors in the place of their logits, as a network answers that nobody keeps", async () => {
    const pairs = (value: number): HostTensor =>
      float32([2, TOKENS, TOKENS], new Float32Array(2 * TOKENS ** 2).fill(value));
    const expected = {
      expected_pae: pairs(5),
      expected_tm: pairs(0.5),
      expected_chains_tm: pairs(0.25),
      expected_pde: pairs(3),
    };
    const lacking = outputs(2, expected, ["pae", "pde"]);
    write("reduced.npz", lacking);
    const args = ["predict", list, "--engine", "protenix", "--from-outputs", "reduced.npz", "--out", "reduced"];
    expect(await af3gpu([...args, "--full-confidences"], { cwd })).toMatchObject({ code: 0 });
    const summary = JSON.parse(read("reduced", "a_job", "a_job_summary_confidences.json"));
    expect([summary.ptm, summary.gpde]).toEqual([0.5, 3]);
    expect(summary.chain_ptm[0]).toBe(0.25);
    const full = JSON.parse(read("reduced", "a_job", "a_job_confidences.json"));
    expect([full.pae[0][0], full.pae.length]).toEqual([5, TOKENS]);
  });

  it.each<[string, Uint8Array, string]>([
    ["of another job", outputs(1, { positions: float32([1, 7, 3], new Float32Array(21)) }), "atoms"],
    ["without an output", writeNpz(new Map([["positions", float32([1, 1, 3], new Float32Array(3))]])), "lack plddt"],
    ["without samples", outputs(0), "have no samples"],
  ])("%s are refused", async (name, content, message) => {
    write("wrong.npz", content);
    const args = [
      "predict",
      list,
      "--engine",
      "protenix",
      "--from-outputs",
      "wrong.npz",
      "--out",
      name.replaceAll(" ", "_"),
    ];
    const { code, stderr } = await af3gpu(args, { cwd });
    expect([code, stderr.trimEnd().split("\n").at(-1)]).toEqual([2, expect.stringContaining(message)]);
  });
});
