// Two matrix products, one behind the other, through workgroup memory: what lies between them never leaves the workgroup.
//   source += middle(norm(source) W1) W2
// A workgroup owns whole rows, which the result is added to in place. A kernel may do several such phases to its rows, one behind
// the other; those whose middle has no blocks end with what leave() makes of the first product. It makes a slice of the middle at a time, leaves
// it channel-major in workgroup memory, and adds its part of the second product. Rows are normalised as they are loaded. A
// lane owns ROW_BLOCKS blocks of four rows; of a slice of the first product four columns, of the second COLUMN_BLOCKS times four.
//
// The kernel defines
//   first_columns(phase)            how many columns the first product has
//   source_blocks(phase), middle_blocks(phase)  how many blocks of four channels the rows have, and the middle
//   kept(phase)                     how many channels of the middle a lane's four columns give, KEPT at most
//   source_row(phase, row)          where a row begins, counted in fours where something is added to it
//   source_at(phase, at, k)         its block k of four channels
//   add_to(at, sum)                 adds to the four channels there, counted from the beginning of the first row
//   first_weight(phase, column, k)  four channels (block k) of one column of the first product
//   second_weight(phase, column, k)  four channels of the middle of one column of the second
//   leave(lane, phase, first_row, slice, first)  calls keep() for the channels of the middle that the lane's columns, of those from slice on, give
//! use constants
//! use fours
//! use grid
//! use chain_phase
//! use chain_sums

const ROW_LANES: u32 = 8u;      //! param
const COLUMN_LANES: u32 = 16u;  //! param
const ROW_BLOCKS: u32 = 2u;     //! param
const COLUMN_BLOCKS: u32 = 2u;  //! param
const K_STEP: u32 = 2u;         //! param
const KEPT: u32 = 2u;           //! param
// Kernels of several phases write them out where matrix units run them; here the text to compile would be several times as long.
const PHASES_LOOP: bool = true;
const LANES: u32 = ROW_LANES * COLUMN_LANES;
const ROW_VECTORS: u32 = ROW_LANES * ROW_BLOCKS;
const COLUMN_VECTORS: u32 = COLUMN_LANES * COLUMN_BLOCKS;
const TILE_ROWS: u32 = 4u * ROW_VECTORS;
const SLICE: u32 = 4u * COLUMN_LANES;       // columns of the first product that are made at once
const MIDDLE_STEP: u32 = KEPT * COLUMN_LANES;  // channels of the middle that are kept at once, at most
const STEPS: u32 = MIDDLE_STEP / (4u * K_STEP);
const SHARERS: u32 = LANES / TILE_ROWS;      // lanes that find the moments of a row together
// As many blocks of channels as are written out below, and no remainder.
const_assert K_STEP <= 4u && MIDDLE_STEP % (4u * K_STEP) == 0u && LANES % TILE_ROWS == 0u;
const STAGE_PITCH: u32 = max(ROW_VECTORS + COLUMN_LANES, COLUMN_VECTORS) + 1u;
const MIDDLE_PITCH: u32 = ROW_VECTORS + 1u;

// For each channel of a step vectors of four rows and of four columns, or of columns alone.
var<workgroup> stage: array<vec4f, max(4u * K_STEP * STAGE_PITCH, LANES)>;
var<workgroup> middle: array<vec4f, MIDDLE_STEP * MIDDLE_PITCH>;
// Of each row the pivot, the mean relative to it, and one over the deviation.
var<workgroup> norms: array<vec4f, TILE_ROWS>;

fn lane_row(lane: u32) -> u32 { return lane / COLUMN_LANES; }
fn lane_column(lane: u32) -> u32 { return lane % COLUMN_LANES; }
fn tile_row(lane: u32, q: u32) -> u32 { return 4u * (lane_row(lane) + ROW_LANES * q); }
fn tile_column(lane: u32, t: u32) -> u32 { return 4u * (lane_column(lane) * COLUMN_BLOCKS + t); }

fn chain(place: Place, phase: u32, rows: u32, channels: u32) {
  let lane = place.lane;
  let steps = kept(phase) * COLUMN_LANES / (4u * K_STEP);
  let first_row = linear_group(place) * TILE_ROWS;
  find_norms(lane, phase, first_row, channels);
  var second = Second();
  for (var slice = 0u; slice < first_columns(phase); slice += SLICE) {
    var first = First();
    for (var k = 0u; k < source_blocks(phase); k += K_STEP) {
      workgroupBarrier();
      load_first(lane, phase, first_row, slice, k, channels);
      workgroupBarrier();
      // Written out: compilers leave a loop of this size as it is, and then compute every address anew.
      add_first_block(lane, 0u, &first);
      if (K_STEP > 1u) { add_first_block(lane, 1u, &first); }
      if (K_STEP > 2u) { add_first_block(lane, 2u, &first); }
      if (K_STEP > 3u) { add_first_block(lane, 3u, &first); }
    }
    leave(lane, phase, first_row, slice, &first);
    if (middle_blocks(phase) == 0u) { continue; }
    // An end that is a constant tells compilers that no index needs a clamp.
    for (var step = 0u; step < STEPS; step++) {
      if (step >= steps) { break; }
      workgroupBarrier();
      load_second(lane, phase, (slice / SLICE * steps + step) * K_STEP);
      workgroupBarrier();
      add_second_block(lane, 0u, step, &second);
      if (K_STEP > 1u) { add_second_block(lane, 1u, step, &second); }
      if (K_STEP > 2u) { add_second_block(lane, 2u, step, &second); }
      if (K_STEP > 3u) { add_second_block(lane, 3u, step, &second); }
    }
  }
  if (middle_blocks(phase) == 0u) { return; }
  add_rows(lane, phase, first_row, rows, &second);
}

// Keeps the values that a block of the lane's rows has in one of its channels of the slice's middle.
fn keep(lane: u32, phase: u32, q: u32, own: u32, values: vec4f) {
  middle[(lane_column(lane) % COLUMN_LANES * kept(phase) + own % KEPT) * MIDDLE_PITCH + lane_row(lane) % ROW_LANES + q * ROW_LANES] = values;
}

// Lanes load four channels of four rows, or of four columns. Channels that pad count nothing.
fn load_first(lane: u32, phase: u32, first_row: u32, slice: u32, start: u32, channels: u32) {
  for (var slot = lane; slot < K_STEP * (ROW_VECTORS + COLUMN_LANES); slot += LANES) {
    let k = start + slot % K_STEP;
    let at = min(k, source_blocks(phase) - 1u);
    let b = slot / K_STEP % (ROW_VECTORS + COLUMN_LANES);
    for (var r = 0u; r < 4u; r++) {
      var x = vec4f();
      if (b < ROW_VECTORS) {
        let norm = norms[4u * b + r];
        x = (source_at(phase, source_row(phase, first_row + 4u * b + r), at) - norm.x - norm.y) * norm.z;
        x = select(vec4f(), x, below(4u * k, channels));
      } else {
        x = first_weight(phase, slice + 4u * (b - ROW_VECTORS) + r, at);
      }
      put(slot % K_STEP, b, r, x);
    }
  }
}

fn load_second(lane: u32, phase: u32, start: u32) {
  for (var slot = lane; slot < K_STEP * COLUMN_VECTORS; slot += LANES) {
    let k = start + slot % K_STEP;
    let b = slot / K_STEP;
    // Lanes that read together read neighbouring vectors.
    let column = b % COLUMN_BLOCKS * COLUMN_LANES + b / COLUMN_BLOCKS % COLUMN_LANES;
    for (var r = 0u; r < 4u; r++) {
      let x = second_weight(phase, 4u * b + r, min(k, middle_blocks(phase) - 1u));
      put(slot % K_STEP, column, r, select(vec4f(), x, k < middle_blocks(phase)));
    }
  }
}

// Puts four channels of one row or column where the vectors of the channels have it: one at a time, so that a lane need not
// hold four rows at once beside its sums.
fn put(k: u32, b: u32, r: u32, x: vec4f) {
  let at = 4u * (k % K_STEP) * STAGE_PITCH + b % STAGE_PITCH;
  stage[at][r] = x.x;
  stage[at + STAGE_PITCH][r] = x.y;
  stage[at + 2u * STAGE_PITCH][r] = x.z;
  stage[at + 3u * STAGE_PITCH][r] = x.w;
}
