// Rows of a pair tensor [n, n, C], walked in row order (i, j) or, for updates along columns, in the order of the transposed pair.

// Which row of the pair tensor stands at position (i, j) of the walk; positions outside are drawn to the edge.
fn pair_row(i: u32, j: u32, n: u32, transposed: bool) -> u32 {
  let a = min(i, n - 1u);
  let b = min(j, n - 1u);
  return select(a * n + b, b * n + a, transposed);
}

// The rows at four consecutive positions of the walk over [n, pitch], where pitch is n rounded up to a multiple of four:
// all four share i.
fn padded_pair_rows(position: u32, n: u32, pitch: u32, transposed: bool) -> vec4u {
  let i = position / pitch;
  let j = position % pitch;
  return vec4u(
    pair_row(i, j, n, transposed), pair_row(i, j + 1u, n, transposed),
    pair_row(i, j + 2u, n, transposed), pair_row(i, j + 3u, n, transposed));
}
