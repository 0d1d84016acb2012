// add_transposed: y[i, j] = x[i, j] + x[j, i], the symmetric logits of a head that projects each direction on its own.
//! use lanes


struct Uniforms { n: u32, channels: u32 }

@group(0) @binding(0) var<storage, read> x: array<vec4f>;        // [n, n, channels]
@group(0) @binding(1) var<storage, read_write> y: array<vec4f>;  // [n, n, channels]
@group(0) @binding(2) var<uniform> uniforms: Uniforms;

@compute @workgroup_size(LANES)
fn main(place: Place) {
  let at = lane_index(place);
  let blocks = uniforms.channels / 4u;
  let row = at / blocks;
  let i = row / uniforms.n;
  let j = row % uniforms.n;
  if (i >= uniforms.n) { return; }
  y[at] = x[at] + x[(j * uniforms.n + i) * blocks + at % blocks];
}
