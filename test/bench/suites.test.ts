/** Other projects' suites: their references against plain loops, the rule of their tolerances, and what is skipped. */
import { describe, expect, it } from "vitest";
import { attentionEntry } from "../../src/bench/suites/attention.ts";
import { drawn, padRows, sampled } from "../../src/bench/suites/draws.ts";
import { suites } from "../../src/bench/suites/index.ts";
import { judge } from "../../src/bench/suites/judge.ts";
import { costOf, skipReason } from "../../src/bench/suites/run.ts";
import { OUTPUT } from "../../src/bench/suites/suite.ts";
import { trimulEntry } from "../../src/bench/suites/trimul.ts";
import { drawWeights } from "../../src/bench/suites/trimul_weights.ts";
import { RandomStream } from "../../src/formats/random.ts";
import { Plan } from "../../src/gpu/plan/plan.ts";
import type { TargetLimits } from "../../src/gpu/plan/target.ts";
import { target } from "../support/target.ts";

const sum = (count: number, term: (index: number) => number): number =>
  Array.from({ length: count }, (_, index) => term(index)).reduce((total, value) => total + value, 0);
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** Σₖ a(i, k) b(j, k), normed, projected, gated, added: element by element, nothing kept. */
function plainTrimul(inputs: ReadonlyMap<string, Float32Array>, seed: number, n: number, dim: number, hidden: number) {
  const [pair, mask] = [inputs.get("pair") ?? [], inputs.get("mask") ?? []];
  const w = drawWeights(seed, dim, hidden);
  const pitch = mask.length / n;
  const normed = (values: readonly number[], scale: Float32Array, offset: Float32Array) => {
    const mean = sum(values.length, (c) => values[c]) / values.length;
    const variance = sum(values.length, (c) => (values[c] - mean) ** 2) / values.length;
    return values.map((value, c) => ((value - mean) / Math.sqrt(variance + 0.00001)) * scale[c] + offset[c]);
  };
  const x = (i: number, j: number) =>
    normed([...pair.slice((i * n + j) * dim, (i * n + j + 1) * dim)], w.inputScale, w.inputOffset);
  const times = (row: readonly number[], matrix: Float32Array, output: number) =>
    sum(row.length, (c) => row[c] * matrix[output * row.length + c]);
  const factor = (i: number, k: number, h: number, value: Float32Array, gate: Float32Array) =>
    mask[i * pitch + k] * times(x(i, k), value, h) * sigmoid(times(x(i, k), gate, h));
  const product = (i: number, j: number) =>
    Array.from({ length: hidden }, (_, h) =>
      sum(n, (k) => factor(i, k, h, w.aValue, w.aGate) * factor(j, k, h, w.bValue, w.bGate)),
    );
  return (i: number, j: number, c: number): number =>
    pair[(i * n + j) * dim + c] +
    times(normed(product(i, j), w.outputScale, w.outputOffset), w.output, c) * sigmoid(times(x(i, j), w.outputGate, c));
}

describe("the references", () => {
  it.each([
    ["normal", false],
    ["cauchy", true],
  ] as const)("of a triangle multiplication is the formula: %s, masked %s", (distribution, masked) => {
    const [n, dim, hidden, seed] = [5, 6, 4, 3];
    const entry = trimulEntry({ batch: 2, n, dim, hidden }, distribution, masked);
    const inputs = entry.draw(seed, 1);
    const { positions, want, update } = entry.reference(inputs, seed);
    expect(positions).toHaveLength(n * n * dim);
    const plain = plainTrimul(inputs, seed, n, dim, hidden);
    want.forEach((value, index) => {
      const at = positions[index];
      expect(value).toBeCloseTo(plain(Math.floor(at / (n * dim)), Math.floor(at / dim) % n, at % dim), 8);
      expect(value - (update?.[index] ?? 0)).toBeCloseTo(inputs.get("pair")?.[at] ?? 0, 8);
    });
  });

  it.each([false, true])("of an attention is the formula: masked %s", (masked) => {
    const [n, heads, width, seed] = [6, 2, 4, 1];
    const entry = attentionEntry({ n, heads, width }, masked);
    const inputs = entry.draw(seed, 0);
    const [q, k, v, bias, mask] = ["q", "k", "v", "bias", "mask"].map((name) => inputs.get(name) ?? []);
    const { positions, want } = entry.reference(inputs, seed);
    expect(positions).toHaveLength(n * n * heads * width);
    want.forEach((value, index) => {
      const [channel, head] = [positions[index] % width, Math.floor(positions[index] / width) % heads];
      const [row, query] = [
        Math.floor(positions[index] / (n * heads * width)),
        Math.floor(positions[index] / (heads * width)) % n,
      ];
      const at = (token: number, c: number): number => ((row * n + token) * heads + head) * width + c;
      const weight = (key: number): number =>
        mask[row * 8 + key] *
        Math.exp(sum(width, (c) => q[at(query, c)] * k[at(key, c)]) + bias[(head * n + query) * 8 + key]);
      const plain = sum(n, (key) => weight(key) * v[at(key, channel)]) / sum(n, weight);
      // The queries of the inputs are scaled and rounded, those of the reference neither.
      expect(value).toBeCloseTo(plain, 5);
    });
  });
});

describe("the tolerance", () => {
  const tolerance = { atol: 0.02, rtol: 0.02 };
  const judged = (got: readonly number[], want: readonly number[], update?: readonly number[]) =>
    judge(
      Float32Array.from(got),
      {
        positions: want.map((_, index) => index),
        want: Float64Array.from(want),
        ...(update && { update: Float64Array.from(update) }),
      },
      tolerance,
    );

  it("is atol + rtol · |want|", () => {
    expect(judged([1, -3.06], [1, -3]).error).toBeCloseTo(0.06 / 0.08, 5);
    expect(judged([1, -3.06], [1, -3]).problem).toBeUndefined();
    expect(judged([1, -3.1], [1, -3])).toMatchObject({ worst: { index: 1, want: -3 }, count: 2 });
    expect(judged([1, -3.1], [1, -3]).problem).toMatch(/^\[1\] is -3.0\d+, the reference says -3: 1.25 times/);
  });

  it("does not count what an added input contributes, only the rounding of the sum", () => {
    expect(judged([1000.5], [1000], [1]).error).toBeCloseTo(0.5 / 0.04, 1);
    expect(judged([1000.5], [1000]).problem).toBeUndefined();
    const large = 2 ** 30 + 1;
    expect(judged([Math.fround(large)], [large], [1]).problem).toBeUndefined();
  });

  it("refuses values that are not finite anywhere, and references that say nothing", () => {
    expect(judged([1, Number.NaN], [1]).problem).toBe("[1] is NaN");
    expect(judged([Number.POSITIVE_INFINITY], [1]).problem).toBe("[0] is Infinity");
    expect(judged([0, 0], [0, 0]).problem).toMatch(/vacuous/);
  });
});

describe("what is drawn", () => {
  it("repeats with the seed and differs between elements of the batch", () => {
    const entry = trimulEntry({ batch: 2, n: 4, dim: 8, hidden: 4 }, "normal", true);
    const [first, second] = [entry.draw(5, 0), entry.draw(5, 1)];
    expect(entry.draw(6, 0).get("pair")).not.toEqual(first.get("pair"));
    expect(entry.draw(5, 0)).toEqual(first);
    expect(second.get("pair")).not.toEqual(first.get("pair"));
    expect(second.get("mask")).not.toEqual(first.get("mask"));
  });

  it("has Cauchy's tails: half of all values beyond the scale of 2, a hundredth beyond 127", () => {
    const values = drawn("cauchy", new RandomStream(1, "tails"), 20_000).map(Math.abs);
    const beyond = (size: number): number => values.filter((value) => value > size).length / values.length;
    expect(beyond(2)).toBeCloseTo(0.5, 1);
    expect(beyond(127)).toBeGreaterThan(0.005);
    expect(beyond(127)).toBeLessThan(0.02);
    expect(values.every(Number.isFinite)).toBe(true);
  });

  it("covers the edges of tiles and arrays, each index once", () => {
    const chosen = sampled(0, "rows", 200, 12);
    expect(new Set(chosen).size).toBe(12);
    expect(chosen).toEqual(expect.arrayContaining([0, 1, 63, 64, 198, 199]));
    expect(sampled(0, "rows", 5, 12)).toEqual([0, 1, 2, 3, 4]);
    expect([...padRows(Float32Array.of(1, 2, 3, 4, 5, 6), 3)]).toEqual([1, 2, 3, 0, 4, 5, 6, 0]);
  });
});

describe("what is skipped", () => {
  const [small, large] = [512, 768].map((n) => trimulEntry({ batch: 1, n, dim: 128, hidden: 128 }, "normal", false));

  it("is what passes the device's limits", () => {
    expect(skipReason(small, target)).toBeUndefined();
    expect(skipReason(large, target)).toMatch(
      /^triangle_project takes 12 bindings of 128 MiB, the device allows 8: .* \[.*\] has 288 MiB$/,
    );
    const on = (limits: Partial<TargetLimits>) => ({ ...target, limits: { ...target.limits, ...limits } });
    expect(skipReason(large, on({ maxStorageBuffersPerShaderStage: 16 }))).toBeUndefined();
    expect(skipReason(large, on({ maxStorageBufferBindingSize: 2 ** 30, maxBufferSize: 2 ** 30 }))).toBeUndefined();
  });

  it("and what takes a software adapter more than five minutes", () => {
    const software = { ...target, software: true };
    const { flops } = costOf(small, software);
    expect(skipReason(small, software, flops / 299)).toBeUndefined();
    expect(skipReason(small, software, flops / 301)).toMatch(/about 6 minutes on this software adapter/);
    expect(skipReason(small, target, flops / 301)).toBeUndefined();
    const pair = trimulEntry({ batch: 2, n: 512, dim: 128, hidden: 128 }, "normal", false);
    expect(skipReason(pair, software, flops / 299)).toMatch(/about 10 minutes/);
  });
});

describe("the suites", () => {
  it("score one entry of each shape", () => {
    for (const { entries } of suites) {
      const shapes = new Set(entries.map(({ shape }) => shape));
      expect(entries.filter(({ scored }) => scored).map(({ shape }) => shape)).toEqual([...shapes]);
    }
    expect(suites.map(({ name, entries }) => [name, entries.length])).toEqual([
      ["trimul", 28],
      ["attention", 6],
    ]);
  });

  it("record the layer as often as asked, with one output", () => {
    for (const entry of [
      trimulEntry({ batch: 1, n: 8, dim: 8, hidden: 4 }, "normal", true),
      attentionEntry({ n: 8, heads: 2, width: 4 }, true),
    ]) {
      const [once, thrice] = [1, 3].map((times) => {
        const plan = new Plan(target);
        entry.record(plan, 0, times);
        return plan;
      });
      expect(thrice.steps).toHaveLength(3 * once.steps.length);
      expect([...thrice.sections[0].outputs.keys()]).toEqual([OUTPUT]);
      expect([...once.sections[0].inputs.keys()].sort()).toEqual([...entry.draw(0, 0).keys()].sort());
    }
  });
});
