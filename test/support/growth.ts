/**
 * What a new variant needs: one library file and one entry. Its launch is unlike that of the others: a workgroup takes two
 * tiles of queries, and every lane loads its keys itself.
 */
import type { AnyKernel, Variant } from "../../src/gpu/plan/kernel.ts";
import { attention } from "../../src/kernels/attention.ts";

const TILES = 2;

export const paired = {
  name: "paired",
  family: "keys",
  use: { attention: "streaming_softmax", keys: "keys_paired" },
  params: { GROUP: 16, QUERIES: 1, TILES },
  features: [],
  workgroups: ({ GROUP, TILES }, { batch = 1, rows }) => Math.ceil((batch * Math.ceil(rows / GROUP)) / TILES),
} as const satisfies Variant;

export const grown: AnyKernel = { ...attention, variants: [...attention.variants, paired] };

export const grownShaders = {
  "lib/keys_paired.wgsl": `// Keys and values that every lane loads for itself; a workgroup takes TILES tiles of GROUP queries.

const GROUP: u32 = 16u;   //! param
const QUERIES: u32 = 1u;  //! param
const TILES: u32 = 2u;    //! param
const LANES: u32 = GROUP * TILES;
const TILE_QUERIES: u32 = GROUP * QUERIES;
const TILE_KEYS: u32 = 4u;

struct Keys { first: u32, task: Task }

fn task_of(place: Place) -> u32 { return linear_group(place) * TILES + place.lane / GROUP; }
fn query_of(place: Place, r: u32) -> u32 { return r * GROUP + place.lane % GROUP; }

fn load_keys(place: Place, task: Task, first: u32, keys: ptr<function, Keys>) { *keys = Keys(first, task); }

fn own_key(keys: ptr<function, Keys>, i: u32, d: u32) -> vec4f {
  return key((*keys).task, min((*keys).first + i, uniforms.n - 1u), d);
}
fn own_value(keys: ptr<function, Keys>, i: u32, d: u32) -> vec4f {
  return value((*keys).task, min((*keys).first + i, uniforms.n - 1u), d);
}
fn key_block(keys: ptr<function, Keys>, block: u32, d: u32) -> mat4x4f {
  return mat4x4f(own_key(keys, 0u, d), own_key(keys, 1u, d), own_key(keys, 2u, d), own_key(keys, 3u, d));
}
fn value_block(keys: ptr<function, Keys>, block: u32, d: u32) -> mat4x4f {
  return mat4x4f(own_value(keys, 0u, d), own_value(keys, 1u, d), own_value(keys, 2u, d), own_value(keys, 3u, d));
}
`,
};
