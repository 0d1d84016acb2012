/** The two ways of sharing the keys and values of an attention among lanes. */
import type { Dims, Variant, Work } from "../../gpu/plan/kernel.ts";
import { sizeText } from "../../words.ts";
import { refusesShuffle } from "./tile.ts";

/** A workgroup takes GROUP · QUERIES queries, which are the work's rows, of one problem of its batch. */
const launch = {
  family: "keys",
  workgroups: ({ GROUP, QUERIES }: Dims, { batch = 1, rows }: Work) => batch * Math.ceil(rows / (GROUP * QUERIES)),
  done: (dims: Dims, work: Work) =>
    launch.workgroups(dims, work) * dims.GROUP * dims.QUERIES * (work.columns ?? 1) * work.flops,
} as const;

export const keysVariants = [
  {
    ...launch,
    name: "workgroup",
    use: { keys: "keys_workgroup" },
    params: { GROUP: 64, QUERIES: 1, TILE_KEYS: 16 },
    features: [],
    refuses: ({ limits }, { TILE_KEYS, D }) => {
      const bytes = 8 * TILE_KEYS * D;
      return bytes > limits.maxComputeWorkgroupStorageSize
        ? `needs ${sizeText(bytes, Math.ceil)} of workgroup memory`
        : undefined;
    },
  },
  {
    ...launch,
    name: "shuffle",
    use: { keys: "keys_shuffle", place: "place_subgroup" },
    params: { GROUP: 8, QUERIES: 1 },
    features: ["subgroups"],
    refuses: (target, { GROUP }) => refusesShuffle(target, GROUP),
  },
] as const satisfies readonly Variant[];
