// Multiplies one tile by matrix units: lanes round operands and weights to halves in workgroup memory, subgroups multiply fragments of
// them and sum in float32, and the sums come back through workgroup memory into the registers from which kernels write.
//
// The kernel defines, for each operand (`phase` tells them apart):
//   k_blocks(phase)                 how many blocks of four channels
//   operand_rows(phase, row)        where the four rows from `row` on begin
//   operand(phase, rows, k)         four channels (block k) of those four rows
//   weight(phase, column, k)        four channels of one column of the weights
// Whatever of these lies beyond 65504 becomes infinite. Rows that are to be normalised cannot: they are before they are rounded.
//! use blocks
//! use matrix_norm

const ROW_LANES: u32 = 4u;               //! param
const COLUMN_LANES: u32 = 8u;            //! param
const ROW_BLOCKS: u32 = 2u;              //! param
const COLUMN_BLOCKS: u32 = 2u;           //! param
const K_STEP: u32 = 8u;                  //! param
const SUBGROUP: u32 = 8u;                //! param
const FRAGMENT_ROWS: u32 = 8u;           //! param
const FRAGMENT_COLUMNS: u32 = 8u;        //! param
const FRAGMENT_DEPTH: u32 = 8u;          //! param
const CHOOSES_SUBGROUP: bool = false;    //! param

alias Left = subgroup_matrix_left<f16, FRAGMENT_DEPTH, FRAGMENT_ROWS>;
alias Right = subgroup_matrix_right<f16, FRAGMENT_COLUMNS, FRAGMENT_DEPTH>;
alias Sum = subgroup_matrix_result<f32, FRAGMENT_COLUMNS, FRAGMENT_ROWS>;

const TWO_TILES: bool = false;  // as in tile_workgroup

// Subgroups share the tile two by two, for four of them. A row of fragments of all subgroups is a slice of the tile.
const SUBGROUP_COLUMNS: u32 = 2u;
const SUBGROUP_ROWS: u32 = LANES / SUBGROUP / SUBGROUP_COLUMNS;
const SLICE_ROWS: u32 = SUBGROUP_ROWS * FRAGMENT_ROWS;
const ROW_FRAGMENTS: u32 = TILE_ROWS / SLICE_ROWS;
const COLUMN_FRAGMENTS: u32 = TILE_COLUMNS / (SUBGROUP_COLUMNS * FRAGMENT_COLUMNS);
const_assert SUBGROUP_ROWS * SUBGROUP_COLUMNS * SUBGROUP == LANES;
const_assert ROW_FRAGMENTS * SLICE_ROWS == TILE_ROWS;
const_assert COLUMN_FRAGMENTS * SUBGROUP_COLUMNS * FRAGMENT_COLUMNS == TILE_COLUMNS;
const_assert 4u * K_STEP % FRAGMENT_DEPTH == 0u && SLICE_ROWS % 4u == 0u && LANES % K_STEP == 0u;

const PATCHES: u32 = LANES / K_STEP;  // blocks of rows, and of columns, that all lanes load at once
const ROW_LOADS: u32 = (TILE_ROWS / 4u + PATCHES - 1u) / PATCHES;
const COLUMN_LOADS: u32 = (TILE_COLUMNS / 4u + PATCHES - 1u) / PATCHES;
// Eight more than needed: the rows of a fragment begin in different banks.
const HALF_PITCH: u32 = 4u * K_STEP + 8u;
const SUM_PITCH: u32 = TILE_COLUMNS + 8u;

var<workgroup> row_halves: array<f16, TILE_ROWS * HALF_PITCH>;
var<workgroup> column_halves: array<f16, TILE_COLUMNS * HALF_PITCH>;
// A slice of the sums; before them, the moments of the rows: eight numbers of each block of rows from each lane that loads it.
var<workgroup> slice: array<f32, SLICE_ROWS * SUM_PITCH>;
const_assert 2u * TILE_ROWS * K_STEP <= SLICE_ROWS * SUM_PITCH;

fn multiply(place: Place, origin: vec2u, phase: u32, channels: u32, tile: ptr<function, Tile>) {
  let lane = place.lane % LANES;
  let own_k = lane % K_STEP;      // the k block that this lane loads in every step
  let own_block = lane / K_STEP;  // the first of the blocks of rows and of columns that it loads
  // Where the fragments of this lane's subgroup begin in a slice. Everything is written as multiples that compilers see: some load
  // fragments as a whole only where they know them aligned.
  let first_row = place.subgroup / SUBGROUP_COLUMNS % SUBGROUP_ROWS * FRAGMENT_ROWS;
  let first_column = place.subgroup % SUBGROUP_COLUMNS * (COLUMN_FRAGMENTS * FRAGMENT_COLUMNS);
  var rows = array<vec4u, ROW_LOADS>();
  for (var i = 0u; i < ROW_LOADS; i++) { rows[i] = operand_rows(phase, origin.x + 4u * ((own_block + i * PATCHES) % (TILE_ROWS / 4u))); }
  var norm = Norm();
  if (NORMALISE) { norm = norm_of(lane, phase, channels, rows); }
  var sums = array<array<Sum, COLUMN_FRAGMENTS>, ROW_FRAGMENTS>();
  for (var start = 0u; start < k_blocks(phase); start += K_STEP) {
    // Past the last block, lanes load it again and count it as zero.
    let live = start + own_k < k_blocks(phase);
    let k = min(start + own_k, k_blocks(phase) - 1u);
    workgroupBarrier();
    for (var i = 0u; i < ROW_LOADS; i++) {
      if (own_block + i * PATCHES >= TILE_ROWS / 4u) { break; }
      var x = operand(phase, rows[i], k);
      let present = vec4f(below(4u * k, channels));
      for (var r = 0u; r < 4u; r++) {
        if (NORMALISE) { x[r] = present * ((x[r] - norm.pivot[i][r]) - norm.mean[i][r]) * norm.inverse_std[i][r]; }
        let y = vec4h(select(vec4f(), x[r], live));
        let at = (4u * ((own_block + i * PATCHES) % (TILE_ROWS / 4u)) + r) * HALF_PITCH + 4u * own_k;
        for (var c = 0u; c < 4u; c++) { row_halves[at + c] = y[c]; }
      }
    }
    for (var i = 0u; i < COLUMN_LOADS; i++) {
      let b = own_block + i * PATCHES;
      if (b >= TILE_COLUMNS / 4u) { break; }
      for (var r = 0u; r < 4u; r++) {
        let y = vec4h(select(vec4f(), weight(phase, origin.y + 4u * b + r, k), live));
        let at = (4u * (b % (TILE_COLUMNS / 4u)) + r) * HALF_PITCH + 4u * own_k;
        for (var c = 0u; c < 4u; c++) { column_halves[at + c] = y[c]; }
      }
    }
    workgroupBarrier();
    for (var s = 0u; s < 4u * K_STEP / FRAGMENT_DEPTH; s++) {
      let at = s * FRAGMENT_DEPTH;
      var right = array<Right, COLUMN_FRAGMENTS>();
      for (var j = 0u; j < COLUMN_FRAGMENTS; j++) {
        let column = first_column + j * FRAGMENT_COLUMNS;
        right[j] = subgroupMatrixLoad<Right, col_major>(&column_halves, column * HALF_PITCH + at, HALF_PITCH);
      }
      for (var i = 0u; i < ROW_FRAGMENTS; i++) {
        let row = i * SLICE_ROWS + first_row;
        let left = subgroupMatrixLoad<Left, row_major>(&row_halves, row * HALF_PITCH + at, HALF_PITCH);
        for (var j = 0u; j < COLUMN_FRAGMENTS; j++) { sums[i][j] = subgroupMatrixMultiplyAccumulate(left, right[j], sums[i][j]); }
      }
    }
  }
  for (var i = 0u; i < ROW_FRAGMENTS; i++) {
    workgroupBarrier();
    for (var j = 0u; j < COLUMN_FRAGMENTS; j++) {
      let column = first_column + j * FRAGMENT_COLUMNS;
      subgroupMatrixStore<row_major>(&slice, first_row * SUM_PITCH + column, sums[i][j], SUM_PITCH);
    }
    workgroupBarrier();
    take_slice(lane, i, tile);
  }
}

// Takes a lane's part of a slice. What was normalised before the product is not normalised behind it.
fn take_slice(lane: u32, i: u32, tile: ptr<function, Tile>) {
  for (var q = 0u; q < ROW_BLOCKS; q++) {
    (*tile).mean[q] = vec4f();
    (*tile).inverse_std[q] = vec4f(1.0);
    let row = tile_row(lane % LANES, q);
    if (row / SLICE_ROWS != i) { continue; }
    for (var t = 0u; t < COLUMN_BLOCKS; t++) {
      for (var r = 0u; r < 4u; r++) {
        let at = (row % SLICE_ROWS + r) * SUM_PITCH + tile_column(lane % LANES, t) % TILE_COLUMNS;
        (*tile).sums[q][t][r] = vec4f(slice[at], slice[at + 1u], slice[at + 2u], slice[at + 3u]);
      }
    }
  }
}
