// common_rows: how many sequences two tokens share, as the factor that makes a sum over them a mean,
//   factor[i, j] = 1 / (epsilon + sum_s mask[i, s] mask[j, s])
// The mask has a line per token; positions of s that pad the pitch are zero.
//! use tile
//! use row_operand
//! use grid

const NORMALISE: bool = false;
const ROWS_FIRST: bool = false;

struct Uniforms { n: u32, pitch: u32, epsilon: f32 }

@group(0) @binding(0) var<storage, read> mask: array<vec4f>;        // [n, pitch]
@group(0) @binding(1) var<storage, read_write> factor: array<f32>;  // [n, n]
@group(0) @binding(2) var<uniform> uniforms: Uniforms;

fn k_blocks(phase: u32) -> u32 { return uniforms.pitch / 4u; }
fn operand_rows(phase: u32, row: u32) -> vec4u {
  return uniforms.pitch / 4u * four_rows(row, uniforms.n);
}
fn operand_at(at: u32) -> vec4f { return mask[at]; }
fn weight(phase: u32, column: u32, k: u32) -> vec4f { return mask[min(column, uniforms.n - 1u) * (uniforms.pitch / 4u) + k]; }

@compute @workgroup_size(LANES)
fn main(place: Place) {
  let origin = tile_origin(linear_group(place), uniforms.n);
  var tile: Tile;
  multiply(place, origin, 0u, 0u, &tile);
  for (var q = 0u; q < ROW_BLOCKS; q++) {
    let row = origin.x + tile_row(place.lane, q);
    for (var t = 0u; t < COLUMN_BLOCKS; t++) {
      let column = origin.y + tile_column(place.lane, t);
      for (var r = 0u; r < 4u; r++) {
        let inverse = 1.0 / (uniforms.epsilon + tile.sums[q][t][r]);
        for (var c = 0u; c < 4u; c++) {
          if (row + r < uniforms.n && column + c < uniforms.n) { factor[(row + r) * uniforms.n + column + c] = inverse[c]; }
        }
      }
    }
  }
}
