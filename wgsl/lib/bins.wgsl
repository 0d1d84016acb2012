// Softmax over the BINS bins of a row, whose logits come in fours from the kernel's logits_at(row, k); bins that pad the
// last four have no weight. The kernel defines B, the padded number of bins.

const BINS: u32 = 64u;  //! param
const LEAST: f32 = -3.4028234e38;

fn present_bins(k: u32) -> vec4<bool> { return vec4u(4u * k) + vec4u(0u, 1u, 2u, 3u) < vec4u(BINS); }

fn largest_logit(row: u32) -> f32 {
  var largest = vec4f(LEAST);
  for (var k = 0u; k < B / 4u; k++) {
    largest = max(largest, select(vec4f(LEAST), logits_at(row, k), present_bins(k)));
  }
  return max(max(largest.x, largest.y), max(largest.z, largest.w));
}

// Four bins' probabilities, up to their common sum.
fn weights_at(row: u32, k: u32, largest: f32) -> vec4f {
  return select(vec4f(), exp(logits_at(row, k) - largest), present_bins(k));
}
