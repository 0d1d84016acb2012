// The norms of the rows of chain_workgroup, and its sums: what a lane adds to them at each channel, and what they are added to. What it
// names is declared there.

struct First { sums: array<mat4x4f, ROW_BLOCKS> }
struct Second { sums: array<array<mat4x4f, COLUMN_BLOCKS>, ROW_BLOCKS> }

// The moments are those of the distance to a mean of the row's own first channels: nothing cancels, however far the mean is from zero.
fn find_norms(lane: u32, phase: u32, first_row: u32, channels: u32) {
  let row = source_row(phase, first_row + lane / SHARERS);
  let present = vec4f(below(0u, channels)) / f32(min(channels, 4u));
  let pivot = dot(source_at(phase, row, 0u), present);
  var moments = vec2f();
  for (var k = lane % SHARERS; k < source_blocks(phase); k += SHARERS) {
    let d = (source_at(phase, row, k) - pivot) * vec4f(below(4u * k, channels));
    moments += vec2f(d.x + d.y + d.z + d.w, dot(d, d));
  }
  stage[lane] = vec4f(pivot, moments, 0.0);
  workgroupBarrier();
  if (lane < TILE_ROWS) {
    var sums = vec2f();
    for (var share = 0u; share < SHARERS; share++) { sums += stage[lane % TILE_ROWS * SHARERS + share].yz; }
    let mean = sums.x / f32(channels);
    let own_pivot = stage[lane % TILE_ROWS * SHARERS].x;
    norms[lane % TILE_ROWS] = vec4f(own_pivot, mean, inverseSqrt(max(sums.y / f32(channels) - mean * mean, 0.0) + EPSILON), 0.0);
  }
}

fn add_first_block(lane: u32, k: u32, first: ptr<function, First>) {
  add_first(lane, 4u * k, first);
  add_first(lane, 4u * k + 1u, first);
  add_first(lane, 4u * k + 2u, first);
  add_first(lane, 4u * k + 3u, first);
}

fn add_second_block(lane: u32, k: u32, step: u32, second: ptr<function, Second>) {
  add_second(lane, 4u * k, step, second);
  add_second(lane, 4u * k + 1u, step, second);
  add_second(lane, 4u * k + 2u, step, second);
  add_second(lane, 4u * k + 3u, step, second);
}

// Remainders show compilers, which know no range of what a function takes or returns, that no index needs a clamp.
fn add_first(lane: u32, channel: u32, first: ptr<function, First>) {
  let c = channel % (4u * K_STEP);
  let own_row = lane_row(lane) % ROW_LANES;
  let w = stage[c * STAGE_PITCH + ROW_VECTORS + lane_column(lane) % COLUMN_LANES];
  for (var q = 0u; q < ROW_BLOCKS; q++) {
    let x = stage[c * STAGE_PITCH + own_row + q * ROW_LANES];
    for (var r = 0u; r < 4u; r++) { (*first).sums[q][r] = fma(vec4f(x[r]), w, (*first).sums[q][r]); }
  }
}

fn add_second(lane: u32, channel: u32, step: u32, second: ptr<function, Second>) {
  let c = channel % (4u * K_STEP);
  let own_row = lane_row(lane) % ROW_LANES;
  let own_column = lane_column(lane) % COLUMN_LANES;
  var w = array<vec4f, COLUMN_BLOCKS>();
  for (var t = 0u; t < COLUMN_BLOCKS; t++) { w[t] = stage[c * STAGE_PITCH + own_column + t * COLUMN_LANES]; }
  for (var q = 0u; q < ROW_BLOCKS; q++) {
    let x = middle[(step % STEPS * (4u * K_STEP) + c) * MIDDLE_PITCH + own_row + q * ROW_LANES];
    for (var r = 0u; r < 4u; r++) {
      for (var t = 0u; t < COLUMN_BLOCKS; t++) { (*second).sums[q][t][r] = fma(vec4f(x[r]), w[t], (*second).sums[q][t][r]); }
    }
  }
}

// Adds the second product to the rows that there are.
fn add_rows(lane: u32, phase: u32, first_row: u32, rows: u32, second: ptr<function, Second>) {
  for (var q = 0u; q < ROW_BLOCKS; q++) {
    for (var r = 0u; r < 4u; r++) {
      let row = first_row + tile_row(lane, q) + r;
      if (row >= rows) { continue; }
      for (var t = 0u; t < COLUMN_BLOCKS; t++) {
        let c = tile_column(lane, t) / 4u;
        if (c < source_blocks(phase)) { add_to(source_row(phase, row) + c, (*second).sums[q][t][r]); }
      }
    }
  }
}
