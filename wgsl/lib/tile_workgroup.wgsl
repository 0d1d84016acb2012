// Multiplies one tile through workgroup memory: lanes load coalesced, share what they loaded, and keep the sums in registers.
//
// The kernel defines, for each operand (`phase` tells them apart):
//   k_blocks(phase)                 how many blocks of four channels
//   operand_rows(phase, row)        where the four rows from `row` on begin
//   operand(phase, rows, k)         four channels (block k) of those four rows
//   weight(phase, column, k)        four channels of one column of the weights
//! use blocks

const ROW_LANES: u32 = 16u;     //! param
const COLUMN_LANES: u32 = 8u;   //! param
const ROW_BLOCKS: u32 = 2u;     //! param
const COLUMN_BLOCKS: u32 = 2u;  //! param
const K_STEP: u32 = 4u;         //! param
// As many blocks of channels as are written out below; lanes share them evenly.
const_assert K_STEP <= 4u && LANES % K_STEP == 0u;
const PATCHES: u32 = LANES / K_STEP;  // blocks of rows, and of columns, that all lanes load at once
const ROW_LOADS: u32 = (TILE_ROWS / 4u + PATCHES - 1u) / PATCHES;
const COLUMN_LOADS: u32 = (TILE_COLUMNS / 4u + PATCHES - 1u) / PATCHES;
const ROW_PITCH: u32 = TILE_ROWS / 4u + 1u;
const COLUMN_PITCH: u32 = TILE_COLUMNS / 4u + 1u;
const TWO_TILES: bool = false;  // the sums of two would not fit into registers

// For each channel of the step the vectors of rows, and of columns, side by side: a lane multiplies one by the other.
var<workgroup> row_tile: array<vec4f, 4u * K_STEP * ROW_PITCH>;
var<workgroup> column_tile: array<vec4f, 4u * K_STEP * COLUMN_PITCH>;

fn multiply(place: Place, origin: vec2u, phase: u32, channels: u32, tile: ptr<function, Tile>) {
  let lane = place.lane;
  let own_k = lane % K_STEP;                // the k block that this lane loads in every step
  let own_block = lane / K_STEP % PATCHES;  // the first of the blocks of rows and of columns that it loads
  var rows = array<vec4u, ROW_LOADS>();
  var pivot = array<vec4f, ROW_LOADS>();
  var moments = array<mat2x4f, ROW_LOADS>();
  for (var i = 0u; i < ROW_LOADS; i++) {
    rows[i] = operand_rows(phase, origin.x + 4u * (own_block + i * PATCHES));
    if (NORMALISE) { pivot[i] = pivot_of(operand(phase, rows[i], 0u), channels); }
  }
  for (var q = 0u; q < ROW_BLOCKS; q++) {
    for (var t = 0u; t < COLUMN_BLOCKS; t++) { (*tile).sums[q][t] = mat4x4f(); }
  }
  for (var start = 0u; start < k_blocks(phase); start += K_STEP) {
    // Past the last block, lanes load it again and count it as zero.
    let live = start + own_k < k_blocks(phase);
    let k = min(start + own_k, k_blocks(phase) - 1u);
    workgroupBarrier();
    for (var i = 0u; i < ROW_LOADS; i++) {
      let b = own_block + i * PATCHES;
      if (b >= TILE_ROWS / 4u) { break; }
      var x = operand(phase, rows[i], k);
      if (NORMALISE) { moments[i] += f32(live) * centre(&x, pivot[i], k, channels); }
      let block = transpose(x);
      for (var c = 0u; c < 4u; c++) { row_tile[(4u * own_k + c) * ROW_PITCH + b] = select(vec4f(), block[c], live); }
    }
    for (var i = 0u; i < COLUMN_LOADS; i++) {
      let b = own_block + i * PATCHES;
      if (b >= TILE_COLUMNS / 4u) { break; }
      let column = origin.y + 4u * b;
      let block = transpose(mat4x4f(
        weight(phase, column, k), weight(phase, column + 1u, k), weight(phase, column + 2u, k), weight(phase, column + 3u, k)));
      // Lanes that read together read neighbouring vectors.
      let slot = b % COLUMN_BLOCKS * COLUMN_LANES + b / COLUMN_BLOCKS;
      for (var c = 0u; c < 4u; c++) { column_tile[(4u * own_k + c) * COLUMN_PITCH + slot] = block[c]; }
    }
    workgroupBarrier();
    // Written out: compilers leave a loop of this size as it is, and then compute every address anew.
    accumulate_block(lane, 0u, tile);
    if (K_STEP > 1u) { accumulate_block(lane, 1u, tile); }
    if (K_STEP > 2u) { accumulate_block(lane, 2u, tile); }
    if (K_STEP > 3u) { accumulate_block(lane, 3u, tile); }
  }
  if (NORMALISE) { share_moments(lane, moments, channels, tile); }
}

fn accumulate_block(lane: u32, k: u32, tile: ptr<function, Tile>) {
  accumulate(lane, 4u * k, tile);
  accumulate(lane, 4u * k + 1u, tile);
  accumulate(lane, 4u * k + 2u, tile);
  accumulate(lane, 4u * k + 3u, tile);
}

// Adds the outer product of the lane's rows and columns at one channel of the step. Remainders show compilers, which know
// no range of what a function takes or returns, that no index needs a clamp.
fn accumulate(lane: u32, channel: u32, tile: ptr<function, Tile>) {
  let c = channel % (4u * K_STEP);
  let own_row = lane_row(lane) % ROW_LANES;
  let own_column = lane_column(lane) % COLUMN_LANES;
  var w = array<vec4f, COLUMN_BLOCKS>();
  for (var t = 0u; t < COLUMN_BLOCKS; t++) { w[t] = column_tile[c * COLUMN_PITCH + own_column + t * COLUMN_LANES]; }
  for (var q = 0u; q < ROW_BLOCKS; q++) {
    let x = row_tile[c * ROW_PITCH + own_row + q * ROW_LANES];
    for (var r = 0u; r < 4u; r++) {
      for (var t = 0u; t < COLUMN_BLOCKS; t++) { (*tile).sums[q][t][r] = fma(vec4f(x[r]), w[t], (*tile).sums[q][t][r]); }
    }
  }
}

// The lanes that loaded a row's channels hold parts of its moments; each lane collects those of the rows it owns.
fn share_moments(lane: u32, moments: array<mat2x4f, ROW_LOADS>, channels: u32, tile: ptr<function, Tile>) {
  workgroupBarrier();
  for (var i = 0u; i < ROW_LOADS; i++) {
    let b = lane / K_STEP % PATCHES + i * PATCHES;
    if (b >= TILE_ROWS / 4u) { break; }
    row_tile[2u * (lane % K_STEP) * ROW_PITCH + b] = moments[i][0];
    row_tile[(2u * (lane % K_STEP) + 1u) * ROW_PITCH + b] = moments[i][1];
  }
  workgroupBarrier();
  for (var q = 0u; q < ROW_BLOCKS; q++) {
    let b = lane_row(lane) % ROW_LANES + ROW_LANES * q;
    var sum = mat2x4f();
    for (var k = 0u; k < K_STEP; k++) {
      sum += mat2x4f(row_tile[2u * k * ROW_PITCH + b], row_tile[(2u * k + 1u) * ROW_PITCH + b]);
    }
    set_moments(tile, q, sum, channels);
  }
}
