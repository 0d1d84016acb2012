// Multiplies one tile with no workgroup memory: each group of lanes loads every weight once and passes it round by
// shuffles. On software adapters a load costs as much as a hundred multiplications, and a shuffle next to nothing.
//
// The kernel defines, for each operand (`phase` tells them apart):
//   k_blocks(phase)                 how many blocks of four channels
//   operand_rows(phase, row)        where the four rows from `row` on begin
//   operand(phase, rows, k)         four channels (block k) of those four rows
//   weight(phase, column, k)        four channels of one column of the weights
//! use blocks

const ROW_LANES: u32 = 8u;      //! param
const COLUMN_LANES: u32 = 1u;   //! param
const ROW_BLOCKS: u32 = 1u;     //! param
const COLUMN_BLOCKS: u32 = 4u;  //! param
const GROUP: u32 = 8u;          //! param
const SLOTS: u32 = TILE_COLUMNS / GROUP;
const TWO_TILES: bool = true;  // a lane has room for the sums of two tiles

fn multiply(place: Place, origin: vec2u, phase: u32, channels: u32, tile: ptr<function, Tile>) {
  let first = place.subgroup_lane & ~(GROUP - 1u);
  let member = place.subgroup_lane & (GROUP - 1u);
  var rows = array<vec4u, ROW_BLOCKS>();
  var pivot = array<vec4f, ROW_BLOCKS>();
  var moments = array<mat2x4f, ROW_BLOCKS>();
  for (var q = 0u; q < ROW_BLOCKS; q++) {
    rows[q] = operand_rows(phase, origin.x + tile_row(place.lane, q));
    if (NORMALISE) { pivot[q] = pivot_of(operand(phase, rows[q], 0u), channels); }
    for (var t = 0u; t < COLUMN_BLOCKS; t++) { (*tile).sums[q][t] = mat4x4f(); }
  }
  for (var k = 0u; k < k_blocks(phase); k++) {
    var w = array<vec4f, SLOTS>();
    for (var i = 0u; i < SLOTS; i++) { w[i] = weight(phase, origin.y + i * GROUP + member, k); }
    for (var q = 0u; q < ROW_BLOCKS; q++) {
      var x = operand(phase, rows[q], k);
      if (NORMALISE) { moments[q] += centre(&x, pivot[q], k, channels); }
      for (var t = 0u; t < COLUMN_BLOCKS; t++) {
        let c = 4u * t;
        let block = mat4x4f(
          subgroupShuffle(w[c / GROUP], first + c % GROUP),
          subgroupShuffle(w[(c + 1u) / GROUP], first + (c + 1u) % GROUP),
          subgroupShuffle(w[(c + 2u) / GROUP], first + (c + 2u) % GROUP),
          subgroupShuffle(w[(c + 3u) / GROUP], first + (c + 3u) % GROUP));
        for (var r = 0u; r < 4u; r++) { (*tile).sums[q][t][r] += x[r] * block; }
      }
    }
  }
  if (NORMALISE) {
    for (var q = 0u; q < ROW_BLOCKS; q++) { set_moments(tile, q, moments[q], channels); }
  }
}
