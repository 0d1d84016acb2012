// join_rows: the channels of two representations side by side, y[row] = a[row, 0 ..] ++ b[row, 0 ..], and zeros behind both.
// What pads the rows of a and b is left out.
//! use lanes

struct Uniforms { rows: u32, pitch: u32, a_pitch: u32, b_pitch: u32, a_channels: u32, b_channels: u32 }

@group(0) @binding(0) var<storage, read> a: array<f32>;          // [rows, a_pitch]
@group(0) @binding(1) var<storage, read> b: array<f32>;          // [rows, b_pitch]
@group(0) @binding(2) var<storage, read_write> y: array<vec4f>;  // [rows, pitch]
@group(0) @binding(3) var<uniform> uniforms: Uniforms;

fn joined(row: u32, channel: u32) -> f32 {
  if (channel < uniforms.a_channels) { return a[row * uniforms.a_pitch + channel]; }
  let behind = channel - uniforms.a_channels;
  if (behind < uniforms.b_channels) { return b[row * uniforms.b_pitch + behind]; }
  return 0.0;
}

@compute @workgroup_size(LANES)
fn main(place: Place) {
  let at = lane_index(place);
  let row = at / (uniforms.pitch / 4u);
  if (row >= uniforms.rows) { return; }
  let channel = 4u * (at % (uniforms.pitch / 4u));
  y[at] = vec4f(joined(row, channel), joined(row, channel + 1u), joined(row, channel + 2u), joined(row, channel + 3u));
}
