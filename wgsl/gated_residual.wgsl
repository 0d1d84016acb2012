// gated_residual: the last step of an attention whose gates come from the rows that it is added to, in place:
//   residual[row] += (sigmoid(norm(residual[row]) Wg + bg) * x[row]) W
// TRANSPOSED walks a pair residual [n, n] along its columns. first_row: where this dispatch begins in the walk.
//! use chain
//! use activation

const C: u32 = 128u;              //! size
const HIDDEN: u32 = 128u;         //! size
const CHANNELS: u32 = 128u;       //! size
const TRANSPOSED: bool = false;   //! param

alias Operand = vec4f;     //! dtype x
alias GateWeight = vec4f;  //! dtype gate_weights
alias Weight = vec4f;      //! dtype weights

struct Uniforms { n: u32, first_row: u32, rows: u32 }

@group(0) @binding(0) var<storage, read> x: array<Operand>;                // [rows, HIDDEN]
@group(0) @binding(1) var<storage, read> gate_weights: array<GateWeight>;  // [HIDDEN, C]
@group(0) @binding(2) var<storage, read> gate_terms: array<vec4f>;         // [2, HIDDEN]
@group(0) @binding(3) var<storage, read> weights: array<Weight>;           // [C, HIDDEN]
@group(0) @binding(4) var<storage, read_write> residual: array<vec4f>;     // [all_rows, C]
@group(0) @binding(5) var<uniform> uniforms: Uniforms;

fn first_columns(phase: u32) -> u32 { return HIDDEN; }
fn source_blocks(phase: u32) -> u32 { return C / 4u; }
fn kept(phase: u32) -> u32 { return KEPT; }
fn middle_blocks(phase: u32) -> u32 { return HIDDEN / 4u; }
fn source_row(phase: u32, row: u32) -> u32 {
  let position = uniforms.first_row + min(row, uniforms.rows - 1u);
  if (!TRANSPOSED) { return C / 4u * position; }
  return C / 4u * (position % uniforms.n * uniforms.n + position / uniforms.n);
}
fn source_at(phase: u32, at: u32, k: u32) -> vec4f { return residual[at + k]; }
fn add_to(at: u32, sum: vec4f) { residual[at] += sum; }
fn first_weight(phase: u32, column: u32, k: u32) -> vec4f { return gate_weight_of(gate_weights[min(column, HIDDEN - 1u) * (C / 4u) + k]); }
fn second_weight(phase: u32, column: u32, k: u32) -> vec4f { return weight_of(weights[min(column, C - 1u) * (HIDDEN / 4u) + k]); }

fn x_at(row: u32, h: u32) -> vec4f { return operand_of(x[min(row, uniforms.rows - 1u) * (HIDDEN / 4u) + h]); }

fn leave(lane: u32, phase: u32, first_row: u32, slice: u32, first: ptr<function, First>) {
  let h = min(slice / 4u + lane_column(lane), HIDDEN / 4u - 1u);
  let bias = gate_terms[HIDDEN / 4u + h];
  for (var q = 0u; q < ROW_BLOCKS; q++) {
    var gated = (*first).sums[q];
    for (var r = 0u; r < 4u; r++) { gated[r] = sigmoid(gated[r] + bias) * x_at(first_row + tile_row(lane, q) + r, h); }
    gated = transpose(gated);
    for (var c = 0u; c < 4u; c++) { keep(lane, phase, q, c, gated[c]); }
  }
}

@compute @workgroup_size(LANES)
fn main(place: Place) { chain(place, 0u, uniforms.rows, CHANNELS); }
