// matmul: y = x W, or tanh(x W) with TANH: the yardstick of the adapter's rate, and the smallest pass of `bench --mode toy`.
//! use tile
//! use row_operand
//! use finish
//! use grid

const K: u32 = 128u;         //! size
const COLUMNS: u32 = 128u;   //! size
const TANH: bool = false;    //! param
const NORMALISE: bool = false;
const ROWS_FIRST: bool = false;

alias Operand = vec4f;  //! dtype x
alias Weight = vec4f;   //! dtype weights
alias Product = vec4f;  //! dtype y

struct Uniforms { rows: u32 }

@group(0) @binding(0) var<storage, read> x: array<Operand>;        // [rows, K]
@group(0) @binding(1) var<storage, read> weights: array<Weight>;   // [COLUMNS, K]
@group(0) @binding(2) var<storage, read_write> y: array<Product>;  // [rows, COLUMNS]
@group(0) @binding(3) var<uniform> uniforms: Uniforms;

fn k_blocks(phase: u32) -> u32 { return K / 4u; }
fn operand_rows(phase: u32, row: u32) -> vec4u {
  return K / 4u * four_rows(row, uniforms.rows);
}
fn operand_at(at: u32) -> vec4f { return operand_of(x[at]); }
fn weight(phase: u32, column: u32, k: u32) -> vec4f { return weight_of(weights[min(column, COLUMNS - 1u) * (K / 4u) + k]); }

fn finish(place: Place, origin: vec2u, q: u32, t: u32, tile: ptr<function, Tile>) {
  let row = origin.x + tile_row(place.lane, q);
  let column = origin.y + tile_column(place.lane, t);
  if (column >= COLUMNS) { return; }
  for (var r = 0u; r < 4u; r++) {
    if (row + r >= uniforms.rows) { continue; }
    // tanh saturates far below 20, and exp-based implementations of it overflow far above.
    var sum = (*tile).sums[q][t][r];
    if (TANH) { sum = tanh(clamp(sum, vec4f(-20.0), vec4f(20.0))); }
    y[((row + r) * COLUMNS + column) / 4u] = as_product(sum);
  }
}

@compute @workgroup_size(LANES)
fn main(place: Place) { compute_tile(place, linear_group(place), COLUMNS, 0u); }
