// atom_pair: what an atom knows of each key of its window,
//   p[i, j] = row[i] + column[key(i, j)] + trunk[token of i, token of key] + v (d Wo + Wd / (1 + |d|^2) + Wv)
// where d is the offset of their reference positions and v says whether both belong to the same reference space.
// A network of LAYERS layers follows, each behind a relu; RESIDUAL adds its output to p. One lane per pair of atoms.
//! use lanes

const CP: u32 = 16u;             //! param
const LAYERS: u32 = 3u;          //! param
const RESIDUAL: bool = true;     //! param
const TRUNK: bool = false;       //! param
const WINDOW_QUERIES: u32 = 32u; //! param
const B: u32 = CP / 4u;

struct Uniforms { lines: u32, n: u32, tokens: u32 }

@group(0) @binding(0) var<storage, read> row_part: array<vec4f>;     // [lines, CP]
@group(0) @binding(1) var<storage, read> column_part: array<vec4f>;  // [lines, CP]
@group(0) @binding(2) var<storage, read> trunk: array<vec4f>;        // [trunk_rows, CP]
@group(0) @binding(3) var<storage, read> atoms: array<vec4f>;        // [lines, 8]
@group(0) @binding(4) var<storage, read> keys_of: array<vec4f>;      // [windows, n, 4]
@group(0) @binding(5) var<storage, read> weights: array<vec4f>;      // [weight_rows, CP]
@group(0) @binding(6) var<storage, read_write> p: array<vec4f>;      // [lines, n, CP]
@group(0) @binding(7) var<uniform> uniforms: Uniforms;

alias Channels = array<vec4f, B>;

// One layer of the network: every input channel scales one row of the weights.
fn layer(x: Channels, first: u32) -> Channels {
  var input = x;
  var y = Channels();
  for (var k = 0u; k < CP; k++) {
    let value = max(input[k / 4u][k % 4u], 0.0);
    for (var c = 0u; c < B; c++) { y[c] += value * weights[(first + k) * B + c]; }
  }
  return y;
}

// The key's reference position relative to the atom's, and what follows from it, as weights of the first five rows.
fn geometry(x: ptr<function, Channels>, i: u32, key: vec4f) {
  let position = select(vec3f(), atoms[2u * u32(max(key.x, 0.0))].xyz, key.x >= 0.0);
  let d = atoms[2u * i].xyz - position;
  let same = f32(atoms[2u * i].w == key.y);
  for (var c = 0u; c < B; c++) {
    let offset = d.x * weights[c] + d.y * weights[B + c] + d.z * weights[2u * B + c];
    (*x)[c] += same * (offset + weights[3u * B + c] / (1.0 + dot(d, d)) + weights[4u * B + c]);
  }
}

@compute @workgroup_size(LANES)
fn main(place: Place) {
  let at = lane_index(place);
  let i = at / uniforms.n;
  if (i >= uniforms.lines) { return; }
  let key = keys_of[i / WINDOW_QUERIES * uniforms.n + at % uniforms.n];  // row, uid, token, unused
  var x: Channels;
  for (var c = 0u; c < B; c++) { x[c] = row_part[i * B + c]; }
  if (key.x >= 0.0) {
    for (var c = 0u; c < B; c++) { x[c] += column_part[u32(key.x) * B + c]; }
  }
  let token = atoms[2u * i + 1u].x;
  if (TRUNK && token >= 0.0 && key.z >= 0.0) {
    for (var c = 0u; c < B; c++) { x[c] += trunk[(u32(token) * uniforms.tokens + u32(key.z)) * B + c]; }
  }
  geometry(&x, i, key);
  var y = x;
  for (var l = 0u; l < LAYERS; l++) { y = layer(y, 5u + l * CP); }
  for (var c = 0u; c < B; c++) {
    if (RESIDUAL) { y[c] += x[c]; }
    p[at * B + c] = y[c];
  }
}
