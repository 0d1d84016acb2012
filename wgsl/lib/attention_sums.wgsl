// The sums of attention_tile: both products, channel by channel and key by key, and what the lanes of a row share. Calls are
// written out, since compilers leave loops of this size as they are; remainders show that no index needs a clamp.

fn add_products(lane: u32, block: u32, own: ptr<function, Own>) {
  add_product(lane, 4u * block, own);
  add_product(lane, 4u * block + 1u, own);
  add_product(lane, 4u * block + 2u, own);
  add_product(lane, 4u * block + 3u, own);
}

// Adds the outer product of the lane's queries and keys at one channel.
fn add_product(lane: u32, channel: u32, own: ptr<function, Own>) {
  let c = channel % D;
  let x = query_tile[c * QUERY_PITCH + lane / COLUMN_LANES % ROW_LANES];
  for (var t = 0u; t < KEY_BLOCKS; t++) {
    let k = key_tile[c * KEY_PITCH + lane % COLUMN_LANES + t * COLUMN_LANES];
    for (var r = 0u; r < 4u; r++) { (*own).products[t][r] = fma(vec4f(x[r]), k, (*own).products[t][r]); }
  }
}

fn add_values(lane: u32, block: u32, own: ptr<function, Own>) {
  add_value(lane, 4u * block, own);
  add_value(lane, 4u * block + 1u, own);
  add_value(lane, 4u * block + 2u, own);
  add_value(lane, 4u * block + 3u, own);
}

// Adds the outer product of the weights of one key and the lane's channels of its value.
fn add_value(lane: u32, key: u32, own: ptr<function, Own>) {
  let j = key % TILE_KEYS;
  let p = key_tile[j * QUERY_PITCH + lane / COLUMN_LANES % ROW_LANES];
  for (var t = 0u; t < OWN_BLOCKS; t++) {
    let v = value_tile[j * VALUE_PITCH + lane % COLUMN_LANES + t * COLUMN_LANES];
    for (var r = 0u; r < 4u; r++) { (*own).sums[t][r] = fma(vec4f(p[r]), v, (*own).sums[t][r]); }
  }
}

// Of four queries, over the lanes that share them.
fn largest_of_row(lane: u32, own: vec4f) -> vec4f {
  share_row(lane, own);
  var x = own;
  for (var c = 0u; c < COLUMN_LANES; c++) { x = max(x, shared_rows[c * ROW_LANES + lane / COLUMN_LANES % ROW_LANES]); }
  return x;
}

fn sum_of_row(lane: u32, own: vec4f) -> vec4f {
  workgroupBarrier();
  share_row(lane, own);
  var x = vec4f();
  for (var c = 0u; c < COLUMN_LANES; c++) { x += shared_rows[c * ROW_LANES + lane / COLUMN_LANES % ROW_LANES]; }
  return x;
}

fn share_row(lane: u32, own: vec4f) {
  shared_rows[lane % COLUMN_LANES * ROW_LANES + lane / COLUMN_LANES % ROW_LANES] = own;
  workgroupBarrier();
}
