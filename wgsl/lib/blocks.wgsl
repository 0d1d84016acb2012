// What all ways of multiplying one tile share: the lanes' share of the tile, and the layer norm of its rows.
//
// A workgroup owns TILE_ROWS x TILE_COLUMNS of the product. A lane owns ROW_BLOCKS x COLUMN_BLOCKS blocks of four rows
// by four columns. The kernel defines ROWS_FIRST (whether neighbouring lanes own neighbouring rows, for outputs whose
// rows are contiguous, or neighbouring columns), NORMALISE, and the functions that the files behind `use tile` name.
//! use constants
//! use fours

const LANES: u32 = ROW_LANES * COLUMN_LANES;
const TILE_ROWS: u32 = 4u * ROW_LANES * ROW_BLOCKS;
const TILE_COLUMNS: u32 = 4u * COLUMN_LANES * COLUMN_BLOCKS;

struct Tile {
  // sums[q][t][r]: row r of row block q, the four columns of column block t
  sums: array<array<mat4x4f, COLUMN_BLOCKS>, ROW_BLOCKS>,
  // of the rows, relative to the pivot that multiply() subtracts
  mean: array<vec4f, ROW_BLOCKS>,
  inverse_std: array<vec4f, ROW_BLOCKS>,
}

fn lane_row(lane: u32) -> u32 { return select(lane / COLUMN_LANES, lane % ROW_LANES, ROWS_FIRST); }
fn lane_column(lane: u32) -> u32 { return select(lane % COLUMN_LANES, lane / ROW_LANES, ROWS_FIRST); }

// First of the four rows of a lane's row block, and first of the four columns of its column block, within the tile.
fn tile_row(lane: u32, q: u32) -> u32 { return 4u * (lane_row(lane) + ROW_LANES * q); }
fn tile_column(lane: u32, t: u32) -> u32 { return 4u * (lane_column(lane) * COLUMN_BLOCKS + t); }

// Row and column where a workgroup's tile starts; neighbouring workgroups share rows, which the cache then holds.
fn tile_origin(group: u32, columns: u32) -> vec2u {
  let tiles = (columns + TILE_COLUMNS - 1u) / TILE_COLUMNS;
  return vec2u(group / tiles * TILE_ROWS, group % tiles * TILE_COLUMNS);
}

// Adds the moments of four rows at four channels, after centring them on the pivot; channels that pad count nothing.
fn centre(x: ptr<function, mat4x4f>, pivot: vec4f, k: u32, channels: u32) -> mat2x4f {
  let present = vec4f(below(4u * k, channels));
  var total = vec4f();
  var squares = vec4f();
  for (var r = 0u; r < 4u; r++) {
    let d = ((*x)[r] - pivot[r]) * present;
    (*x)[r] = d;
    total[r] = d.x + d.y + d.z + d.w;
    squares[r] = dot(d, d);
  }
  return mat2x4f(total, squares);
}

// The pivot is a mean of the row's own first channels: then |pivot - mean| <= std * sqrt(channels), and neither the
// variance nor the product cancels, however far the row's mean is from zero.
fn pivot_of(x: mat4x4f, channels: u32) -> vec4f {
  let present = vec4f(below(0u, channels));
  return present * x / f32(min(channels, 4u));
}

// The mean of four rows, relative to the pivot, and the inverse of their standard deviation.
fn mean_and_scale(moments: mat2x4f, channels: u32) -> mat2x4f {
  let mean = moments[0] / f32(channels);
  return mat2x4f(mean, inverseSqrt(max(moments[1] / f32(channels) - mean * mean, vec4f()) + EPSILON));
}

fn set_moments(tile: ptr<function, Tile>, q: u32, moments: mat2x4f, channels: u32) {
  let found = mean_and_scale(moments, channels);
  (*tile).mean[q] = found[0];
  (*tile).inverse_std[q] = found[1];
}

// Four columns of a row of the product with its bias; with NORMALISE, of the product of the normalised rows. The scale of
// the norm is folded into the weights, so that
//   norm(x) W + b = inverse_std (x W - mean column_sums(W)) + (offset W + b).
fn normalised_row(tile: ptr<function, Tile>, q: u32, t: u32, r: u32, column_sums: vec4f, bias: vec4f) -> vec4f {
  if (!NORMALISE) { return (*tile).sums[q][t][r] + bias; }
  return (*tile).inverse_std[q][r] * ((*tile).sums[q][t][r] - (*tile).mean[q][r] * column_sums) + bias;
}

// All four rows of a block.
fn normalised(tile: ptr<function, Tile>, q: u32, t: u32, column_sums: vec4f, bias: vec4f) -> mat4x4f {
  var y = mat4x4f();
  for (var r = 0u; r < 4u; r++) { y[r] = normalised_row(tile, q, t, r, column_sums, bias); }
  return y;
}
