// relative_encoding: the pair (i, j) by how its tokens lie to each other, behind the CHANNELS channels of a representation:
//   encoded[i, j] = pair[i, j] ++ left[i] + right[j] + mask * (table[residues] + table[tokens] + table[entity] + table[chains])
// Rows of the table: 66 offsets of residues, 66 of tokens, one for the same entity, 6 of chains, one for a bond. Offsets are
// i - j, or with REVERSED j - i, clipped; the last row of each group stands for "not comparable".
// first_row: where this dispatch begins among the n * n pairs.
//! use lanes

const C: u32 = 0u;                   //! size
const CHANNELS: u32 = 0u;            //! size
const E: u32 = 128u;                 //! size
const FEATURES: u32 = 128u;          //! size
const WIDTH: u32 = 128u;             //! size
const SUMMED: bool = false;          //! param
const BONDS: bool = false;           //! param
const REVERSED: bool = false;        //! param
const ENTITY_CHAINS: bool = true;    //! param
const MASKED: bool = false;          //! param
const RESIDUES: f32 = 32.0;          // offsets beyond count as this
const CHAINS: f32 = 2.0;
const TOKEN_ROW: u32 = 66u;
const ENTITY_ROW: u32 = 132u;
const CHAIN_ROW: u32 = 133u;
const BOND_ROW: u32 = 139u;

struct Uniforms { n: u32, first_row: u32, rows: u32 }

@group(0) @binding(0) var<storage, read> pair: array<vec4f>;           // [pair_rows, C]
@group(0) @binding(1) var<storage, read> left: array<vec4f>;           // [sum_rows, E]
@group(0) @binding(2) var<storage, read> right: array<vec4f>;          // [sum_rows, E]
@group(0) @binding(3) var<storage, read> table: array<vec4f>;          // [140, E]
@group(0) @binding(4) var<storage, read> tokens: array<vec4f>;         // [n, 8]
@group(0) @binding(5) var<storage, read> bonds: array<f32>;            // [bond_count]
@group(0) @binding(6) var<storage, read_write> encoded: array<vec4f>;  // [rows, WIDTH]
@group(0) @binding(7) var<uniform> uniforms: Uniforms;

// The row of a clipped offset within its group, whose last row stands for what is not comparable.
fn bin(offset: f32, limit: f32, comparable: bool) -> u32 {
  let signed = select(offset, -offset, REVERSED);
  return u32(select(2.0 * limit + 1.0, clamp(signed + limit, 0.0, 2.0 * limit), comparable));
}

fn encoding(i: u32, j: u32, c: u32) -> vec4f {
  let a = tokens[2u * i];       // residue, token, chain, entity
  let b = tokens[2u * j];
  let d = a - b;
  let chain = d.z == 0.0;
  let entity = d.w == 0.0;
  var sum = table[bin(d.x, RESIDUES, chain) * (E / 4u) + c];
  sum += table[(TOKEN_ROW + bin(d.y, RESIDUES, chain && d.x == 0.0)) * (E / 4u) + c];
  if (entity) { sum += table[ENTITY_ROW * (E / 4u) + c]; }
  let own = tokens[2u * i + 1u];  // copy of the entity, mask
  let other = tokens[2u * j + 1u];
  var chains = bin(d.z, CHAINS, chain);
  if (ENTITY_CHAINS) { chains = bin(own.x - other.x, CHAINS, entity); }
  sum += table[(CHAIN_ROW + chains) * (E / 4u) + c];
  if (MASKED) { sum *= own.y * other.y; }
  return sum;
}

// Everything that stands behind the copy, four channels from 4 c on.
fn total(i: u32, j: u32, c: u32) -> vec4f {
  var sum = encoding(i, j, c);
  if (SUMMED) { sum += left[i * (E / 4u) + c] + right[j * (E / 4u) + c]; }
  if (BONDS) { sum += bonds[i * uniforms.n + j] * table[BOND_ROW * (E / 4u) + c]; }
  return sum;
}

@compute @workgroup_size(LANES)
fn main(place: Place) {
  let at = lane_index(place);
  let row = at / (WIDTH / 4u);
  if (row >= uniforms.rows) { return; }
  let position = uniforms.first_row + row;
  let i = position / uniforms.n;
  let j = position % uniforms.n;
  let c = at % (WIDTH / 4u);
  if (4u * c + 3u < CHANNELS) {
    encoded[at] = pair[position * (C / 4u) + c];
  } else if (CHANNELS % 4u == 0u) {
    encoded[at] = total(i, j, c - CHANNELS / 4u);
  } else {  // no gap between the copy and what stands behind it
    for (var s = 0u; s < 4u; s++) {
      let channel = 4u * c + s;
      let e = max(channel, CHANNELS) - CHANNELS;
      var value = 0.0;
      if (channel < CHANNELS) { value = pair[position * (C / 4u) + c][s]; } else if (e < FEATURES) { value = total(i, j, e / 4u)[e % 4u]; }
      encoded[at][s] = value;
    }
  }
}
