import { defineKernel } from "../gpu/plan/kernel.ts";
import { exact } from "./check/tolerance.ts";
import { laneVariants } from "./families/lanes.ts";

/** Puts the channels of two representations side by side, without what pads them; what pads the result is zero. */
export const joinRows = defineKernel({
  name: "join_rows",
  formula: "y[r] = a[r] ++ b[r]",
  inputs: { a: ["rows", "a_pitch"], b: ["rows", "b_pitch"] },
  inouts: {},
  outputs: { y: ["rows", "pitch"] },
  params: {},
  scalars: { pitch: "u32", a_channels: "u32", b_channels: "u32" },
  uniforms: ["rows", "pitch", "a_pitch", "b_pitch", "a_channels", "b_channels"],
  variants: laneVariants,
  work: ({ rows, pitch }) => ({ rows: (rows * pitch) / 4, flops: 0 }),
  flops: () => 0,
  touched: ({ rows, a_channels, b_channels }) => ({ a: rows * a_channels, b: rows * b_channels }),
  tolerance: () => exact,
  rows: ({ rows }) => rows,
  reference({ a, b }, { y }, { a_pitch, b_pitch, pitch, a_channels, b_channels }, rows) {
    for (const row of rows)
      for (let c = 0; c < pitch; c++) {
        const behind = c - a_channels;
        const second = behind < b_channels ? b[row * b_pitch + behind] : 0;
        y[row * pitch + c] = behind < 0 ? a[row * a_pitch + c] : second;
      }
  },
  cases: [
    {
      name: "ragged",
      dims: { rows: 37, a_pitch: 20, b_pitch: 12 },
      scalars: { pitch: 28, a_channels: 17, b_channels: 9 },
      tags: ["ragged"],
    },
    {
      name: "no padding",
      dims: { rows: 5, a_pitch: 8, b_pitch: 4 },
      scalars: { pitch: 12, a_channels: 8, b_channels: 4 },
    },
    {
      name: "singles of 256 tokens",
      dims: { rows: 256, a_pitch: 384, b_pitch: 448 },
      scalars: { pitch: 832, a_channels: 384, b_channels: 447 },
      tags: ["bench"],
    },
  ],
});
