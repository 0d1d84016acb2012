// Attention with a streaming softmax: the keys pass by once, and no logits reach memory. Of each query a lane keeps the
// largest logit so far, and sums relative to it, which fade when a larger one comes.
//
// The kernel defines HEADS, uniforms.n (how many keys there are), what keys_workgroup and keys_shuffle name, and
//   logits(task, i, j, products)  of query i and the four keys from j on, whose products with it are given
//   value_weights(task, j)        what the values of the four keys from j on are multiplied by
//! use keys
//! use fours
//! use constants

// A head's queries from first_query on; b counts what else has keys of its own.
struct Task { b: u32, head: u32, first_query: u32 }

struct Row {
  query: array<vec4f, D / 4u>,
  sum: array<vec4f, D / 4u>,
  largest: f32,
  total: f32,
}
alias Rows = array<Row, QUERIES>;

fn task_tiles(queries: u32) -> u32 { return (queries + TILE_QUERIES - 1u) / TILE_QUERIES; }

// Surplus lanes of a folded grid repeat the last task and must store nothing.
fn has_task(place: Place, batch: u32, queries: u32) -> bool { return task_of(place) < task_tiles(queries) * HEADS * batch; }
fn own_task(place: Place, batch: u32, queries: u32) -> Task {
  let tiles = task_tiles(queries);
  let index = min(task_of(place), tiles * HEADS * batch - 1u);
  return Task(index / (tiles * HEADS), index / tiles % HEADS, index % tiles * TILE_QUERIES);
}

fn attend(rows: ptr<function, Rows>, r: u32, i: u32, task: Task, keys: ptr<function, Keys>, block: u32) {
  let j = (*keys).first + 4u * block;
  var products = vec4f();
  for (var d = 0u; d < D / 4u; d++) { products += (*rows)[r].query[d] * key_block(keys, block, d); }
  let inside = below(j, uniforms.n);
  let s = select(vec4f(LOWEST), logits(task, i, j, products), inside);
  let largest = max((*rows)[r].largest, largest_of(s));
  let fade = exp((*rows)[r].largest - largest);
  let p = select(vec4f(), exp(s - largest), inside);
  let weights = p * value_weights(task, j);
  (*rows)[r].largest = largest;
  (*rows)[r].total = (*rows)[r].total * fade + p.x + p.y + p.z + p.w;
  for (var d = 0u; d < D / 4u; d++) {
    (*rows)[r].sum[d] = (*rows)[r].sum[d] * fade + value_block(keys, block, d) * weights;
  }
}

// Takes the rows, whose queries are set, through all keys.
fn attend_all(place: Place, task: Task, queries: u32, rows: ptr<function, Rows>) {
  for (var r = 0u; r < QUERIES; r++) { (*rows)[r].largest = LOWEST; }
  var keys = Keys();
  for (var first = 0u; first < uniforms.n; first += TILE_KEYS) {
    load_keys(place, task, first, &keys);
    for (var block = 0u; block < TILE_KEYS / 4u; block++) {
      if (first + 4u * block >= uniforms.n) { break; }
      for (var r = 0u; r < QUERIES; r++) {
        attend(rows, r, min(task.first_query + query_of(place, r), queries - 1u), task, &keys, block);
      }
    }
  }
}
