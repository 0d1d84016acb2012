// Where a triangle multiplication ends and the next step begins, as phases of a chain:
//   updated = pair + (norm(unscale * product) Wz + bz) * sigmoid(norm(pair) Wg + bg)
// and then products of the rows of norm(updated), the kernel's own. The walk is that of what begins, over positions [n, pitch]; TRANSPOSED:
// the pair stands at (j, i) of it; the product is channel-major in the walk's order. The gates wait where their sums will be.
// Rows of weights: Wg, Wz, then the kernel's own. The kernel defines
//   next_columns()           how many those are
//   next_row(column)         where one column of what begins stands among them
//   leave_next(lane, first_row, slice, first)  makes something of its products
//   read_pair(at), read_product(at), read_weight(at), read_bias(at), read_updated(at), write_updated(at, x)  four values, counted in fours
//! use chain
//! use activation
//! use pair_rows

const GATE: u32 = 0u;
const VALUE: u32 = 1u;
const NEXT: u32 = 2u;

fn rows() -> u32 { return uniforms.n * uniforms.pitch; }
fn walk_position(row: u32) -> vec2u { return vec2u(row / uniforms.pitch, row % uniforms.pitch); }
fn pair_at(row: u32) -> u32 {
  let at = walk_position(row);
  return C / 4u * pair_row(at.x, at.y, uniforms.n, TRANSPOSED);
}

fn source_blocks(phase: u32) -> u32 { return select(C, HIDDEN, phase == VALUE) / 4u; }
fn source_row(phase: u32, row: u32) -> u32 {
  if (phase == VALUE) { return min(row, rows() - 1u); }
  return pair_at(row);
}
fn source_at(phase: u32, at: u32, block: u32) -> vec4f {
  if (phase == GATE) { return read_pair(at + block); }
  if (phase == NEXT) { return read_updated(at + block); }
  let step = rows() / 4u;
  let first = 4u * block * step + at / 4u;
  let c = at % 4u;
  return uniforms.unscale * vec4f(
    read_product(first)[c], read_product(first + step)[c],
    read_product(first + 2u * step)[c], read_product(first + 3u * step)[c]);
}

// No phase has a second product.
fn middle_blocks(phase: u32) -> u32 { return 0u; }
fn kept(phase: u32) -> u32 { return KEPT; }
fn second_weight(phase: u32, column: u32, block: u32) -> vec4f { return vec4f(); }
fn add_to(at: u32, sum: vec4f) {}

fn first_columns(phase: u32) -> u32 { return select(C, next_columns(), phase == NEXT); }
fn first_weight(phase: u32, column: u32, block: u32) -> vec4f {
  var own = column;
  if (phase == NEXT) { own = next_row(column); }
  let row = phase * C + min(own, first_columns(phase) - 1u);
  return read_weight(row * (WEIGHT_PITCH / 4u) + block);
}
fn bias_of(phase: u32, column: u32) -> vec4f { return read_bias((phase * C + min(column, first_columns(phase) - 4u)) / 4u); }

fn leave(lane: u32, phase: u32, first_row: u32, slice: u32, first: ptr<function, First>) {
  if (phase == NEXT) {
    leave_next(lane, first_row, slice, first);
    return;
  }
  let c = slice / 4u + lane_column(lane);
  if (c >= C / 4u) { return; }
  let own = bias_of(phase, 4u * c);
  for (var b = 0u; b < ROW_BLOCKS; b++) {
    for (var r = 0u; r < 4u; r++) {
      let row = first_row + tile_row(lane, b) + r;
      let position = walk_position(row);
      if (position.x >= uniforms.n || position.y >= uniforms.n) { continue; }
      let at = pair_at(row) + c;
      let y = (*first).sums[b][r] + own;
      if (phase == GATE) { write_updated(at, sigmoid(y)); } else { write_updated(at, read_pair(at) + y * read_updated(at)); }
    }
  }
}

fn end_triangle(place: Place) {
  if (PHASES_LOOP) {
    for (var phase = GATE; phase <= NEXT; phase++) {
      chain(place, phase, rows(), select(CHANNELS, HIDDEN_CHANNELS, phase == VALUE));
      end_phase();
    }
    return;
  }
  chain(place, GATE, rows(), CHANNELS);
  end_phase();
  chain(place, VALUE, rows(), HIDDEN_CHANNELS);
  end_phase();
  chain(place, NEXT, rows(), CHANNELS);
}
