// One product whose blocks the kernel's finish(place, origin, q, t, tile) takes one after the other. Calls are written out, as far
// as GPUs have blocks: compilers leave loops of this size as they are, and the tile that they index would lie in memory
// throughout the product.

fn compute_tile(place: Place, group: u32, columns: u32, channels: u32) {
  let origin = tile_origin(group, columns);
  var tile = Tile();
  multiply(place, origin, 0u, channels, &tile);
  finish_row(place, origin, 0u, &tile);
  if (ROW_BLOCKS > 1u) { finish_row(place, origin, 1u, &tile); }
  for (var q = 2u; q < ROW_BLOCKS; q++) { finish_row(place, origin, q, &tile); }
}

fn finish_row(place: Place, origin: vec2u, q: u32, tile: ptr<function, Tile>) {
  finish(place, origin, q, 0u, tile);
  if (COLUMN_BLOCKS > 1u) { finish(place, origin, q, 1u, tile); }
  for (var t = 2u; t < COLUMN_BLOCKS; t++) { finish(place, origin, q, t, tile); }
}
