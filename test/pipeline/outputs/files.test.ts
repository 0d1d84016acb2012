/** Files of predictions of which every number is known, and outputs that are none. */
import { describe, expect, it } from "vitest";
import { terms } from "../../../src/engines/deepmind/terms.ts";
import { fullText, sampleScoresOf, summaryText } from "../../../src/pipeline/outputs/confidences.ts";
import {
  bestOf,
  jobFiles,
  type OutputFile,
  type OutputOptions,
  rankingText,
  sampleFiles,
} from "../../../src/pipeline/outputs/files.ts";
import { type Prediction, predictions } from "../../../src/pipeline/outputs/prediction.ts";
import { jobOf, ligand, outputsOf, predictedJob, protein } from "../../support/predicted.ts";

const job = await jobOf([protein("A", "GS"), ligand("B", "MG")]);
const made = [...predictions(await predictedJob(job), outputsOf(5, 2), 7)];
const text = ({ chunks }: OutputFile): string => [...chunks].join("");
const filesOf = (options: OutputOptions, all: readonly Prediction[] = made): Map<string, string> => {
  const files = [...all.flatMap((one) => sampleFiles(one, options)), ...jobFiles(job, all, all[0], options)];
  return new Map(files.map((file) => [file.path, text(file)]));
};

describe("the tree", () => {
  it("has a folder per sample, and the best one beside them", () => {
    expect([...filesOf({}).keys()]).toEqual([
      "seed-7_sample-0/a_job_seed-7_sample-0_model.cif",
      "seed-7_sample-0/a_job_seed-7_sample-0_summary_confidences.json",
      "seed-7_sample-1/a_job_seed-7_sample-1_model.cif",
      "seed-7_sample-1/a_job_seed-7_sample-1_summary_confidences.json",
      "a_job_model.cif",
      "a_job_summary_confidences.json",
      "a_job_ranking_scores.csv",
      "a_job_data.json",
    ]);
    const more = [...filesOf({ format: "pdb", fullConfidences: true, terms, randomWeights: 1 }).keys()];
    expect(more).toContain("a_job_model.pdb");
    expect(more).toContain("seed-7_sample-1/a_job_seed-7_sample-1_confidences.json");
    expect(more.slice(-2)).toEqual(["TERMS_OF_USE.md", "RANDOM_WEIGHTS.txt"]);
  });

  it("gives a file's text as often as it is asked for", () => {
    for (const format of ["mmcif", "pdb"] as const)
      for (const file of sampleFiles(made[0], { format, fullConfidences: true })) {
        const first = text(file);
        expect(first.length, file.path).toBeGreaterThan(10);
        expect(text(file)).toBe(first);
      }
  });

  it("names the best by its score, of equals the first", () => {
    const ranked = [1, 3, 3, 2].map((rankingScore, sample) => ({ seed: 0, sample, rankingScore }));
    expect(bestOf(ranked)?.sample).toBe(1);
    expect(bestOf([])).toBeUndefined();
    const without = [Number.NaN, -3, Number.NaN].map((rankingScore, sample) => ({ seed: 0, sample, rankingScore }));
    expect([bestOf(without)?.sample, bestOf([without[2], without[0]])?.sample]).toEqual([1, 2]);
    expect(bestOf(made)?.sample).toBe(0);
  });

  it("says of random weights in every file but the job's own that they were random", () => {
    for (const format of ["mmcif", "pdb"] as const)
      for (const [path, content] of filesOf({ format, fullConfidences: true, randomWeights: 4 })) {
        expect(content.includes("MADE WITH RANDOM WEIGHTS (seed 4)"), path).toBe(!path.endsWith("_data.json"));
        if (path.endsWith(".json")) JSON.parse(content);
      }
    for (const [path, content] of filesOf({ fullConfidences: true })) expect(content, path).not.toMatch(/random/i);
    // What reads these files by their names finds what it did.
    const [with_, without] = [{ randomWeights: 4 }, {}].map((options) =>
      JSON.parse(filesOf(options).get("a_job_summary_confidences.json") ?? ""),
    );
    expect(with_).toEqual({ ...without, warning: expect.any(String) });
  });

  it("has terms of use only where they are asked for", () => {
    expect([...filesOf({ terms }).values()].filter((content) => content.includes("OUTPUT_TERMS_OF_USE")).length).toBe(
      4,
    );
    for (const content of filesOf({}).values()) expect(content).not.toMatch(/TERMS|Google/);
  });
});

describe("confidences", () => {
  it("have the summary's digits, order and nulls", () => {
    const summary = {
      ptm: 0.125,
      iptm: Number.NaN,
      fractionDisordered: 1,
      hasClash: false,
      rankingScore: -99.42770222299673,
      chainPtm: [0.135, Number.NaN],
      chainIptm: [],
      chainPairIptm: [[0.005]],
      chainPairPaeMin: [[31.755]],
      tokenChainIds: ["A", "AA"],
    };
    expect(summaryText(sampleScoresOf(summary))).toBe(`{
 "chain_ids": [
  "A",
  "AA"
 ],
 "chain_iptm": [],
 "chain_pair_iptm": [
  [
   0.0
  ]
 ],
 "chain_pair_pae_min": [
  [
   31.76
  ]
 ],
 "chain_ptm": [
  0.14,
  null
 ],
 "fraction_disordered": 1.0,
 "has_clash": 0.0,
 "iptm": null,
 "ptm": 0.12,
 "ranking_score": -99.43
}`);
  });

  it("are rounded away from zero in single precision, limited, and without a second zero", () => {
    const values = [0.125, 99.996, 57.9, 58, 0.005, Number.NaN];
    const full = {
      atomChainIds: ["A"],
      atomPlddts: values,
      tokenChainIds: ["A", "B"],
      tokenResidues: [1, 1],
      // A third column is padding.
      pae: { values: [0.05, 31.75, 9, 123, Number.NaN, 9], stride: 3 },
      contactProbs: { values: [0.125, 1.2, 9, -0.1, 0.5, 9], stride: 3 },
    };
    expect([...fullText(full)].join("")).toBe(`{
  "atom_chain_ids": ["A"],
  "atom_plddts": [0.13,99.99,57.9,58.0,0.01,null],
  "contact_probs": [[0.13,1.0],[0.0,0.5]],
  "pae": [[0.1,31.8],[99.9,null]],
  "token_chain_ids": ["A","B"],
  "token_res_ids": [1,1]
}`);
  });

  it("come row by row", () => {
    const rows = 400;
    const table = { values: new Float32Array(rows * rows), stride: rows };
    const tokens = Array.from({ length: rows }, () => "A");
    const full = {
      ...{ atomChainIds: [], atomPlddts: [], tokenChainIds: tokens, tokenResidues: tokens.map(() => 1) },
      ...{ pae: table, contactProbs: table },
    };
    const pieces = [...fullText(full)];
    expect(Math.max(...pieces.map((piece) => piece.length))).toBeLessThan(10 * rows);
    expect(JSON.parse(pieces.join("")).pae.length).toBe(rows);
  });

  it("of the ranking have all digits, and lines as Python ends them", () => {
    expect(rankingText([{ seed: 1, sample: 0, rankingScore: 1 }])).toBe("seed,sample,ranking_score\r\n1,0,1.0\r\n");
  });
});

describe("outputs", () => {
  it("of one chain have no ipTM, and pTM ranks them", async () => {
    const [one] = predictions(await predictedJob(await jobOf([protein("A", "GS")])), outputsOf(2), 1);
    expect(one.summary.iptm).toBeNaN();
    expect(one.summary.chainIptm).toEqual([Number.NaN]);
    expect(one.rankingScore).toBeCloseTo(one.summary.ptm + 0.5 * one.summary.fractionDisordered, 12);
  });

  it("of one atom have no frame, and so no score", async () => {
    const one = await jobOf([ligand("A", "MG")]);
    const [found] = predictions(await predictedJob(one), outputsOf(1), 1);
    expect(found.structure.atoms).toHaveLength(1);
    expect([found.summary.ptm, found.summary.iptm, found.rankingScore]).toEqual([Number.NaN, Number.NaN, Number.NaN]);
    expect(found.summary.chainPairPaeMin).toEqual([[Number.NaN]]);
    for (const file of [...sampleFiles(found, { fullConfidences: true }), ...jobFiles(one, [found], found)]) text(file);
    expect(rankingText([found])).toBe("seed,sample,ranking_score\r\n1,0,nan\r\n");
  });

  it.each<[string, (outputs: ReturnType<typeof outputsOf>) => unknown, string]>([
    ["miss something", (o) => o.delete("full_pae"), "a_job: the network's outputs lack full_pae"],
    [
      "do not fit each other",
      (o) => o.set("contact_probs", outputsOf(4).get("contact_probs") as never),
      "a_job: the output contact_probs has shape [4, 4], expected [5, 5] as positions has 1 samples of 5 tokens",
    ],
    [
      "have no samples",
      (o) => {
        for (const [name, { shape }] of o)
          if (name !== "contact_probs")
            o.set(name, { dtype: "float32", shape: [0, ...shape.slice(1)], data: new Float32Array(0) });
      },
      "a_job: the network's outputs have no samples",
    ],
    [
      "place an atom nowhere",
      (o) => (o.get("positions") as { data: Float32Array }).data.fill(Number.NaN, 0, 1),
      "a_job: chain A, residue 1 (GLY), atom N is at NaN: the network's outputs are no structure",
    ],
  ])("are refused that %s", async (_, change, message) => {
    const outputs = outputsOf(5);
    change(outputs);
    const wanted = await predictedJob(job);
    expect(() => [...predictions(wanted, outputs, 1)]).toThrow(message);
  });

  it("are refused that are of fewer tokens than the job", async () => {
    const wanted = await predictedJob(job);
    expect(() => [...predictions(wanted, outputsOf(2), 1)]).toThrow(
      "a_job: the network's outputs are of 2 tokens, but the job has 3",
    );
  });
});
