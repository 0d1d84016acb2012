/** Scores, against those that the package protenix 2.0.0 has made of its own network's answers. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { type SampleScores, sampleScores } from "../../../src/engines/protenix/scores.ts";
import { SafeTensors } from "../../../src/formats/safetensors.ts";
import { componentBound } from "../../../src/kernels/check/tolerance.ts";

const fileOf = (name: string, file: string): SafeTensors => {
  const at = path.resolve("cases", name, file);
  return new SafeTensors(readFileSync(at), at);
};

/** What is recorded of each sample: numbers, lists and matrices, by their names there. */
const recorded: Readonly<Record<string, (scores: SampleScores) => readonly number[]>> = {
  plddt: ({ plddt }) => [plddt],
  gpde: ({ gpde }) => [gpde],
  ptm: ({ ptm }) => [ptm],
  iptm: ({ iptm }) => [iptm],
  has_clash: ({ hasClash }) => [Number(hasClash)],
  ranking_score: ({ rankingScore }) => [rankingScore],
  chain_ptm: ({ chainPtm }) => chainPtm,
  chain_iptm: ({ chainIptm }) => chainIptm,
  chain_pair_iptm: ({ chainPairIptm }) => chainPairIptm.flat(),
  chain_plddt: ({ chainPlddt }) => chainPlddt,
};

describe.each(["protenix-full-tiny", "protenix-full-base"])("%s", (name) => {
  const [expected, inputs] = [fileOf(name, "expected.safetensors"), fileOf(name, "inputs.safetensors")];
  const complex = {
    asymId: inputs.read("asym_id").data,
    hasFrame: inputs.read("has_frame").data,
    atomToToken: inputs.read("atom_to_token_idx").data,
    isLigand: inputs.read("is_ligand").data,
  };
  const samples = expected.read("positions").shape[0];
  const ofSample = (tensor: string, sample: number) => {
    const { data } = expected.read(tensor);
    return data.subarray((sample * data.length) / samples, ((sample + 1) * data.length) / samples);
  };

  it.each(Array.from({ length: samples }, (_, sample) => sample))("has its scores in sample %d", (sample) => {
    const [positions, plddt, pae, pde] = ["positions", "plddt", "pae", "pde"].map((each) => ofSample(each, sample));
    const scores = sampleScores(
      { positions, plddt, pairs: { pae, pde }, contacts: expected.read("contact_probs").data },
      complex,
    );
    for (const [field, values] of Object.entries(recorded)) {
      const wanted = ofSample(`summary:${field}`, sample);
      const found = values(scores);
      expect(found.length, field).toBe(wanted.length);
      found.forEach((value, at) => {
        expect(Math.abs(value - wanted[at]), `${field}[${at}]`).toBeLessThanOrEqual(
          componentBound * Math.max(1, Math.abs(value)),
        );
      });
    }
  });
});

/** Two chains of two atoms each, a token each; all logits are 0 but those that are named. */
const ATOMS = 4;
const sampleAt = (positions: readonly number[]) => ({
  positions,
  plddt: new Float32Array(ATOMS * 50),
  pairs: { pae: new Float32Array(ATOMS ** 2 * 64), pde: new Float32Array(ATOMS ** 2 * 64) },
  contacts: new Float32Array(ATOMS ** 2).fill(0.5),
});
const twoChains = { asymId: [0, 0, 1, 1], hasFrame: [1, 1, 1, 1], atomToToken: [0, 1, 2, 3], isLigand: [0, 0, 0, 0] };
const apart = [0, 0, 0, 2, 0, 0, 10, 0, 0, 12, 0, 0];

describe("a clash", () => {
  const clashes = (positions: readonly number[], changes: object = {}) =>
    sampleScores(sampleAt(positions), { ...twoChains, ...changes }).hasClash;

  it("is more pairs of two polymers' atoms than half of the smaller one has", () => {
    expect(clashes(apart)).toBe(false);
    // One pair of atoms: half of two, and no more.
    expect(clashes([0, 0, 0, 2, 0, 0, 0, 0, 1, 12, 0, 0])).toBe(false);
    expect(clashes([0, 0, 0, 2, 0, 0, 0, 0, 1, 2, 0, 1])).toBe(true);
    expect(clashes([0, 0, 0, 2, 0, 0, 0, 0, 1.2, 2, 0, 1.2])).toBe(false);
  });

  it("is none of a ligand, or of a chain with itself", () => {
    expect(clashes([0, 0, 0, 2, 0, 0, 0, 0, 1, 2, 0, 1], { isLigand: [0, 0, 1, 1] })).toBe(false);
    expect(clashes([0, 0, 0, 0, 0, 0, 10, 0, 0, 10, 0, 0])).toBe(false);
  });
});

describe("scores of equal probabilities", () => {
  it("have means of bins, and 0 where nothing can be said", () => {
    const scores = sampleScores(sampleAt(apart), twoChains);
    expect(scores.plddt).toBeCloseTo(50, 4);
    expect(scores.gpde).toBeCloseTo(16, 4);
    expect(scores.chainPairGpde[0][1]).toBeCloseTo(16, 4);
    expect(scores.chainPlddt).toEqual([0.5, 0.5].map((value) => expect.closeTo(value, 5)));
    const [one] = scores.chainPtm;
    expect(one).toBeGreaterThan(0);
    expect(scores.ptm).toBeCloseTo(one, 12); // fewer than 19 tokens have the same d0
    const alone = sampleScores(sampleAt(apart), { ...twoChains, asymId: [0, 0, 0, 0] });
    expect([alone.iptm, alone.chainIptm, alone.chainPairIptm]).toEqual([0, [0], [[0]]]);
    const none = sampleScores(sampleAt(apart), { ...twoChains, hasFrame: [0, 0, 0, 0] });
    expect([none.ptm, none.iptm, none.rankingScore]).toEqual([0, 0, 0]);
  });

  it("takes a pair's ipTM from chains that have frames, and a ligand's own for the pair", () => {
    const scores = sampleScores(sampleAt(apart), { ...twoChains, hasFrame: [1, 1, 0, 0], isLigand: [0, 0, 1, 1] });
    expect(scores.chainIptm[0]).toBe(scores.chainPairIptm[0][1]);
    expect(scores.chainIptm[1]).toBe(scores.chainPairIptm[0][1]);
    expect(scores.chainPairIptmGlobal[0][1]).toBe(scores.chainIptm[1]);
    expect(scores.chainPairIptm[0][0]).toBe(0);
  });
});
