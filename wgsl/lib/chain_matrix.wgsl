// Two matrix products, one behind the other, by matrix units: as chain_workgroup, whose functions the kernel defines, with halves
// multiplied and sums in float32. Four subgroups, two by two, share the rows and columns of both products. Sums of the first come
// back a pass at a time, two fragments' columns of each subgroup: lanes make of them channels of the middle, halves in workgroup
// memory, whose part of the second product is added before the next pass. Whatever of the middle lies beyond 65504 is cut off there.
//! use constants
//! use fours
//! use grid
//! use chain_matrix_lanes
//! use chain_phase

const KEPT: u32 = 2u;                  //! param
const K_STEP: u32 = 4u;                //! param
const SUBGROUP: u32 = 8u;              //! param
const FRAGMENT_ROWS: u32 = 8u;         //! param
const FRAGMENT_COLUMNS: u32 = 8u;      //! param
const FRAGMENT_DEPTH: u32 = 8u;        //! param
const ROW_FRAGMENTS: u32 = 2u;         //! param
const SECOND_FRAGMENTS: u32 = 8u;      //! param
const CHOOSES_SUBGROUP: bool = false;  //! param
// A phase that is a constant tells compilers how long its loops are.
const PHASES_LOOP: bool = false;

alias Left = subgroup_matrix_left<f16, FRAGMENT_DEPTH, FRAGMENT_ROWS>;
alias Right = subgroup_matrix_right<f16, FRAGMENT_COLUMNS, FRAGMENT_DEPTH>;
alias Sum = subgroup_matrix_result<f32, FRAGMENT_COLUMNS, FRAGMENT_ROWS>;

const FIRST_FRAGMENTS: u32 = 4u;
const SUBGROUP_COLUMNS: u32 = 2u;
const SUBGROUP_ROWS: u32 = 2u;
const LANES: u32 = SUBGROUP_ROWS * SUBGROUP_COLUMNS * SUBGROUP;
const PART_ROWS: u32 = SUBGROUP_ROWS * FRAGMENT_ROWS;              // rows of a pass that come back at once
const TILE_ROWS: u32 = ROW_FRAGMENTS * PART_ROWS;
const PASS: u32 = 2u * SUBGROUP_COLUMNS * FRAGMENT_COLUMNS;        // columns of a pass
const SLICE: u32 = FIRST_FRAGMENTS / 2u * PASS;                    // columns of the first product that are made at once
const SECOND_COLUMNS: u32 = SECOND_FRAGMENTS / 2u * PASS;
const PASS_CHANNELS: u32 = KEPT * PASS / 4u;                       // channels of the middle that a pass gives, at most
const ROW_LANES: u32 = PART_ROWS / 4u;
const COLUMN_LANES: u32 = PASS / 4u;
const ROW_BLOCKS: u32 = 1u;
const SHARERS: u32 = LANES / TILE_ROWS;                            // lanes that find the moments of a row together
const DEPTH: u32 = 4u * K_STEP;                                    // channels of a step
const ROW_LOADS: u32 = (TILE_ROWS * K_STEP + LANES - 1u) / LANES;  // rows that a lane loads in a step
const_assert SECOND_FRAGMENTS % 2u == 0u && DEPTH % FRAGMENT_DEPTH == 0u && PASS_CHANNELS % DEPTH == 0u;
const_assert ROW_LANES * COLUMN_LANES <= LANES && LANES % TILE_ROWS == 0u;

// Some more than needed: a fragment's rows begin in different banks.
const HALF_PITCH: u32 = DEPTH + 8u;
const MIDDLE_PITCH: u32 = PASS_CHANNELS + 8u;
const PART_PITCH: u32 = PASS + 4u;
const_assert 3u * LANES <= PART_ROWS * PART_PITCH;

var<workgroup> row_halves: array<f16, TILE_ROWS * HALF_PITCH>;
var<workgroup> column_halves: array<f16, max(SLICE, SECOND_COLUMNS) * HALF_PITCH>;
var<workgroup> middle: array<f16, TILE_ROWS * MIDDLE_PITCH>;
// Sums on their way from fragments to lanes; before them, parts of the rows' moments.
var<workgroup> part: array<f32, PART_ROWS * PART_PITCH>;
// Of each row the pivot, the mean relative to it, and one over the deviation.
var<workgroup> norms: array<vec4f, TILE_ROWS>;

alias Firsts = array<array<Sum, FIRST_FRAGMENTS>, ROW_FRAGMENTS>;
alias Seconds = array<array<Sum, SECOND_FRAGMENTS>, ROW_FRAGMENTS>;

// Where the fragments of a lane's subgroup begin, in rows and in columns, is written out wherever it is needed: compilers load
// fragments as a whole only where they know them aligned and within the array, and know neither of what a function takes.
fn chain(place: Place, phase: u32, rows: u32, channels: u32) {
  let lane = place.lane % LANES;
  let own_row = place.subgroup / SUBGROUP_COLUMNS % SUBGROUP_ROWS * FRAGMENT_ROWS;
  let own_column = place.subgroup % SUBGROUP_COLUMNS * (2u * FRAGMENT_COLUMNS);
  let first_row = linear_group(place) * TILE_ROWS;
  find_norms(lane, phase, first_row, channels);
  let own = own_norms(lane);
  var second = Seconds();
  for (var slice = 0u; slice < first_columns(phase); slice += SLICE) {
    var first = Firsts();
    for (var k = 0u; k < source_blocks(phase); k += K_STEP) {
      workgroupBarrier();
      load_rows(lane, phase, first_row, k, channels, own);
      load_first(lane, phase, slice, k);
      workgroupBarrier();
      for (var s = 0u; s < DEPTH / FRAGMENT_DEPTH; s++) {
        let at = s * FRAGMENT_DEPTH;
        var right = array<Right, FIRST_FRAGMENTS>();
        for (var j = 0u; j < FIRST_FRAGMENTS; j++) {
          let column = j / 2u * PASS + own_column + j % 2u * FRAGMENT_COLUMNS;
          right[j] = subgroupMatrixLoad<Right, col_major>(&column_halves, column * HALF_PITCH + at, HALF_PITCH);
        }
        for (var i = 0u; i < ROW_FRAGMENTS; i++) {
          let left = subgroupMatrixLoad<Left, row_major>(&row_halves, (i * PART_ROWS + own_row) * HALF_PITCH + at, HALF_PITCH);
          for (var j = 0u; j < FIRST_FRAGMENTS; j++) { first[i][j] = subgroupMatrixMultiplyAccumulate(left, right[j], first[i][j]); }
        }
      }
    }
    // Written out: indexed in a loop that is not unrolled, the sums would lie in memory.
    pass_on(place, phase, first_row, slice, 0u, &first, &second);
    pass_on(place, phase, first_row, slice, 1u, &first, &second);
  }
  if (middle_blocks(phase) == 0u) { return; }
  for (var turn = 0u; turn < SECOND_FRAGMENTS / 2u; turn++) {
    for (var i = 0u; i < ROW_FRAGMENTS; i++) {
      workgroupBarrier();
      for (var j = 0u; j < 2u; j++) {
        subgroupMatrixStore<row_major>(&part, own_row * PART_PITCH + own_column + j * FRAGMENT_COLUMNS, second[i][2u * turn + j], PART_PITCH);
      }
      workgroupBarrier();
      add_part(lane, phase, first_row + i * PART_ROWS, rows, turn * PASS);
    }
  }
}

// Makes the middle of a pass, and adds its part of the second product.
fn pass_on(place: Place, phase: u32, first_row: u32, slice: u32, turn: u32, first: ptr<function, Firsts>, second: ptr<function, Seconds>) {
  let lane = place.lane % LANES;
  let own_row = place.subgroup / SUBGROUP_COLUMNS % SUBGROUP_ROWS * FRAGMENT_ROWS;
  let own_column = place.subgroup % SUBGROUP_COLUMNS * (2u * FRAGMENT_COLUMNS);
  for (var i = 0u; i < ROW_FRAGMENTS; i++) {
    workgroupBarrier();
    for (var j = 0u; j < 2u; j++) {
      subgroupMatrixStore<row_major>(&part, own_row * PART_PITCH + own_column + j * FRAGMENT_COLUMNS, (*first)[i][2u * turn + j], PART_PITCH);
    }
    workgroupBarrier();
    part_row = i * PART_ROWS;
    if (lane < ROW_LANES * COLUMN_LANES) {
      var taken = First();
      for (var r = 0u; r < 4u; r++) { taken.sums[0][r] = part_at(lane, r); }
      leave(lane, phase, first_row + part_row, slice + turn * PASS, &taken);
    }
  }
  if (middle_blocks(phase) == 0u) { return; }
  let channels = kept(phase) * PASS / 4u;
  // An end that is a constant tells compilers that no index needs a clamp.
  for (var step = 0u; step < PASS_CHANNELS / DEPTH; step++) {
    if (step >= channels / DEPTH) { break; }
    workgroupBarrier();
    load_second(lane, phase, (slice / PASS + turn) * (channels / 4u) + step * K_STEP);
    workgroupBarrier();
    for (var s = 0u; s < DEPTH / FRAGMENT_DEPTH; s++) {
      let at = s * FRAGMENT_DEPTH;
      var right = array<Right, SECOND_FRAGMENTS>();
      for (var j = 0u; j < SECOND_FRAGMENTS; j++) {
        let column = j / 2u * PASS + own_column + j % 2u * FRAGMENT_COLUMNS;
        right[j] = subgroupMatrixLoad<Right, col_major>(&column_halves, column * HALF_PITCH + at, HALF_PITCH);
      }
      for (var i = 0u; i < ROW_FRAGMENTS; i++) {
        let row = (i * PART_ROWS + own_row) * MIDDLE_PITCH;
        let left = subgroupMatrixLoad<Left, row_major>(&middle, row + step * DEPTH + at, MIDDLE_PITCH);
        for (var j = 0u; j < SECOND_FRAGMENTS; j++) { (*second)[i][j] = subgroupMatrixMultiplyAccumulate(left, right[j], (*second)[i][j]); }
      }
    }
  }
}
