// move_positions: each sample turned about its centre and moved, in place, y[s, p] = mask[p] * (R[s] (y[s, p] - centre[s]) + t[s]).
// A motion holds the rows of the matrix, each with its entry of the translation behind it.
//! use lanes

struct Uniforms { samples: u32, points: u32 }

@group(0) @binding(0) var<storage, read> centre: array<vec4f>;           // [samples, 4]
@group(0) @binding(1) var<storage, read> motions: array<vec4f>;          // [samples, 12]
@group(0) @binding(2) var<storage, read> mask: array<f32>;               // [points]
@group(0) @binding(3) var<storage, read_write> positions: array<vec4f>;  // [all_points, 4]
@group(0) @binding(4) var<uniform> uniforms: Uniforms;

@compute @workgroup_size(LANES)
fn main(place: Place) {
  let at = lane_index(place);
  if (at >= uniforms.samples * uniforms.points) { return; }
  let sample = at / uniforms.points;
  let from_centre = vec4f(positions[at].xyz - centre[sample].xyz, 1.0);
  let moved = vec3f(
    dot(motions[3u * sample], from_centre),
    dot(motions[3u * sample + 1u], from_centre),
    dot(motions[3u * sample + 2u], from_centre),
  );
  positions[at] = vec4f(mask[at % uniforms.points] * moved, 0.0);
}
