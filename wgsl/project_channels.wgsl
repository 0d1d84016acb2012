// project_channels: layer norm of a source and a projection of it, written channel by channel with the masked positions of
// each line in a row,
//   y[line, c, at] = mask[line, at] * (norm(source[line, at]) W + b)[c]
// so that a product over the positions reads contiguous values. The source is [all_lines, length], or with TRANSPOSED
// [length, all_lines]. Positions at >= length are written as zero. Only MASKED reads the mask.
// first_line: where this dispatch begins in the walk.
//! use tile
//! use row_operand
//! use finish
//! use grid

const C: u32 = 64u;               //! size
const CHANNELS: u32 = 64u;        //! size
const COLUMNS: u32 = 64u;         //! size
const MASKED: bool = false;       //! param
const TRANSPOSED: bool = false;   //! param
const NORMALISE: bool = true;
const ROWS_FIRST: bool = true;

alias Source = vec4f;  //! dtype source
alias Weight = vec4f;  //! dtype weights
alias Output = vec4f;  //! dtype y

struct Uniforms { length: u32, pitch: u32, all_lines: u32, first_line: u32, lines: u32 }

@group(0) @binding(0) var<storage, read> source: array<Source>;   // [source_rows, C]
@group(0) @binding(1) var<storage, read> mask: array<vec4f>;      // [mask_lines, pitch]
@group(0) @binding(2) var<storage, read> weights: array<Weight>;  // [COLUMNS, C]
@group(0) @binding(3) var<storage, read> terms: array<vec4f>;     // [2, COLUMNS]
@group(0) @binding(4) var<storage, read_write> y: array<Output>;  // [lines, COLUMNS, pitch]
@group(0) @binding(5) var<uniform> uniforms: Uniforms;

fn k_blocks(phase: u32) -> u32 { return C / 4u; }
// Four positions that begin at a multiple of four share their line, since the pitch is such a multiple.
fn operand_rows(phase: u32, row: u32) -> vec4u {
  let line = uniforms.first_line + min(row / uniforms.pitch, uniforms.lines - 1u);
  let at = four_rows(row % uniforms.pitch, uniforms.length);
  if (TRANSPOSED) { return C / 4u * (at * uniforms.all_lines + line); }
  return C / 4u * (line * uniforms.length + at);
}
fn operand_at(at: u32) -> vec4f { return source_of(source[at]); }
fn weight(phase: u32, column: u32, k: u32) -> vec4f { return weight_of(weights[min(column, COLUMNS - 1u) * (C / 4u) + k]); }

fn finish(place: Place, origin: vec2u, q: u32, t: u32, tile: ptr<function, Tile>) {
  let row = origin.x + tile_row(place.lane, q);
  let line = row / uniforms.pitch;
  let at = row % uniforms.pitch;
  let column = origin.y + tile_column(place.lane, t);
  if (line >= uniforms.lines || column >= COLUMNS) { return; }
  var scale = vec4f(below(at, uniforms.length));
  if (MASKED) { scale *= mask[((uniforms.first_line + line) * uniforms.pitch + at) / 4u]; }
  let block = transpose(normalised(tile, q, t, terms[column / 4u], terms[(COLUMNS + column) / 4u]));
  for (var c = 0u; c < 4u; c++) { y[((line * COLUMNS + column + c) * uniforms.pitch + at) / 4u] = as_output(scale * block[c]); }
}

@compute @workgroup_size(LANES)
fn main(place: Place) { compute_tile(place, linear_group(place), COLUMNS, CHANNELS); }
