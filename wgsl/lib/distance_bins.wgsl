// Which of BINS bins a squared distance falls into; BINS where it is in none, on an edge or below the first.
// Edges are first, first + step, ...; the last bin is open. Comparing squares keeps the square root's rounding out.

const BINS: u32 = 39u;  //! param

fn edge_square(k: u32, first: f32, step: f32) -> f32 {
  let edge = first + step * f32(k);
  return edge * edge;
}

fn distance_bin(square: f32, first: f32, step: f32) -> u32 {
  var k = u32(clamp((sqrt(square) - first) / step, 0.0, f32(BINS - 1u)));
  // The guess may be off by one beside an edge.
  if (k + 1u < BINS && square >= edge_square(k + 1u, first, step)) { k++; }
  if (k > 0u && square < edge_square(k, first, step)) { k--; }
  return select(BINS, k, square > edge_square(k, first, step) && square < 1e8);
}
