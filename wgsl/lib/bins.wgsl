// Softmax over the BINS bins of a row, whose logits come in fours from the kernel's logits_at(row, k); bins that pad the
// last four have no weight. The kernel defines B, the padded number of bins.
//! use constants
//! use fours

const BINS: u32 = 64u;  //! param

fn present_bins(k: u32) -> vec4<bool> { return below(4u * k, BINS); }

fn largest_logit(row: u32) -> f32 {
  var largest = vec4f(LOWEST);
  for (var k = 0u; k < B / 4u; k++) {
    largest = max(largest, select(vec4f(LOWEST), logits_at(row, k), present_bins(k)));
  }
  return largest_of(largest);
}

// Four bins' probabilities, up to their common sum.
fn weights_at(row: u32, k: u32, largest: f32) -> vec4f {
  return select(vec4f(), exp(logits_at(row, k) - largest), present_bins(k));
}
