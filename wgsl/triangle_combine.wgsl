// triangle_combine: the product over the third corner of all triangles, one matrix per channel,
//   product[h, i, j] = scale * sum_k a[h, i, k] b[h, j, k]
// The scale, a power of two, keeps sums over many tokens within halves.
// Positions k >= n of both operands are zero. Positions j >= n of the product are written as zero.
//! use tile
//! use row_operand
//! use finish
//! use grid

const HIDDEN: u32 = 128u;  //! size
const NORMALISE: bool = false;
const ROWS_FIRST: bool = false;

alias Factor = vec4f;   //! dtype a b
alias Product = vec4f;  //! dtype product

struct Uniforms { n: u32, pitch: u32, scale: f32 }

@group(0) @binding(0) var<storage, read> a: array<Factor>;               // [HIDDEN, n, pitch]
@group(0) @binding(1) var<storage, read> b: array<Factor>;               // [HIDDEN, n, pitch]
@group(0) @binding(2) var<storage, read_write> product: array<Product>;  // [HIDDEN, n, pitch]
@group(0) @binding(3) var<uniform> uniforms: Uniforms;

var<private> own_channel: u32;
var<private> channel: u32;

fn k_blocks(phase: u32) -> u32 { return uniforms.pitch / 4u; }
fn operand_rows(phase: u32, row: u32) -> vec4u {
  return uniforms.pitch / 4u * (channel * uniforms.n + four_rows(row, uniforms.n));
}
fn operand_at(at: u32) -> vec4f { return factor_of(a[at]); }
fn weight(phase: u32, column: u32, k: u32) -> vec4f {
  return factor_of(b[(channel * uniforms.n + min(column, uniforms.n - 1u)) * (uniforms.pitch / 4u) + k]);
}

fn finish(place: Place, origin: vec2u, q: u32, t: u32, tile: ptr<function, Tile>) {
  let row = origin.x + tile_row(place.lane, q);
  let column = origin.y + tile_column(place.lane, t);
  if (column >= uniforms.pitch || own_channel >= HIDDEN) { return; }
  let inside = below(column, uniforms.n);
  for (var r = 0u; r < 4u; r++) {
    if (row + r < uniforms.n) {
      product[((channel * uniforms.n + row + r) * uniforms.pitch + column) / 4u] = as_product(uniforms.scale * select(vec4f(), (*tile).sums[q][t][r], inside));
    }
  }
}

@compute @workgroup_size(LANES)
fn main(place: Place) {
  let row_tiles = (uniforms.n + TILE_ROWS - 1u) / TILE_ROWS;
  let column_tiles = (uniforms.n + TILE_COLUMNS - 1u) / TILE_COLUMNS;
  let group = linear_group(place);
  own_channel = group / (row_tiles * column_tiles);
  channel = min(own_channel, HIDDEN - 1u);  // surplus workgroups of a folded grid store nothing
  compute_tile(place, group % (row_tiles * column_tiles), uniforms.n, 0u);
}
