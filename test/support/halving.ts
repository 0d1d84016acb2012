/** A toy kernel that does nothing but store floats as halves, and halves as floats. */
import { defineKernel } from "../../src/gpu/plan/kernel.ts";
import { exact } from "../../src/kernels/check/tolerance.ts";
import { laneVariants } from "../../src/kernels/families/lanes.ts";

export const halving = defineKernel({
  name: "halving",
  formula: "narrow = wide; widened = stored",
  inputs: { wide: ["length"], stored: ["length"] },
  inouts: {},
  outputs: { narrow: ["length"], widened: ["length"] },
  halves: { Stored: ["stored"], Narrow: ["narrow"] },
  params: {},
  scalars: {},
  uniforms: ["length"],
  variants: laneVariants,
  work: ({ length }) => ({ rows: length / 4, flops: 0 }),
  flops: () => 0,
  tolerance: () => exact,
  rows: () => 1,
  reference({ wide, stored }, { narrow, widened }) {
    narrow.set(wide);
    widened.set(stored);
  },
  cases: [],
});

export const halvingShaders = {
  "halving.wgsl": `// halving: narrow = wide; widened = stored
//! use lanes

alias Stored = vec4f;  //! dtype stored
alias Narrow = vec4f;  //! dtype narrow

struct Uniforms { length: u32 }

@group(0) @binding(0) var<storage, read> wide: array<vec4f>;          // [length]
@group(0) @binding(1) var<storage, read> stored: array<Stored>;       // [length]
@group(0) @binding(2) var<storage, read_write> narrow: array<Narrow>; // [length]
@group(0) @binding(3) var<storage, read_write> widened: array<vec4f>; // [length]
@group(0) @binding(4) var<uniform> uniforms: Uniforms;

@compute @workgroup_size(LANES)
fn main(place: Place) {
  let at = lane_index(place);
  if (at >= uniforms.length / 4u) { return; }
  narrow[at] = as_narrow(wide[at]);
  widened[at] = stored_of(stored[at]);
}
`,
};
