// attention_to_attention: what gated_residual and attention_project do to the rows of a pair one after the other, in place, where one
// attention of it ends and the next begins:
//   residual += (sigmoid(norm(residual) Wg + bg) * x) W
//   q, k, v = norm(residual) Wq|Wk|Wv + bq|0|0,   bias[h] = norm(residual) Wb
// Rows of weights: Wg, Wq, Wk, Wv, Wb, W. The walk is that of the next attention; TRANSPOSED: the pair and x stand at (j, i) of it.
// BIAS_TRANSPOSED writes the bias of (i, j) to [h, j, i].
//! use chain
//! use activation
//! use leave_heads

const C: u32 = 128u;                  //! size
const CHANNELS: u32 = 128u;           //! size
const HIDDEN: u32 = 128u;             //! size
const WIDTH: u32 = 128u;              //! size
const HEADS: u32 = 4u;                //! size
const WEIGHT_PITCH: u32 = 128u;       //! size
const TRANSPOSED: bool = false;       //! param
const BIAS_TRANSPOSED: bool = false;  //! param

alias Operand = vec4f;  //! dtype x
alias Weight = vec4f;   //! dtype weights
alias Head = vec4f;     //! dtype q k v

struct Uniforms { n: u32, pitch: u32 }

@group(0) @binding(0) var<storage, read> x: array<Operand>;             // [n, n, HIDDEN]
@group(0) @binding(1) var<storage, read> weights: array<Weight>;        // [weight_rows, WEIGHT_PITCH]
@group(0) @binding(2) var<storage, read> biases: array<vec4f>;          // [weight_rows]
@group(0) @binding(3) var<storage, read_write> residual: array<vec4f>;  // [n, n, C]
@group(0) @binding(4) var<storage, read_write> q: array<Head>;          // [positions, WIDTH]
@group(0) @binding(5) var<storage, read_write> k: array<Head>;          // [positions, WIDTH]
@group(0) @binding(6) var<storage, read_write> v: array<Head>;          // [positions, WIDTH]
@group(0) @binding(7) var<storage, read_write> bias: array<f32>;        // [HEADS, n, pitch]
@group(0) @binding(8) var<uniform> uniforms: Uniforms;

const GATES: u32 = 0u;
const NEXT: u32 = 1u;

fn rows() -> u32 { return uniforms.n * uniforms.n; }
fn walk_position(row: u32) -> vec2u { return vec2u(row / uniforms.n, row % uniforms.n); }
fn pair_at(row: u32) -> u32 {
  let own = min(row, rows() - 1u);
  return select(own, own % uniforms.n * uniforms.n + own / uniforms.n, TRANSPOSED);
}

fn source_blocks(phase: u32) -> u32 { return C / 4u; }
fn source_row(phase: u32, row: u32) -> u32 { return C / 4u * pair_at(row); }
fn source_at(phase: u32, at: u32, block: u32) -> vec4f { return residual[at + block]; }
fn add_to(at: u32, sum: vec4f) { residual[at] += sum; }

fn first_columns(phase: u32) -> u32 { return select(head_columns(), HIDDEN, phase == GATES); }
fn middle_blocks(phase: u32) -> u32 { return select(0u, HIDDEN / 4u, phase == GATES); }
fn kept(phase: u32) -> u32 { return KEPT; }

fn weight_row(row: u32, block: u32) -> vec4f { return weight_of(weights[row * (WEIGHT_PITCH / 4u) + block]); }
fn first_weight(phase: u32, column: u32, block: u32) -> vec4f {
  return weight_row(select(HIDDEN, 0u, phase == GATES) + min(column, first_columns(phase) - 1u), block);
}
fn second_weight(phase: u32, column: u32, block: u32) -> vec4f { return weight_row(HIDDEN + head_columns() + min(column, C - 1u), block); }
fn head_bias(column: u32) -> vec4f { return biases[(HIDDEN + column) / 4u]; }

fn write_query(at: u32, y: vec4f) { q[at] = as_head(y); }
fn write_key(at: u32, y: vec4f) { k[at] = as_head(y); }
fn write_value(at: u32, y: vec4f) { v[at] = as_head(y); }
fn write_bias(at: u32, y: f32) { bias[at] = y; }

fn leave(lane: u32, phase: u32, first_row: u32, slice: u32, first: ptr<function, First>) {
  if (phase == NEXT) {
    leave_heads(lane, first_row, slice, first);
    return;
  }
  let h = min(slice / 4u + lane_column(lane), HIDDEN / 4u - 1u);
  for (var b = 0u; b < ROW_BLOCKS; b++) {
    var gated = (*first).sums[b];
    for (var r = 0u; r < 4u; r++) {
      gated[r] = sigmoid(gated[r] + biases[h]) * operand_of(x[pair_at(first_row + tile_row(lane, b) + r) * (HIDDEN / 4u) + h]);
    }
    gated = transpose(gated);
    for (var c = 0u; c < 4u; c++) { keep(lane, GATES, b, c, gated[c]); }
  }
}

@compute @workgroup_size(LANES)
fn main(place: Place) {
  if (PHASES_LOOP) {
    for (var phase = GATES; phase <= NEXT; phase++) {
      chain(place, phase, rows(), CHANNELS);
      end_phase();
    }
    return;
  }
  chain(place, GATES, rows(), CHANNELS);
  end_phase();
  chain(place, NEXT, rows(), CHANNELS);
}
