/** `af3-gpu predict` without a device: inputs, what is refused, and files of outputs that were kept. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { parseCif } from "../../src/formats/cif.ts";
import { float32, int32 } from "../../src/formats/tensor.ts";
import { scratch } from "../support/binary.ts";
import { af3gpu } from "../support/inside.ts";
import { networkOutputsFile } from "../support/network_outputs.ts";
import { noRecordedJobs, recordedFile, recordedText } from "../support/recorded_jobs.ts";

const cwd = scratch();
const write = (name: string, content: string | Uint8Array): string => {
  mkdirSync(path.dirname(path.join(cwd, name)), { recursive: true });
  writeFileSync(path.join(cwd, name), content);
  return name;
};
const sequences = [{ protein: { id: ["A", "C"], sequence: "GSHMKT" } }, { ligand: { id: "B", ccdCodes: ["MG"] } }];
const jobText = (name: string, changes: object = {}): string =>
  JSON.stringify({ dialect: "alphafold3", version: 4, name, modelSeeds: [3, 5], sequences, ...changes });
const TOKENS = 13;

const job = write("job.json", jobText("two chains"));
const other = write("other.json", jobText("other"));
const msa = write("a.a3m", ">q\nGSHMKT\n>r\nGSHM-T\n");
const outputs = write("outputs.npz", networkOutputsFile(TOKENS, 2));
const call = (...args: readonly string[]) => af3gpu(["predict", ...args], { cwd });
const read = (...names: readonly string[]): string => readFileSync(path.join(cwd, ...names), "utf8");
const tree = (folder: string): string[] => readdirSync(path.join(cwd, folder), { recursive: true }).map(String).sort();
const random = ["--weights", "random"];

describe("what is wrong gets a sentence, and nothing is written", () => {
  const weights = write("w.safetensors", new Uint8Array(4));
  mkdirSync(path.join(cwd, "empty"));
  const colabfold = write("pair.a3m", "#6,6\t1,1\n>101\t102\nGSHMKTGSHMKA\n");
  const npz = (name: string, changes: Parameters<typeof networkOutputsFile>[2]): string =>
    write(name, networkOutputsFile(TOKENS, 2, changes));
  const from = (name: string): string[] => [job, "--from-outputs", name];
  const nan = float32([TOKENS, TOKENS], new Float32Array(TOKENS * TOKENS).fill(Number.NaN));

  it.each<[string, readonly string[], string]>([
    ["no weights", [job], "predict needs --weights: a file (docs/weights.md says where there are some), or random"],
    ["no such input", ["none.json", ...random], "cannot read none.json: there is no such file"],
    ["an input that is none", [write("n.txt", "hello"), ...random], "n.txt is no input: expected AlphaFold 3's JSON"],
    ["a wrong input", [write("x.json", jobText("x", { modelSeeds: [] })), ...random], "x.json: modelSeeds is empty"],
    [
      "a folder without inputs",
      ["empty", ...random],
      "the folder empty has no input: no .json, no .fasta, and no .a3m",
    ],
    ["an input named twice", [job, job, ...random], "the input job.json is named twice"],
    [
      "two jobs of one name",
      [job, write("twin.json", jobText("TWO chains")), ...random],
      "job.json and twin.json have jobs of the name TWO_chains, which would share a folder",
    ],
    ["an MSA of no chain", [job, ...random, "--msa", "Z=a.a3m"], "--msa Z: two chains has no chain Z; it has A, C, B"],
    [
      "an MSA that names none",
      [job, ...random, "--msa", "a.a3m"],
      '--msa should be a chain and a file such as A=a.a3m, not "a.a3m"',
    ],
    ["a chain's MSA twice", [job, ...random, "--msa", "A=a.a3m", "--msa", "A=b.a3m"], "--msa names the chain A twice"],
    [
      "copies' MSAs",
      [job, ...random, "--msa", "A=a.a3m", "--msa", "C=a.a3m"],
      "--msa C: the chains A and C are copies, which share one MSA",
    ],
    [
      "an MSA of a ligand",
      [job, ...random, "--msa", "B=a.a3m"],
      "--msa B: the chain is a ligand, which takes no such MSA",
    ],
    ["an MSA that is not there", [job, ...random, "--msa", "A=b.a3m"], "cannot read b.a3m: there is no such file"],
    ["what is no MSA", [job, ...random, "--msa", "A=n.txt"], 'n.txt is no a3m: it should begin with ">"'],
    [
      "MSAs of several chains",
      [job, ...random, "--msa", `A=${colabfold}`],
      "pair.a3m has MSAs of several chains, as ColabFold writes them",
    ],
    [
      "an MSA of one of several jobs",
      [job, other, ...random, "--msa", "A=a.a3m"],
      "--msa and --paired-msa name chains of one job, and there are 2",
    ],
    [
      "an MSA beside one",
      [
        write(
          "m.json",
          jobText("m", { sequences: [{ protein: { id: "A", sequence: "GSHMKT", unpairedMsa: ">q\nGSHMKT\n" } }] }),
        ),
        ...random,
        "--msa",
        "A=a.a3m",
      ],
      "--msa A: the input has an MSA of this chain already",
    ],
    [
      "a seed that is none",
      [job, ...random, "--seeds", "1,x"],
      '--seeds should be like 64,128 or 64-256+64 or 64-512*2, not "x"',
    ],
    [
      "a seed that is too large",
      [job, ...random, "--seeds", "4294967296"],
      "--seeds should be at most 4294967295, not 4294967296",
    ],
    ["a seed twice", [job, ...random, "--seeds", "1,1"], "--seeds names 1 twice"],
    ["no samples", [job, ...random, "--samples", "0"], '--samples should be a whole number from 1, not "0"'],
    ["an unknown format", [job, ...random, "--format", "cif"], '--format should be mmcif or pdb, not "cif"'],
    [
      "an unknown preset",
      [job, ...random, "--preset", "small"],
      '--preset should be tiny, block or paper, not "small"',
    ],
    ["an unknown option", [job, ...random, "--sample", "2"], "unknown option '--sample' (Did you mean --samples?)"],
    ["an engine without features", [job, ...random, "--engine", "ligo"], "ligo's features are not made of inputs"],
    ["weights that are not there", [job, "--weights", "none.bin"], "cannot read none.bin: there is no such file"],
    ["weights that are none", [job, "--weights", weights], "w.safetensors"],
    [
      "a seed of weights from a file",
      [job, "--weights", weights, "--weights-seed", "1"],
      "--weights-seed draws random weights",
    ],
    ["conformers that are none", [job, ...random, "--conformers", "x.sdf"], "--conformers should be ideal"],
    [
      "conformers of one of several jobs",
      [job, other, ...random, "--conformers", outputs],
      "conformers are of one job, and there are 2",
    ],
    [
      "a limit that is none",
      [job, ...random, "--memory-limit", "much"],
      "--memory-limit should be a size such as 500MB or 2GiB",
    ],
    ["a dry run that writes", [job, ...random, "--dry-run", "--force"], "--dry-run and --force contradict each other"],
    [
      "outputs and weights",
      [...from(outputs), ...random, "--samples", "2"],
      "--from-outputs, which runs no network, has no use for --weights, --samples",
    ],
    [
      "outputs of several jobs",
      [job, other, "--from-outputs", outputs],
      "--from-outputs has the outputs of one job, and there are 2",
    ],
    ["outputs that are none", from(msa), "a.a3m"],
    [
      "outputs that lack one",
      from(npz("l.npz", { full_pae: undefined })),
      "l.npz: the network's outputs lack full_pae",
    ],
    [
      "outputs of another shape",
      from(npz("s.npz", { contact_probs: float32([2, 2], new Float32Array(4)) })),
      "s.npz: the input contact_probs is [2, 2], expected [tokens, tokens]: tokens is 13 in positions",
    ],
    [
      "outputs that are not finite",
      from(npz("f.npz", { contact_probs: nan })),
      "f.npz: the input contact_probs holds NaN at position 0",
    ],
    [
      "outputs of fewer tokens",
      from(write("few.npz", networkOutputsFile(4, 1))),
      "the network's outputs are of 4 tokens, but the job has 13",
    ],
    [
      "a format without room",
      [
        write("b.json", jobText("b", { sequences: [{ ligand: { id: "A", smiles: "CO" } }] })),
        "--from-outputs",
        write("b.npz", networkOutputsFile(2, 1)),
        "--format",
        "pdb",
      ],
      "b: a PDB file names components by at most 3 characters, and chain A has LIG_A: write mmCIF",
    ],
  ])("%s", async (_, args, message) => {
    const { code, stderr, stdout } = await call(...args, "--out", "refused");
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr.replace(/^(note|WARNING): .*\n/gm, "")).toMatch(/^(two_chains: .*\n)?af3-gpu: [^\n]*\n$/);
    expect(stderr).toContain(message);
    expect(existsSync(path.join(cwd, "refused"))).toBe(false);
  });

  it("--out", async () => {
    expect(await call(job, "--weights", "random")).toMatchObject({ code: 2, stderr: expect.stringContaining("--out") });
    const file = await call(job, "--weights", "random", "--out", "job.json");
    expect([file.code, file.stderr]).toEqual([2, expect.stringContaining("cannot write to the folder job.json: ")]);
  });

  it("an adapter that is not there, with what helps", async () => {
    const { code, stderr } = await call(job, "--out", "none", ...random, "--device", "no such adapter");
    expect([code, stderr]).toEqual([3, expect.stringContaining("To fix it: ")]);
    expect(existsSync(path.join(cwd, "none"))).toBe(false);
  });
});

describe("from outputs that were kept", () => {
  it("come the files of a job's first seed", async () => {
    const { code, stdout, stderr } = await call(job, "--from-outputs", outputs, "--out", "kept", "--full-confidences");
    expect([code, stderr]).toEqual([0, expect.stringContaining("two_chains: 13 tokens, ")]);
    expect(stdout).toMatch(
      /^job +samples +best +ranking score +pTM +ipTM +structure\ntwo_chains +2 +seed-3_sample-\d /,
    );
    const kinds = ["model.cif", "summary_confidences.json", "confidences.json"];
    const name = "two_chains";
    expect(tree(`kept/${name}`)).toEqual(
      [
        ...["data.json", "ranking_scores.csv", "run.json", ...kinds].map((ending) => `${name}_${ending}`),
        ...["seed-3_sample-0", "seed-3_sample-1"].flatMap((one) => [
          one,
          ...kinds.map((ending) => `${one}/${name}_${one}_${ending}`),
        ]),
      ].sort(),
    );
    expect(read("kept", name, `${name}_model.cif`)).not.toContain("RANDOM");
    expect(parseCif(read("kept", name, `${name}_model.cif`), "x")).toHaveLength(1);
  });

  it("the same is skipped; other settings are refused, or replace what is there once there is something new", async () => {
    const from = ["--from-outputs", outputs, "--out", "again"];
    expect((await call(job, ...from)).code).toBe(0);
    const skipped = await call(job, ...from, "--json");
    expect([skipped.code, skipped.stderr]).toEqual([
      0,
      "two_chains: skipped, for it is finished; --force makes it anew\n",
    ]);
    expect(JSON.parse(skipped.stdout).jobs).toMatchObject([{ state: "skipped", samples: [{ seed: 3 }, { seed: 3 }] }]);
    const refused = async (message: string, ...args: readonly string[]) => {
      const { code, stderr } = await call(...args, "--out", "again");
      expect([code, stderr]).toEqual([
        2,
        `af3-gpu: again/two_chains was made with ${message}: --force makes it anew, another --out keeps it\n`,
      ]);
    };
    await refused("format = mmcif, not pdb", job, ...from, "--format", "pdb");
    const changed = write("changed.json", jobText("two chains", { modelSeeds: [3], sequences: sequences.slice(0, 1) }));
    await refused("other input", changed, ...from);
    await refused("other outputs", job, "--from-outputs", write("o.npz", networkOutputsFile(TOKENS, 1)));
    const more = await call(job, ...from, "--seeds", "7", "--json");
    expect(JSON.parse(more.stdout).jobs[0].samples).toHaveLength(4);
    const far = new Float32Array(2 * TOKENS * 24 * 3).fill(1e6);
    const bad = write("far.npz", networkOutputsFile(TOKENS, 2, { positions: float32([2, TOKENS, 24, 3], far) }));
    const before = tree("again");
    const failed = await call(job, "--from-outputs", bad, "--out", "again", "--force", "--format", "pdb");
    expect([failed.code, failed.stderr]).toEqual([2, expect.stringContaining("which a PDB file has no room for")]);
    expect(tree("again")).toEqual(before);
    const anew = await call(job, ...from, "--seeds", "9", "--force", "--format", "pdb");
    expect([anew.code, tree("again").filter((name) => /seed|model/.test(name))]).toEqual([
      0,
      [
        ...[0, 1].flatMap((sample) => [
          `two_chains/seed-9_sample-${sample}`,
          `two_chains/seed-9_sample-${sample}/two_chains_seed-9_sample-${sample}_model.pdb`,
          `two_chains/seed-9_sample-${sample}/two_chains_seed-9_sample-${sample}_summary_confidences.json`,
        ]),
        "two_chains/two_chains_model.pdb",
      ],
    ]);
  });

  it("a seed whose samples are not all there is made again", async () => {
    const from = [job, "--from-outputs", outputs, "--out", "torn"];
    await call(...from);
    rmSync(path.join(cwd, "torn", "two_chains", "seed-3_sample-1"), { recursive: true });
    expect((await call(...from)).stderr).toContain("2 samples of 1 seed in ");
    expect(tree("torn")).toContain("two_chains/seed-3_sample-1/two_chains_seed-3_sample-1_model.cif");
  });

  it("files of somebody else's are left alone", async () => {
    write("theirs/two_chains/notes.txt", "mine");
    const { code, stderr } = await call(job, "--from-outputs", outputs, "--out", "theirs");
    expect([code, stderr]).toEqual([2, expect.stringContaining("has files in it that are no prediction of af3-gpu's")]);
    expect((await call(job, "--from-outputs", outputs, "--out", "theirs", "--force")).code).toBe(0);
    expect(read("theirs", "two_chains", "notes.txt")).toBe("mine");
    write("theirs/two_chains/two_chains_run.json", "{}");
    expect((await call(job, "--from-outputs", outputs, "--out", "theirs")).stderr).toContain(
      "is no record of a prediction",
    );
  });

  it("terms of use and seeds of random weights go along", async () => {
    const marked = write("r.npz", networkOutputsFile(TOKENS, 1, { random_weights_seed: int32([], Int32Array.of(-1)) }));
    const { stderr } = await call(job, "--from-outputs", marked, "--out", "marked", "--deepmind-terms");
    expect(stderr).toContain("MADE WITH RANDOM WEIGHTS (seed 4294967295)");
    expect(tree("marked/two_chains")).toEqual(expect.arrayContaining(["RANDOM_WEIGHTS.txt", "TERMS_OF_USE.md"]));
  });
});

describe("folders", () => {
  it("are the inputs in them, by name; MSAs of single chains and folders in them are none", async () => {
    write("jobs/b.json", jobText("from b"));
    write("jobs/a.fasta", ">A|protein\nGSHMKT\n");
    write("jobs/c.a3m", "#6\t1\n>101\nGSHMKT\n");
    write("jobs/msa.a3m", ">q\nGSHMKT\n");
    write("jobs/readme.txt", "hello");
    write("jobs/deeper/d.json", jobText("d"));
    const { code, stderr } = await call("jobs", "--from-outputs", outputs, "--out", "never");
    expect([code, stderr]).toEqual([2, expect.stringContaining("and there are 3\n")]);
    write("one/job.json", jobText("alone"));
    expect((await call("one", "--from-outputs", outputs, "--out", "alone")).code).toBe(0);
    expect(tree("alone")).toContain("alone/alone_model.cif");
  });
});

describe.skipIf(noRecordedJobs !== undefined)("the recorded job", () => {
  it("has the recorded files, from its outputs", async () => {
    const [name, own] = ["outputs_heteromer", "outputs_heteromer"];
    const from = ["--from-outputs", recordedFile(own, "outputs", "network_outputs.npz"), "--full-confidences"];
    const conformers = ["--conformers", recordedFile(own, "conformers.npz"), "--deepmind-terms"];
    const { code, stderr } = await call(recordedFile(own, "input.json"), ...from, ...conformers, "--out", "recorded");
    expect([code, stderr]).toEqual([0, expect.stringContaining("2 samples of 1 seed")]);
    const csv = `${name}_ranking_scores.csv`;
    const scores = (text: string) => text.split("\r\n").map((line) => line.split(","));
    const [found, expected] = [read("recorded", name, csv), recordedText(own, "outputs", csv)].map(scores);
    expect(found.map(([seed, sample]) => [seed, sample])).toEqual(expected.map(([seed, sample]) => [seed, sample]));
    for (const [at, [, , score]] of expected.entries())
      if (Number.isFinite(Number(score))) expect(Number(found[at][2])).toBeCloseTo(Number(score), 6);
    for (const sample of ["seed-31_sample-0", "seed-31_sample-1"]) {
      for (const kind of ["summary_confidences.json", "confidences.json"]) {
        const file = `${name}_${sample}_${kind}`;
        expect(read("recorded", name, sample, file)).toBe(recordedText(own, "outputs", file));
      }
      const file = `${name}_${sample}_model.cif`;
      const atoms = (text: string): string => text.slice(text.indexOf("_atom_site."));
      expect(atoms(read("recorded", name, sample, file))).toBe(atoms(recordedText(own, "outputs", file)));
    }
    const top = read("recorded", name, `${name}_model.cif`);
    expect(top).toBe(read("recorded", name, "seed-31_sample-1", `${name}_seed-31_sample-1_model.cif`));
    expect(JSON.parse(read("recorded", name, `${name}_data.json`))).toEqual(
      JSON.parse(recordedText(own, "normalised_input.json")),
    );
  });
});
