// attention_project: layer norm of the source and every projection of an attention in one pass over it,
//   q, k, v [row] = norm(source) Wq|Wk|Wv + bq|0|0,   g [row] = sigmoid(norm(source) Wg),   bias [h, row] = norm(source) Wb
// Columns of the weights: WIDTH each of q, k, v and (where GATED) g, then HEADS of the pair bias, which is written per head for
// the attention to read. Any part may be absent. The walk's positions are lines of n; TRANSPOSED walks a pair source [n, n]
// along its columns, BIAS_TRANSPOSED writes the bias of walk position (i, j) to [h, j, i]. Without NORMALISE the source is
// taken as it is. first_row: where this dispatch begins in the walk.
//! use tile
//! use row_operand
//! use finish
//! use activation
//! use grid

const C: u32 = 128u;                   //! size
const CHANNELS: u32 = 128u;            //! size
const WIDTH: u32 = 128u;               //! size
const HEADS: u32 = 4u;                 //! size
const COLUMNS: u32 = 516u;             //! size
const GATED: bool = true;              //! param
const TRANSPOSED: bool = false;        //! param
const BIAS_TRANSPOSED: bool = false;   //! param
const NORMALISE: bool = true;          //! param
const ROWS_FIRST: bool = false;

alias Source = vec4f;  //! dtype source
alias Weight = vec4f;  //! dtype weights
alias Head = vec4f;    //! dtype q g k v

struct Uniforms { n: u32, lines: u32, pitch: u32, first_row: u32, rows: u32 }

@group(0) @binding(0) var<storage, read> source: array<Source>;   // [source_rows, C]
@group(0) @binding(1) var<storage, read> weights: array<Weight>;  // [COLUMNS, C]
@group(0) @binding(2) var<storage, read> terms: array<vec4f>;     // [2, COLUMNS]
@group(0) @binding(3) var<storage, read_write> q: array<Head>;    // [rows, WIDTH]
@group(0) @binding(4) var<storage, read_write> g: array<Head>;    // [rows, gate_width]
@group(0) @binding(5) var<storage, read_write> k: array<Head>;    // [rows, WIDTH]
@group(0) @binding(6) var<storage, read_write> v: array<Head>;    // [rows, WIDTH]
@group(0) @binding(7) var<storage, read_write> bias: array<f32>;  // [HEADS, lines, pitch]
@group(0) @binding(8) var<uniform> uniforms: Uniforms;

fn k_blocks(phase: u32) -> u32 { return C / 4u; }
fn operand_rows(phase: u32, row: u32) -> vec4u {
  let positions = uniforms.first_row + four_rows(row, uniforms.rows);
  if (!TRANSPOSED) { return C / 4u * positions; }
  return C / 4u * (positions % uniforms.n * uniforms.n + positions / uniforms.n);
}
fn operand_at(at: u32) -> vec4f { return source_of(source[at]); }
fn weight(phase: u32, column: u32, k: u32) -> vec4f { return weight_of(weights[min(column, COLUMNS - 1u) * (C / 4u) + k]); }

// What the block of four rows from a position of the walk on has for the four heads from `head` on.
fn store_bias(position: u32, rows: u32, head: u32, y: mat4x4f) {
  var i = position / uniforms.n;
  var j = position % uniforms.n;
  for (var r = 0u; r < 4u; r++) {
    if (r >= rows) { return; }
    let at = select(i * uniforms.pitch + j, j * uniforms.pitch + i, BIAS_TRANSPOSED);
    for (var h = head; h < min(head + 4u, HEADS); h++) { bias[h * uniforms.lines * uniforms.pitch + at] = y[r][h % 4u]; }
    j++;
    if (j == uniforms.n) {
      j = 0u;
      i++;
    }
  }
}

fn store(row: u32, column: u32, y: vec4f) {
  let at = (row * WIDTH + column % max(WIDTH, 1u)) / 4u;
  switch column / max(WIDTH, 1u) {
    case 0u: { q[at] = as_head(y); }
    case 1u: { k[at] = as_head(y); }
    case 2u: { v[at] = as_head(y); }
    default: { g[at] = as_head(sigmoid(y)); }
  }
}

fn finish(place: Place, origin: vec2u, q: u32, t: u32, tile: ptr<function, Tile>) {
  let row = origin.x + tile_row(place.lane, q);
  let column = origin.y + tile_column(place.lane, t);
  if (column >= COLUMNS || row >= uniforms.rows) { return; }
  let rows = uniforms.rows - row;
  let heads_end = select(3u, 4u, GATED) * WIDTH;
  let y = normalised(tile, q, t, terms[column / 4u], terms[(COLUMNS + column) / 4u]);
  if (column >= heads_end) {
    store_bias(uniforms.first_row + row, rows, column - heads_end, y);
  } else {
    for (var r = 0u; r < 4u; r++) { if (r < rows) { store(row + r, column, y[r]); } }
  }
}

@compute @workgroup_size(LANES)
fn main(place: Place) { compute_tile(place, linear_group(place), COLUMNS, CHANNELS); }
