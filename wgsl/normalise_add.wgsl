// normalise_add: y[row] = before[row] + scale * norm(x[row]) + offset, the sum of layer norms. Only ADDED reads `before`;
// RELU cuts what is negative off the sum; with LIMITED the values of x are drawn between -limit and limit first.
//! use row
//! use constants
//! use fours

const C: u32 = 64u;           //! size
const CHANNELS: u32 = 64u;    //! size
const ADDED: bool = false;    //! param
const RELU: bool = false;     //! param
const LIMITED: bool = false;  //! param

struct Uniforms { rows: u32, limit: f32 }

@group(0) @binding(0) var<storage, read> x: array<vec4f>;        // [rows, C]
@group(0) @binding(1) var<storage, read> norm: array<vec4f>;     // [2, C]
@group(0) @binding(2) var<storage, read> before: array<vec4f>;   // [before_rows, C]
@group(0) @binding(3) var<storage, read_write> y: array<vec4f>;  // [rows, C]
@group(0) @binding(4) var<uniform> uniforms: Uniforms;

fn value(at: u32) -> vec4f {
  if (LIMITED) { return clamp(x[at], vec4f(-uniforms.limit), vec4f(uniforms.limit)); }
  return x[at];
}
fn present(k: u32) -> vec4f { return vec4f(below(4u * k, CHANNELS)); }

@compute @workgroup_size(LANES)
fn main(place: Place) {
  let row = min(row_of(place), uniforms.rows - 1u);  // surplus lanes take part in sums, and store nothing
  let member = member_of(place);
  let first = row * (C / 4u);
  // Relative to one of the row's own values nothing cancels, however far its mean is from zero.
  let pivot = value(first).x;
  var total = vec4f();
  for (var k = member; k < C / 4u; k += GROUP) { total += present(k) * (value(first + k) - pivot); }
  let mean = sum_of_row(place, dot(total, vec4f(1.0))) / f32(CHANNELS);
  var squares = 0.0;
  for (var k = member; k < C / 4u; k += GROUP) {
    let d = present(k) * (value(first + k) - pivot - mean);
    squares += dot(d, d);
  }
  let inverse_std = inverseSqrt(sum_of_row(place, squares) / f32(CHANNELS) + EPSILON);
  if (row_of(place) >= uniforms.rows) { return; }
  for (var k = member; k < C / 4u; k += GROUP) {
    var sum = norm[k] * (inverse_std * (value(first + k) - pivot - mean)) + norm[C / 4u + k];
    if (ADDED) { sum += before[first + k]; }
    if (RELU) { sum = max(sum, vec4f()); }
    y[first + k] = sum;
  }
}
