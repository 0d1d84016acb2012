// window_attention: atoms in windows of queries attend to their window's keys, which are gathered from the same rows.
//   o[s, i, h] = sigmoid(g[s, i, h]) * sum_j softmax_j(q . k[key(w, j)] + penalty + bias[h, i, j]) v[key(w, j)]
// A negative key row stands for a key and a value of zeros. Where the mask is zero, -penalty is added to the logit; with
// BOTH, +penalty is added where query and key are both masked, and nothing elsewhere. The samples share bias and masks.
//! use attention
//! use grid

const D: u32 = 32u;               //! param
const HEADS: u32 = 4u;            //! size
const WINDOW_QUERIES: u32 = 32u;  //! param
const BOTH: bool = false;         //! param

alias Head = vec4f;    //! dtype qg kv
alias Output = vec4f;  //! dtype o

struct Uniforms { samples: u32, windows: u32, n: u32, penalty: f32 }

@group(0) @binding(0) var<storage, read> qg: array<Head>;         // [rows, 2, HEADS, D]
@group(0) @binding(1) var<storage, read> kv: array<Head>;         // [rows, 2, HEADS, D]
@group(0) @binding(2) var<storage, read> bias: array<vec4f>;      // [HEADS, lines, n]
@group(0) @binding(3) var<storage, read> keys_of: array<vec2f>;   // [windows, n, 2]
@group(0) @binding(4) var<storage, read> query_mask: array<f32>;  // [lines]
@group(0) @binding(5) var<storage, read_write> o: array<Output>;  // [rows, HEADS, D]
@group(0) @binding(6) var<uniform> uniforms: Uniforms;

// Row and mask of key j of window entry b; b counts the windows of all samples.
fn key_of(b: u32, j: u32) -> vec2f { return keys_of[b % uniforms.windows * uniforms.n + j]; }

// Where the channels of a key's row begin; values lie HEADS * D behind. A key without a row borrows row 0.
fn channels(task: Task, row: f32) -> u32 {
  let sample = task.b / uniforms.windows * uniforms.windows * WINDOW_QUERIES;
  return ((u32(max(row, 0.0)) + sample) * 2u * HEADS + task.head) * (D / 4u);
}

fn key(task: Task, j: u32, d: u32) -> vec4f {
  let row = key_of(task.b, j).x;
  return select(vec4f(), head_of(kv[channels(task, row) + d]), row >= 0.0);
}
fn value(task: Task, j: u32, d: u32) -> vec4f {
  let row = key_of(task.b, j).x;
  return select(vec4f(), head_of(kv[channels(task, row) + HEADS * (D / 4u) + d]), row >= 0.0);
}

// Where the bias of a query begins, and what is added to its logit with a masked key.
struct Line { bias: u32, masked: f32 }
fn line_of(task: Task, i: u32) -> Line {
  let line = task.b % uniforms.windows * WINDOW_QUERIES + i;
  var masked = -uniforms.penalty;
  if (BOTH) { masked = uniforms.penalty * (1.0 - query_mask[line]); }
  return Line((task.head * uniforms.windows * WINDOW_QUERIES + line) * (uniforms.n / 4u), masked);
}

fn logits(task: Task, line: Line, j: u32, products: vec4f) -> vec4f {
  let absent = vec4f(1.0) - vec4f(key_of(task.b, j).y, key_of(task.b, j + 1u).y, key_of(task.b, j + 2u).y, key_of(task.b, j + 3u).y);
  return fma(vec4f(line.masked), absent, products) + bias[line.bias + j / 4u];
}

// Where a query's channels begin, and HEADS * D behind them its gates.
fn query_at(task: Task, i: u32) -> u32 { return ((task.b * WINDOW_QUERIES + i) * 2u * HEADS + task.head) * (D / 4u); }

fn batch() -> u32 { return uniforms.windows * uniforms.samples; }
fn queries() -> u32 { return WINDOW_QUERIES; }
fn query(task: Task, i: u32, d: u32) -> vec4f { return head_of(qg[query_at(task, i) + d]); }
fn store(task: Task, i: u32, d: u32, sum: vec4f, total: f32) {
  let gate = head_of(qg[query_at(task, i) + HEADS * (D / 4u) + d]);
  o[((task.b * WINDOW_QUERIES + i) * HEADS + task.head) * (D / 4u) + d] = as_output(sum / total / (1.0 + exp(-gate)));
}

@compute @workgroup_size(LANES)
fn main(place: Place) { attend(place); }
