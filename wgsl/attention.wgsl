// attention: softmax(q k + mask + bias) v, gated.
//   q[b, i, h] <- g[b, i, h] * sum_j softmax_j(q[b, i, h] . k[b, j, h] + mask + bias[h, i, j]) v[b, j, h]
// The bias is shared by the batch. The scale 1/sqrt(D) is folded into the weights of q. The output replaces q: each lane
// alone reads its queries. Masked keys get `penalty * (mask - 1)` added before the bias, or with REPLACE their logit is
// the smallest finite float instead, so that a row of masked keys averages them all. Keys from n on never count.
//! use streaming_softmax
//! use grid

const D: u32 = 32u;           //! param
const HEADS: u32 = 4u;        //! size
const REPLACE: bool = false;  //! param

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

// Masked and biased in the engines' order.
fn logits(task: Task, i: u32, j: u32, products: vec4f) -> vec4f {
  let pair = vec4f(bias[((task.head * uniforms.n + i) * uniforms.pitch + j) / 4u]);
  let present = mask[((uniforms.first_batch + task.b) * uniforms.pitch + j) / 4u];
  if (REPLACE) { return select(vec4f(LOWEST), products + pair, present != vec4f()); }
  return products + uniforms.penalty * (present - 1.0) + pair;
}
fn value_weights(task: Task, j: u32) -> vec4f { return vec4f(1.0); }

@compute @workgroup_size(LANES)
fn main(place: Place) {
  let task = own_task(place, uniforms.batch, uniforms.n);
  var rows: Rows;
  for (var r = 0u; r < QUERIES; r++) {
    let at = channels(task.b, min(task.first_query + query_of(place, r), uniforms.n - 1u), task.head);
    for (var d = 0u; d < D / 4u; d++) { rows[r].query[d] = vec4f(q[at + d]); }
  }
  attend_all(place, task, uniforms.n, &rows);
  for (var r = 0u; r < QUERIES; r++) {
    let i = task.first_query + query_of(place, r);
    if (i < uniforms.n && has_task(place, uniforms.batch, uniforms.n)) {
      let at = channels(task.b, i, task.head);
      for (var d = 0u; d < D / 4u; d++) { q[at + d] = Head(vec4f(g[at + d]) * rows[r].sum[d] / rows[r].total); }
    }
  }
}
