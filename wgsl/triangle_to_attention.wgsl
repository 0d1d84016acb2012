// triangle_to_attention: what triangle_output and attention_project do to the rows of a pair one after the other, where a triangle
// multiplication ends and an attention of the pair begins:
//   updated = pair + (norm(unscale * product) Wz + bz) * sigmoid(norm(pair) Wg + bg)
//   q, k, v = norm(updated) Wq|Wk|Wv + bq|0|0,   bias[h] = norm(updated) Wb
// Rows of weights: Wg, Wz, Wq, Wk, Wv, Wb. The walk is that of the attention (lib/triangle_end). BIAS_TRANSPOSED writes the bias of (i, j) to [h, j, i].
//! use triangle_end
//! use leave_heads

const C: u32 = 128u;                  //! size
const CHANNELS: u32 = 128u;           //! size
const HIDDEN: u32 = 128u;             //! size
const HIDDEN_CHANNELS: u32 = 128u;    //! size
const WIDTH: u32 = 128u;              //! size
const HEADS: u32 = 4u;                //! size
const WEIGHT_PITCH: u32 = 128u;       //! size
const TRANSPOSED: bool = false;       //! param
const BIAS_TRANSPOSED: bool = false;  //! param

alias Product = vec4f;  //! dtype product
alias Weight = vec4f;   //! dtype weights
alias Head = vec4f;     //! dtype q kv

struct Uniforms { n: u32, pitch: u32, unscale: f32 }

@group(0) @binding(0) var<storage, read> pair: array<vec4f>;           // [n, n, C]
@group(0) @binding(1) var<storage, read> product: array<Product>;      // [HIDDEN, n, pitch]
@group(0) @binding(2) var<storage, read> weights: array<Weight>;       // [weight_rows, WEIGHT_PITCH]
@group(0) @binding(3) var<storage, read> biases: array<vec4f>;         // [weight_rows]
@group(0) @binding(4) var<storage, read_write> updated: array<vec4f>;  // [n, n, C]
@group(0) @binding(5) var<storage, read_write> q: array<Head>;         // [positions, WIDTH]
@group(0) @binding(6) var<storage, read_write> kv: array<Head>;        // [both, WIDTH]
@group(0) @binding(7) var<storage, read_write> bias: array<f32>;       // [HEADS, n, pitch]
@group(0) @binding(8) var<uniform> uniforms: Uniforms;

fn read_pair(at: u32) -> vec4f { return pair[at]; }
fn read_product(at: u32) -> vec4f { return product_of(product[at]); }
fn read_weight(at: u32) -> vec4f { return weight_of(weights[at]); }
fn read_bias(at: u32) -> vec4f { return biases[at]; }
fn read_updated(at: u32) -> vec4f { return updated[at]; }
fn write_updated(at: u32, x: vec4f) { updated[at] = x; }
fn write_query(at: u32, y: vec4f) { q[at] = as_head(y); }
fn write_key(at: u32, y: vec4f) { kv[at] = as_head(y); }
fn write_value(at: u32, y: vec4f) { kv[key_rows() * (WIDTH / 4u) + at] = as_head(y); }
fn write_bias(at: u32, y: f32) { bias[at] = y; }

// The keys, and behind them the values, in one array: each may be bound without the other.
fn key_rows() -> u32 { return (uniforms.n * uniforms.n + 31u) / 32u * 32u; }

fn next_columns() -> u32 { return head_columns(); }
fn next_row(column: u32) -> u32 { return column; }
fn head_bias(column: u32) -> vec4f { return bias_of(NEXT, column); }

fn leave_next(lane: u32, first_row: u32, slice: u32, first: ptr<function, First>) { leave_heads(lane, first_row, slice, first); }

@compute @workgroup_size(LANES)
fn main(place: Place) { end_triangle(place); }
