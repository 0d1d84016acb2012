// add: y[row] = mask[row] * (x[row] + z[row]), where rows of x, z and the mask repeat for several samples. Only SUMMED reads z,
// only MASKED the mask; with RECTIFY the sum passes a relu.
//! use lanes

const C: u32 = 128u;          //! size
const SUMMED: bool = true;    //! param
const MASKED: bool = false;   //! param
const RECTIFY: bool = false;  //! param

struct Uniforms { rows: u32, x_rows: u32, z_rows: u32, mask_rows: u32 }

@group(0) @binding(0) var<storage, read> x: array<vec4f>;        // [x_rows, C]
@group(0) @binding(1) var<storage, read> z: array<vec4f>;        // [z_rows, C]
@group(0) @binding(2) var<storage, read> mask: array<f32>;       // [mask_rows]
@group(0) @binding(3) var<storage, read_write> y: array<vec4f>;  // [rows, C]
@group(0) @binding(4) var<uniform> uniforms: Uniforms;

@compute @workgroup_size(LANES)
fn main(place: Place) {
  let at = lane_index(place);
  if (at >= uniforms.rows * (C / 4u)) { return; }
  var sum = x[at % (uniforms.x_rows * (C / 4u))];
  if (SUMMED) { sum += z[at % (uniforms.z_rows * (C / 4u))]; }
  if (RECTIFY) { sum = max(sum, vec4f()); }
  if (MASKED) { sum *= mask[at / (C / 4u) % uniforms.mask_rows]; }
  y[at] = sum;
}
