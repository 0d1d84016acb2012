// copy: to = from. The yardstick of the adapter's bandwidth.
//! use grid

const LANES: u32 = 64u;    //! param
const PER_LANE: u32 = 4u;  //! param

struct Uniforms { length: u32 }

@group(0) @binding(0) var<storage, read> source: array<vec4f>;       // [length]
@group(0) @binding(1) var<storage, read_write> copied: array<vec4f>; // [length]
@group(0) @binding(2) var<uniform> uniforms: Uniforms;

@compute @workgroup_size(LANES)
fn main(place: Place) {
  let first = linear_group(place) * LANES * PER_LANE + place.lane;
  for (var i = 0u; i < PER_LANE; i++) {
    let at = first + i * LANES;
    if (4u * at < uniforms.length) { copied[at] = source[at]; }
  }
}
