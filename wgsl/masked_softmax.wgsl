// masked_softmax: logits become weights, in place, row by row,
//   weights[row, k] = softmax over k < n of (logits[row, k] + penalty * (mask[row, k] - 1))
// The mask's rows repeat. What pads a row, k >= n, is written as zero, whatever stood there. A workgroup shares a row.
//! use grid
//! use constants
//! use fours

const GROUP: u32 = 64u;  //! param

struct Uniforms { n: u32, rows: u32, pitch: u32, mask_rows: u32, penalty: f32 }

@group(0) @binding(0) var<storage, read> mask: array<vec4f>;          // [mask_rows, pitch]
@group(0) @binding(1) var<storage, read_write> logits: array<vec4f>;  // [rows, pitch]
@group(0) @binding(2) var<uniform> uniforms: Uniforms;

var<workgroup> parts: array<f32, GROUP>;

fn present(k: u32) -> vec4<bool> { return below(4u * k, uniforms.n); }

fn masked(row: u32, k: u32) -> vec4f {
  let at = uniforms.pitch / 4u;
  let penalty = uniforms.penalty * (mask[row % uniforms.mask_rows * at + k] - 1.0);
  return select(vec4f(LOWEST), logits[row * at + k] + penalty, present(k));
}

// The largest, or the sum, of what the lanes hold; the same order in every run.
fn combined(lane: u32, part: f32, largest: bool) -> f32 {
  workgroupBarrier();
  parts[lane] = part;
  for (var reach = GROUP / 2u; reach > 0u; reach /= 2u) {
    workgroupBarrier();
    if (lane < reach) {
      let other = parts[lane + reach];
      parts[lane] = select(parts[lane] + other, max(parts[lane], other), largest);
    }
  }
  workgroupBarrier();
  return parts[0];
}

@compute @workgroup_size(GROUP)
fn main(place: Place) {
  let own_row = linear_group(place);
  let row = min(own_row, uniforms.rows - 1u);  // surplus workgroups of a folded grid store nothing
  let blocks = uniforms.pitch / 4u;
  var most = vec4f(LOWEST);
  for (var k = place.lane; k < blocks; k += GROUP) { most = max(most, masked(row, k)); }
  let largest = combined(place.lane, largest_of(most), true);
  var total = vec4f();
  for (var k = place.lane; k < blocks; k += GROUP) {
    total += select(vec4f(), exp(masked(row, k) - largest), present(k));
  }
  let sum = combined(place.lane, total.x + total.y + total.z + total.w, false);
  if (own_row >= uniforms.rows) { return; }
  for (var k = place.lane; k < blocks; k += GROUP) {
    logits[row * blocks + k] = select(vec4f(), exp(masked(row, k) - largest) / sum, present(k));
  }
}
