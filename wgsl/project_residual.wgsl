// project_residual: adds a projection to a residual stream in place, residual[row] += mask[row] * (x[row] W).
// Only MASKED reads the mask. TRANSPOSED walks a pair residual [n, n] along its columns.
// first_row: where this dispatch begins in the walk.
//! use tile
//! use grid

const C: u32 = 128u;              //! param
const K: u32 = 128u;              //! param
const MASKED: bool = false;       //! param
const TRANSPOSED: bool = false;   //! param
const NORMALISE: bool = false;
const ROWS_FIRST: bool = false;

struct Uniforms { n: u32, first_row: u32, rows: u32 }

@group(0) @binding(0) var<storage, read> x: array<vec4f>;               // [rows, K]
@group(0) @binding(1) var<storage, read> weights: array<vec4f>;         // [C, K]
@group(0) @binding(2) var<storage, read> mask: array<f32>;              // [mask_rows]
@group(0) @binding(3) var<storage, read_write> residual: array<vec4f>;  // [all_rows, C]
@group(0) @binding(4) var<uniform> uniforms: Uniforms;

fn k_blocks(phase: u32) -> u32 { return K / 4u; }
fn operand_rows(phase: u32, row: u32) -> vec4u {
  return K / 4u * min(vec4u(row) + vec4u(0u, 1u, 2u, 3u), vec4u(uniforms.rows - 1u));
}
fn operand(phase: u32, rows: vec4u, k: u32) -> mat4x4f {
  return mat4x4f(x[rows.x + k], x[rows.y + k], x[rows.z + k], x[rows.w + k]);
}
fn weight(phase: u32, column: u32, k: u32) -> vec4f { return weights[min(column, C - 1u) * (K / 4u) + k]; }

@compute @workgroup_size(LANES)
fn main(place: Place) {
  let origin = tile_origin(linear_group(place), C);
  var tile: Tile;
  multiply(place, origin, 0u, 0u, &tile);
  for (var q = 0u; q < ROW_BLOCKS; q++) {
    for (var r = 0u; r < 4u; r++) {
      let row = origin.x + tile_row(place.lane, q) + r;
      if (row >= uniforms.rows) { continue; }
      let position = uniforms.first_row + row;
      let target_row = select(position, position % uniforms.n * uniforms.n + position / uniforms.n, TRANSPOSED);
      var scale = 1.0;
      if (MASKED) { scale = mask[position]; }
      for (var t = 0u; t < COLUMN_BLOCKS; t++) {
        let column = origin.y + tile_column(place.lane, t);
        if (column < C) { residual[(target_row * C + column) / 4u] += scale * tile.sums[q][t][r]; }
      }
    }
  }
}
