// bin_average: the expectation of a value per bin under the softmax of a row's logits.
// SYMMETRIC rows (i, j) of a pair take the sum of the logits at (i, j) and at (j, i). MASKED multiplies by the mask of both
// tokens. Bins from BINS on pad the row.
//! use lanes
//! use bins

const B: u32 = 64u;               //! size
const SYMMETRIC: bool = false;    //! param
const MASKED: bool = false;       //! param

struct Uniforms { n: u32, rows: u32 }

@group(0) @binding(0) var<storage, read> logits: array<vec4f>;       // [rows, B]
@group(0) @binding(1) var<storage, read> values: array<vec4f>;       // [B]
@group(0) @binding(2) var<storage, read> mask: array<f32>;           // [mask_rows]
@group(0) @binding(3) var<storage, read_write> average: array<f32>;  // [rows]
@group(0) @binding(4) var<uniform> uniforms: Uniforms;

fn logits_at(row: u32, k: u32) -> vec4f {
  let own = logits[row * (B / 4u) + k];
  if (!SYMMETRIC) { return own; }
  return own + logits[(row % uniforms.n * uniforms.n + row / uniforms.n) * (B / 4u) + k];
}

@compute @workgroup_size(LANES)
fn main(place: Place) {
  let row = lane_index(place);
  if (row >= uniforms.rows) { return; }
  let largest = largest_logit(row);
  var total = 0.0;
  var sum = 0.0;
  for (var k = 0u; k < B / 4u; k++) {
    let p = weights_at(row, k, largest);
    total += dot(p, vec4f(1.0));
    sum += dot(p, values[k]);
  }
  var scale = 1.0 / total;
  if (MASKED) { scale *= mask[row / uniforms.n] * mask[row % uniforms.n]; }
  average[row] = scale * sum;
}
