// triangle_to_triangle: what triangle_output and triangle_project do to the rows of a pair one after the other, where one triangle
// multiplication ends and the next begins:
//   updated = pair + (norm(unscale * product) Wz + bz) * sigmoid(norm(pair) Wg + bg)
//   a, b [h, i, k] = mask[i, k] * sigmoid(norm(updated) Wf + bf) * (norm(updated) Wp + bp)
// Rows of weights: Wg, Wz, then Wp and Wf, four of each in turn. The walk is that of the next multiplication (lib/triangle_end).
//! use triangle_end

const C: u32 = 128u;             //! size
const CHANNELS: u32 = 128u;      //! size
const HIDDEN: u32 = 128u;        //! size
const HIDDEN_CHANNELS: u32 = 128u;  //! size
const FACTORS: u32 = 128u;       //! size
const WEIGHT_PITCH: u32 = 128u;  //! size
const TRANSPOSED: bool = false;  //! param

alias Product = vec4f;  //! dtype product
alias Weight = vec4f;   //! dtype weights
alias Factor = vec4f;   //! dtype a b

struct Uniforms { n: u32, pitch: u32, unscale: f32 }

@group(0) @binding(0) var<storage, read> pair: array<vec4f>;           // [n, n, C]
@group(0) @binding(1) var<storage, read> product: array<Product>;      // [HIDDEN, n, pitch]
@group(0) @binding(2) var<storage, read> weights: array<Weight>;       // [weight_rows, WEIGHT_PITCH]
@group(0) @binding(3) var<storage, read> biases: array<vec4f>;         // [weight_rows]
@group(0) @binding(4) var<storage, read> mask: array<vec4f>;           // [n, pitch]
@group(0) @binding(5) var<storage, read_write> updated: array<vec4f>;  // [n, n, C]
@group(0) @binding(6) var<storage, read_write> a: array<Factor>;       // [FACTORS, n, pitch]
@group(0) @binding(7) var<storage, read_write> b: array<Factor>;       // [FACTORS, n, pitch]
@group(0) @binding(8) var<uniform> uniforms: Uniforms;

fn read_pair(at: u32) -> vec4f { return pair[at]; }
fn read_product(at: u32) -> vec4f { return product_of(product[at]); }
fn read_weight(at: u32) -> vec4f { return weight_of(weights[at]); }
fn read_bias(at: u32) -> vec4f { return biases[at]; }
fn read_updated(at: u32) -> vec4f { return updated[at]; }
fn write_updated(at: u32, x: vec4f) { updated[at] = x; }

fn next_columns() -> u32 { return 4u * FACTORS; }

// A lane's four columns are those of two channels: both values, then both gates.
fn next_row(column: u32) -> u32 {
  let h = column / 4u * 2u + column % 2u;
  return 8u * (h / 4u) + h % 4u + column % 4u / 2u * 4u;
}

fn leave_next(lane: u32, first_row: u32, slice: u32, first: ptr<function, First>) {
  let h = slice / 2u + 2u * lane_column(lane);
  if (h >= 2u * FACTORS) { return; }
  let eight = 8u * (h / 4u);
  let values = bias_of(NEXT, eight);
  let gates = bias_of(NEXT, eight + 4u);
  let value = select(values.xy, values.zw, h % 4u == 2u);
  let gate = select(gates.xy, gates.zw, h % 4u == 2u);
  for (var block = 0u; block < ROW_BLOCKS; block++) {
    let row = first_row + tile_row(lane, block);
    if (row >= rows()) { continue; }
    let y = transpose((*first).sums[block]);
    for (var j = 0u; j < 2u; j++) {
      let factor = as_factor(mask[row / 4u] * sigmoid(y[j + 2u] + gate[j]) * (y[j] + value[j]));
      let at = ((h % FACTORS + j) * rows() + row) / 4u;
      if (h < FACTORS) { a[at] = factor; } else { b[at] = factor; }
    }
  }
}

@compute @workgroup_size(LANES)
fn main(place: Place) { end_triangle(place); }
