// outer_product: the products of all channels of two tokens, summed over the sequences,
//   product[i, j, c, e] = sum_s factors[i, 0, c, s] factors[j, 1, e, s]
// for `tokens` tokens i from first_token on. It is one matrix product: its rows are (i, c), its columns (j, e). The channels
// of a pair lie side by side, as the projection behind it reads them. Positions of s that pad the pitch are zero.
//! use tile
//! use row_operand
//! use finish
//! use grid

const HIDDEN: u32 = 32u;  //! size
const NORMALISE: bool = false;
const ROWS_FIRST: bool = false;
const LEFT: u32 = 0u;
const RIGHT: u32 = 1u;

alias Factor = vec4f;   //! dtype factors
alias Product = vec4f;  //! dtype product

struct Uniforms { n: u32, pitch: u32, first_token: u32, tokens: u32 }

@group(0) @binding(0) var<storage, read> factors: array<Factor>;         // [n, 2, HIDDEN, pitch]
@group(0) @binding(1) var<storage, read_write> product: array<Product>;  // [tokens, n, HIDDEN, HIDDEN]
@group(0) @binding(2) var<uniform> uniforms: Uniforms;

// Where the sequences of a channel begin; `channel` counts through the tokens.
fn factor_row(side: u32, channel: u32) -> u32 {
  return uniforms.pitch / 4u * ((2u * (channel / HIDDEN) + side) * HIDDEN + channel % HIDDEN);
}

fn k_blocks(phase: u32) -> u32 { return uniforms.pitch / 4u; }
fn operand_rows(phase: u32, row: u32) -> vec4u {
  // HIDDEN is a multiple of four: the four rows are channels of one token.
  let first = uniforms.first_token * HIDDEN + min(row, uniforms.tokens * HIDDEN - 4u);
  return factor_row(LEFT, first) + uniforms.pitch / 4u * four_from(0u);
}
fn operand_at(at: u32) -> vec4f { return factor_of(factors[at]); }
fn weight(phase: u32, column: u32, k: u32) -> vec4f {
  return factor_of(factors[factor_row(RIGHT, min(column, uniforms.n * HIDDEN - 1u)) + k]);
}

fn finish(place: Place, origin: vec2u, q: u32, t: u32, tile: ptr<function, Tile>) {
  let row = origin.x + tile_row(place.lane, q);
  let column = origin.y + tile_column(place.lane, t);
  if (row >= uniforms.tokens * HIDDEN || column >= uniforms.n * HIDDEN) { return; }
  let pair = row / HIDDEN * uniforms.n + column / HIDDEN;
  let at = (pair * HIDDEN + row % HIDDEN) * HIDDEN + column % HIDDEN;
  for (var r = 0u; r < 4u; r++) { product[(at + r * HIDDEN) / 4u] = as_product((*tile).sums[q][t][r]); }
}

@compute @workgroup_size(LANES)
fn main(place: Place) { compute_tile(place, linear_group(place), uniforms.n * HIDDEN, 0u); }
