/** Weights prepared for the device: folded norms, interleaved gates, padded heads. */
import { describe, expect, it } from "vitest";
import { fromHalf, toHalf } from "../../src/formats/half.ts";
import { RandomStream } from "../../src/formats/random.ts";
import { Plan } from "../../src/gpu/plan/plan.ts";
import { EPSILON } from "../../src/kernels/check/reference.ts";
import type { LayerNorm, Linear } from "../../src/model/linear.ts";
import {
  channelInputs,
  columnsOf,
  headColumns,
  headInputs,
  interleave,
  normalisedProjection,
  plainProjection,
} from "../../src/model/projection.ts";
import { target } from "../support/target.ts";

const random = (name: string, length: number): Float32Array => new RandomStream(1, name).normal(length, 1);

/** A map whose stored layout is output first, or with `transposed` input first. */
function map(name: string, outputs: number, inputs: number, { transposed = false, bias = false } = {}): Linear {
  const data = random(name, outputs * inputs);
  const [outputStride, inputStride] = transposed ? [1, outputs] : [inputs, 1];
  const biases = random(`${name} bias`, outputs);
  return {
    inputs,
    outputs,
    weight: () => ({ data, offset: 0, outputStride, inputStride }),
    ...(bias && { bias: () => ({ data: biases, offset: 0, stride: 1 }) }),
  };
}

const norm = (channels: number): LayerNorm => {
  const [scale, offset] = [random("scale", channels), random("offset", channels)];
  return {
    channels,
    scale: () => ({ data: scale, offset: 0, stride: 1 }),
    offset: () => ({ data: offset, offset: 0, stride: 1 }),
  };
};

const valuesOf = (plan: Plan): Float32Array[] => plan.constants.map(({ data }) => Float32Array.from(data?.() ?? []));

describe("a folded projection", () => {
  const channels = 6;
  const affine = norm(channels);
  const linear = map("w", 3, channels, { transposed: true, bias: true });

  it("gives LN(x) W + b from the row, its mean and its deviation", () => {
    const plan = new Plan(target);
    normalisedProjection(plan, "p", affine, columnsOf(linear));
    const [weights, terms] = valuesOf(plan);
    const x = random("x", channels);
    const mean = x.reduce((sum, value) => sum + value, 0) / channels;
    const deviation = Math.sqrt(x.reduce((sum, value) => sum + (value - mean) ** 2, 0) / channels + EPSILON);
    for (let output = 0; output < 3; output++) {
      let direct = random("w bias", 3)[output];
      for (let k = 0; k < channels; k++) {
        const y = ((x[k] - mean) / deviation) * random("scale", channels)[k] + random("offset", channels)[k];
        direct += y * random("w", 18)[k * 3 + output];
      }
      const raw = x.reduce((sum, value, k) => sum + value * weights[output * 8 + k], 0);
      const folded = (raw - mean * terms[output]) / deviation + terms[4 + output];
      expect(folded).toBeCloseTo(direct, 5);
    }
  });

  it("has zeros where channels and columns are padding", () => {
    const plan = new Plan(target);
    const { weights: handle, terms: termsHandle } = normalisedProjection(plan, "p", affine, columnsOf(linear));
    expect([handle.shape, termsHandle.shape]).toEqual([
      [4, 8],
      [2, 4],
    ]);
    const [weights, terms] = valuesOf(plan);
    for (let column = 0; column < 4; column++)
      expect([...weights.slice(column * 8 + 6, column * 8 + 8)]).toEqual([0, 0]);
    expect([...weights.slice(24, 32), terms[3], terms[7]]).toEqual(Array(10).fill(0));
  });

  it("scales the whole map, bias and all", () => {
    const plan = new Plan(target);
    normalisedProjection(plan, "once", affine, columnsOf(linear));
    normalisedProjection(plan, "half", affine, columnsOf(linear, 0.5));
    const [weights, terms, halfWeights, halfTerms] = valuesOf(plan);
    expect([...halfWeights]).toEqual([...weights].map((value) => value / 2));
    expect([...halfTerms].map((value) => 2 * value)).toEqual([...terms].map((value) => expect.closeTo(value, 5)));
  });
});

describe("columns", () => {
  const outputsOf = (columns: ReturnType<typeof columnsOf>) => columns.map((column) => column?.output ?? -1);

  it("interleave in fours", () => {
    const [a, b] = [columnsOf(map("a", 8, 4)), columnsOf(map("b", 6, 4))];
    expect(outputsOf(interleave(a, b))).toEqual([0, 1, 2, 3, 0, 1, 2, 3, 4, 5, 6, 7, 4, 5, -1, -1]);
  });

  it("pad each head", () => {
    expect(outputsOf(headColumns(map("q", 6, 4), 2, 4))).toEqual([0, 1, 2, -1, 3, 4, 5, -1]);
    expect(headInputs(2, 3, 4)).toEqual([0, 1, 2, undefined, 3, 4, 5, undefined]);
    expect(channelInputs(5)).toEqual([0, 1, 2, 3, 4, undefined, undefined, undefined]);
  });
});

it("a plain projection puts each input where the device's rows have it", () => {
  const plan = new Plan(target);
  const linear = map("o", 2, 6);
  expect(plainProjection(plan, "p", linear, headInputs(2, 3, 4)).shape).toEqual([4, 8]);
  const [weights] = valuesOf(plan);
  const o = random("o", 12);
  expect([...weights.slice(0, 8)]).toEqual([o[0], o[1], o[2], 0, o[3], o[4], o[5], 0]);
  expect([...weights.slice(16)]).toEqual(Array(16).fill(0));
});

describe("in mixed precision", () => {
  const mixed = { ...target, precision: { mode: "mixed" } } as const;
  const affine = norm(6);

  it("weights are halves, and their columns' sums are those of the halves", () => {
    const plan = new Plan(mixed);
    const { weights, terms } = normalisedProjection(plan, "p", affine, columnsOf(map("w", 3, 6, { bias: true })));
    expect([weights.dtype, terms.dtype]).toEqual(["f16", "f32"]);
    const stored = fromHalf(plan.constants[0].data?.() as Uint16Array);
    const sums = plan.constants[1].data?.() as Float32Array;
    const exact = new Plan(target);
    normalisedProjection(exact, "p", affine, columnsOf(map("w", 3, 6, { bias: true })));
    const [wide, wideTerms] = valuesOf(exact);
    expect(stored).toEqual(fromHalf(toHalf(wide)));
    for (let column = 0; column < 4; column++) {
      const own = stored.subarray(8 * column, 8 * column + 8).reduce((sum, value) => sum + value, 0);
      expect(sums[column]).toBe(Math.fround(own));
    }
    expect(sums.slice(0, 3)).not.toEqual(wideTerms.slice(0, 3));
    expect(sums.slice(4)).toEqual(wideTerms.slice(4));
  });

  it("weights beyond halves are noted, and stay float32 where the target knows them", () => {
    const large: Linear = {
      ...map("w", 3, 6),
      weight: () => ({ data: random("w", 18).map((x) => 1e6 * x), offset: 0, outputStride: 6, inputStride: 1 }),
    };
    const plan = new Plan(mixed);
    plan.scope("here", () => plainProjection(plan, "p", large, channelInputs(6)));
    plan.constants[0].data?.();
    expect([...plan.beyondHalf.keys()]).toEqual(["here/p weights"]);
    const again = new Plan({ ...target, precision: { mode: "mixed", float32: new Set(plan.beyondHalf.keys()) } });
    const kept = again.scope("here", () => plainProjection(again, "p", large, channelInputs(6)));
    expect(kept.dtype).toBe("f32");
    again.constants[0].data?.();
    expect(again.beyondHalf.size).toBe(0);
  });
});
