// window_attention: atoms in windows of queries attend to their window's keys, which are gathered from the same rows.
//   o[s, i, h] = sigmoid(g[s, i, h]) * sum_j softmax_j(q . k[key(w, j)] + penalty + bias[h, i, j]) v[key(w, j)]
// A negative key row stands for a key and a value of zeros. Where the mask is zero, -penalty is added to the logit; with
// BOTH, +penalty is added where query and key are both masked, and nothing elsewhere. The samples share bias and masks.
//! use streaming_softmax
//! use grid

const D: u32 = 32u;               //! param
const HEADS: u32 = 4u;            //! size
const WINDOW_QUERIES: u32 = 32u;  //! param
const BOTH: bool = false;         //! param

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

// Row and mask of key j of window entry b; b counts the windows of all samples.
fn key_of(b: u32, j: u32) -> vec2f { return keys_of[b % uniforms.windows * uniforms.n + j]; }

// Where the D channels of key j begin; values lie HEADS * D behind. A key without a row borrows row 0 and counts as zeros.
fn channels(b: u32, j: u32, head: u32) -> u32 {
  let row = u32(max(key_of(b, j).x, 0.0)) + b / uniforms.windows * uniforms.windows * WINDOW_QUERIES;
  return (row * 2u * HEADS + head) * (D / 4u);
}

fn key_at(at: u32) -> vec4f { return vec4f(kv[at]); }
fn value_at(at: u32) -> vec4f { return vec4f(kv[at + HEADS * (D / 4u)]); }

// One for each of the four keys from j on that has a row.
fn value_weights(task: Task, j: u32) -> vec4f {
  return vec4f(vec4f(key_of(task.b, j).x, key_of(task.b, j + 1u).x, key_of(task.b, j + 2u).x, key_of(task.b, j + 3u).x) >= vec4f());
}

fn logits(task: Task, i: u32, j: u32, products: vec4f) -> vec4f {
  let line = task.b % uniforms.windows * WINDOW_QUERIES + i;
  let absent = vec4f(1.0) - vec4f(key_of(task.b, j).y, key_of(task.b, j + 1u).y, key_of(task.b, j + 2u).y, key_of(task.b, j + 3u).y);
  var mask = -uniforms.penalty * absent;
  if (BOTH) { mask = uniforms.penalty * (1.0 - query_mask[line]) * absent; }
  return products * value_weights(task, j) + mask + vec4f(bias[((task.head * uniforms.windows * WINDOW_QUERIES + line) * uniforms.n + j) / 4u]);
}

// Where a query's channels begin, and HEADS * D behind them its gates.
fn query_at(task: Task, i: u32) -> u32 { return ((task.b * WINDOW_QUERIES + i) * 2u * HEADS + task.head) * (D / 4u); }

@compute @workgroup_size(LANES)
fn main(place: Place) {
  let batch = uniforms.windows * uniforms.samples;
  let task = own_task(place, batch, WINDOW_QUERIES);
  var rows: Rows;
  for (var r = 0u; r < QUERIES; r++) {
    let at = query_at(task, min(task.first_query + query_of(place, r), WINDOW_QUERIES - 1u));
    for (var d = 0u; d < D / 4u; d++) { rows[r].query[d] = vec4f(qg[at + d]); }
  }
  attend_all(place, task, WINDOW_QUERIES, &rows);
  for (var r = 0u; r < QUERIES; r++) {
    let i = task.first_query + query_of(place, r);
    if (i >= WINDOW_QUERIES || !has_task(place, batch, WINDOW_QUERIES)) { continue; }
    let gate = query_at(task, i) + HEADS * (D / 4u);
    let to = ((task.b * WINDOW_QUERIES + i) * HEADS + task.head) * (D / 4u);
    for (var d = 0u; d < D / 4u; d++) {
      o[to + d] = Output(rows[r].sum[d] / rows[r].total / (1.0 + exp(-vec4f(qg[gate + d]))));
    }
  }
}
