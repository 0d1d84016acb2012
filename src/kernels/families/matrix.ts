/** Multiplying one tile of a matrix by matrix units: `wgsl/lib/tile_matrix.wgsl`. */
import type { Dims, Variant } from "../../gpu/plan/kernel.ts";
import type { SubgroupMatrix, Target } from "../../gpu/plan/target.ts";
import { sizeText } from "../../words.ts";
import { tileColumns, tileLaunch, tileRows } from "./tile_launch.ts";
import { refusesLanes } from "./tries.ts";

/** The size of fragments: [M, K] by [K, N]. */
export type Fragment = Pick<SubgroupMatrix, "M" | "N" | "K">;

export const matrixFeatures = ["chromium-experimental-subgroup-matrix", "shader-f16", "subgroups"] as const;

/** Blocks of four channels that a step stages. */
const K_STEP = 8;
const SUBGROUP_COLUMNS = 2;
const SUBGROUPS = 4;

/** What a subgroup's lanes hold of sums at least: two blocks of four by four side by side, since gates stand beside their values. */
const LEAST_SUMS = 32;

/**
 * The launch for fragments of [M, K] by [K, N] and subgroups of so many lanes: four subgroups, two by two, each with two by four
 * fragments, or four by four where those are small for its lanes.
 */
function launchFor({ M, N, K }: Fragment, lanes: number) {
  const columnFragments = 4;
  const rowFragments = (2 * M * columnFragments * N) / lanes < LEAST_SUMS ? 4 : 2;
  const [rows, columns] = [(SUBGROUPS / SUBGROUP_COLUMNS) * rowFragments * M, SUBGROUP_COLUMNS * columnFragments * N];
  const COLUMN_BLOCKS = 2;
  const COLUMN_LANES = columns / (4 * COLUMN_BLOCKS);
  const ROW_LANES = (SUBGROUPS * lanes) / COLUMN_LANES;
  return {
    ...{ ROW_LANES, COLUMN_LANES, ROW_BLOCKS: rows / (4 * ROW_LANES), COLUMN_BLOCKS, K_STEP, SUBGROUP: lanes },
    ...{ FRAGMENT_ROWS: M, FRAGMENT_COLUMNS: N, FRAGMENT_DEPTH: K, CHOOSES_SUBGROUP: 0 },
  };
}

type Launch = ReturnType<typeof launchFor>;

/** Whether workgroups can be divided like this. */
const isWhole = ({ ROW_LANES, ROW_BLOCKS, COLUMN_LANES, FRAGMENT_DEPTH }: Launch): boolean =>
  [ROW_LANES, ROW_BLOCKS, COLUMN_LANES, (4 * K_STEP) / FRAGMENT_DEPTH].every((count) => Number.isInteger(count)) &&
  ROW_BLOCKS > 0;

/**
 * How many lanes the subgroups of this launch have: what all have, or where they vary the most, if shaders can ask for them.
 * @returns undefined if it cannot be known
 */
function lanesOf({ subgroupSize, subgroupSizes, features }: Target): number | undefined {
  return subgroupSize ?? (features.has("subgroup-size-control") ? subgroupSizes?.[1] : undefined);
}

/**
 * The first launch on a target that divides workgroups as a whole, with the largest of the fragments that it multiplies in halves and sums
 * in float32.
 * @param launch for fragments, and subgroups of so many lanes
 */
export function firstLaunch<L extends Dims>(
  target: Target,
  launch: (matrix: Fragment, lanes: number) => L,
  whole: (launch: L) => boolean,
): (L & { readonly CHOOSES_SUBGROUP: number }) | undefined {
  const lanes = lanesOf(target);
  if (lanes === undefined) return undefined;
  const CHOOSES_SUBGROUP = target.subgroupSize === undefined ? 1 : 0;
  return (target.subgroupMatrices ?? [])
    .filter(({ component, result }) => component === "f16" && result === "f32")
    .sort((a, b) => b.M * b.N * b.K - a.M * a.N * a.K)
    .map((matrix) => ({ ...launch(matrix, lanes), CHOOSES_SUBGROUP }))
    .find(whole);
}

const adapted = (target: Target): Launch | undefined => firstLaunch(target, launchFor, isWhole);

/**
 * Why a target cannot multiply with these parameters, or undefined if it can.
 * @param wanted what the target decides of them @param bytes of workgroup memory
 */
export function refusesUnits(target: Target, dims: Dims, wanted: Dims | undefined, bytes: number): string | undefined {
  if (lanesOf(target) === undefined) return "needs subgroups of a known size";
  if (!wanted) return "needs products of matrices of halves that are summed in float32";
  const other = Object.entries(wanted).find(([name, value]) => dims[name] !== value);
  if (other) return `needs ${other[0]} ${other[1]}, not ${dims[other[0]]}`;
  return bytes > target.limits.maxComputeWorkgroupStorageSize
    ? `needs ${sizeText(bytes, Math.ceil)} of workgroup memory`
    : undefined;
}

/** Of halves of rows and columns, with eight more a row, and of a slice of the sums. */
function workgroupBytes(dims: Dims): number {
  const [rows, columns] = [tileRows(dims), tileColumns(dims)];
  const slice = (SUBGROUPS / SUBGROUP_COLUMNS) * dims.FRAGMENT_ROWS * (columns + 8);
  return 2 * (rows + columns) * (4 * dims.K_STEP + 8) + 4 * slice;
}

export const matrixVariant = {
  ...tileLaunch,
  family: "tile",
  name: "matrix",
  use: { tile: "tile_matrix", place: "place_matrix" },
  params: launchFor({ M: 8, N: 8, K: 8 }, 8),
  adapts: adapted,
  features: matrixFeatures,
  arithmetic: "f16",
  refuses: (target, dims) =>
    refusesUnits(target, dims, adapted(target), workgroupBytes(dims)) ??
    refusesLanes(target.limits, dims.ROW_LANES * dims.COLUMN_LANES),
} as const satisfies Variant;
