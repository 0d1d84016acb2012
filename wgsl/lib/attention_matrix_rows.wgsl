// What the lanes of attention_matrix do between its products: they stage queries, keys and values, and make weights of logits. Of the
// rows of a tile each lane owns every ROW_STEP-th, and of those the four keys, or channels, from its column on; which subgroup
// it is part of is no matter, since all that is exchanged passes through workgroup memory.

const KEY_LANES: u32 = TILE_KEYS / 4u;  // that share a row
const ROW_STEP: u32 = LANES / KEY_LANES;
const OWN_ROWS: u32 = TILE_QUERIES / ROW_STEP;
const_assert ROW_STEP * KEY_LANES == LANES && KEY_LANES % 4u == 0u && OWN_ROWS * ROW_STEP == TILE_QUERIES;
const QUERY_SLOTS: u32 = TILE_QUERIES * BLOCKS;
const KEY_SLOTS: u32 = KEY_LANES * BLOCKS;  // patches of four keys by four channels

// How far a logit may lie above the reference of its row: weights up to exp(8) = 2981 are far from where halves end, at 65504.
const GROWTH: f32 = 8.0;

// Of each own row: logits of the lane's keys, what they are relative to, the sum of their weights; by how much the row fades.
struct Own {
  lines: array<Line, OWN_ROWS>,
  logits: array<vec4f, OWN_ROWS>,
  reference: array<f32, OWN_ROWS>,
  total: array<f32, OWN_ROWS>,
  fade: array<f32, OWN_ROWS>,
}

// Whether a subgroup has a logit that is too far above.
var<workgroup> grown: array<u32, SUBGROUPS>;

// Compilers see that an index needs no clamp where remainders bound it in the same function, and that fours are aligned.
fn row_of(lane: u32, r: u32) -> u32 { return lane / KEY_LANES + r * ROW_STEP; }
fn slice_four(row: u32, block: u32) -> vec4f {
  let at = row % TILE_QUERIES * SLICE_PITCH + 4u * (block % KEY_LANES);
  return vec4f(slice[at], slice[at + 1u], slice[at + 2u], slice[at + 3u]);
}
fn own_four(lane: u32, r: u32) -> vec4f { return slice_four(row_of(lane, r), lane); }

// Gives the lanes of a row one number of this one's.
fn share(lane: u32, r: u32, x: f32) { slice[row_of(lane, r) % TILE_QUERIES * SLICE_PITCH + lane % KEY_LANES] = x; }

fn own_rows(lane: u32, task: Task) -> Own {
  var own = Own();
  for (var r = 0u; r < OWN_ROWS; r++) {
    own.lines[r] = line_of(task, min(task.first_query + row_of(lane, r), queries() - 1u));
    own.reference[r] = LOWEST;
  }
  return own;
}

fn stage_queries(lane: u32, task: Task) {
  for (var slot = lane; slot < QUERY_SLOTS; slot += LANES) {
    let row = slot / BLOCKS % TILE_QUERIES;
    let x = vec4h(query(task, min(task.first_query + row, queries() - 1u), slot % BLOCKS));
    for (var c = 0u; c < 4u; c++) { row_halves[row * ROW_PITCH + 4u * (slot % BLOCKS) + c] = x[c]; }
  }
}

// A lane takes patches of keys or of values. Values are turned, so that what is multiplied lies side by side.
fn stage_keys(lane: u32, task: Task, first: u32) {
  for (var i = 0u; i < (2u * KEY_SLOTS + LANES - 1u) / LANES; i++) {
    let slot = lane + i * LANES;
    let d = slot % BLOCKS;
    let b = slot / BLOCKS % KEY_LANES;
    let j = min(four_from(first + 4u * b), vec4u(uniforms.n - 1u));
    if (slot < KEY_SLOTS) {
      for (var r = 0u; r < 4u; r++) {
        let x = vec4h(key(task, j[r], d));
        for (var c = 0u; c < 4u; c++) { key_halves[(4u * b + r) * KEY_PITCH + 4u * d + c] = x[c]; }
      }
    } else if (slot < 2u * KEY_SLOTS) {
      let v = transpose(mat4x4f(value(task, j.x, d), value(task, j.y, d), value(task, j.z, d), value(task, j.w, d)));
      for (var c = 0u; c < 4u; c++) {
        let x = vec4h(v[c]);
        for (var r = 0u; r < 4u; r++) { value_halves[(4u * d + c) * VALUE_PITCH + 4u * b + r] = x[r]; }
      }
    }
  }
}

// Takes the logits of a tile. Whether any of the workgroup's is too far above the reference of its row, once all have taken theirs.
fn take_logits(place: Place, task: Task, first: u32, own: ptr<function, Own>) -> bool {
  let lane = place.lane % LANES;
  let j = first + 4u * (lane % KEY_LANES);
  var above = false;
  for (var r = 0u; r < OWN_ROWS; r++) {
    let s = logits(task, (*own).lines[r], j, own_four(lane, r));
    (*own).logits[r] = select(vec4f(LOWEST), s, below(j, uniforms.n));
    above = above || largest_of((*own).logits[r]) > (*own).reference[r] + GROWTH;
  }
  let any = subgroupAny(above);
  if (subgroupElect()) { grown[place.subgroup % SUBGROUPS] = u32(any); }
  let all = workgroupUniformLoad(&grown);
  var found = false;
  for (var i = 0u; i < SUBGROUPS; i++) { found = found || all[i] != 0u; }
  return found;
}

// Makes the largest logit so far the reference of each row, over the lanes that share it.
fn raise_references(lane: u32, own: ptr<function, Own>) {
  for (var r = 0u; r < OWN_ROWS; r++) { share(lane, r, largest_of((*own).logits[r])); }
  workgroupBarrier();
  for (var r = 0u; r < OWN_ROWS; r++) {
    let largest = max((*own).reference[r], row_largest(row_of(lane, r)));
    (*own).fade[r] = exp((*own).reference[r] - largest);
    (*own).total[r] *= (*own).fade[r];
    (*own).reference[r] = largest;
  }
}

fn row_largest(row: u32) -> f32 {
  var x = slice_four(row, 0u);
  for (var b = 1u; b < KEY_LANES / 4u; b++) { x = max(x, slice_four(row, b)); }
  return largest_of(x);
}

fn fade_slice(lane: u32, own: ptr<function, Own>) {
  for (var r = 0u; r < OWN_ROWS; r++) {
    let x = (*own).fade[r] * own_four(lane, r);
    let at = row_of(lane, r) % TILE_QUERIES * SLICE_PITCH + 4u * (lane % KEY_LANES);
    for (var c = 0u; c < 4u; c++) { slice[at + c] = x[c]; }
  }
}

// The weights of a lane's keys, as they are multiplied: rounded, they still sum to the total.
fn weigh(lane: u32, own: ptr<function, Own>) {
  for (var r = 0u; r < OWN_ROWS; r++) {
    let p = vec4h(exp((*own).logits[r] - (*own).reference[r]));
    (*own).total[r] += dot(floats_of(p, uniforms.n >> 31u), vec4f(1.0));
    let at = row_of(lane, r) % TILE_QUERIES * ROW_PITCH + 4u * (lane % KEY_LANES);
    for (var c = 0u; c < 4u; c++) { row_halves[at + c] = p[c]; }
  }
}

// Adds up what the lanes of a row have summed. Nobody has read a slice since the barrier behind the last weights.
fn share_totals(lane: u32, own: ptr<function, Own>) {
  for (var r = 0u; r < OWN_ROWS; r++) { share(lane, r, (*own).total[r]); }
  workgroupBarrier();
  for (var r = 0u; r < OWN_ROWS; r++) {
    var total = vec4f();
    for (var b = 0u; b < KEY_LANES / 4u; b++) { total += slice_four(row_of(lane, r), b); }
    (*own).total[r] = dot(total, vec4f(1.0));
  }
}

// Stores the channels of the sums in a slice whose first block is given.
fn store_slice(lane: u32, task: Task, first_block: u32, own: ptr<function, Own>) {
  let d = first_block + lane % KEY_LANES;
  for (var r = 0u; r < OWN_ROWS; r++) {
    let i = task.first_query + row_of(lane, r);
    if (i < queries() && d < BLOCKS) { store(task, i, d, own_four(lane, r), (*own).total[r]); }
  }
}
