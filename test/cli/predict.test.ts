/** `af3-gpu predict` without a device: folders, and outputs of a network that were kept. */
import { readdirSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { describe, expect, it, vi } from "vitest";
import { queueOf } from "../../src/cli/predict/inputs.ts";
import { featuresOf, keepSeed } from "../../src/cli/predict/job.ts";
import { JobFolder } from "../../src/cli/predict/job_folder.ts";
import { findEngine } from "../../src/engines/index.ts";
import { parseCif } from "../../src/formats/cif.ts";
import { float32, int32 } from "../../src/formats/tensor.ts";
import { MsaServer, tricks } from "../support/msa_server.ts";
import { networkOutputs, networkOutputsFile } from "../support/network_outputs.ts";
import { call, cwd, job, jobText, outputs, sequences, TOKENS, write } from "../support/predict_inputs.ts";
import { noRecordedJobs, recordedFile, recordedText } from "../support/recorded_jobs.ts";

const read = (...names: readonly string[]): string => readFileSync(path.join(cwd, ...names), "utf8");
const tree = (folder: string): string[] => readdirSync(path.join(cwd, folder), { recursive: true }).map(String).sort();

it("finds MSAs on a server that is named, and asks nothing of what is finished", async () => {
  const server = await MsaServer.start();
  vi.stubEnv("AF3_GPU_CACHE", path.join(cwd, "msa-cache"));
  try {
    const args = [job, "--from-outputs", outputs, "--msa-server", server.url, "--out", "searched"];
    server.script.submit = [tricks.code(403)];
    const refused = await call(...args);
    expect([refused.code, refused.stderr]).toEqual([3, expect.stringContaining("refuses to answer (403)")]);
    const { code, stderr } = await call(...args);
    expect([code, stderr]).toEqual([
      0,
      expect.stringMatching(/^note: sending 1 protein sequence \(\d+ residues\) of two chains to /),
    ]);
    const [{ protein }] = JSON.parse(read("searched", "two_chains", "two_chains_data.json")).sequences;
    expect([protein.unpairedMsa.match(/>/g), protein.pairedMsa]).toEqual([Array(3).fill(">"), ""]);
    const asked = server.log.length;
    expect((await call(...args)).stderr).toBe("two_chains: skipped, for it is finished; --force makes it anew\n");
    expect(server.log).toHaveLength(asked);
  } finally {
    server.close();
    vi.unstubAllEnvs();
  }
});

describe("from outputs that were kept", () => {
  it("come the files of a job's first seed", async () => {
    const { code, stdout, stderr } = await call(job, "--from-outputs", outputs, "--out", "kept", "--full-confidences");
    expect([code, stderr]).toEqual([0, expect.stringContaining("two_chains: 13 tokens, ")]);
    expect(stdout).toMatch(
      /^job +samples +best +ranking score +pTM +ipTM +structure\ntwo_chains +2 +seed-3_sample-\d /,
    );
    const kinds = ["model.cif", "summary_confidences.json", "confidences.json", "report.html"];
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
    // The job's page alone has the viewer's script, and the structure that lies beside it.
    const scripts = [...read("kept", name, `${name}_report.html`).matchAll(/<script[^>]*>([^<]*)/g)].map(
      ([, text]) => text,
    );
    const shown = JSON.parse(scripts[0]);
    expect(shown).toEqual({ format: "cif", text: read("kept", name, `${name}_model.cif`) });
    expect(scripts.length).toBe(3);
    expect(read("kept", name, "seed-3_sample-0", `${name}_seed-3_sample-0_report.html`)).not.toContain("<script");
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
    expect(more.stderr).toMatch(
      /^two_chains: 4 samples of 2 seeds, 2 samples of 1 seed of them made in \S+s, the best /m,
    );
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
          `two_chains/seed-9_sample-${sample}/two_chains_seed-9_sample-${sample}_report.html`,
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

it("outputs of which no structure can be written are kept, for a network has run for them", async () => {
  const note = () => {};
  const { jobs } = await queueOf([path.join(cwd, job)], {}, note);
  const made = await featuresOf({ engine: findEngine("deepmind"), buckets: [] }, jobs[0], 3, note);
  const far = new Float32Array(TOKENS * 24 * 3).fill(1e6);
  const given = new Map([...networkOutputs(TOKENS, 1), ["positions", float32([1, TOKENS, 24, 3], far)] as const]);
  const record = { settings: {}, about: {} };
  const folder = JobFolder.open(path.join(cwd, "far"), "x", {}, false);
  const kept = path.join(cwd, "far", "x", "x_seed-3_outputs.npz");
  await expect(
    folder.during(() =>
      keepSeed(folder, made, given, 3, { format: "pdb", engine: findEngine("deepmind"), saveOutputs: false, record }),
    ),
  ).rejects.toThrow(`write mmCIF; the network's outputs are kept for --from-outputs: ${kept}`);
  expect(tree("far/x")).toEqual(["x_seed-3_outputs.npz"]);
  expect(JobFolder.open(path.join(cwd, "far"), "x", {}, false).done).toEqual([]);
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

describe("the recorded job", () => {
  it("has the recorded files, from its outputs", async ({ skip }) => {
    if (noRecordedJobs) skip(noRecordedJobs);
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
