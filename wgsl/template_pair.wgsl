// template_pair: what one template says of every pair of tokens, embedded and added to a projection of the normalised pair,
//   y[i, j] = LN(pair[i, j]) W + near bins[bin of |beta_i - beta_j|] + near w + columns[type_j] + rows[type_i]
//             + back (unit(R_i^T (x_j - x_i)) . directions + v)
// where near and back are 1 if both tokens have a pseudo-beta atom, or a frame, and the mask lets the pair be seen. With
// TYPES_MASKED only pairs of tokens with pseudo-beta atoms have types, whatever the mask says.
//! use tile
//! use row_operand
//! use grid
//! use distance_bins

const C: u32 = 128u;               //! size
const CHANNELS: u32 = 128u;        //! size
const COLUMNS: u32 = 64u;          //! size
const CLASSES: u32 = 31u;          //! param
const TYPES_MASKED: bool = false;  //! param
const NORMALISE: bool = true;
const ROWS_FIRST: bool = false;

// Rows of `features`, in the order of the reference's maps: bins, near, types of columns, types of rows, directions, back.
const NEAR: u32 = BINS;
const COLUMN_TYPES: u32 = NEAR + 1u;
const ROW_TYPES: u32 = COLUMN_TYPES + CLASSES;
const DIRECTIONS: u32 = ROW_TYPES + CLASSES;
const BACK: u32 = DIRECTIONS + 3u;

alias Weight = vec4f;  //! dtype weights

struct Uniforms { n: u32, pitch: u32, first_token: u32, first_edge: f32, edge_step: f32 }

@group(0) @binding(0) var<storage, read> pair: array<vec4f>;      // [n, n, C]
@group(0) @binding(1) var<storage, read> weights: array<Weight>;  // [COLUMNS, C]
@group(0) @binding(2) var<storage, read> terms: array<vec4f>;     // [2, COLUMNS]
@group(0) @binding(3) var<storage, read> tokens: array<vec4f>;    // [all_tokens, 20]
@group(0) @binding(4) var<storage, read> features: array<vec4f>;  // [feature_rows, COLUMNS]
@group(0) @binding(5) var<storage, read> mask: array<f32>;        // [n, pitch]
@group(0) @binding(6) var<storage, read_write> y: array<vec4f>;   // [n, n, COLUMNS]
@group(0) @binding(7) var<uniform> uniforms: Uniforms;

fn k_blocks(phase: u32) -> u32 { return C / 4u; }
fn operand_rows(phase: u32, row: u32) -> vec4u {
  return C / 4u * four_rows(row, uniforms.n * uniforms.n);
}
fn operand_at(at: u32) -> vec4f { return pair[at]; }
fn weight(phase: u32, column: u32, k: u32) -> vec4f { return weight_of(weights[min(column, COLUMNS - 1u) * (C / 4u) + k]); }

struct Described { bin: u32, both: f32, near: f32, back: f32, direction: vec3f, column_type: u32, row_type: u32 }

// Of each token: the three columns of R with the masks of frame and pseudo-beta atom and the type, both positions.
fn described(i: u32, j: u32) -> Described {
  let a = 5u * (uniforms.first_token + i);
  let b = 5u * (uniforms.first_token + j);
  let seen = mask[i * uniforms.pitch + j];
  let d = tokens[b + 4u].xyz - tokens[a + 4u].xyz;
  // Trap T20: with the translation taken off first, the way from a token to itself is 0 and stays 0 when it is scaled to
  // unit length, whatever a compiler contracts.
  let x = select(tokens[b + 3u].xyz - tokens[a + 3u].xyz, vec3f(), i == j);
  let v = vec3f(dot(tokens[a].xyz, x), dot(tokens[a + 1u].xyz, x), dot(tokens[a + 2u].xyz, x));
  let both = tokens[a + 1u].w * tokens[b + 1u].w;
  let back = seen * tokens[a].w * tokens[b].w;
  return Described(
    distance_bin(dot(d, d), uniforms.first_edge, uniforms.edge_step), both, seen * both, back,
    back * v * inverseSqrt(max(dot(v, v), 1e-12)), u32(tokens[b + 2u].w), u32(tokens[a + 2u].w));
}

fn feature(row: u32, c: u32) -> vec4f { return features[row * (COLUMNS / 4u) + c]; }

fn embedded(p: Described, c: u32) -> vec4f {
  var sum = feature(COLUMN_TYPES + p.column_type, c) + feature(ROW_TYPES + p.row_type, c);
  if (TYPES_MASKED) { sum *= p.both; }
  sum += p.near * feature(NEAR, c) + p.back * feature(BACK, c);
  if (p.bin < BINS) { sum += p.near * feature(p.bin, c); }
  for (var axis = 0u; axis < 3u; axis++) { sum += p.direction[axis] * feature(DIRECTIONS + axis, c); }
  return sum;
}

// The projection goes where its sum will be, and what a template says is added to it there: a loop around so much would
// keep compilers from holding the tile in registers.
@compute @workgroup_size(LANES)
fn main(place: Place) {
  let origin = tile_origin(linear_group(place), COLUMNS);
  let rows = uniforms.n * uniforms.n;
  var tile: Tile;
  multiply(place, origin, 0u, CHANNELS, &tile);
  for (var q = 0u; q < ROW_BLOCKS; q++) {
    for (var t = 0u; t < COLUMN_BLOCKS; t++) {
      let c = (origin.y + tile_column(place.lane, t)) / 4u;
      if (c >= COLUMNS / 4u) { continue; }
      for (var r = 0u; r < 4u; r++) {
        let row = origin.x + tile_row(place.lane, q) + r;
        if (row < rows) { y[row * (COLUMNS / 4u) + c] = normalised_row(&tile, q, t, r, terms[c], terms[COLUMNS / 4u + c]); }
      }
    }
  }
  for (var own = 0u; own < 4u * ROW_BLOCKS; own++) {
    let row = origin.x + tile_row(place.lane, own / 4u) + own % 4u;
    if (row >= rows) { continue; }
    let p = described(row / uniforms.n, row % uniforms.n);
    for (var t = 0u; t < COLUMN_BLOCKS; t++) {
      let c = (origin.y + tile_column(place.lane, t)) / 4u;
      if (c < COLUMNS / 4u) { y[row * (COLUMNS / 4u) + c] += embedded(p, c); }
    }
  }
}
