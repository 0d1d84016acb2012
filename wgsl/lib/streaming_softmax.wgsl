// Attention with a streaming softmax: the keys pass by once, and no logits reach memory. Of each query a lane keeps the
// largest logit so far, and sums relative to it, which fade when a larger one comes.
//
// Each lane has queries of its own. The kernel defines what attention_tile names.
//! use keys
//! use fours
//! use constants
//! use attention_task

struct Row {
  query: array<vec4f, D / 4u>,
  sum: array<vec4f, D / 4u>,
  largest: f32,
  total: f32,
  line: Line,
}
alias Rows = array<Row, QUERIES>;

fn attend_four(rows: ptr<function, Rows>, r: u32, task: Task, keys: ptr<function, Keys>, block: u32) {
  let j = (*keys).first + 4u * block;
  var products = vec4f();
  for (var d = 0u; d < D / 4u; d++) { products += (*rows)[r].query[d] * key_block(keys, block, d); }
  let s = select(vec4f(LOWEST), logits(task, (*rows)[r].line, j, products), below(j, uniforms.n));
  let largest = max((*rows)[r].largest, largest_of(s));
  let fade = exp((*rows)[r].largest - largest);
  let p = exp(s - largest);
  (*rows)[r].largest = largest;
  (*rows)[r].total = (*rows)[r].total * fade + p.x + p.y + p.z + p.w;
  for (var d = 0u; d < D / 4u; d++) {
    (*rows)[r].sum[d] = (*rows)[r].sum[d] * fade + value_block(keys, block, d) * p;
  }
}

// Takes the rows, whose queries are set, through all keys.
fn attend_all(place: Place, task: Task, rows: ptr<function, Rows>) {
  for (var r = 0u; r < QUERIES; r++) { (*rows)[r].largest = LOWEST; }
  var keys = Keys();
  for (var first = 0u; first < uniforms.n; first += TILE_KEYS) {
    load_keys(place, task, first, &keys);
    for (var block = 0u; block < TILE_KEYS / 4u; block++) {
      if (first + 4u * block >= uniforms.n) { break; }
      for (var r = 0u; r < QUERIES; r++) {
        attend_four(rows, r, task, &keys, block);
      }
    }
  }
}

fn attend(place: Place) {
  let task = own_task(place, batch(), queries());
  var rows = Rows();
  for (var r = 0u; r < QUERIES; r++) {
    let i = min(task.first_query + query_of(place, r), queries() - 1u);
    rows[r].line = line_of(task, i);
    for (var d = 0u; d < D / 4u; d++) { rows[r].query[d] = query(task, i, d); }
  }
  attend_all(place, task, &rows);
  for (var r = 0u; r < QUERIES; r++) {
    let i = task.first_query + query_of(place, r);
    if (i >= queries() || !has_task(place, batch(), queries())) { continue; }
    for (var d = 0u; d < D / 4u; d++) { store(task, i, d, rows[r].sum[d], rows[r].total); }
  }
}
