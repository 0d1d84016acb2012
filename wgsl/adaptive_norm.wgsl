// adaptive_norm: y[row] = sigmoid(scale[row]) * norm(x[row]) + shift[row], where scale and shift are parts PART and
// PART + 1 of the row's conditions. The norm has no weights of its own. The conditions' rows repeat, for several samples
// of the same tokens. One lane per row: rows are short, and there are many.
//! use activation
//! use constants
//! use fours
//! use lanes

const C: u32 = 128u;         //! size
const CHANNELS: u32 = 128u;  //! size
const PARTS: u32 = 4u;       //! size
const PART: u32 = 0u;        //! size

struct Uniforms { rows: u32, condition_rows: u32 }

@group(0) @binding(0) var<storage, read> x: array<vec4f>;           // [rows, C]
@group(0) @binding(1) var<storage, read> conditions: array<vec4f>;  // [condition_rows, PARTS, C]
@group(0) @binding(2) var<storage, read_write> y: array<vec4f>;     // [rows, C]
@group(0) @binding(3) var<uniform> uniforms: Uniforms;

// One where a channel counts, zero where it pads.
fn present(c: u32) -> vec4f { return vec4f(below(4u * c, CHANNELS)); }

@compute @workgroup_size(LANES)
fn main(place: Place) {
  let row = lane_index(place);
  if (row >= uniforms.rows) { return; }
  let at = row * (C / 4u);
  var sum = vec4f();
  for (var c = 0u; c < C / 4u; c++) { sum += x[at + c] * present(c); }
  let mean = (sum.x + sum.y + sum.z + sum.w) / f32(CHANNELS);
  var squares = 0.0;
  for (var c = 0u; c < C / 4u; c++) {
    let d = (x[at + c] - mean) * present(c);
    squares += dot(d, d);
  }
  let inverse_std = inverseSqrt(squares / f32(CHANNELS) + EPSILON);
  let scale = (row % uniforms.condition_rows * PARTS + PART) * (C / 4u);
  for (var c = 0u; c < C / 4u; c++) {
    let normed = inverse_std * (x[at + c] - mean);
    y[at + c] = present(c) * (sigmoid(conditions[scale + c]) * normed + conditions[scale + C / 4u + c]);
  }
}
