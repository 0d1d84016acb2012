// msa_embed: the representation of an MSA from its features and what is known of each token,
//   y[s, i] = features[s, i] W + tokens[i]
//! use tile
//! use row_operand
//! use grid

const K: u32 = 52u;  //! size
const C: u32 = 64u;  //! size
const NORMALISE: bool = false;
const ROWS_FIRST: bool = false;

alias Weight = vec4f;  //! dtype weights

struct Uniforms { rows: u32, n: u32 }

@group(0) @binding(0) var<storage, read> features: array<vec4f>;  // [rows, K]
@group(0) @binding(1) var<storage, read> weights: array<Weight>;  // [C, K]
@group(0) @binding(2) var<storage, read> tokens: array<vec4f>;    // [n, C]
@group(0) @binding(3) var<storage, read_write> y: array<vec4f>;   // [rows, C]
@group(0) @binding(4) var<uniform> uniforms: Uniforms;

fn k_blocks(phase: u32) -> u32 { return K / 4u; }
fn operand_rows(phase: u32, row: u32) -> vec4u {
  return K / 4u * four_rows(row, uniforms.rows);
}
fn operand_at(at: u32) -> vec4f { return features[at]; }
fn weight(phase: u32, column: u32, k: u32) -> vec4f { return weight_of(weights[min(column, C - 1u) * (K / 4u) + k]); }

@compute @workgroup_size(LANES)
fn main(place: Place) {
  let origin = tile_origin(linear_group(place), C);
  var tile: Tile;
  multiply(place, origin, 0u, 0u, &tile);
  for (var q = 0u; q < ROW_BLOCKS; q++) {
    for (var r = 0u; r < 4u; r++) {
      let row = origin.x + tile_row(place.lane, q) + r;
      if (row >= uniforms.rows) { continue; }
      let token = row % uniforms.n;
      for (var t = 0u; t < COLUMN_BLOCKS; t++) {
        let c = (origin.y + tile_column(place.lane, t)) / 4u;
        if (c < C / 4u) { y[row * (C / 4u) + c] = tile.sums[q][t][r] + tokens[token * (C / 4u) + c]; }
      }
    }
  }
}
