/** The page of a prediction: what it says, and that it needs nothing else. */
import { describe, expect, it } from "vitest";
import { jobPage, samplePage } from "../../src/cli/predict/page.ts";
import {
  coarseErrors,
  confidenceFigure,
  errorsFigure,
  residueConfidences,
} from "../../src/cli/predict/page_figures.ts";
import { predictions } from "../../src/pipeline/outputs/prediction.ts";
import { jobOf, ligand, outputsOf, predictedJob, protein } from "../support/predicted.ts";

const [made] = predictions(
  await predictedJob(await jobOf([protein("A", "GS"), ligand("B", "MG")])),
  outputsOf(5, 2),
  7,
);
const scored = (sample: number, rankingScore: number) => ({ seed: 7, sample, rankingScore, ptm: 0.5, iptm: null });

describe("a sample's page", () => {
  const page = samplePage(made, {});

  it("needs no other file, and has no scripts", () => {
    expect(page).not.toMatch(/<script|<link|src=|url\(|@import|RANDOM/);
    expect(page).toContain("default-src 'none'");
    expect(page).toContain("<title>Prediction of a_job</title>");
  });

  it("says that its weights were random before anything else", () => {
    const marked = samplePage(made, { randomWeights: 2 });
    expect(marked).toMatch(/<\/h1>\s*<p class="warning">MADE WITH RANDOM WEIGHTS \(seed 2\)/);
  });

  it("has a number for every pair of chains, and none where there is none", () => {
    const rows = [...page.matchAll(/<tr><th scope="row">([AB])<\/th>(.*?)<\/tr>/g)].map(([, chain, cells]) => [
      chain,
      ...[...cells.matchAll(/>([^<]*)<\/td>/g)].map(([, text]) => text),
    ]);
    const { chainPairIptm, chainPairPaeMin } = made.summary;
    const text = (value: number) => (Number.isNaN(value) ? "" : value.toFixed(2));
    const expected = [chainPairIptm, chainPairPaeMin].flatMap((table) =>
      table.map((row, at) => ["AB"[at], ...row.map(text)]),
    );
    expect(rows).toEqual(expected);
    expect(rows.at(-1)).toEqual(["B", "", ""]);
  });

  it("of a job ranks its samples, whatever their order, before all else", () => {
    const whole = jobPage(page, [scored(0, 0.25), scored(1, Number.NaN), scored(2, 0.75)]);
    expect([...whole.matchAll(/<th scope="row">7<\/th><td class="number">(\d)/g)].map(([, name]) => name)).toEqual([
      "2",
      "0",
      "1",
    ]);
    expect(whole.indexOf('id="samples"')).toBeLessThan(whole.indexOf('id="confidence"'));
    expect(whole.match(/<main>/g)).toHaveLength(1);
    expect(whole.match(/<li><a href="#/g)).toHaveLength(3);
  });
});

describe("figures", () => {
  it("have the mean confidence of every residue", () => {
    const { plddt, atoms } = made.structure;
    const glycine = atoms.flatMap(({ residue }, at) => (residue === atoms[0].residue ? [plddt[at]] : []));
    const found = residueConfidences(made);
    expect(found.map(({ chain }) => chain)).toEqual(["A", "A", "B"]);
    expect(found[0].value).toBeCloseTo(glycine.reduce((sum, value) => sum + value) / glycine.length, 6);
    expect(confidenceFigure(made).draw("narrow")).toMatch(/<svg[^>]* width="344"/);
  });

  it("have every pair of tokens, or means of blocks where there are many", () => {
    const { values, stride } = made.full.pae;
    expect(coarseErrors(made)).toEqual([0, 1, 2].map((i) => [0, 1, 2].map((j) => values[i * stride + j])));
    const many = 200;
    const pae = {
      values: Float32Array.from({ length: many * many }, (_, at) => (at % many < 100 ? 1 : 30)),
      stride: many,
    };
    const tokenChainIds = Array.from({ length: many }, (_, at) => (at < 150 ? "A" : "<B>"));
    const large = { ...made, full: { ...made.full, pae, tokenChainIds } };
    const coarse = coarseErrors(large);
    expect([coarse.length, coarse[0].length, coarse[5][0], coarse[5][95]]).toEqual([96, 96, 1, 30]);
    const drawn = errorsFigure(large).draw("wide");
    expect(drawn).toContain("&lt;B&gt;");
    expect(drawn.length).toBeLessThan(100_000);
  });
});
