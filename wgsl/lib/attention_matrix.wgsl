// Attention by matrix units: a workgroup takes TILE_QUERIES queries of one head past all keys, TILE_KEYS at a time. Lanes round
// queries, keys and values to halves in workgroup memory, and subgroups multiply fragments of them and sum in float32: a subgroup
// keeps the fragments of its queries, and the sums of their results. In between, the logits pass through workgroup memory to lanes
// that mask them and make weights of them, in float32, which are rounded in turn (attention_matrix_rows).
//
// Sums relative to the largest logit so far would have to fade with each larger one, and a fragment cannot: its lanes do not know
// which rows they hold. So logits are taken relative to a reference that may lie below the largest, by GROWTH at most; only where
// one passes that, the sums go through workgroup memory and fade. The kernel defines what attention_tile names.
//! use fours
//! use constants
//! use attention_task
//! use attention_matrix_rows
//! use matrix_floats

const SUBGROUPS: u32 = 2u;             //! param
const ROW_FRAGMENTS: u32 = 2u;         //! param
const KEY_FRAGMENTS: u32 = 2u;         //! param
const SUBGROUP: u32 = 8u;              //! param
const FRAGMENT_ROWS: u32 = 8u;         //! param
const FRAGMENT_COLUMNS: u32 = 8u;      //! param
const FRAGMENT_DEPTH: u32 = 8u;        //! param
const CHOOSES_SUBGROUP: bool = false;  //! param

alias Left = subgroup_matrix_left<f16, FRAGMENT_DEPTH, FRAGMENT_ROWS>;
alias Right = subgroup_matrix_right<f16, FRAGMENT_COLUMNS, FRAGMENT_DEPTH>;
alias Sum = subgroup_matrix_result<f32, FRAGMENT_COLUMNS, FRAGMENT_ROWS>;

const LANES: u32 = SUBGROUPS * SUBGROUP;
const SUBGROUP_ROWS: u32 = ROW_FRAGMENTS * FRAGMENT_ROWS;
const TILE_QUERIES: u32 = SUBGROUPS * SUBGROUP_ROWS;
const TILE_KEYS: u32 = KEY_FRAGMENTS * FRAGMENT_COLUMNS;
const WEIGHT_FRAGMENTS: u32 = TILE_KEYS / FRAGMENT_DEPTH;
const_assert WEIGHT_FRAGMENTS * FRAGMENT_DEPTH == TILE_KEYS && TILE_KEYS % 4u == 0u;
const BLOCKS: u32 = D / 4u;  // of four channels
const DEPTH_FRAGMENTS: u32 = (D + FRAGMENT_DEPTH - 1u) / FRAGMENT_DEPTH;
const SUM_FRAGMENTS: u32 = (D + FRAGMENT_COLUMNS - 1u) / FRAGMENT_COLUMNS;
const PARTS: u32 = (SUM_FRAGMENTS + KEY_FRAGMENTS - 1u) / KEY_FRAGMENTS;  // of the sums, each as wide as a tile has keys

// Eight halves, or four floats, more than needed: the rows of a fragment begin in different banks.
const KEY_PITCH: u32 = DEPTH_FRAGMENTS * FRAGMENT_DEPTH + 8u;
const VALUE_PITCH: u32 = TILE_KEYS + 8u;
const ROW_PITCH: u32 = max(KEY_PITCH, VALUE_PITCH);
const SLICE_PITCH: u32 = TILE_KEYS + 4u;

// Memory of a workgroup begins as zeros, which channels beyond D stay.
var<workgroup> row_halves: array<f16, TILE_QUERIES * ROW_PITCH>;                         // queries, then weights
var<workgroup> key_halves: array<f16, TILE_KEYS * KEY_PITCH>;                            // key by key
var<workgroup> value_halves: array<f16, SUM_FRAGMENTS * FRAGMENT_COLUMNS * VALUE_PITCH>;  // channel by channel
// Logits; or a part of the sums.
var<workgroup> slice: array<f32, TILE_QUERIES * SLICE_PITCH>;

alias Sums = array<array<Sum, SUM_FRAGMENTS>, ROW_FRAGMENTS>;

fn task_of(place: Place) -> u32 { return linear_group(place); }

fn attend(place: Place) {
  let lane = place.lane % LANES;
  let task = own_task(place, batch(), queries());
  let first_row = place.subgroup % SUBGROUPS * SUBGROUP_ROWS;
  stage_queries(lane, task);
  workgroupBarrier();
  var left = array<array<Left, DEPTH_FRAGMENTS>, ROW_FRAGMENTS>();
  for (var i = 0u; i < ROW_FRAGMENTS; i++) {
    for (var d = 0u; d < DEPTH_FRAGMENTS; d++) {
      let at = (first_row + i * FRAGMENT_ROWS) * ROW_PITCH + d * FRAGMENT_DEPTH;
      left[i][d] = subgroupMatrixLoad<Left, row_major>(&row_halves, at, ROW_PITCH);
    }
  }
  var own = own_rows(lane, task);
  var sums = Sums();
  for (var first = 0u; first < uniforms.n; first += TILE_KEYS) {
    workgroupBarrier();
    stage_keys(lane, task, first);
    workgroupBarrier();
    for (var j = 0u; j < KEY_FRAGMENTS; j++) {
      var products = array<Sum, ROW_FRAGMENTS>();
      for (var d = 0u; d < DEPTH_FRAGMENTS; d++) {
        let at = j * FRAGMENT_COLUMNS * KEY_PITCH + d * FRAGMENT_DEPTH;
        let right = subgroupMatrixLoad<Right, col_major>(&key_halves, at, KEY_PITCH);
        for (var i = 0u; i < ROW_FRAGMENTS; i++) { products[i] = subgroupMatrixMultiplyAccumulate(left[i][d], right, products[i]); }
      }
      for (var i = 0u; i < ROW_FRAGMENTS; i++) {
        let at = (first_row + i * FRAGMENT_ROWS) * SLICE_PITCH + j * FRAGMENT_COLUMNS;
        subgroupMatrixStore<row_major>(&slice, at, products[i], SLICE_PITCH);
      }
    }
    workgroupBarrier();
    if (take_logits(place, task, first, &own)) {
      raise_references(lane, &own);
      fade_part(lane, first_row, 0u, &own, &sums);
      if (PARTS > 1u) { fade_part(lane, first_row, 1u, &own, &sums); }
      for (var part = 2u; part < PARTS; part++) { fade_part(lane, first_row, part, &own, &sums); }
    }
    weigh(lane, &own);
    workgroupBarrier();
    for (var j = 0u; j < WEIGHT_FRAGMENTS; j++) {
      var weights = array<Left, ROW_FRAGMENTS>();
      for (var i = 0u; i < ROW_FRAGMENTS; i++) {
        let at = (first_row + i * FRAGMENT_ROWS) * ROW_PITCH + j * FRAGMENT_DEPTH;
        weights[i] = subgroupMatrixLoad<Left, row_major>(&row_halves, at, ROW_PITCH);
      }
      for (var c = 0u; c < SUM_FRAGMENTS; c++) {
        let at = c * FRAGMENT_COLUMNS * VALUE_PITCH + j * FRAGMENT_DEPTH;
        let right = subgroupMatrixLoad<Right, col_major>(&value_halves, at, VALUE_PITCH);
        for (var i = 0u; i < ROW_FRAGMENTS; i++) { sums[i][c] = subgroupMatrixMultiplyAccumulate(weights[i], right, sums[i][c]); }
      }
    }
  }
  share_totals(lane, &own);
  store_part(place, task, first_row, 0u, &own, &sums);
  if (PARTS > 1u) { store_part(place, task, first_row, 1u, &own, &sums); }
  for (var part = 2u; part < PARTS; part++) { store_part(place, task, first_row, part, &own, &sums); }
}

fn fade_part(lane: u32, first_row: u32, part: u32, own: ptr<function, Own>, sums: ptr<function, Sums>) {
  give_sums(first_row, part, sums);
  fade_slice(lane, own);
  workgroupBarrier();
  for (var j = 0u; j < KEY_FRAGMENTS; j++) {
    let c = part * KEY_FRAGMENTS + j;
    if (c < SUM_FRAGMENTS) {
      for (var i = 0u; i < ROW_FRAGMENTS; i++) {
        let at = (first_row + i * FRAGMENT_ROWS) * SLICE_PITCH + j * FRAGMENT_COLUMNS;
        (*sums)[i][c % SUM_FRAGMENTS] = subgroupMatrixLoad<Sum, row_major>(&slice, at, SLICE_PITCH);
      }
    }
  }
}

fn store_part(place: Place, task: Task, first_row: u32, part: u32, own: ptr<function, Own>, sums: ptr<function, Sums>) {
  give_sums(first_row, part, sums);
  if (has_task(place, batch(), queries())) { store_slice(place.lane % LANES, task, part * KEY_LANES, own); }
}

// Puts a part of the sums into workgroup memory, once nobody reads what was there.
fn give_sums(first_row: u32, part: u32, sums: ptr<function, Sums>) {
  workgroupBarrier();
  for (var j = 0u; j < KEY_FRAGMENTS; j++) {
    let c = part * KEY_FRAGMENTS + j;
    if (c < SUM_FRAGMENTS) {
      for (var i = 0u; i < ROW_FRAGMENTS; i++) {
        let at = (first_row + i * FRAGMENT_ROWS) * SLICE_PITCH + j * FRAGMENT_COLUMNS;
        subgroupMatrixStore<row_major>(&slice, at, (*sums)[i][c % SUM_FRAGMENTS], SLICE_PITCH);
      }
    }
  }
  workgroupBarrier();
}
