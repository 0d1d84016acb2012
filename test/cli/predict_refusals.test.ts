/** `af3-gpu predict`: what is wrong gets one sentence and an exit code, and nothing is written. */
import { existsSync, mkdirSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { queueOf } from "../../src/cli/predict/inputs.ts";
import { float32 } from "../../src/formats/tensor.ts";
import { networkOutputsFile } from "../support/network_outputs.ts";
import { call, cwd, job, jobText, outputs, TOKENS, write } from "../support/predict_inputs.ts";

const other = write("other.json", jobText("other"));
const msa = write("a.a3m", ">q\nGSHMKT\n>r\nGSHM-T\n");
const random = ["--weights", "random"];

const ofName = (name: string) => ({ name, modelSeeds: [1], sequences: [{ ion: { ion: "MG" } }] });

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
    ["an input that is empty", [write("empty.json", "\n"), ...random], "empty.json is no input: it is empty"],
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
      'job.json and twin.json have jobs whose files would be named alike ("two chains", "TWO chains"), which would share a folder',
    ],
    [
      "two jobs of a list whose names are one without letters that files have not",
      [write("alike.json", JSON.stringify(["a/b", "ab"].map(ofName))), ...random],
      'alike.json has two jobs whose files would be named alike ("a/b", "ab"), which would share a folder: give one of them another name',
    ],
    [
      "a name that leaves no room in a file's",
      [write("long.json", jobText("x".repeat(400))), ...random],
      `long.json: the name "${"x".repeat(40)}…" has 400 letters, and files are named after it: it should have at most 160`,
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
      '--seeds should be like 1,2 or 10-14 or 10-90+10, not "x"',
    ],
    [
      "a seed that is too large",
      [job, ...random, "--seeds", "4294967296"],
      "--seeds should be at most 4294967295, not 4294967296",
    ],
    ["a seed twice", [job, ...random, "--seeds", "1,1"], "--seeds names 1 twice"],
    ["no samples", [job, ...random, "--samples", "0"], '--samples should be a whole number from 1, not "0"'],
    [
      "more samples than any config has",
      [job, ...random, "--samples", "65537"],
      "--samples should be at most 65536 for deepmind, not 65537",
    ],
    [
      "more recycles than the config counts, which counts one more",
      [job, ...random, "--engine", "protenix", "--recycles", "65536"],
      "--recycles should be at most 65535 for protenix, not 65536",
    ],
    ["an unknown format", [job, ...random, "--format", "cif"], '--format should be mmcif or pdb, not "cif"'],
    [
      "an unknown preset",
      [job, ...random, "--preset", "small"],
      '--preset should be tiny, block, paper, protenix-tiny, protenix-mini, protenix-base, protenix-v1 or protenix-v2, not "small"',
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

  it("a name that loses letters, which is said and no fault", async () => {
    const { stderr } = await call(write("café.json", jobText("café: №1")), "--from-outputs", outputs, "--out", "names");
    expect(stderr).toContain('note: the files of the job "café: №1" are named caf_1: ');
    expect(existsSync(path.join(cwd, "names", "caf_1", "caf_1_model.cif"))).toBe(true);
  });

  it("what was guessed of one of several inputs, which is said of that one", async () => {
    write("guess/a.fasta", ">x\nGSHMKT\n");
    write("guess/b.fasta", ">A|protein\nGSHMKT\n");
    const notes: string[] = [];
    await queueOf([path.join(cwd, "guess")], {}, (note) => notes.push(note));
    expect(notes).toEqual([`${path.join(cwd, "guess/a.fasta")}: chain A (x) is taken for a protein`]);
  });

  it("an adapter that is not there, with what helps", async () => {
    const { code, stderr } = await call(job, "--out", "none", ...random, "--device", "no such adapter");
    expect([code, stderr]).toEqual([3, expect.stringContaining("To fix it: ")]);
    expect(existsSync(path.join(cwd, "none"))).toBe(false);
  });
});
