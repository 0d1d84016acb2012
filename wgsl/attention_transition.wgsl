// attention_transition: what gated_residual, transition and attention_project do to the rows of a pair one after the other, in place:
//   residual += (sigmoid(norm(residual) Wg + bg) * x) W
//   residual += (silu(norm(residual) Wa + ba) * (norm(residual) Wb + bb)) Wd
//   bias[h, row] = norm(residual) Wh + bh
// Rows of first_weights: Wg, then Wa and Wb, four of each in turn, then Wh, if there are HEADS. TRANSPOSED: x walks the pair along its columns.
//! use chain
//! use activation

const C: u32 = 128u;              //! size
const CHANNELS: u32 = 128u;       //! size
const HIDDEN: u32 = 128u;         //! size
const MIDDLE: u32 = 512u;         //! size
const HEADS: u32 = 16u;           //! size
const COLUMNS: u32 = 1168u;       //! size
const TRANSPOSED: bool = false;   //! param

alias Operand = vec4f;       //! dtype x
alias FirstWeight = vec4f;   //! dtype first_weights
alias OutputWeight = vec4f;  //! dtype output_weights
alias DownWeight = vec4f;    //! dtype down_weights

struct Uniforms { n: u32, pitch: u32 }

@group(0) @binding(0) var<storage, read> x: array<Operand>;                    // [n, n, HIDDEN]
@group(0) @binding(1) var<storage, read> first_weights: array<FirstWeight>;    // [COLUMNS, C]
@group(0) @binding(2) var<storage, read> terms: array<vec4f>;                  // [2, COLUMNS]
@group(0) @binding(3) var<storage, read> output_weights: array<OutputWeight>;  // [C, HIDDEN]
@group(0) @binding(4) var<storage, read> down_weights: array<DownWeight>;      // [C, MIDDLE]
@group(0) @binding(5) var<storage, read_write> residual: array<vec4f>;         // [n, n, C]
@group(0) @binding(6) var<storage, read_write> bias: array<f32>;               // [HEADS, n, pitch]
@group(0) @binding(7) var<uniform> uniforms: Uniforms;

const GATES: u32 = 0u;
const TRANSITION: u32 = 1u;
const BIAS: u32 = 2u;

fn rows() -> u32 { return uniforms.n * uniforms.n; }
fn source_blocks(phase: u32) -> u32 { return C / 4u; }
fn source_row(phase: u32, row: u32) -> u32 { return C / 4u * min(row, rows() - 1u); }
fn source_at(phase: u32, at: u32, k: u32) -> vec4f { return residual[at + k]; }
fn add_to(at: u32, sum: vec4f) { residual[at] += sum; }

fn first_columns(phase: u32) -> u32 {
  if (phase == GATES) { return HIDDEN; }
  return select((HEADS + 3u) / 4u * 4u, 2u * MIDDLE, phase == TRANSITION);
}
fn middle_blocks(phase: u32) -> u32 {
  if (phase == GATES) { return HIDDEN / 4u; }
  return select(0u, MIDDLE / 4u, phase == TRANSITION);
}
fn kept(phase: u32) -> u32 { return select(2u, 4u, phase == GATES); }

// Where the columns of a phase begin.
fn first_column(phase: u32) -> u32 { return select(select(HIDDEN + 2u * MIDDLE, HIDDEN, phase == TRANSITION), 0u, phase == GATES); }

fn first_weight(phase: u32, column: u32, k: u32) -> vec4f {
  var own = column;
  if (phase == TRANSITION) {
    // A lane's four columns are those of two channels of the middle: both through SiLU, then both that these multiply.
    let h = column / 4u * 2u + column % 2u;
    own = 8u * (h / 4u) + h % 4u + column % 4u / 2u * 4u;
  }
  return first_weight_of(first_weights[(first_column(phase) + min(own, first_columns(phase) - 1u)) * (C / 4u) + k]);
}
fn second_weight(phase: u32, column: u32, k: u32) -> vec4f {
  let c = min(column, C - 1u);
  if (phase == GATES) { return output_weight_of(output_weights[c * (HIDDEN / 4u) + k]); }
  return down_weight_of(down_weights[c * (MIDDLE / 4u) + k]);
}

// The biases of four columns of a phase.
fn bias_of(phase: u32, column: u32) -> vec4f { return terms[(COLUMNS + first_column(phase) + min(column, first_columns(phase) - 4u)) / 4u]; }

fn x_at(row: u32, h: u32) -> vec4f {
  let own = min(row, rows() - 1u);
  let position = select(own, own % uniforms.n * uniforms.n + own / uniforms.n, TRANSPOSED);
  return operand_of(x[position * (HIDDEN / 4u) + h]);
}

fn leave(lane: u32, phase: u32, first_row: u32, slice: u32, first: ptr<function, First>) {
  if (phase == GATES) {
    leave_gated(lane, first_row, slice, first);
  } else if (phase == TRANSITION) {
    leave_swiglu(lane, slice, first);
  } else {
    leave_bias(lane, first_row, slice, first);
  }
}

fn leave_gated(lane: u32, first_row: u32, slice: u32, first: ptr<function, First>) {
  let column = slice + 4u * lane_column(lane);
  let bias = bias_of(GATES, column);
  for (var q = 0u; q < ROW_BLOCKS; q++) {
    var gated = (*first).sums[q];
    for (var r = 0u; r < 4u; r++) {
      gated[r] = sigmoid(gated[r] + bias) * x_at(first_row + tile_row(lane, q) + r, min(column / 4u, HIDDEN / 4u - 1u));
    }
    gated = transpose(gated);
    for (var c = 0u; c < 4u; c++) { keep(lane, GATES, q, c, gated[c]); }
  }
}

fn leave_swiglu(lane: u32, slice: u32, first: ptr<function, First>) {
  let h = slice / 2u + 2u * lane_column(lane);
  let at = min(8u * (h / 4u), 2u * MIDDLE - 8u);
  let gates = bias_of(TRANSITION, at);
  let values = bias_of(TRANSITION, at + 4u);
  let gate = select(gates.xy, gates.zw, h % 4u == 2u);
  let value = select(values.xy, values.zw, h % 4u == 2u);
  for (var q = 0u; q < ROW_BLOCKS; q++) {
    let y = transpose((*first).sums[q]);
    for (var j = 0u; j < 2u; j++) { keep(lane, TRANSITION, q, j, silu(y[j] + gate[j]) * (y[j + 2u] + value[j])); }
  }
}

fn leave_bias(lane: u32, first_row: u32, slice: u32, first: ptr<function, First>) {
  let column = slice + 4u * lane_column(lane);
  if (column >= HEADS) { return; }
  let own = bias_of(BIAS, column);
  for (var q = 0u; q < ROW_BLOCKS; q++) {
    for (var r = 0u; r < 4u; r++) {
      let row = first_row + tile_row(lane, q) + r;
      if (row >= rows()) { continue; }
      let at = row / uniforms.n * uniforms.pitch + row % uniforms.n;
      let y = (*first).sums[q][r] + own;
      for (var h = column; h < min(column + 4u, HEADS); h++) { bias[h * uniforms.n * uniforms.pitch + at] = y[h % 4u]; }
    }
  }
}

@compute @workgroup_size(LANES)
fn main(place: Place) {
  chain(place, GATES, rows(), CHANNELS);
  end_phase();
  chain(place, TRANSITION, rows(), CHANNELS);
  if (HEADS > 0u) {
    end_phase();
    chain(place, BIAS, rows(), CHANNELS);
  }
}
