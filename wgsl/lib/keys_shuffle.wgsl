// Keys and values of an attention passed between the lanes of a group by shuffles: each is loaded once per group.
// The kernel defines D, key(task, j, d) and value(task, j, d).

const GROUP: u32 = 8u;    //! param
const QUERIES: u32 = 1u;  //! param
const LANES: u32 = GROUP;
const TILE_QUERIES: u32 = GROUP * QUERIES;
const TILE_KEYS: u32 = 4u;
const SLOTS: u32 = (D + GROUP - 1u) / GROUP;  // four keys of D / 4 vectors each, spread over the group

struct Keys {
  first: u32,
  lane: u32,
  k: array<vec4f, SLOTS>,
  v: array<vec4f, SLOTS>,
}

fn task_of(place: Place) -> u32 { return linear_group(place); }
fn query_of(place: Place, r: u32) -> u32 { return r * GROUP + place.subgroup_lane % GROUP; }

fn load_keys(place: Place, task: Task, first: u32, keys: ptr<function, Keys>) {
  (*keys).first = first;
  (*keys).lane = place.subgroup_lane & ~(GROUP - 1u);
  for (var i = 0u; i < SLOTS; i++) {
    let slot = min(i * GROUP + place.subgroup_lane % GROUP, D - 1u);
    let j = min(first + slot / (D / 4u), uniforms.n - 1u);
    (*keys).k[i] = key(task, j, slot % (D / 4u));
    (*keys).v[i] = value(task, j, slot % (D / 4u));
  }
}

// The d-th vector of the four keys of block `block`, one per column. Slots are numbered key by key.
fn key_block(keys: ptr<function, Keys>, block: u32, d: u32) -> mat4x4f {
  let lane = (*keys).lane;
  let s = vec4u(0u, D / 4u, D / 2u, 3u * D / 4u) + d;
  return mat4x4f(
    subgroupShuffle((*keys).k[s.x / GROUP], lane + s.x % GROUP), subgroupShuffle((*keys).k[s.y / GROUP], lane + s.y % GROUP),
    subgroupShuffle((*keys).k[s.z / GROUP], lane + s.z % GROUP), subgroupShuffle((*keys).k[s.w / GROUP], lane + s.w % GROUP));
}

fn value_block(keys: ptr<function, Keys>, block: u32, d: u32) -> mat4x4f {
  let lane = (*keys).lane;
  let s = vec4u(0u, D / 4u, D / 2u, 3u * D / 4u) + d;
  return mat4x4f(
    subgroupShuffle((*keys).v[s.x / GROUP], lane + s.x % GROUP), subgroupShuffle((*keys).v[s.y / GROUP], lane + s.y % GROUP),
    subgroupShuffle((*keys).v[s.z / GROUP], lane + s.z % GROUP), subgroupShuffle((*keys).v[s.w / GROUP], lane + s.w % GROUP));
}
