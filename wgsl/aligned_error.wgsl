// aligned_error: the predicted aligned error of every pair, and two predicted TM-scores, all expectations under the softmax
// of the pair's logits:
//   error = mask[i] mask[j] E[centre],  tm(size) = E[1 / (1 + centre^2 / d0(size)^2)]
// tm_global takes the number of real tokens, tm_interface that of the pair's one or two chains, 0 for masked pairs.
// inverse_squares[size] holds 1 / d0(size)^2: a cube root that WGSL would only approximate.
//! use lanes
//! use bins

const B: u32 = 64u;      //! size

struct Uniforms { n: u32, sizes: u32 }

@group(0) @binding(0) var<storage, read> logits: array<vec4f>;            // [n, n, B]
@group(0) @binding(1) var<storage, read> centres: array<vec4f>;           // [B]
@group(0) @binding(2) var<storage, read> tokens: array<vec4f>;            // [n, 4]
@group(0) @binding(3) var<storage, read> inverse_squares: array<f32>;     // [sizes]
@group(0) @binding(4) var<storage, read_write> error: array<f32>;         // [n, n]
@group(0) @binding(5) var<storage, read_write> tm_global: array<f32>;     // [n, n]
@group(0) @binding(6) var<storage, read_write> tm_interface: array<f32>;  // [n, n]
@group(0) @binding(7) var<uniform> uniforms: Uniforms;

fn logits_at(row: u32, k: u32) -> vec4f { return logits[row * (B / 4u) + k]; }

fn inverse_square(size: f32) -> f32 { return inverse_squares[min(u32(size), uniforms.sizes - 1u)]; }

@compute @workgroup_size(LANES)
fn main(place: Place) {
  let row = lane_index(place);
  let i = row / uniforms.n;
  if (i >= uniforms.n) { return; }
  // Of each token: its mask, its chain, the size of the chain, and the number of real tokens.
  let a = tokens[i];
  let b = tokens[row % uniforms.n];
  let mask = a.x * b.x;
  let of_all = inverse_square(a.w);
  let of_chains = inverse_square(mask * select(a.z + b.z, a.z, a.y == b.y));
  let largest = largest_logit(row);
  var total = 0.0;
  var sums = vec3f();
  for (var k = 0u; k < B / 4u; k++) {
    let p = weights_at(row, k, largest);
    let centre = centres[k];
    let squares = centre * centre;
    total += dot(p, vec4f(1.0));
    sums += vec3f(dot(p, centre), dot(p, 1.0 / (1.0 + of_all * squares)), dot(p, 1.0 / (1.0 + of_chains * squares)));
  }
  error[row] = mask * sums.x / total;
  tm_global[row] = sums.y / total;
  tm_interface[row] = sums.z / total;
}
