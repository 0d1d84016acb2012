// attention: softmax(q k + mask + bias) v, gated where GATED says so.
//   q[b, i, h] <- g[b, i, h] * sum_j softmax_j(q[b, i, h] . k[b, j, h] + mask + bias[h, i, j]) v[b, j, h]
// The bias is shared by the batch. The scale 1/sqrt(D) is folded into the weights of q. The output replaces q: each lane
// alone reads its queries. Masked keys get `penalty * (mask - 1)` added before the bias, or with REPLACE their logit is
// REPLACED, so that a row of masked keys averages them all. Keys from n on never count.
//! use attention
//! use grid

const D: u32 = 32u;           //! param
const HEADS: u32 = 4u;        //! size
const REPLACE: bool = false;  //! param
const GATED: bool = true;     //! param

// Below every logit, and far above LOWEST.
const REPLACED: f32 = -0x1p+126f;

alias Head = vec4f;  //! dtype g k v q

struct Uniforms { batch: u32, n: u32, pitch: u32, first_batch: u32, penalty: f32 }

@group(0) @binding(0) var<storage, read> g: array<Head>;        // [gate_batch, n, HEADS, D]
@group(0) @binding(1) var<storage, read> k: array<Head>;        // [batch, n, HEADS, D]
@group(0) @binding(2) var<storage, read> v: array<Head>;        // [batch, n, HEADS, D]
@group(0) @binding(3) var<storage, read> bias: array<vec4f>;    // [HEADS, n, pitch]
@group(0) @binding(4) var<storage, read> mask: array<vec4f>;    // [mask_rows, pitch]
@group(0) @binding(5) var<storage, read_write> q: array<Head>;  // [batch, n, HEADS, D]
@group(0) @binding(6) var<uniform> uniforms: Uniforms;

// Where the D channels of a head begin for token i of batch entry b.
fn channels(b: u32, i: u32, head: u32) -> u32 { return ((b * uniforms.n + i) * HEADS + head) * (D / 4u); }

fn key(task: Task, j: u32, d: u32) -> vec4f { return head_of(k[channels(task.b, j, task.head) + d]); }
fn value(task: Task, j: u32, d: u32) -> vec4f { return head_of(v[channels(task.b, j, task.head) + d]); }

// Where the bias of a query begins.
struct Line { bias: u32 }
fn line_of(task: Task, i: u32) -> Line { return Line((task.head * uniforms.n + i) * (uniforms.pitch / 4u)); }

// Masked and biased in the engines' order.
fn logits(task: Task, line: Line, j: u32, products: vec4f) -> vec4f {
  let pair = bias[line.bias + j / 4u];
  let present = mask[(uniforms.first_batch + task.b) * (uniforms.pitch / 4u) + j / 4u];
  if (REPLACE) { return select(vec4f(REPLACED), products + pair, present != vec4f()); }
  return fma(vec4f(uniforms.penalty), present - 1.0, products) + pair;
}

fn batch() -> u32 { return uniforms.batch; }
fn queries() -> u32 { return uniforms.n; }
fn query(task: Task, i: u32, d: u32) -> vec4f { return head_of(q[channels(task.b, i, task.head) + d]); }
fn store(task: Task, i: u32, d: u32, sum: vec4f, total: f32) {
  let at = channels(task.b, i, task.head) + d;
  if (GATED) { q[at] = as_head(head_of(g[at]) * sum / total); } else { q[at] = as_head(sum / total); }
}

@compute @workgroup_size(LANES)
fn main(place: Place) { attend(place); }
