// triangle_output: what the triangle multiplication adds to the pair,
//   updated = pair + (norm(unscale * product) Wz + bz) * sigmoid(norm(pair) Wg + bg)
// The product is read channel-major, the pair row by row. A new tensor, since other workgroups still read the pair's rows.
//! use tile
//! use activation
//! use pair_rows
//! use grid

const C: u32 = 128u;                //! size
const HIDDEN: u32 = 128u;           //! size
const CHANNELS: u32 = 128u;         //! size
const HIDDEN_CHANNELS: u32 = 128u;  //! size
const NORMALISE: bool = true;
const ROWS_FIRST: bool = false;
const OUTPUT: u32 = 0u;
const GATE: u32 = 1u;

alias Product = vec4f;       //! dtype product
alias OutputWeight = vec4f;  //! dtype output_weights
alias GateWeight = vec4f;    //! dtype gate_weights

struct Uniforms { n: u32, pitch: u32, unscale: f32 }

@group(0) @binding(0) var<storage, read> pair: array<vec4f>;                   // [n, n, C]
@group(0) @binding(1) var<storage, read> product: array<Product>;              // [HIDDEN, n, pitch]
@group(0) @binding(2) var<storage, read> output_weights: array<OutputWeight>;  // [C, HIDDEN]
@group(0) @binding(3) var<storage, read> output_terms: array<vec4f>;           // [2, C]
@group(0) @binding(4) var<storage, read> gate_weights: array<GateWeight>;      // [C, C]
@group(0) @binding(5) var<storage, read> gate_terms: array<vec4f>;             // [2, C]
@group(0) @binding(6) var<storage, read_write> updated: array<vec4f>;          // [n, n, C]
@group(0) @binding(7) var<uniform> uniforms: Uniforms;

fn k_blocks(phase: u32) -> u32 { return select(C, HIDDEN, phase == OUTPUT) / 4u; }
fn operand_rows(phase: u32, row: u32) -> vec4u {
  if (phase == GATE) { return C / 4u * padded_pair_rows(row, uniforms.n, uniforms.pitch, false); }
  return vec4u(min(row, uniforms.n * uniforms.pitch - 4u) / 4u);
}
fn operand(phase: u32, rows: vec4u, k: u32) -> mat4x4f {
  if (phase == GATE) { return mat4x4f(pair[rows.x + k], pair[rows.y + k], pair[rows.z + k], pair[rows.w + k]); }
  let step = uniforms.n * uniforms.pitch / 4u;
  let first = 4u * k * step + rows.x;
  return uniforms.unscale * transpose(mat4x4f(
    product_of(product[first]), product_of(product[first + step]),
    product_of(product[first + 2u * step]), product_of(product[first + 3u * step])));
}
fn weight(phase: u32, column: u32, k: u32) -> vec4f {
  let c = min(column, C - 1u);
  if (phase == GATE) { return gate_weight_of(gate_weights[c * (C / 4u) + k]); }
  return output_weight_of(output_weights[c * (HIDDEN / 4u) + k]);
}

// Adds what the gates let through to the pair; where a lane holds one tile only, the gates wait where their sums will be.
fn store(lane: u32, origin: vec2u, phase: u32, tile: ptr<function, Tile>, gates: ptr<function, Tile>) {
  for (var q = 0u; q < ROW_BLOCKS; q++) {
    let row = origin.x + tile_row(lane, q);
    let i = row / uniforms.pitch;
    let j = row % uniforms.pitch;
    if (i >= uniforms.n) { continue; }
    for (var t = 0u; t < COLUMN_BLOCKS; t++) {
      let c = (origin.y + tile_column(lane, t)) / 4u;
      if (c >= C / 4u) { continue; }
      for (var r = 0u; r < 4u; r++) {
        if (j + r >= uniforms.n) { continue; }
        let at = (i * uniforms.n + j + r) * (C / 4u) + c;
        var gate = vec4f();
        if (phase == OUTPUT && !TWO_TILES) {
          gate = updated[at];
        } else {
          gate = sigmoid(normalised_row(gates, q, t, r, gate_terms[c], gate_terms[C / 4u + c]));
        }
        if (phase == GATE) {
          updated[at] = gate;
        } else {
          updated[at] = pair[at] + normalised_row(tile, q, t, r, output_terms[c], output_terms[C / 4u + c]) * gate;
        }
      }
    }
  }
}

@compute @workgroup_size(LANES)
fn main(place: Place) {
  let origin = tile_origin(linear_group(place), C);
  var gates: Tile;
  multiply(place, origin, GATE, CHANNELS, &gates);
  if (!TWO_TILES) { store(place.lane, origin, GATE, &gates, &gates); }
  var tile: Tile;
  multiply(place, origin, OUTPUT, HIDDEN_CHANNELS, &tile);
  store(place.lane, origin, OUTPUT, &tile, &gates);
}
