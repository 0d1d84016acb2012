// Multiplies one tile through workgroup memory: lanes load coalesced, share what they loaded, and keep the sums in registers.
//
// The kernel defines, for each operand (`phase` tells them apart):
//   k_blocks(phase)                 how many blocks of four channels
//   operand_rows(phase, row)        where the four rows from `row` on begin
//   operand(phase, rows, k)         four channels (block k) of those four rows
//   weight(phase, column, k)        four channels of one column of the weights
//! use blocks

const ROW_LANES: u32 = 8u;      //! param
const COLUMN_LANES: u32 = 8u;   //! param
const ROW_BLOCKS: u32 = 2u;     //! param
const COLUMN_BLOCKS: u32 = 2u;  //! param
const K_STEP: u32 = 4u;         //! param
const ROW_LOADS: u32 = TILE_ROWS / 4u * K_STEP / LANES;
const COLUMN_LOADS: u32 = TILE_COLUMNS / 4u * K_STEP / LANES;
const PITCH: u32 = K_STEP + 1u;  // odd, so that neighbouring rows lie in different banks

var<workgroup> row_tile: array<vec4f, TILE_ROWS * PITCH>;
var<workgroup> column_tile: array<vec4f, TILE_COLUMNS * PITCH>;

// Where row r of row block b lies, and column c of column block b: lanes that read together read neighbouring slots.
fn row_slot(b: u32, r: u32) -> u32 { return (r * (TILE_ROWS / 4u) + b) * PITCH; }
fn column_slot(b: u32, c: u32) -> u32 {
  return (c * (TILE_COLUMNS / 4u) + b % COLUMN_BLOCKS * COLUMN_LANES + b / COLUMN_BLOCKS) * PITCH;
}

fn multiply(place: Place, origin: vec2u, phase: u32, channels: u32, tile: ptr<function, Tile>) {
  let lane = place.lane;
  let own_k = lane % K_STEP;        // the k block that this lane loads in every step
  let own_block = lane / K_STEP;    // the first of the blocks of rows and of columns that it loads
  const stride = LANES / K_STEP;
  var rows = array<vec4u, ROW_LOADS>();
  var pivot = array<vec4f, ROW_LOADS>();
  var moments = array<mat2x4f, ROW_LOADS>();
  for (var i = 0u; i < ROW_LOADS; i++) {
    rows[i] = operand_rows(phase, origin.x + 4u * (own_block + i * stride));
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
      var x = operand(phase, rows[i], k);
      if (NORMALISE) { moments[i] += f32(live) * centre(&x, pivot[i], k, channels); }
      for (var r = 0u; r < 4u; r++) { row_tile[row_slot(own_block + i * stride, r) + own_k] = select(vec4f(), x[r], live); }
    }
    for (var i = 0u; i < COLUMN_LOADS; i++) {
      let b = own_block + i * stride;
      for (var c = 0u; c < 4u; c++) { column_tile[column_slot(b, c) + own_k] = weight(phase, origin.y + 4u * b + c, k); }
    }
    workgroupBarrier();
    for (var step = 0u; step < K_STEP; step++) { accumulate(lane, step, tile); }
  }
  if (NORMALISE) { share_moments(lane, moments, channels, tile); }
}

fn accumulate(lane: u32, step: u32, tile: ptr<function, Tile>) {
  for (var t = 0u; t < COLUMN_BLOCKS; t++) {
    let b = lane_column(lane) * COLUMN_BLOCKS + t;
    let w = mat4x4f(
      column_tile[column_slot(b, 0u) + step], column_tile[column_slot(b, 1u) + step],
      column_tile[column_slot(b, 2u) + step], column_tile[column_slot(b, 3u) + step]);
    for (var q = 0u; q < ROW_BLOCKS; q++) {
      for (var r = 0u; r < 4u; r++) {
        (*tile).sums[q][t][r] += row_tile[row_slot(lane_row(lane) + ROW_LANES * q, r) + step] * w;
      }
    }
  }
}

// The lanes that loaded a row's channels hold parts of its moments; each lane collects those of the rows it owns.
fn share_moments(lane: u32, moments: array<mat2x4f, ROW_LOADS>, channels: u32, tile: ptr<function, Tile>) {
  workgroupBarrier();
  for (var i = 0u; i < ROW_LOADS; i++) {
    let b = lane / K_STEP + i * (LANES / K_STEP);
    row_tile[row_slot(b, 0u) + lane % K_STEP] = moments[i][0];
    row_tile[row_slot(b, 1u) + lane % K_STEP] = moments[i][1];
  }
  workgroupBarrier();
  for (var q = 0u; q < ROW_BLOCKS; q++) {
    let b = lane_row(lane) + ROW_LANES * q;
    var sum = mat2x4f();
    for (var k = 0u; k < K_STEP; k++) {
      sum += mat2x4f(row_tile[row_slot(b, 0u) + k], row_tile[row_slot(b, 1u) + k]);
    }
    set_moments(tile, q, sum, channels);
  }
}
