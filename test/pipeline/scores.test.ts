/** Scores derived from the confidence head, against values worked out by hand. */
import { describe, expect, it } from "vitest";
import { contactPde, predictedTm, rankingScore, type ScoredTokens, scores } from "../../src/pipeline/scores.ts";

/** Two tokens of chain 1, one of chain 4, and padding whose values must never count. */
const tokens: ScoredTokens = { asymId: [1, 1, 4, 0], mask: [1, 1, 1, 0], frames: [1, 1, 1, 1] };
// biome-ignore format: a matrix
const terms = [
  0.5, 0.25, 0.125, 9,
  0.75, 0.5, 0.25, 9,
  0.5, 0.25, 1, 9,
  9, 9, 9, 9,
];
const all = [0, 1, 2];
const none = { fractionDisordered: 0, hasClash: false };
const outputs = {
  tmscore_adjusted_pae_global: terms,
  tmscore_adjusted_pae_interface: terms.map((value) => value / 2),
  full_pae: terms.map((value) => 8 * value),
  full_pde: terms,
  contact_probs: [1, 1, 0.5, 9, 1, 1, 0.25, 9, 0.5, 0.25, 1, 9, 9, 9, 9, 9],
};

describe("predicted TM-scores", () => {
  it("take the best row's mean", () => {
    expect(predictedTm(terms, tokens, all, false)).toBeCloseTo(1.75 / 3, 6);
  });

  it("of interfaces take pairs of different chains", () => {
    expect(predictedTm(terms, tokens, all, true)).toBeCloseTo((0.5 + 0.25) / 2, 6);
  });

  it("align to tokens with a frame only", () => {
    expect(predictedTm(terms, { ...tokens, frames: [1, 0, 0, 1] }, all, false)).toBeCloseTo(0.875 / 3, 6);
    expect(predictedTm(terms, { ...tokens, frames: [0, 0, 0, 1] }, all, false)).toBeNaN();
  });

  it("of an interface do not exist for one chain", () => {
    const alone = { ...tokens, asymId: [1, 1, 1, 0] };
    expect(predictedTm(terms, alone, all, true)).toBeNaN();
  });
});

describe("the scores of a structure", () => {
  const made = scores(outputs, tokens, none);

  it("are of all real tokens and every pair of chains", () => {
    expect(made.chains).toEqual([1, 4]);
    expect(made.ptm).toBeCloseTo(1.75 / 3, 6);
    expect(made.iptm).toBeCloseTo(0.375, 6);
    // Chain 1 alone: rows (0.25, 0.125) and (0.375, 0.25). Both: the best of 0.0625, 0.125 and (0.25 + 0.125) / 2.
    expect(made.chainPairIptm[0][0]).toBeCloseTo(0.3125, 6);
    expect(made.chainPairIptm[0][1]).toBeCloseTo(0.1875, 6);
    expect(made.chainPairIptm[1]).toEqual([made.chainPairIptm[0][1], expect.closeTo(0.5, 6)]);
    expect(made.chainIptm).toEqual([made.chainPairIptm[0][1], made.chainPairIptm[0][1]]);
  });

  it("tell the least error and the contacts between chains", () => {
    expect(made.chainPairPaeMin).toEqual([
      [2, 1],
      [2, 8],
    ]);
    expect(made.chainPairContacts).toEqual([
      [4, 0.75],
      [0.75, 1],
    ]);
    const weighted = 0.5 + 0.25 + 0.5 * 0.125 + 0.75 + 0.5 + 0.25 * 0.25 + 0.5 * 0.5 + 0.25 * 0.25 + 1;
    expect(contactPde(outputs.full_pde, outputs.contact_probs, tokens)).toBeCloseTo(weighted / 6.5, 6);
    expect(made.contactPde).toBeCloseTo(weighted / 6.5, 6);
  });

  it("rank by the mix, by pTM where there is one chain", () => {
    expect(made.rankingScore).toBeCloseTo(0.8 * 0.375 + (0.2 * 1.75) / 3, 6);
    expect(rankingScore(0.5, Number.NaN, 0.25, false)).toBeCloseTo(0.625, 12);
    expect(rankingScore(0.5, 0.25, 0, true)).toBeCloseTo(-99.7, 12);
    const alone = scores(outputs, { ...tokens, asymId: [1, 1, 1, 0] }, none);
    expect(alone.rankingScore).toBe(alone.ptm);
    expect(alone.chainIptm).toEqual([Number.NaN]);
  });
});
