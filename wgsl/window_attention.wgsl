// window_attention: atoms in windows of queries attend to their window's keys, which are gathered from the same rows.
//   o[s, i, h] = sigmoid(g[s, i, h]) * sum_j softmax_j(q . k[key(w, j)] + penalty + bias[h, i, j]) v[key(w, j)]
// A negative key row stands for a key and a value of zeros. Where the mask is zero, -penalty is added to the logit; with
// BOTH, +penalty is added where query and key are both masked, and nothing elsewhere. The samples share bias and masks.
//! use keys
//! use grid

const D: u32 = 32u;               //! param
const HEADS: u32 = 4u;            //! size
const WINDOW_QUERIES: u32 = 32u;  //! param
const BOTH: bool = false;         //! param
const SMALLEST: f32 = -0x1.fffffep+127f;

alias Head = vec4f;    //! dtype qg kv
alias Bias = vec4f;    //! dtype bias
alias Output = vec4f;  //! dtype o

struct Uniforms { samples: u32, windows: u32, n: u32, penalty: f32 }

@group(0) @binding(0) var<storage, read> qg: array<Head>;         // [rows, 2, HEADS, D]
@group(0) @binding(1) var<storage, read> kv: array<Head>;         // [rows, 2, HEADS, D]
@group(0) @binding(2) var<storage, read> bias: array<Bias>;       // [HEADS, lines, n]
@group(0) @binding(3) var<storage, read> keys_of: array<vec2f>;   // [windows, n, 2]
@group(0) @binding(4) var<storage, read> query_mask: array<f32>;  // [lines]
@group(0) @binding(5) var<storage, read_write> o: array<Output>;  // [rows, HEADS, D]
@group(0) @binding(6) var<uniform> uniforms: Uniforms;

struct Task { b: u32, head: u32, first_query: u32 }

// Row and mask of key j of window entry b; b counts the windows of all samples.
fn key_of(b: u32, j: u32) -> vec2f { return keys_of[b % uniforms.windows * uniforms.n + j]; }

// Where the D channels of key j begin; values lie HEADS * D behind. A key without a row borrows row 0 and counts as zeros.
fn channels(b: u32, j: u32, head: u32) -> u32 {
  let row = u32(max(key_of(b, j).x, 0.0)) + b / uniforms.windows * uniforms.windows * WINDOW_QUERIES;
  return (row * 2u * HEADS + head) * (D / 4u);
}

fn key_at(at: u32) -> vec4f { return vec4f(kv[at]); }
fn value_at(at: u32) -> vec4f { return vec4f(kv[at + HEADS * (D / 4u)]); }

struct Row {
  query: array<vec4f, D / 4u>,
  sum: array<vec4f, D / 4u>,
  largest: f32,
  total: f32,
}

// One for the keys of block `block` that have a row.
fn present(task: Task, j: u32) -> vec4f {
  return vec4f(vec4f(key_of(task.b, j).x, key_of(task.b, j + 1u).x, key_of(task.b, j + 2u).x, key_of(task.b, j + 3u).x) >= vec4f());
}

fn logits(row: ptr<function, Row>, i: u32, task: Task, keys: ptr<function, Keys>, block: u32) -> vec4f {
  var s = vec4f();
  for (var d = 0u; d < D / 4u; d++) { s += (*row).query[d] * key_block(keys, block, d); }
  let j = (*keys).first + 4u * block;
  let line = task.b % uniforms.windows * WINDOW_QUERIES + i;
  let absent = vec4f(1.0) - vec4f(key_of(task.b, j).y, key_of(task.b, j + 1u).y, key_of(task.b, j + 2u).y, key_of(task.b, j + 3u).y);
  var mask = -uniforms.penalty * absent;
  if (BOTH) { mask = uniforms.penalty * (1.0 - query_mask[line]) * absent; }
  return s * present(task, j) + mask + vec4f(bias[((task.head * uniforms.windows * WINDOW_QUERIES + line) * uniforms.n + j) / 4u]);
}

fn attend(row: ptr<function, Row>, s: vec4f, counts: vec4f, keys: ptr<function, Keys>, block: u32) {
  let largest = max((*row).largest, max(max(s.x, s.y), max(s.z, s.w)));
  let fade = exp((*row).largest - largest);
  let p = exp(s - largest);
  (*row).largest = largest;
  (*row).total = (*row).total * fade + p.x + p.y + p.z + p.w;
  for (var d = 0u; d < D / 4u; d++) {
    (*row).sum[d] = (*row).sum[d] * fade + value_block(keys, block, d) * (p * counts);
  }
}

@compute @workgroup_size(LANES)
fn main(place: Place) {
  let tiles = (WINDOW_QUERIES + TILE_QUERIES - 1u) / TILE_QUERIES;
  let tasks = tiles * HEADS * uniforms.windows * uniforms.samples;
  let index = min(task_of(place), tasks - 1u);  // surplus lanes repeat the last task and store nothing
  let task = Task(index / (tiles * HEADS), index / tiles % HEADS, index % tiles * TILE_QUERIES);
  let i = task.first_query + query_of(place, 0u);
  let line = task.b * WINDOW_QUERIES + min(i, WINDOW_QUERIES - 1u);
  let at = (line * 2u * HEADS + task.head) * (D / 4u);
  var row: Row;
  for (var d = 0u; d < D / 4u; d++) { row.query[d] = vec4f(qg[at + d]); }
  row.largest = SMALLEST;
  var keys: Keys;
  for (var first = 0u; first < uniforms.n; first += TILE_KEYS) {
    load_keys(place, task, first, &keys);
    for (var block = 0u; block < TILE_KEYS / 4u; block++) {
      if (first + 4u * block >= uniforms.n) { break; }
      let s = logits(&row, min(i, WINDOW_QUERIES - 1u), task, &keys, block);
      attend(&row, s, present(task, first + 4u * block), &keys, block);
    }
  }
  if (i >= WINDOW_QUERIES || task_of(place) >= tasks) { return; }
  let to = (line * HEADS + task.head) * (D / 4u);
  for (var d = 0u; d < D / 4u; d++) {
    o[to + d] = Output(row.sum[d] / row.total / (1.0 + exp(-vec4f(qg[at + HEADS * (D / 4u) + d]))));
  }
}
