/** Both products of an attention by matrix units: `wgsl/lib/attention_matrix.wgsl`. */
import type { Dims, Variant } from "../../gpu/plan/kernel.ts";
import type { Target } from "../../gpu/plan/target.ts";
import { launchOf } from "./keys_launch.ts";
import { type Fragment, firstLaunch, matrixFeatures, refusesUnits } from "./matrix.ts";
import { grid, refusesLanes } from "./tries.ts";

/** Queries of a subgroup, and keys of a tile, where its lanes are enough for so many. */
const MOST_ROWS = 32;

/** What the adapter decides, and how many fragments a tile has. */
function launchFor({ M, N, K }: Fragment, lanes: number) {
  const rows = Math.min(MOST_ROWS, 2 * lanes);
  return {
    ...{ SUBGROUPS: 2, ROW_FRAGMENTS: rows / M, KEY_FRAGMENTS: rows / N, SUBGROUP: lanes },
    ...{ FRAGMENT_ROWS: M, FRAGMENT_COLUMNS: N, FRAGMENT_DEPTH: K, CHOOSES_SUBGROUP: 0 },
  };
}

/** Of how many queries and keys a workgroup has a tile. */
const tileQueries = ({ SUBGROUPS, ROW_FRAGMENTS, FRAGMENT_ROWS }: Dims): number =>
  SUBGROUPS * ROW_FRAGMENTS * FRAGMENT_ROWS;
const tileKeys = ({ KEY_FRAGMENTS, FRAGMENT_COLUMNS }: Dims): number => KEY_FRAGMENTS * FRAGMENT_COLUMNS;

/** Whether fragments fill the tiles, and lanes rows of four keys each, whose sums lie in fours. */
function isWhole(launch: Dims): boolean {
  const keys = tileKeys(launch);
  const rowsAtOnce = (launch.SUBGROUPS * launch.SUBGROUP) / (keys / 4);
  const counts = [launch.ROW_FRAGMENTS, launch.KEY_FRAGMENTS, keys / launch.FRAGMENT_DEPTH, keys / 16];
  return [...counts, rowsAtOnce, tileQueries(launch) / rowsAtOnce].every(
    (count) => Number.isInteger(count) && count > 0,
  );
}

const adapted = (target: Target) => firstLaunch(target, launchFor, isWhole);

/** What no row of the tuning table may change of it. */
function decided(target: Target): Dims | undefined {
  const { SUBGROUPS, ROW_FRAGMENTS, KEY_FRAGMENTS, ...others } = adapted(target) ?? {};
  return "SUBGROUP" in others ? others : undefined;
}

/** Of halves of queries (or weights), keys and values, with eight more a row, and of logits in float32. */
function workgroupBytes(dims: Dims): number {
  const { D, SUBGROUPS, FRAGMENT_DEPTH, FRAGMENT_COLUMNS } = dims;
  const [rows, keys] = [tileQueries(dims), tileKeys(dims)];
  const upTo = (fragment: number) => Math.ceil(D / fragment) * fragment;
  const [keyPitch, valuePitch] = [upTo(FRAGMENT_DEPTH) + 8, keys + 8];
  const halves = rows * Math.max(keyPitch, valuePitch) + keys * keyPitch + upTo(FRAGMENT_COLUMNS) * valuePitch;
  return 2 * halves + 4 * rows * (keys + 4) + 4 * SUBGROUPS;
}

export const keysMatrixVariant = {
  ...launchOf(tileQueries),
  name: "matrix",
  use: { attention: "attention_matrix", place: "place_matrix" },
  params: launchFor({ M: 8, N: 8, K: 8 }, 8),
  adapts: adapted,
  features: matrixFeatures,
  arithmetic: "f16",
  tries: grid({ SUBGROUPS: [2, 1, 4], ROW_FRAGMENTS: [2, 4], KEY_FRAGMENTS: [2, 4] }),
  refuses: (target, dims) =>
    refusesUnits(target, dims, decided(target), workgroupBytes(dims)) ??
    (isWhole(dims)
      ? refusesLanes(target.limits, dims.SUBGROUPS * dims.SUBGROUP)
      : "needs fragments that fill its tiles"),
} as const satisfies Variant;
