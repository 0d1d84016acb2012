/** Weights prepared for the device: folded norms, interleaved gates, padded heads. */
import { describe, expect, it } from "vitest";
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
