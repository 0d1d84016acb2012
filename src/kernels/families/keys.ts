/** The ways of sharing the keys and values of an attention among lanes. */
import type { Variant } from "../../gpu/plan/kernel.ts";
import { sizeText } from "../../words.ts";
import { launchOf } from "./keys_launch.ts";
import { keysMatrixVariant } from "./keys_matrix.ts";
import { refusesShuffle } from "./tile.ts";
import { grid, refusesLanes } from "./tries.ts";

const launch = launchOf(({ GROUP, QUERIES }) => GROUP * QUERIES);

export const keysVariants = [
  {
    ...launchOf(({ ROW_LANES }) => 4 * ROW_LANES),
    name: "tile",
    use: { attention: "attention_tile" },
    params: { ROW_LANES: 16, COLUMN_LANES: 4, KEY_BLOCKS: 2 },
    features: [],
    refuses: ({ limits }, { ROW_LANES, COLUMN_LANES, KEY_BLOCKS, D }) => {
      const [keys, lanes] = [4 * COLUMN_LANES * KEY_BLOCKS, ROW_LANES * COLUMN_LANES];
      const values = keys * COLUMN_LANES * Math.ceil(D / 4 / COLUMN_LANES);
      const vectors = D * ROW_LANES + Math.max((D * keys) / 4, keys * ROW_LANES) + values + lanes;
      return 16 * vectors > limits.maxComputeWorkgroupStorageSize
        ? `needs ${sizeText(16 * vectors, Math.ceil)} of workgroup memory`
        : refusesLanes(limits, lanes);
    },
    tries: grid({ ROW_LANES: [16, 8, 32], COLUMN_LANES: [4, 2, 8], KEY_BLOCKS: [2, 1, 4] }),
  },
  {
    ...launch,
    name: "workgroup",
    use: { attention: "streaming_softmax", keys: "keys_workgroup" },
    params: { GROUP: 64, QUERIES: 1, TILE_KEYS: 16 },
    features: [],
    refuses: ({ limits }, { GROUP, TILE_KEYS, D }) => {
      const bytes = 8 * TILE_KEYS * D;
      return bytes > limits.maxComputeWorkgroupStorageSize
        ? `needs ${sizeText(bytes, Math.ceil)} of workgroup memory`
        : refusesLanes(limits, GROUP);
    },
    tries: grid({ GROUP: [64, 32, 128, 16], TILE_KEYS: [16, 32, 8] }),
  },
  {
    ...launch,
    name: "shuffle",
    use: { attention: "streaming_softmax", keys: "keys_shuffle", place: "place_subgroup" },
    params: { GROUP: 8, QUERIES: 1 },
    features: ["subgroups"],
    refuses: (target, { GROUP }) => refusesShuffle(target, GROUP),
    tries: grid({ GROUP: [8, 4, 16, 32], QUERIES: [1, 2] }),
  },
  keysMatrixVariant,
] as const satisfies readonly Variant[];
