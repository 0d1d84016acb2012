// The layer norm of a tile's rows before they are rounded to halves: centred and divided by their standard deviation, they lie within
// the square root of their number of channels, however large they were.
//! use blocks

// What is taken off the rows that a lane loads, in two steps that keep all digits, and what they are multiplied by.
struct Norm { pivot: array<vec4f, ROW_LOADS>, mean: array<vec4f, ROW_LOADS>, inverse_std: array<vec4f, ROW_LOADS> }

// Reads the rows once: the lanes that load a row's channels hold parts of its moments, and each collects all.
fn norm_of(lane: u32, phase: u32, channels: u32, rows: array<vec4u, ROW_LOADS>) -> Norm {
  let own_k = lane % K_STEP;
  let own_block = lane / K_STEP;
  var norm = Norm();
  workgroupBarrier();
  for (var i = 0u; i < ROW_LOADS; i++) {
    let b = own_block + i * PATCHES;
    if (b >= TILE_ROWS / 4u) { break; }
    norm.pivot[i] = pivot_of(operand(phase, rows[i], 0u), channels);
    var moments = mat2x4f();
    for (var k = own_k; k < k_blocks(phase); k += K_STEP) {
      var x = operand(phase, rows[i], k);
      moments += centre(&x, norm.pivot[i], k, channels);
    }
    let at = 8u * (b % (TILE_ROWS / 4u) * K_STEP + own_k);
    for (var c = 0u; c < 4u; c++) {
      slice[at + c] = moments[0][c];
      slice[at + 4u + c] = moments[1][c];
    }
  }
  workgroupBarrier();
  for (var i = 0u; i < ROW_LOADS; i++) {
    let first = 8u * K_STEP * ((own_block + i * PATCHES) % (TILE_ROWS / 4u));
    var sum = mat2x4f();
    for (var k = 0u; k < K_STEP; k++) {
      let at = first + 8u * k;
      sum += mat2x4f(
        vec4f(slice[at], slice[at + 1u], slice[at + 2u], slice[at + 3u]),
        vec4f(slice[at + 4u], slice[at + 5u], slice[at + 6u], slice[at + 7u]));
    }
    let moments = mean_and_scale(sum, channels);
    norm.mean[i] = moments[0];
    norm.inverse_std[i] = moments[1];
  }
  return norm;
}
