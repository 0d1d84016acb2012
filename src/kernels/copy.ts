import { defineKernel, type Variant } from "../gpu/plan/kernel.ts";
import { exact } from "./check/tolerance.ts";

const variants = [
  {
    name: "plain",
    family: "lanes",
    use: {},
    params: { LANES: 64, PER_LANE: 4 },
    features: [],
    workgroups: ({ LANES, PER_LANE }, { rows }) => Math.ceil(rows / (4 * LANES * PER_LANE)),
  },
] as const satisfies readonly Variant[];

/** Copies an array: the yardstick of the adapter's bandwidth. */
export const copy = defineKernel({
  name: "copy",
  formula: "copied = source",
  inputs: { source: ["length"] },
  inouts: {},
  outputs: { copied: ["length"] },
  params: {},
  scalars: {},
  uniforms: ["length"],
  variants,
  work: ({ length }) => ({ rows: length, flops: 0 }),
  flops: () => 0,
  tolerance: () => exact,
  rows: ({ length }) => length,
  reference({ source }, { copied }, _, rows) {
    for (const row of rows) copied[row] = source[row];
  },
  cases: [
    { name: "four", dims: { length: 4 } },
    { name: "ragged", dims: { length: 4 * 1237 }, tags: ["ragged"] },
    { name: "16 MiB", dims: { length: 4 * 2 ** 20 }, tags: ["bench"] },
    { name: "128 MiB", dims: { length: 32 * 2 ** 20 }, tags: ["bench"] },
  ],
});
