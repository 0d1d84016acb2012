// triangle_project: layer norm of the pair and the gated projections a and b of the triangle multiplication,
//   a, b [h, i, k] = mask[i, k] * sigmoid(norm(pair) Wg + bg) * (norm(pair) Wp + bp)
// written channel-major for the product over k. TRANSPOSED reads pair[k, i] for position (i, k): the incoming update.
// The columns of the weights interleave four of Wp with the same four of Wg, so that one lane holds value and gate.
//! use tile
//! use row_operand
//! use finish
//! use activation
//! use pair_rows
//! use grid

const C: u32 = 128u;              //! size
const HIDDEN: u32 = 128u;         //! size
const COLUMNS: u32 = 512u;        //! size
const CHANNELS: u32 = 128u;       //! size
const TRANSPOSED: bool = false;   //! param
const NORMALISE: bool = true;
const ROWS_FIRST: bool = true;

alias Weight = vec4f;  //! dtype weights
alias Factor = vec4f;  //! dtype a b

struct Uniforms { n: u32, pitch: u32 }

@group(0) @binding(0) var<storage, read> pair: array<vec4f>;      // [n, n, C]
@group(0) @binding(1) var<storage, read> mask: array<vec4f>;      // [n, pitch]
@group(0) @binding(2) var<storage, read> weights: array<Weight>;  // [COLUMNS, C]
@group(0) @binding(3) var<storage, read> terms: array<vec4f>;     // [2, COLUMNS]
@group(0) @binding(4) var<storage, read_write> a: array<Factor>;  // [HIDDEN, n, pitch]
@group(0) @binding(5) var<storage, read_write> b: array<Factor>;  // [HIDDEN, n, pitch]
@group(0) @binding(6) var<uniform> uniforms: Uniforms;

fn k_blocks(phase: u32) -> u32 { return C / 4u; }
fn operand_rows(phase: u32, row: u32) -> vec4u {
  return C / 4u * padded_pair_rows(row, uniforms.n, uniforms.pitch, TRANSPOSED);
}
fn operand_at(at: u32) -> vec4f { return pair[at]; }
fn weight(phase: u32, column: u32, k: u32) -> vec4f { return weight_of(weights[min(column, COLUMNS - 1u) * (C / 4u) + k]); }

fn finish(place: Place, origin: vec2u, q: u32, t: u32, tile: ptr<function, Tile>) {
  if (t % 2u == 1u) { return; }  // the gates of the block before
  let rows = uniforms.n * uniforms.pitch;
  let row = origin.x + tile_row(place.lane, q);
  let column = origin.y + tile_column(place.lane, t);
  if (row >= rows || column >= COLUMNS) { return; }
  let m = mask[row / 4u];
  let c = column / 4u;
  let value = normalised(tile, q, t, terms[c], terms[COLUMNS / 4u + c]);
  let gate = normalised(tile, q, t + 1u, terms[c + 1u], terms[COLUMNS / 4u + c + 1u]);
  var y = mat4x4f();
  for (var r = 0u; r < 4u; r++) { y[r] = m[r] * sigmoid(gate[r]) * value[r]; }
  y = transpose(y);
  let channel = column / 2u;
  for (var i = 0u; i < 4u; i++) {
    let factor = as_factor(y[i]);
    if (channel < HIDDEN) { a[((channel + i) * rows + row) / 4u] = factor; } else { b[((channel - HIDDEN + i) * rows + row) / 4u] = factor; }
  }
}

@compute @workgroup_size(LANES)
fn main(place: Place) { compute_tile(place, linear_group(place), COLUMNS, CHANNELS); }
