/** Two products, one behind the other, by matrix units: `wgsl/lib/chain_matrix.wgsl`. */
import type { Dims, Variant, Work } from "../../gpu/plan/kernel.ts";
import type { Target } from "../../gpu/plan/target.ts";
import { type Fragment, firstLaunch, matrixFeatures, refusesUnits } from "./matrix.ts";
import { refusesLanes } from "./tries.ts";

/** Subgroups of a workgroup, two by two. */
const SUBGROUPS = 4;
/** Rows of a workgroup: twice as many read the weights half as often, and fit nowhere. */
const ROWS = 64;
/** Columns of the second product, and with them the widest rows, unless a row of the tuning table has less. */
const COLUMNS = 128;

/**
 * What the adapter decides, and how many fragments of columns the second product has.
 * @param KEPT how many channels of the middle four columns of the first product make
 */
function launchFor({ M, N, K }: Fragment, lanes: number, KEPT: number) {
  // A pass gives KEPT · N channels of the middle, in whole steps; what a step of eight blocks stages fits beside no more than 32 of them.
  const K_STEP = N === 16 && KEPT === 2 ? 8 : 4;
  return {
    ...{ KEPT, K_STEP, SUBGROUP: lanes, FRAGMENT_ROWS: M, FRAGMENT_COLUMNS: N, FRAGMENT_DEPTH: K },
    ...{ ROW_FRAGMENTS: Math.min(ROWS, SUBGROUPS * lanes) / (2 * M), SECOND_FRAGMENTS: COLUMNS / (2 * N) },
    ...{ CHOOSES_SUBGROUP: 0 },
  };
}

const rowsOf = ({ ROW_FRAGMENTS, FRAGMENT_ROWS }: Dims): number => 2 * ROW_FRAGMENTS * FRAGMENT_ROWS;
const columnsOf = ({ SECOND_FRAGMENTS, FRAGMENT_COLUMNS }: Dims): number => 2 * SECOND_FRAGMENTS * FRAGMENT_COLUMNS;
/** Lanes that have sums of a pass: blocks of four by four, of two fragments' columns of each of two subgroups. */
const ownersOf = ({ FRAGMENT_ROWS, FRAGMENT_COLUMNS }: Dims): number => (FRAGMENT_ROWS / 2) * FRAGMENT_COLUMNS;

const workgroups = (dims: Dims, { batch = 1, rows }: Work): number => batch * Math.ceil(rows / rowsOf(dims));

/** Whether fragments fill the tile and its steps, and lanes find work of their own. */
function isWhole(launch: Dims): boolean {
  const { SUBGROUP, K_STEP, KEPT, FRAGMENT_DEPTH, FRAGMENT_COLUMNS, ROW_FRAGMENTS, SECOND_FRAGMENTS } = launch;
  const lanes = SUBGROUPS * SUBGROUP;
  const counts = [ROW_FRAGMENTS, SECOND_FRAGMENTS / 2, (4 * K_STEP) / FRAGMENT_DEPTH, lanes / rowsOf(launch)];
  const loads = [rowsOf(launch), 8 * FRAGMENT_COLUMNS, columnsOf(launch)].map((count) => (count * K_STEP) / lanes);
  return (
    ownersOf(launch) <= lanes &&
    [...counts, ...loads, (KEPT * FRAGMENT_COLUMNS) / (4 * K_STEP)].every(
      (count) => Number.isInteger(count) && count > 0,
    )
  );
}

/** Of halves of rows, columns and the middle, with eight more a row; of sums on their way to lanes, and of the rows' norms. */
function workgroupBytes(dims: Dims): number {
  const { FRAGMENT_ROWS, FRAGMENT_COLUMNS, K_STEP, KEPT } = dims;
  const rows = rowsOf(dims);
  const columns = Math.max(8 * FRAGMENT_COLUMNS, columnsOf(dims));
  const halves = (rows + columns) * (4 * K_STEP + 8) + rows * (KEPT * FRAGMENT_COLUMNS + 8);
  return 2 * halves + 4 * (2 * FRAGMENT_ROWS) * (4 * FRAGMENT_COLUMNS + 4) + 16 * rows;
}

/** @param KEPT how many channels of the middle a lane makes of its four columns of the first product */
export function chainMatrixVariant(KEPT: number) {
  const adapted = (target: Target) =>
    firstLaunch(target, (fragment, lanes) => launchFor(fragment, lanes, KEPT), isWhole);
  /** What no row of the tuning table may change of it. */
  const decided = (target: Target): Dims | undefined => {
    const { ROW_FRAGMENTS, SECOND_FRAGMENTS, ...others } = adapted(target) ?? {};
    return "SUBGROUP" in others ? others : undefined;
  };
  return {
    name: "matrix",
    family: "chain",
    use: { chain: "chain_matrix", place: "place_matrix" },
    params: launchFor({ M: 8, N: 8, K: 8 }, 8, KEPT),
    adapts: adapted,
    features: matrixFeatures,
    arithmetic: "f16",
    workgroups,
    done: (dims, work) => workgroups(dims, work) * rowsOf(dims) * columnsOf(dims) * work.flops,
    refuses: (target, dims) => {
      const refused = refusesUnits(target, dims, decided(target), workgroupBytes(dims));
      if (refused !== undefined) return refused;
      if (!isWhole(dims)) return "needs fragments that fill its tiles";
      if (dims.C > columnsOf(dims)) return `keeps ${columnsOf(dims)} columns, not ${dims.C}`;
      return refusesLanes(target.limits, SUBGROUPS * dims.SUBGROUP);
    },
  } as const satisfies Variant;
}
