/** The two ways of sharing the keys and values of an attention among lanes. */
import type { Variant } from "../../gpu/plan/kernel.ts";
import { refusesShuffle } from "./tile.ts";

export const keysVariants = [
  {
    name: "workgroup",
    use: { keys: "keys_workgroup" },
    params: { GROUP: 64, QUERIES: 1, TILE_KEYS: 16 },
    features: [],
    refuses: ({ limits }, { TILE_KEYS, D }) => {
      const bytes = 8 * TILE_KEYS * D;
      return bytes > limits.maxComputeWorkgroupStorageSize ? `needs ${bytes} bytes of workgroup memory` : undefined;
    },
  },
  {
    name: "shuffle",
    use: { keys: "keys_shuffle" },
    params: { GROUP: 8, QUERIES: 1 },
    features: ["subgroups"],
    refuses: (target, { GROUP }) => refusesShuffle(target, GROUP),
  },
] as const satisfies readonly Variant[];
