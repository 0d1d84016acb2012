// scale_positions: what a denoiser takes, y[s, a] = keep * x[s, p] + add * noise[s, p], where p is the point behind atom a: with
// GATHERED index[a], or none if that is negative; else a itself. Without NOISY there is no noise. Factors of a level are
// (keep, add, -, -; ...), one level for all samples or one for each.
//! use lanes

const NOISY: bool = true;      //! param
const GATHERED: bool = false;  //! param

struct Uniforms { samples: u32, atoms: u32, points: u32, levels: u32 }

@group(0) @binding(0) var<storage, read> positions: array<vec4f>;  // [all_points, 4]
@group(0) @binding(1) var<storage, read> noise: array<f32>;        // [noise_points, 3]
@group(0) @binding(2) var<storage, read> index: array<i32>;        // [index_rows]
@group(0) @binding(3) var<storage, read> factors: array<vec4f>;    // [levels, 8]
@group(0) @binding(4) var<storage, read_write> y: array<vec4f>;    // [samples, atoms, 4]
@group(0) @binding(5) var<uniform> uniforms: Uniforms;

@compute @workgroup_size(LANES)
fn main(place: Place) {
  let at = lane_index(place);
  if (at >= uniforms.samples * uniforms.atoms) { return; }
  let sample = at / uniforms.atoms;
  var own_point = i32(at % uniforms.atoms);
  if (GATHERED) { own_point = index[own_point]; }
  var scaled = vec3f();
  if (own_point >= 0) {
    let point = sample * uniforms.points + u32(own_point);
    let level = factors[2u * (sample % uniforms.levels)];
    scaled = level.x * positions[point].xyz;
    if (NOISY) { scaled += level.y * vec3f(noise[3u * point], noise[3u * point + 1u], noise[3u * point + 2u]); }
  }
  y[at] = vec4f(scaled, 0.0);
}
