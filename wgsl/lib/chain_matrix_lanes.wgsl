// What the lanes of chain_matrix load, keep and add: everything but its fragments. What it names is declared there.

struct First { sums: array<mat4x4f, ROW_BLOCKS> }

// Where in the tile the rows begin whose sums the lanes have.
var<private> part_row: u32;

fn lane_row(lane: u32) -> u32 { return lane / COLUMN_LANES % ROW_LANES; }
fn lane_column(lane: u32) -> u32 { return lane % COLUMN_LANES; }
fn tile_row(lane: u32, q: u32) -> u32 { return 4u * lane_row(lane); }

// Keeps the values that a block of the lane's rows has in one of its channels of the pass.
fn keep(lane: u32, phase: u32, q: u32, own: u32, values: vec4f) {
  let within = vec4h(clamp(values, vec4f(-65504.0), vec4f(65504.0)));
  let at = (part_row % TILE_ROWS + tile_row(lane, q)) * MIDDLE_PITCH + lane_column(lane) * kept(phase) + own % KEPT;
  for (var r = 0u; r < 4u; r++) { middle[at + r * MIDDLE_PITCH] = within[r]; }
}

// Four columns of one of the lane's rows of what comes back.
fn part_at(lane: u32, r: u32) -> vec4f {
  let at = (4u * (lane / COLUMN_LANES % ROW_LANES) + r % 4u) * PART_PITCH + 4u * (lane % COLUMN_LANES);
  return vec4f(part[at], part[at + 1u], part[at + 2u], part[at + 3u]);
}

// Adds a pass of the second product to the rows that there are.
fn add_part(lane: u32, phase: u32, first_row: u32, rows: u32, first_column: u32) {
  let c = first_column / 4u + lane_column(lane);
  if (lane >= ROW_LANES * COLUMN_LANES || c >= source_blocks(phase)) { return; }
  for (var r = 0u; r < 4u; r++) {
    let row = first_row + 4u * lane_row(lane) + r;
    if (row < rows) { add_to(source_row(phase, row) + c, part_at(lane, r)); }
  }
}

// As in chain_workgroup: the moments are those of the distance to a mean of the row's own first channels.
fn find_norms(lane: u32, phase: u32, first_row: u32, channels: u32) {
  let row = source_row(phase, first_row + lane / SHARERS);
  let pivot = dot(source_at(phase, row, 0u), vec4f(below(0u, channels)) / f32(min(channels, 4u)));
  var moments = vec2f();
  for (var k = lane % SHARERS; k < source_blocks(phase); k += SHARERS) {
    let d = (source_at(phase, row, k) - pivot) * vec4f(below(4u * k, channels));
    moments += vec2f(d.x + d.y + d.z + d.w, dot(d, d));
  }
  part[3u * lane] = pivot;
  part[3u * lane + 1u] = moments.x;
  part[3u * lane + 2u] = moments.y;
  workgroupBarrier();
  if (lane < TILE_ROWS) {
    var sums = vec2f();
    for (var share = 0u; share < SHARERS; share++) {
      let at = 3u * (lane % TILE_ROWS * SHARERS + share);
      sums += vec2f(part[at + 1u], part[at + 2u]);
    }
    let mean = sums.x / f32(channels);
    let deviation = inverseSqrt(max(sums.y / f32(channels) - mean * mean, 0.0) + EPSILON);
    norms[lane % TILE_ROWS] = vec4f(part[3u * (lane % TILE_ROWS) * SHARERS], mean, deviation, 0.0);
  }
}

// The norms of the rows that a lane loads in every step: read once, they are no loads beside those of fragments.
fn own_norms(lane: u32) -> array<vec3f, ROW_LOADS> {
  var own = array<vec3f, ROW_LOADS>();
  workgroupBarrier();
  for (var i = 0u; i < ROW_LOADS; i++) { own[i] = norms[(lane / K_STEP + i * (LANES / K_STEP)) % TILE_ROWS].xyz; }
  return own;
}

// Lanes load four channels of a row, normalised, or of a column of the weights. Channels that pad count nothing.
fn load_rows(lane: u32, phase: u32, first_row: u32, start: u32, channels: u32, own: array<vec3f, ROW_LOADS>) {
  let k = start + lane % K_STEP;
  for (var i = 0u; i < ROW_LOADS; i++) {
    let row = (lane / K_STEP + i * (LANES / K_STEP)) % TILE_ROWS;
    let norm = own[i];
    let x = (source_at(phase, source_row(phase, first_row + row), min(k, source_blocks(phase) - 1u)) - norm.x - norm.y) * norm.z;
    let y = vec4h(select(vec4f(), x, below(4u * k, channels)));
    for (var c = 0u; c < 4u; c++) { row_halves[row * HALF_PITCH + 4u * (lane % K_STEP) + c] = y[c]; }
  }
}

fn load_first(lane: u32, phase: u32, slice: u32, start: u32) {
  let k = start + lane % K_STEP;
  for (var i = 0u; i < SLICE * K_STEP / LANES; i++) {
    let column = lane / K_STEP + i * (LANES / K_STEP);
    put(lane, column, select(vec4f(), first_weight(phase, slice + column, min(k, source_blocks(phase) - 1u)), k < source_blocks(phase)));
  }
}

fn load_second(lane: u32, phase: u32, start: u32) {
  let k = start + lane % K_STEP;
  for (var i = 0u; i < SECOND_COLUMNS * K_STEP / LANES; i++) {
    let column = lane / K_STEP + i * (LANES / K_STEP);
    put(lane, column, select(vec4f(), second_weight(phase, column, min(k, middle_blocks(phase) - 1u)), k < middle_blocks(phase)));
  }
}

fn put(lane: u32, column: u32, x: vec4f) {
  let y = vec4h(x);
  let at = column % max(SLICE, SECOND_COLUMNS) * HALF_PITCH + 4u * (lane % K_STEP);
  for (var c = 0u; c < 4u; c++) { column_halves[at + c] = y[c]; }
}
