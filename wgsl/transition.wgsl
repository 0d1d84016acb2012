// transition: layer norm, two projections, SwiGLU and the projection back in one pass over the rows, in place:
//   representation += (silu(norm(representation) Wa + ba) * (norm(representation) Wb + bb)) Wd
// Columns of up_weights interleave four of Wa with the same four of Wb, as swiglu takes them.
//! use chain
//! use activation

const C: u32 = 128u;         //! size
const CHANNELS: u32 = 128u;  //! size
const HIDDEN: u32 = 512u;    //! size
const COLUMNS: u32 = 1024u;  //! size

alias UpWeight = vec4f;    //! dtype up_weights
alias DownWeight = vec4f;  //! dtype down_weights

struct Uniforms { rows: u32 }

@group(0) @binding(0) var<storage, read> up_weights: array<UpWeight>;         // [COLUMNS, C]
@group(0) @binding(1) var<storage, read> up_terms: array<vec4f>;              // [2, COLUMNS]
@group(0) @binding(2) var<storage, read> down_weights: array<DownWeight>;     // [C, HIDDEN]
@group(0) @binding(3) var<storage, read_write> representation: array<vec4f>;  // [rows, C]
@group(0) @binding(4) var<uniform> uniforms: Uniforms;

fn first_columns(phase: u32) -> u32 { return COLUMNS; }
fn source_blocks(phase: u32) -> u32 { return C / 4u; }
fn kept(phase: u32) -> u32 { return KEPT; }
fn middle_blocks(phase: u32) -> u32 { return HIDDEN / 4u; }
fn source_row(phase: u32, row: u32) -> u32 { return C / 4u * min(row, uniforms.rows - 1u); }
fn source_at(phase: u32, at: u32, k: u32) -> vec4f { return representation[at + k]; }
fn add_to(at: u32, sum: vec4f) { representation[at] += sum; }
fn second_weight(phase: u32, column: u32, k: u32) -> vec4f { return down_weight_of(down_weights[min(column, C - 1u) * (HIDDEN / 4u) + k]); }

// A lane's four columns are those of two channels of the middle: both through SiLU, then both that these multiply.
fn first_weight(phase: u32, column: u32, k: u32) -> vec4f {
  let h = column / 4u * 2u + column % 2u;
  let own = 8u * (h / 4u) + h % 4u + column % 4u / 2u * 4u;
  return up_weight_of(up_weights[min(own, COLUMNS - 1u) * (C / 4u) + k]);
}

fn leave(lane: u32, phase: u32, first_row: u32, slice: u32, first: ptr<function, First>) {
  let h = slice / 2u + 2u * lane_column(lane);
  let at = min(h / 4u * 2u, COLUMNS / 4u - 2u);
  let gates = up_terms[COLUMNS / 4u + at];
  let values = up_terms[COLUMNS / 4u + at + 1u];
  let gate = select(gates.xy, gates.zw, h % 4u == 2u);
  let value = select(values.xy, values.zw, h % 4u == 2u);
  for (var q = 0u; q < ROW_BLOCKS; q++) {
    let y = transpose((*first).sums[q]);
    for (var j = 0u; j < 2u; j++) { keep(lane, phase, q, j, silu(y[j] + gate[j]) * (y[j + 2u] + value[j])); }
  }
}

@compute @workgroup_size(LANES)
fn main(place: Place) { chain(place, 0u, uniforms.rows, CHANNELS); }
