// step_positions: positions go on by a denoiser's update, in place, x[s, p] = mask[p] * (a x[s, p] + b noise[s, p] + c update[s, q]),
// where q is the atom behind point p: with GATHERED index[p], or none if that is negative; else p itself. Only NOISY reads the
// noise, only MASKED the mask. Factors of a level are (-, -, -, -; a, b, c, -), one level for all samples or one for each.
//! use lanes

const NOISY: bool = true;      //! param
const GATHERED: bool = false;  //! param
const MASKED: bool = false;    //! param

struct Uniforms { samples: u32, points: u32, atoms: u32, levels: u32 }

@group(0) @binding(0) var<storage, read> noise: array<f32>;              // [noise_points, 3]
@group(0) @binding(1) var<storage, read> update: array<vec4f>;           // [all_atoms, 4]
@group(0) @binding(2) var<storage, read> index: array<i32>;              // [index_rows]
@group(0) @binding(3) var<storage, read> factors: array<vec4f>;          // [levels, 8]
@group(0) @binding(4) var<storage, read> mask: array<f32>;               // [mask_rows]
@group(0) @binding(5) var<storage, read_write> positions: array<vec4f>;  // [all_points, 4]
@group(0) @binding(6) var<uniform> uniforms: Uniforms;

@compute @workgroup_size(LANES)
fn main(place: Place) {
  let at = lane_index(place);
  if (at >= uniforms.samples * uniforms.points) { return; }
  let sample = at / uniforms.points;
  let point = at % uniforms.points;
  var atom = i32(point);
  if (GATHERED) { atom = index[point]; }
  let level = factors[2u * (sample % uniforms.levels) + 1u];
  var moved = level.x * positions[at].xyz;
  if (NOISY) { moved += level.y * vec3f(noise[3u * at], noise[3u * at + 1u], noise[3u * at + 2u]); }
  if (atom >= 0) { moved += level.z * update[sample * uniforms.atoms + u32(atom)].xyz; }
  if (MASKED) { moved *= mask[point]; }
  positions[at] = vec4f(moved, 0.0);
}
