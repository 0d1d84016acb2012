// distance_embed: a pair representation with what the confidence head adds to it,
//   embedded[i, j] = pair[i, j] + left[j] + right[i] + mask[i] mask[j] bins[bin of |x_i - x_j|]
// With SUMMED the distance is |sum(x_i) - sum(x_j)|, of the sums of coordinates, and its bin the nearest of the centres
// first_edge, first_edge + edge_step, ...; every pair then has one. With LISTED it is the bin between whose edges the distance
// lies, of which none is in it. MEASURED adds mask[i] mask[j] |x_i - x_j| times the row behind the bins'.
//! use lanes
//! use distance_bins

const SUMMED: bool = false;    //! param
const LISTED: bool = false;    //! param
const MEASURED: bool = false;  //! param

struct Uniforms { n: u32, channels: u32, first_edge: f32, edge_step: f32 }

@group(0) @binding(0) var<storage, read> pair: array<vec4f>;            // [n, n, channels]
@group(0) @binding(1) var<storage, read> left: array<vec4f>;            // [n, channels]
@group(0) @binding(2) var<storage, read> right: array<vec4f>;           // [n, channels]
@group(0) @binding(3) var<storage, read> tokens: array<vec4f>;          // [n, 4]
@group(0) @binding(4) var<storage, read> bins: array<vec4f>;            // [bin_rows, channels]
@group(0) @binding(5) var<storage, read> edges: array<vec2f>;           // [edge_rows, 2]
@group(0) @binding(6) var<storage, read_write> embedded: array<vec4f>;  // [n, n, channels]
@group(0) @binding(7) var<uniform> uniforms: Uniforms;

// Of two centres that are equally near, the lower: that is the first of the smallest.
fn nearest_bin(distance: f32) -> u32 {
  var nearest = 0u;
  var least = abs(distance - uniforms.first_edge);
  for (var k = 1u; k < BINS; k++) {
    let off = abs(distance - (uniforms.first_edge + f32(k) * uniforms.edge_step));
    if (off < least) {
      nearest = k;
      least = off;
    }
  }
  return nearest;
}

// Comparing squares keeps the square root's rounding out.
fn listed_bin(square: f32) -> u32 {
  for (var k = 0u; k < BINS; k++) {
    let edge = edges[k];
    if (square > edge.x * edge.x && square < edge.y * edge.y) { return k; }
  }
  return BINS;
}

@compute @workgroup_size(LANES)
fn main(place: Place) {
  let at = lane_index(place);
  let blocks = uniforms.channels / 4u;
  let c = at % blocks;
  let i = at / blocks / uniforms.n;
  let j = at / blocks % uniforms.n;
  if (i >= uniforms.n) { return; }
  // Of each token: position and mask.
  let a = tokens[i];
  let b = tokens[j];
  let d = a.xyz - b.xyz;
  var bin = BINS;
  if (LISTED) {
    bin = listed_bin(dot(d, d));
  } else if (SUMMED) {
    bin = nearest_bin(abs(d.x + d.y + d.z));
  } else {
    bin = distance_bin(dot(d, d), uniforms.first_edge, uniforms.edge_step);
  }
  var y = pair[at] + left[j * blocks + c] + right[i * blocks + c];
  if (bin < BINS) { y += a.w * b.w * bins[bin * blocks + c]; }
  if (MEASURED) { y += a.w * b.w * sqrt(dot(d, d)) * bins[BINS * blocks + c]; }
  embedded[at] = y;
}
