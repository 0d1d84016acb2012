// project_residual: adds a projection to a residual stream in place,
//   residual[row] += mask[row] * gate[row] * (x[row] W + b), where NORMALISE puts a layer norm before x.
// Only MASKED reads the mask, only GATED the gate; their rows repeat, for streams that hold several samples of the same
// tokens. TRANSPOSED walks a pair residual [n, n] along its columns.
// first_row: where this dispatch begins in the walk.
//! use tile
//! use row_operand
//! use grid

const C: u32 = 128u;              //! size
const K: u32 = 128u;              //! size
const CHANNELS: u32 = 128u;       //! size
const TERMS: u32 = 0u;            //! param
const NORMALISE: bool = false;    //! param
const MASKED: bool = false;       //! param
const GATED: bool = false;        //! param
const TRANSPOSED: bool = false;   //! param
const ROWS_FIRST: bool = false;

alias Operand = vec4f;  //! dtype x
alias Weight = vec4f;   //! dtype weights
alias Gate = vec4f;     //! dtype gate

struct Uniforms { n: u32, first_row: u32, rows: u32, mask_rows: u32, gate_rows: u32 }

@group(0) @binding(0) var<storage, read> x: array<Operand>;             // [rows, K]
@group(0) @binding(1) var<storage, read> weights: array<Weight>;        // [C, K]
@group(0) @binding(2) var<storage, read> terms: array<vec4f>;           // [TERMS, C]
@group(0) @binding(3) var<storage, read> mask: array<f32>;              // [mask_rows]
@group(0) @binding(4) var<storage, read> gate: array<Gate>;             // [gate_rows, C]
@group(0) @binding(5) var<storage, read_write> residual: array<vec4f>;  // [all_rows, C]
@group(0) @binding(6) var<uniform> uniforms: Uniforms;

fn k_blocks(phase: u32) -> u32 { return K / 4u; }
fn operand_rows(phase: u32, row: u32) -> vec4u {
  return K / 4u * four_rows(row, uniforms.rows);
}
fn operand_at(at: u32) -> vec4f { return operand_of(x[at]); }
fn weight(phase: u32, column: u32, k: u32) -> vec4f { return weight_of(weights[min(column, C - 1u) * (K / 4u) + k]); }

// Four columns of a row of the product with its bias; c counts columns in fours.
fn projected(tile: ptr<function, Tile>, q: u32, t: u32, r: u32, c: u32) -> vec4f {
  if (TERMS > 0u) { return normalised_row(tile, q, t, r, terms[c], terms[C / 4u + c]); }
  return (*tile).sums[q][t][r];
}

@compute @workgroup_size(LANES)
fn main(place: Place) {
  let origin = tile_origin(linear_group(place), C);
  var tile: Tile;
  multiply(place, origin, 0u, CHANNELS, &tile);
  for (var q = 0u; q < ROW_BLOCKS; q++) {
    for (var r = 0u; r < 4u; r++) {
      let row = origin.x + tile_row(place.lane, q) + r;
      if (row >= uniforms.rows) { continue; }
      let position = uniforms.first_row + row;
      var target_row = position;
      if (TRANSPOSED) { target_row = position % uniforms.n * uniforms.n + position / uniforms.n; }
      var gate_row = 0u;
      if (GATED) { gate_row = position % uniforms.gate_rows; }
      var scale = 1.0;
      if (MASKED) { scale = mask[position % uniforms.mask_rows]; }
      for (var t = 0u; t < COLUMN_BLOCKS; t++) {
        let c = (origin.y + tile_column(place.lane, t)) / 4u;
        if (c >= C / 4u) { continue; }
        var update = scale * projected(&tile, q, t, r, c);
        if (GATED) { update *= gate_of(gate[gate_row * (C / 4u) + c]); }
        residual[target_row * (C / 4u) + c] += update;
      }
    }
  }
}
