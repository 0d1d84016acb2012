// attention: softmax(q k + mask + bias) v, gated, with a streaming softmax: no logits ever reach memory.
//   q[b, i, h] <- g[b, i, h] * sum_j softmax_j(q[b, i, h] . k[b, j, h] + mask + bias[h, i, j]) v[b, j, h]
// The bias is shared by the batch. The scale 1/sqrt(D) is folded into the weights of q. The output replaces q: each lane
// alone reads its queries. Masked keys get `penalty * (mask - 1)` added before the bias, or with REPLACE their logit is
// the smallest finite float instead, so that a row of masked keys averages them all. Keys from n on never count.
//! use keys
//! use grid

const D: u32 = 32u;           //! param
const HEADS: u32 = 4u;        //! size
const REPLACE: bool = false;  //! param
const SMALLEST: f32 = -0x1.fffffep+127f;

alias Head = vec4f;  //! dtype g k v q
alias Bias = vec4f;  //! dtype bias

struct Uniforms { batch: u32, n: u32, pitch: u32, first_batch: u32, penalty: f32 }

@group(0) @binding(0) var<storage, read> g: array<Head>;        // [batch, n, HEADS, D]
@group(0) @binding(1) var<storage, read> k: array<Head>;        // [batch, n, HEADS, D]
@group(0) @binding(2) var<storage, read> v: array<Head>;        // [batch, n, HEADS, D]
@group(0) @binding(3) var<storage, read> bias: array<Bias>;     // [HEADS, n, pitch]
@group(0) @binding(4) var<storage, read> mask: array<vec4f>;    // [mask_rows, pitch]
@group(0) @binding(5) var<storage, read_write> q: array<Head>;  // [batch, n, HEADS, D]
@group(0) @binding(6) var<uniform> uniforms: Uniforms;

// Where the D channels of a head begin for token i of batch entry b.
fn channels(b: u32, i: u32, head: u32) -> u32 { return ((b * uniforms.n + i) * HEADS + head) * (D / 4u); }

fn key_at(at: u32) -> vec4f { return vec4f(k[at]); }
fn value_at(at: u32) -> vec4f { return vec4f(v[at]); }

struct Row {
  query: array<vec4f, D / 4u>,
  sum: array<vec4f, D / 4u>,
  largest: f32,
  total: f32,
}
alias Rows = array<Row, QUERIES>;

// Logits of query i (row r of the lane) against the four keys of block `block`; masked and biased in the engines' order.
fn logits(rows: ptr<function, Rows>, r: u32, i: u32, task: Task, keys: ptr<function, Keys>, block: u32) -> vec4f {
  var s = vec4f();
  for (var d = 0u; d < D / 4u; d++) { s += (*rows)[r].query[d] * key_block(keys, block, d); }
  let j = (*keys).first + 4u * block;
  let pair = vec4f(bias[((task.head * uniforms.n + i) * uniforms.pitch + j) / 4u]);
  let present = mask[((uniforms.first_batch + task.b) * uniforms.pitch + j) / 4u];
  if (REPLACE) { return select(vec4f(SMALLEST), s + pair, present != vec4f()); }
  return s + uniforms.penalty * (present - 1.0) + pair;
}

fn attend(rows: ptr<function, Rows>, r: u32, s: vec4f, keys: ptr<function, Keys>, block: u32) {
  let inside = vec4u((*keys).first + 4u * block) + vec4u(0u, 1u, 2u, 3u) < vec4u(uniforms.n);
  let valid = select(vec4f(SMALLEST), s, inside);
  let largest = max((*rows)[r].largest, max(max(valid.x, valid.y), max(valid.z, valid.w)));
  let fade = exp((*rows)[r].largest - largest);
  let p = select(vec4f(), exp(valid - largest), inside);
  (*rows)[r].largest = largest;
  (*rows)[r].total = (*rows)[r].total * fade + p.x + p.y + p.z + p.w;
  for (var d = 0u; d < D / 4u; d++) {
    (*rows)[r].sum[d] = (*rows)[r].sum[d] * fade + value_block(keys, block, d) * p;
  }
}

struct Task { b: u32, head: u32, first_query: u32 }

@compute @workgroup_size(LANES)
fn main(place: Place) {
  let tiles = (uniforms.n + TILE_QUERIES - 1u) / TILE_QUERIES;
  let tasks = tiles * HEADS * uniforms.batch;
  let index = min(task_of(place), tasks - 1u);  // surplus lanes repeat the last task and store nothing
  let task = Task(index / (tiles * HEADS), index / tiles % HEADS, index % tiles * TILE_QUERIES);
  var rows: Rows;
  for (var r = 0u; r < QUERIES; r++) {
    let at = channels(task.b, min(task.first_query + query_of(place, r), uniforms.n - 1u), task.head);
    for (var d = 0u; d < D / 4u; d++) { rows[r].query[d] = vec4f(q[at + d]); }
    rows[r].largest = SMALLEST;
  }
  var keys: Keys;
  for (var first = 0u; first < uniforms.n; first += TILE_KEYS) {
    load_keys(place, task, first, &keys);
    for (var block = 0u; block < TILE_KEYS / 4u; block++) {
      if (first + 4u * block >= uniforms.n) { break; }
      for (var r = 0u; r < QUERIES; r++) {
        let i = min(task.first_query + query_of(place, r), uniforms.n - 1u);
        let s = logits(&rows, r, i, task, &keys, block);
        attend(&rows, r, s, &keys, block);
      }
    }
  }
  for (var r = 0u; r < QUERIES; r++) {
    let i = task.first_query + query_of(place, r);
    if (i < uniforms.n && task_of(place) < tasks) {
      let at = channels(task.b, i, task.head);
      for (var d = 0u; d < D / 4u; d++) { q[at + d] = Head(vec4f(g[at + d]) * rows[r].sum[d] / rows[r].total); }
    }
  }
}
