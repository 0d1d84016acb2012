// Attention by register tiles: a workgroup takes 4 ROW_LANES queries of one head past all keys, TILE_KEYS at a time. Both
// products are outer products of vectors that lie in workgroup memory side by side; the softmax streams, as in streaming_softmax.
//
// A lane owns four queries. Of the keys of a tile it owns KEY_BLOCKS times four, and of the results the blocks of channels from
// its column on; blocks lie COLUMN_LANES apart. The kernel defines HEADS, D, uniforms.n (how many keys there are), and
//   batch(), queries()             how many problems there are for each head, and queries in each
//   query(task, i, d)              four channels (block d) of query i
//   key(task, j, d), value(...)    four channels of key j, or zeros
//   Line, line_of(task, i)         what logits() must know of query i
//   logits(task, line, j, products)  of a query and the four keys from j on, whose products with it are given; above LOWEST
//   store(task, i, d, sum, total)  takes the weighted sum of four channels (block d) of query i, and the sum of the weights
//! use fours
//! use constants
//! use attention_task
//! use attention_sums

const ROW_LANES: u32 = 16u;    //! param
const COLUMN_LANES: u32 = 4u;  //! param
const KEY_BLOCKS: u32 = 2u;    //! param
const LANES: u32 = ROW_LANES * COLUMN_LANES;
const TILE_QUERIES: u32 = 4u * ROW_LANES;
const TILE_KEYS: u32 = 4u * COLUMN_LANES * KEY_BLOCKS;
const BLOCKS: u32 = D / 4u;                                         // of channels
const OWN_BLOCKS: u32 = (BLOCKS + COLUMN_LANES - 1u) / COLUMN_LANES;  // of them that a lane's results have
const VALUE_PITCH: u32 = OWN_BLOCKS * COLUMN_LANES;
const QUERY_PITCH: u32 = ROW_LANES;
const KEY_PITCH: u32 = COLUMN_LANES * KEY_BLOCKS;
const QUERY_LOADS: u32 = (ROW_LANES * BLOCKS + LANES - 1u) / LANES;
const KEY_LOADS: u32 = (KEY_PITCH * BLOCKS + LANES - 1u) / LANES;

// For each channel, vectors of four queries and of four keys; for each key, vectors of four queries' weights and of its channels.
var<workgroup> query_tile: array<vec4f, D * QUERY_PITCH>;
// Weights take the place of the keys that they came from.
var<workgroup> key_tile: array<vec4f, max(D * KEY_PITCH, TILE_KEYS * QUERY_PITCH)>;
var<workgroup> value_tile: array<vec4f, TILE_KEYS * VALUE_PITCH>;
var<workgroup> shared_rows: array<vec4f, COLUMN_LANES * ROW_LANES>;

// What a lane has: of each of its queries the products with its keys, the sums of its channels; of all four, the largest
// logit so far, and the sum of the weights of its own keys.
struct Own {
  products: array<mat4x4f, KEY_BLOCKS>,
  sums: array<mat4x4f, OWN_BLOCKS>,
  largest: vec4f,
  total: vec4f,
  lines: array<Line, 4>,
}

fn task_of(place: Place) -> u32 { return linear_group(place); }

fn attend(place: Place) {
  let lane = place.lane;
  let task = own_task(place, batch(), queries());
  for (var i = 0u; i < QUERY_LOADS; i++) {
    let slot = lane + i * LANES;
    let d = slot % BLOCKS;
    let b = slot / BLOCKS;
    if (b >= ROW_LANES) { break; }
    let rows = min(vec4u(queries() - 1u), four_from(task.first_query + 4u * b));
    let x = transpose(mat4x4f(query(task, rows.x, d), query(task, rows.y, d), query(task, rows.z, d), query(task, rows.w, d)));
    for (var c = 0u; c < 4u; c++) { query_tile[(4u * d + c) * QUERY_PITCH + b % ROW_LANES] = x[c]; }
  }
  var own = Own();
  own.largest = vec4f(LOWEST);
  for (var r = 0u; r < 4u; r++) { own.lines[r] = line_of(task, min(task.first_query + 4u * (lane / COLUMN_LANES) + r, queries() - 1u)); }
  for (var first = 0u; first < uniforms.n; first += TILE_KEYS) {
    workgroupBarrier();
    load_keys(lane, task, first);
    workgroupBarrier();
    weigh(lane, task, first, &own);
    workgroupBarrier();
    for (var j = 0u; j < TILE_KEYS / 4u; j++) { add_values(lane, j, &own); }
  }
  let total = sum_of_row(lane, own.total);
  if (!has_task(place, batch(), queries())) { return; }
  for (var r = 0u; r < 4u; r++) {
    let i = task.first_query + 4u * (lane / COLUMN_LANES) + r;
    if (i >= queries()) { break; }
    for (var t = 0u; t < OWN_BLOCKS; t++) {
      let d = lane % COLUMN_LANES + t * COLUMN_LANES;
      if (d < BLOCKS) { store(task, i, d, own.sums[t][r], total[r]); }
    }
  }
}

// A lane loads four channels of four keys and of their values, which lie alike.
fn load_keys(lane: u32, task: Task, first: u32) {
  for (var i = 0u; i < KEY_LOADS; i++) {
    let slot = lane + i * LANES;
    let d = slot % BLOCKS;
    let b = slot / BLOCKS;
    if (b >= KEY_PITCH) { break; }
    let j = min(four_from(first + 4u * b), vec4u(uniforms.n - 1u));
    let x = transpose(mat4x4f(key(task, j.x, d), key(task, j.y, d), key(task, j.z, d), key(task, j.w, d)));
    for (var c = 0u; c < 4u; c++) { key_tile[(4u * d + c) * KEY_PITCH + b % KEY_PITCH] = x[c]; }
    for (var c = 0u; c < 4u; c++) { value_tile[(4u * (b % KEY_PITCH) + c) * VALUE_PITCH + d] = value(task, j[c], d); }
  }
}

// The weights of the lane's keys, relative to the largest logit of each query so far; what was summed before fades to it.
fn weigh(lane: u32, task: Task, first: u32, own: ptr<function, Own>) {
  for (var t = 0u; t < KEY_BLOCKS; t++) { (*own).products[t] = mat4x4f(); }
  for (var d = 0u; d < BLOCKS; d++) { add_products(lane, d, own); }
  var largest = vec4f(LOWEST);
  for (var t = 0u; t < KEY_BLOCKS; t++) {
    let j = first + 4u * (lane % COLUMN_LANES + t * COLUMN_LANES);
    for (var r = 0u; r < 4u; r++) {
      let s = select(vec4f(LOWEST), logits(task, (*own).lines[r], j, (*own).products[t][r]), below(j, uniforms.n));
      (*own).products[t][r] = s;
      largest[r] = max(largest[r], largest_of(s));
    }
  }
  largest = max((*own).largest, largest_of_row(lane, largest));
  let fade = exp((*own).largest - largest);
  (*own).largest = largest;
  (*own).total *= fade;
  for (var t = 0u; t < OWN_BLOCKS; t++) {
    for (var r = 0u; r < 4u; r++) { (*own).sums[t][r] *= fade[r]; }
  }
  for (var t = 0u; t < KEY_BLOCKS; t++) {
    let block = lane % COLUMN_LANES + t * COLUMN_LANES;
    var weights = mat4x4f();
    for (var r = 0u; r < 4u; r++) {
      let p = exp((*own).products[t][r] - largest[r]);
      (*own).total[r] += p.x + p.y + p.z + p.w;
      weights[r] = p;
    }
    weights = transpose(weights);
    for (var c = 0u; c < 4u; c++) { key_tile[(4u * block + c) * QUERY_PITCH + lane / COLUMN_LANES % ROW_LANES] = weights[c]; }
  }
}
