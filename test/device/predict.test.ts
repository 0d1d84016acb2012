/** `af3-gpu predict` with a tiny network: from a sequence to AlphaFold 3's tree of files. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { queueOf } from "../../src/cli/predict/inputs.ts";
import { featuresOf } from "../../src/cli/predict/job.ts";
import { networkFeatures, openNetwork } from "../../src/cli/predict/network.ts";
import { noiseSeed } from "../../src/engines/core/noise.ts";
import { findEngine } from "../../src/engines/index.ts";
import { Npz } from "../../src/formats/npz.ts";
import { scratch } from "../support/binary.ts";
import { openTestBackend, testDevice } from "../support/device.ts";
import { af3gpu } from "../support/inside.ts";

const cwd = scratch();
const sequences = [{ protein: { id: "A", sequence: "GSHMKT" } }, { ligand: { id: "B", ccdCodes: ["MG"] } }];
const job = { dialect: "alphafold3", version: 4, name: "two chains", modelSeeds: [3, 5], sequences };
writeFileSync(path.join(cwd, "job.json"), JSON.stringify(job));
writeFileSync(path.join(cwd, "bad.json"), "{");

const counts = { recycles: 0, steps: 2, samples: 2 };
const typed = ["--recycles", "0", "--steps", "2", "--samples", "2", "--buckets", "exact", "--device", testDevice];
const read = (...names: readonly string[]): string => readFileSync(path.join(cwd, ...names), "utf8");
const tree = (folder: string): string[] => readdirSync(path.join(cwd, folder), { recursive: true }).map(String).sort();

const NAME = "two_chains";
const SAMPLES = ["seed-3_sample-0", "seed-3_sample-1", "seed-5_sample-0", "seed-5_sample-1"];
const KINDS = ["model.cif", "summary_confidences.json", "confidences.json"];
/** The best sample's has all samples, too, at the top. */
const PAGE = "report.html";
const outputs = (seed: number): string => path.join("out", NAME, `${NAME}_seed-${seed}_outputs.npz`);
const positions = (seed: number) => new Npz(readFileSync(path.join(cwd, outputs(seed))), "x").read("positions");

describe("a tiny network", () => {
  let first: Awaited<ReturnType<typeof af3gpu>>;
  beforeAll(async () => {
    const args = ["--weights", "random", "--out", "out", "--save-outputs", "--full-confidences", "--json"];
    first = await af3gpu(["predict", "bad.json", "job.json", ...args, ...typed], { cwd });
  });

  it("goes on behind an input that is wrong, says what it does, and ends with 1", () => {
    const states = JSON.parse(first.stdout).jobs.map(({ state }: { readonly state: string }) => state);
    expect([first.code, states]).toEqual([1, ["failed", "predicted"]]);
    expect(first.stderr).toContain("WARNING: MADE WITH RANDOM WEIGHTS (seed 0)");
    expect(first.stderr).toMatch(/^bad\.json is not valid JSON: .*$/m);
    expect(first.stderr).toContain(
      "note: two_chains: no MSA for chain A: single-sequence prediction, expect low confidence\n",
    );
    expect(first.stderr).toMatch(/^2 of 2, two_chains: 7 tokens, 46 atoms, \d+ rows of the MSA, 0 templates$/m);
    expect(first.stderr).toMatch(/^2 of 2, two_chains: .* on the device, 2 samples side by side$/m);
    expect(first.stderr).toMatch(/^two_chains: 4 samples of 2 seeds in \S+s, the best seed-\d_sample-\d /m);
    expect(first.stderr).toMatch(/^1 of 2 inputs failed: bad\.json$/m);
  });

  it("ends in the tree of files", () => {
    const top = [
      "data.json",
      "ranking_scores.csv",
      "run.json",
      "seed-3_outputs.npz",
      "seed-5_outputs.npz",
      ...KINDS,
      PAGE,
    ];
    expect(tree(`out/${NAME}`)).toEqual(
      [
        "RANDOM_WEIGHTS.txt",
        ...top.map((ending) => `${NAME}_${ending}`),
        ...SAMPLES.flatMap((one) => [one, ...[...KINDS, PAGE].map((ending) => `${one}/${NAME}_${one}_${ending}`)]),
      ].sort(),
    );
  });

  it("has the best sample at the top, and marks random weights in every text", () => {
    const rows = read("out", NAME, `${NAME}_ranking_scores.csv`).split("\r\n").slice(1, -1);
    const scores = rows.map((row) => Number(row.split(",")[2]));
    const best = SAMPLES[scores.indexOf(Math.max(...scores))];
    for (const ending of KINDS) {
      const own = read("out", NAME, `${NAME}_${ending}`);
      expect(own).toBe(read("out", NAME, best, `${NAME}_${best}_${ending}`));
      expect(own).toContain("MADE WITH RANDOM WEIGHTS");
    }
    const page = read("out", NAME, `${NAME}_${PAGE}`);
    const listed = [...page.matchAll(/<th scope="row">(\d+)<\/th><td class="number">(\d+)<\/td>/g)];
    expect(listed.map(([, seed, sample]) => `seed-${seed}_sample-${sample}`).sort()).toEqual([...SAMPLES].sort());
    expect(page).toContain("MADE WITH RANDOM WEIGHTS");
    expect(rows.map((row) => row.includes("RANDOM WEIGHTS"))).toEqual(SAMPLES.map(() => true));
    expect(JSON.parse(read("out", NAME, `${NAME}_data.json`))).toMatchObject({
      name: "two chains",
      modelSeeds: [3, 5],
      sequences: [{ protein: { unpairedMsa: "", templates: [] } }, {}],
    });
  });

  it("is not asked again: what is finished is skipped, and kept outputs give the same files", async () => {
    const options = ["--weights", "random", "--full-confidences", ...typed];
    const again = await af3gpu(["predict", "job.json", "--out", "out", ...options], { cwd });
    expect([again.code, again.stderr]).toEqual([
      0,
      expect.stringContaining("two_chains: skipped, for it is finished; --force makes it anew\n"),
    ]);
    const args = ["job.json", "--from-outputs", outputs(3), "--full-confidences", "--out", "kept"];
    const kept = await af3gpu(["predict", ...args], { cwd });
    expect([kept.code, kept.stderr]).toEqual([0, expect.stringContaining("MADE WITH RANDOM WEIGHTS (seed 0)")]);
    for (const one of SAMPLES.slice(0, 2))
      for (const ending of KINDS) {
        const own = [NAME, one, `${NAME}_${one}_${ending}`];
        expect(read("kept", ...own)).toBe(read("out", ...own));
      }
  });

  it("gives the same positions one sample after the other, and other ones for every seed and sample", async () => {
    const engine = findEngine("deepmind");
    const note = () => {};
    const choice = { weights: "random", weightsSeed: 0, precision: "f32", ...counts } as const;
    const network = await openNetwork(engine, choice, note);
    const { jobs } = await queueOf([path.join(cwd, "job.json")], {}, note);
    const made = await featuresOf({ engine, buckets: [] }, jobs[0], 3, note);
    const { tensors, sizes } = networkFeatures(network, made.tensors, 3);
    const { config, weights, widths } = network;
    await using backend = openTestBackend();
    const request = {
      engine: engine.name,
      component: "full",
      config,
      weights,
      sizes: { ...widths, ...sizes, batch: 1 },
    };
    await using runner = await backend.load(request);
    const alone = (await runner.run(new Map([...tensors, noiseSeed(3)]))).get("positions");
    expect(alone?.shape).toEqual([2, 7, 24, 3]);
    expect(alone?.data).toEqual(positions(3).data);
    const half = positions(3).data.length / 2;
    expect(positions(3).data.subarray(half)).not.toEqual(positions(3).data.subarray(0, half));
    expect(positions(5).data).not.toEqual(positions(3).data);
  });

  it("is planned: what fits, and how long it takes; nothing is written", async () => {
    const { code, stdout, stderr } = await af3gpu(
      ["predict", "job.json", "--out", "plan", "--dry-run", "--json", ...typed],
      { cwd },
    );
    const planned = { state: "planned", tokens: 7, padded: 7, seeds: 2, samples: 2, side_by_side: 2 };
    expect([code, JSON.parse(stdout).jobs]).toEqual([0, [expect.objectContaining(planned)]]);
    expect(stderr).toMatch(
      / on the device with 2 of 2 samples side by side; .* would fit; about .* for 2 seeds at the least$/m,
    );
    expect(tree(".")).not.toContain("plan");
  });

  it("is planned for the jobs of a list that are right, behind those that are wrong", async () => {
    const right = { name: "right", modelSeeds: [1], sequences: [{ proteinChain: { sequence: "GSHMKT" } }] };
    writeFileSync(path.join(cwd, "list.json"), JSON.stringify([{ ...right, name: "wrong", sequences: [] }, right]));
    const args = ["predict", "list.json", "--out", "plan", "--dry-run", "--json", ...typed];
    const { code, stdout, stderr } = await af3gpu(args, { cwd });
    expect([code, JSON.parse(stdout).jobs]).toEqual([
      1,
      [
        expect.objectContaining({ name: "wrong", state: "failed" }),
        expect.objectContaining({ name: "right", state: "planned", tokens: 6 }),
      ],
    ]);
    expect(stderr).toMatch(
      /^list\.json, job "wrong": \[0\]\.sequences is empty: there are no chains\n(.*\n)*1 of 2 inputs failed: wrong\n$/,
    );
  });
});
