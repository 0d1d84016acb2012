// position_centre: the weighted sum of each sample's positions, centre[s] = sum over p of weight[p] * position[s, p].
// Weights that are chosen on the host make it a mean. A workgroup shares a sample; lanes add in the same order in every run.
//! use grid

const GROUP: u32 = 64u;  //! param

struct Uniforms { samples: u32, points: u32 }

@group(0) @binding(0) var<storage, read> positions: array<vec4f>;     // [all_points, 4]
@group(0) @binding(1) var<storage, read> weights: array<f32>;         // [points]
@group(0) @binding(2) var<storage, read_write> centre: array<vec4f>;  // [samples, 4]
@group(0) @binding(3) var<uniform> uniforms: Uniforms;

var<workgroup> parts: array<vec4f, GROUP>;

@compute @workgroup_size(GROUP)
fn main(place: Place) {
  let sample = linear_group(place);
  let lane = place.lane % GROUP;
  let first = min(sample, uniforms.samples - 1u) * uniforms.points;  // surplus workgroups of a folded grid store nothing
  var sum = vec3f();
  for (var point = lane; point < uniforms.points; point += GROUP) {
    sum += weights[point] * positions[first + point].xyz;
  }
  parts[lane] = vec4f(sum, 0.0);
  for (var reach = GROUP / 2u; reach > 0u; reach /= 2u) {
    workgroupBarrier();
    if (lane < reach) { parts[lane] += parts[lane + reach]; }
  }
  workgroupBarrier();
  if (lane == 0u && sample < uniforms.samples) { centre[sample] = parts[0]; }
}
