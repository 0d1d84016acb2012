// What a phase of a chain leaves of its first product where an attention of a pair begins: queries, keys and values of WIDTH columns
// each, and HEADS of the bias. The kernel defines
//   walk_position(row)       where a row stands in the attention's walk over the pair; beyond uniforms.n what is nowhere
//   head_bias(column)        what is added to four columns of the product
//   write_query(at, y), write_key(at, y), write_value(at, y)  put four channels where they belong, counted in fours
//   write_bias(at, y)        puts one value of the bias
//! use chain

fn head_columns() -> u32 { return 3u * WIDTH + (HEADS + 3u) / 4u * 4u; }

fn leave_heads(lane: u32, first_row: u32, slice: u32, first: ptr<function, First>) {
  let column = slice + 4u * lane_column(lane);
  if (column >= head_columns()) { return; }
  let own = head_bias(column);
  for (var b = 0u; b < ROW_BLOCKS; b++) {
    for (var r = 0u; r < 4u; r++) {
      let at = walk_position(first_row + tile_row(lane, b) + r);
      if (at.x >= uniforms.n || at.y >= uniforms.n) { continue; }
      store_heads(at, column, (*first).sums[b][r] + own);
    }
  }
}

fn store_heads(at: vec2u, column: u32, y: vec4f) {
  let place = ((at.x * uniforms.n + at.y) * WIDTH + column % WIDTH) / 4u;
  switch column / WIDTH {
    case 0u: { write_query(place, y); }
    case 1u: { write_key(place, y); }
    case 2u: { write_value(place, y); }
    default: {
      let within = select(at.x * uniforms.pitch + at.y, at.y * uniforms.pitch + at.x, BIAS_TRANSPOSED);
      let head = column - 3u * WIDTH;
      for (var h = head; h < min(head + 4u, HEADS); h++) { write_bias(h * uniforms.n * uniforms.pitch + within, y[h % 4u]); }
    }
  }
}
