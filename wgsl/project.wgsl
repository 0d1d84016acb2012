// project: y[row] = mask[row] * activation(x[row] W + b), where x is the source or, with NORMALISE, its layer norm.
// Only MASKED reads the mask; its rows repeat, for sources that hold several samples of the same tokens.
// first_row: where this dispatch begins in the source.
//! use tile
//! use row_operand
//! use finish
//! use activation
//! use grid

const C: u32 = 128u;             //! size
const CHANNELS: u32 = 128u;      //! size
const COLUMNS: u32 = 128u;       //! size
const TERMS: u32 = 0u;           //! param
const NORMALISE: bool = false;   //! param
const MASKED: bool = false;      //! param
const ACTIVATION: u32 = 0u;      //! param
const ROWS_FIRST: bool = false;
const RELU: u32 = 1u;
const SIGMOID: u32 = 2u;

alias Source = vec4f;  //! dtype source
alias Weight = vec4f;  //! dtype weights
alias Output = vec4f;  //! dtype y

struct Uniforms { first_row: u32, rows: u32, mask_rows: u32 }

@group(0) @binding(0) var<storage, read> source: array<Source>;   // [source_rows, C]
@group(0) @binding(1) var<storage, read> weights: array<Weight>;  // [COLUMNS, C]
@group(0) @binding(2) var<storage, read> terms: array<vec4f>;     // [TERMS, COLUMNS]
@group(0) @binding(3) var<storage, read> mask: array<f32>;        // [mask_rows]
@group(0) @binding(4) var<storage, read_write> y: array<Output>;  // [rows, COLUMNS]
@group(0) @binding(5) var<uniform> uniforms: Uniforms;

fn k_blocks(phase: u32) -> u32 { return C / 4u; }
fn operand_rows(phase: u32, row: u32) -> vec4u {
  return C / 4u * (uniforms.first_row + four_rows(row, uniforms.rows));
}
fn operand_at(at: u32) -> vec4f { return source_of(source[at]); }
fn weight(phase: u32, column: u32, k: u32) -> vec4f { return weight_of(weights[min(column, COLUMNS - 1u) * (C / 4u) + k]); }

fn activated(x: vec4f) -> vec4f {
  if (ACTIVATION == RELU) { return max(x, vec4f()); }
  if (ACTIVATION == SIGMOID) { return sigmoid(x); }
  return x;
}

fn finish(place: Place, origin: vec2u, q: u32, t: u32, tile: ptr<function, Tile>) {
  let row = origin.x + tile_row(place.lane, q);
  let column = origin.y + tile_column(place.lane, t);
  if (column >= COLUMNS) { return; }
  let c = column / 4u;
  var block = (*tile).sums[q][t];
  if (TERMS > 0u) { block = normalised(tile, q, t, terms[c], terms[COLUMNS / 4u + c]); }
  for (var r = 0u; r < 4u; r++) {
    if (row + r >= uniforms.rows) { continue; }
    var scale = 1.0;
    if (MASKED) { scale = mask[(uniforms.first_row + row + r) % uniforms.mask_rows]; }
    y[((row + r) * COLUMNS + column) / 4u] = as_output(scale * activated(block[r]));
  }
}

@compute @workgroup_size(LANES)
fn main(place: Place) { compute_tile(place, linear_group(place), COLUMNS, CHANNELS); }
