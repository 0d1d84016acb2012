// weighted_average: each head's average of all tokens' values in a sequence, times the gate that stood there,
//   gated[s, q, h, d] *= sum_k weights[h, q, k] values[s, h, d, k]
// One matrix product per head: its rows are q, its columns (s, d). Positions of k that pad the pitch are zero.
//! use tile
//! use row_operand
//! use finish
//! use grid

const HEADS: u32 = 8u;  //! size
const D: u32 = 8u;      //! size
const NORMALISE: bool = false;
const ROWS_FIRST: bool = false;

alias Weight = vec4f;  //! dtype weights
alias Value = vec4f;   //! dtype values
alias Gated = vec4f;   //! dtype gated

struct Uniforms { n: u32, pitch: u32, sequences: u32 }

@group(0) @binding(0) var<storage, read> weights: array<Weight>;     // [HEADS, n, pitch]
@group(0) @binding(1) var<storage, read> values: array<Value>;       // [sequences, HEADS, D, pitch]
@group(0) @binding(2) var<storage, read_write> gated: array<Gated>;  // [sequences, n, HEADS, D]
@group(0) @binding(3) var<uniform> uniforms: Uniforms;

var<private> own_head: u32;
var<private> head: u32;

fn k_blocks(phase: u32) -> u32 { return uniforms.pitch / 4u; }
fn operand_rows(phase: u32, row: u32) -> vec4u {
  return uniforms.pitch / 4u * (head * uniforms.n + four_rows(row, uniforms.n));
}
fn operand_at(at: u32) -> vec4f { return weight_of(weights[at]); }
fn weight(phase: u32, column: u32, k: u32) -> vec4f {
  let c = min(column, uniforms.sequences * D - 1u);
  return value_of(values[((c / D * HEADS + head) * D + c % D) * (uniforms.pitch / 4u) + k]);
}

fn finish(place: Place, origin: vec2u, q: u32, t: u32, tile: ptr<function, Tile>) {
  let row = origin.x + tile_row(place.lane, q);
  let column = origin.y + tile_column(place.lane, t);
  if (column >= uniforms.sequences * D || own_head >= HEADS) { return; }
  for (var r = 0u; r < 4u; r++) {
    if (row + r >= uniforms.n) { continue; }
    let at = (((column / D * uniforms.n + row + r) * HEADS + head) * D + column % D) / 4u;
    gated[at] = as_gated(gated_of(gated[at]) * (*tile).sums[q][t][r]);
  }
}

@compute @workgroup_size(LANES)
fn main(place: Place) {
  let row_tiles = (uniforms.n + TILE_ROWS - 1u) / TILE_ROWS;
  let column_tiles = (uniforms.sequences * D + TILE_COLUMNS - 1u) / TILE_COLUMNS;
  let group = linear_group(place);
  own_head = group / (row_tiles * column_tiles);
  head = min(own_head, HEADS - 1u);  // surplus workgroups of a folded grid store nothing
  compute_tile(place, group % (row_tiles * column_tiles), uniforms.sequences * D, 0u);
}
