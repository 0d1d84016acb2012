/** A kernel of integers for tests: how often each id occurs, compared exactly. */
import { defineKernel, type Variant } from "../../src/gpu/plan/kernel.ts";
import { exact } from "../../src/kernels/check/tolerance.ts";
import { laneVariants } from "../../src/kernels/families/lanes.ts";

const [lanes] = laneVariants;
const variants = [
  { ...lanes, params: { LANES: 64, ROUND: 0 } },
  /** What a kernel that holds ids as float32 would do. */
  { ...lanes, name: "rounding", params: { LANES: 64, ROUND: 1 } },
] as const satisfies readonly Variant[];

/** `copies` are the ids again; `tallies` the labels of the tokens plus the number of tokens with the same id. */
export const census = defineKernel({
  name: "census",
  formula: "tallies[i] = labels[i] + |{j: ids[j] = ids[i]}|",
  inputs: { ids: ["n"], labels: ["n"] },
  inouts: {},
  outputs: { copies: ["n"], tallies: ["n"] },
  dtypes: { ids: "i32", labels: "u32", copies: "i32", tallies: "u32" },
  params: {},
  scalars: {},
  uniforms: ["n"],
  variants,
  work: ({ n }) => ({ rows: n, flops: n }),
  flops: ({ n }) => n * n,
  tolerance: () => exact,
  rows: ({ n }) => n,
  reference({ ids, labels }, { copies, tallies }, _, rows) {
    for (const row of rows) {
      copies[row] = ids[row];
      tallies[row] = labels[row] + ids.filter((id) => id === ids[row]).length;
    }
  },
  cases: [
    { name: "one token", dims: { n: 1 } },
    { name: "ragged", dims: { n: 77 }, vary: { n: [1, 90] }, tags: ["ragged"] },
  ],
});

export const censusShaders = {
  "census.wgsl": `// census: how often each id occurs.
//! use grid

const LANES: u32 = 64u;  //! param
const ROUND: u32 = 0u;   //! param

struct Uniforms { n: u32 }

@group(0) @binding(0) var<storage, read> ids: array<i32>;            // [n]
@group(0) @binding(1) var<storage, read> labels: array<u32>;         // [n]
@group(0) @binding(2) var<storage, read_write> copies: array<i32>;   // [n]
@group(0) @binding(3) var<storage, read_write> tallies: array<u32>;  // [n]
@group(0) @binding(4) var<uniform> uniforms: Uniforms;

@compute @workgroup_size(LANES)
fn main(place: Place) {
  let i = linear_group(place) * LANES + place.lane;
  if (i >= uniforms.n) { return; }
  var count = 0u;
  for (var j = 0u; j < uniforms.n; j++) {
    let same = select(ids[i] == ids[j], f32(ids[i]) == f32(ids[j]), ROUND == 1u);
    count += u32(same);
  }
  copies[i] = ids[i];
  tallies[i] = labels[i] + count;
}
`,
};
