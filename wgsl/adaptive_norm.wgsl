// adaptive_norm: y[row] = sigmoid(scale[row]) * norm(x[row]) + shift[row], where scale and shift are parts PART and
// PART + 1 of the row's conditions. The norm has no weights of its own. The conditions' rows repeat, for several samples
// of the same tokens.
//! use activation
//! use constants
//! use fours
//! use row

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
  let row = min(row_of(place), uniforms.rows - 1u);  // surplus lanes take part in sums, and store nothing
  let member = member_of(place);
  let at = row * (C / 4u);
  // Relative to one of the row's own values nothing cancels, however far its mean is from zero.
  let pivot = x[at].x;
  var total = vec4f();
  for (var c = member; c < C / 4u; c += GROUP) { total += (x[at + c] - pivot) * present(c); }
  let mean = sum_of_row(place, total.x + total.y + total.z + total.w) / f32(CHANNELS);
  var squares = 0.0;
  for (var c = member; c < C / 4u; c += GROUP) {
    let d = (x[at + c] - pivot - mean) * present(c);
    squares += dot(d, d);
  }
  let inverse_std = inverseSqrt(sum_of_row(place, squares) / f32(CHANNELS) + EPSILON);
  if (row_of(place) >= uniforms.rows) { return; }
  let scale = (row % uniforms.condition_rows * PARTS + PART) * (C / 4u);
  for (var c = member; c < C / 4u; c += GROUP) {
    let normed = inverse_std * (x[at + c] - pivot - mean);
    y[at + c] = present(c) * (sigmoid(conditions[scale + c]) * normed + conditions[scale + C / 4u + c]);
  }
}
