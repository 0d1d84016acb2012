// Hands the blocks of a lane's tile to the kernel's finish(place, origin, q, t, tile), one after the other. Calls are written out, as
// far as GPUs have blocks: compilers leave loops of this size as they are, and the tile that they index would lie in memory
// throughout the product.
const_assert ROW_BLOCKS <= 2u;

fn finish_all(place: Place, origin: vec2u, tile: ptr<function, Tile>) {
  finish_row(place, origin, 0u, tile);
  if (ROW_BLOCKS > 1u) { finish_row(place, origin, 1u, tile); }
}

fn finish_row(place: Place, origin: vec2u, q: u32, tile: ptr<function, Tile>) {
  finish(place, origin, q, 0u, tile);
  if (COLUMN_BLOCKS > 1u) { finish(place, origin, q, 1u, tile); }
  for (var t = 2u; t < COLUMN_BLOCKS; t++) { finish(place, origin, q, t, tile); }
}
