// swiglu: the widening half of a transition, hidden = silu(norm(source) Wa) * (norm(source) Wb).
// Without NORMALISE the source is taken as it is, which the adaptive transitions have normalised already.
// The columns of the weights interleave four of Wa with the same four of Wb, so that one lane holds both.
// first_row: where this dispatch begins in the source.
//! use tile
//! use row_operand
//! use finish
//! use activation
//! use grid

const C: u32 = 128u;         //! size
const CHANNELS: u32 = 128u;  //! size
const HIDDEN: u32 = 512u;    //! size
const COLUMNS: u32 = 1024u;  //! size
const NORMALISE: bool = true;  //! param
const ROWS_FIRST: bool = false;

alias Source = vec4f;  //! dtype source
alias Weight = vec4f;  //! dtype weights
alias Hidden = vec4f;  //! dtype hidden

struct Uniforms { first_row: u32, rows: u32 }

@group(0) @binding(0) var<storage, read> source: array<Source>;        // [source_rows, C]
@group(0) @binding(1) var<storage, read> weights: array<Weight>;       // [COLUMNS, C]
@group(0) @binding(2) var<storage, read> terms: array<vec4f>;          // [2, COLUMNS]
@group(0) @binding(3) var<storage, read_write> hidden: array<Hidden>;  // [rows, HIDDEN]
@group(0) @binding(4) var<uniform> uniforms: Uniforms;

fn k_blocks(phase: u32) -> u32 { return C / 4u; }
fn operand_rows(phase: u32, row: u32) -> vec4u {
  return C / 4u * (uniforms.first_row + four_rows(row, uniforms.rows));
}
fn operand_at(at: u32) -> vec4f { return source_of(source[at]); }
fn weight(phase: u32, column: u32, k: u32) -> vec4f { return weight_of(weights[min(column, COLUMNS - 1u) * (C / 4u) + k]); }

fn finish(place: Place, origin: vec2u, q: u32, t: u32, tile: ptr<function, Tile>) {
  if (t % 2u == 1u) { return; }  // what the block before multiplies
  let row = origin.x + tile_row(place.lane, q);
  let column = origin.y + tile_column(place.lane, t);
  if (column >= COLUMNS) { return; }
  let c = column / 4u;
  let gate = normalised(tile, q, t, terms[c], terms[COLUMNS / 4u + c]);
  let value = normalised(tile, q, t + 1u, terms[c + 1u], terms[COLUMNS / 4u + c + 1u]);
  for (var r = 0u; r < 4u; r++) {
    if (row + r < uniforms.rows) { hidden[((row + r) * HIDDEN + column / 2u) / 4u] = as_hidden(silu(gate[r]) * value[r]); }
  }
}

@compute @workgroup_size(LANES)
fn main(place: Place) { compute_tile(place, linear_group(place), COLUMNS, CHANNELS); }
