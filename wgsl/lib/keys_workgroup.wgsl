// Keys and values of an attention shared through workgroup memory: one task per workgroup, loads coalesced.
// The kernel defines D, key(task, j, d) and value(task, j, d).

const GROUP: u32 = 64u;      //! param
const QUERIES: u32 = 1u;     //! param
const TILE_KEYS: u32 = 16u;  //! param
const LANES: u32 = GROUP;
const TILE_QUERIES: u32 = GROUP * QUERIES;

var<workgroup> key_tile: array<vec4f, TILE_KEYS * D / 4u>;
var<workgroup> value_tile: array<vec4f, TILE_KEYS * D / 4u>;

struct Keys { first: u32 }

fn task_of(place: Place) -> u32 { return linear_group(place); }
fn query_of(place: Place, r: u32) -> u32 { return r * LANES + place.lane; }

fn load_keys(place: Place, task: Task, first: u32, keys: ptr<function, Keys>) {
  (*keys).first = first;
  workgroupBarrier();
  for (var slot = place.lane; slot < TILE_KEYS * D / 4u; slot += LANES) {
    let j = min(first + slot / (D / 4u), uniforms.n - 1u);
    key_tile[slot] = key(task, j, slot % (D / 4u));
    value_tile[slot] = value(task, j, slot % (D / 4u));
  }
  workgroupBarrier();
}

// The d-th vector of the four keys of block `block`, one per column. All lanes read the same words: a broadcast.
fn key_block(keys: ptr<function, Keys>, block: u32, d: u32) -> mat4x4f {
  let s = block * D + d;
  return mat4x4f(key_tile[s], key_tile[s + D / 4u], key_tile[s + D / 2u], key_tile[s + 3u * D / 4u]);
}

fn value_block(keys: ptr<function, Keys>, block: u32, d: u32) -> mat4x4f {
  let s = block * D + d;
  return mat4x4f(value_tile[s], value_tile[s + D / 4u], value_tile[s + D / 2u], value_tile[s + 3u * D / 4u]);
}
