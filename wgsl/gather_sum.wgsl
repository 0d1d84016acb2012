// gather_sum: y[s, row] = mask[s, row] * (base[s, row] + source[s, index[row]]), for several samples s; a negative index
// adds nothing. Rows of the base, of the source and of the mask repeat where they are the same for all samples.
//! use lanes

const C: u32 = 128u;         //! size
const MASKED: bool = false;  //! param

struct Uniforms { samples: u32, rows: u32, base_rows: u32, source_rows: u32, sample_rows: u32, mask_rows: u32 }

@group(0) @binding(0) var<storage, read> base: array<vec4f>;     // [base_rows, C]
@group(0) @binding(1) var<storage, read> source: array<vec4f>;   // [source_rows, C]
@group(0) @binding(2) var<storage, read> index: array<f32>;      // [rows]
@group(0) @binding(3) var<storage, read> mask: array<f32>;       // [mask_rows]
@group(0) @binding(4) var<storage, read_write> y: array<vec4f>;  // [samples, rows, C]
@group(0) @binding(5) var<uniform> uniforms: Uniforms;

@compute @workgroup_size(LANES)
fn main(place: Place) {
  let at = lane_index(place);
  let row = at / (C / 4u);
  let c = at % (C / 4u);
  if (row >= uniforms.samples * uniforms.rows) { return; }
  let from_row = index[row % uniforms.rows];
  var sum = base[row % uniforms.base_rows * (C / 4u) + c];
  if (from_row >= 0.0) {
    let first = row / uniforms.rows * uniforms.sample_rows;
    sum += source[(first + u32(from_row)) % uniforms.source_rows * (C / 4u) + c];
  }
  if (MASKED) { sum *= mask[row % uniforms.mask_rows]; }
  y[at] = sum;
}
