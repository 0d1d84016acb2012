/** Rows of a table of one's own, which stand before the reviewed ones: how they are made, and what of a file is taken. */
import { literal } from "../../formats/given.ts";
import type { AnyKernel } from "../../gpu/plan/kernel.ts";
import type { AdapterCondition, TuningRow } from "../../gpu/plan/target.ts";
import { type Call, holdsHalves } from "../../gpu/plan/variant.ts";
import { type Candidate, isTried, paramsOf } from "./candidates.ts";
import { problemsOf, sizeNames } from "./problems.ts";

/** A row about one kernel whose numbers were measured. */
export type OwnRow = Extract<TuningRow, { readonly kernel: string }> & {
  readonly sizes: Readonly<Record<string, readonly [number, number]>>;
  readonly params: Readonly<Record<string, number>>;
  readonly origin: Extract<TuningRow["origin"], { readonly kind: "measured" }>;
};

/** What `tune` found for one call. */
export interface Tuned {
  readonly kernel: AnyKernel;
  readonly call: Call;
  /** The fastest, if it is another than what the table had. */
  readonly winner: Candidate | undefined;
  /** How much faster, for the row's origin. */
  readonly gain?: string;
}

/** Sizes that shaders need not know reach this far from what was measured: a factor of two covers no size of the next power of two. */
const REACH = Math.SQRT2;

/**
 * Rows for what was found, for a table of one's own or to be reviewed.
 *
 * A row holds for the frozen sizes and parameters of its call alone, and for other sizes within a factor of √2, unless another call
 * that was timed lies there: then for its own sizes only.
 */
export function rowsOf(found: readonly Tuned[], adapter: AdapterCondition, origin: OwnRow["origin"]): OwnRow[] {
  return found.flatMap((one) => {
    const { kernel, call, winner } = one;
    if (!winner) return [];
    const others = found.filter((other) => other !== one && other.kernel === kernel);
    const wide = boundsOf(kernel, call, REACH);
    const reached = others.some((other) => holdsHalves(other.call) === holdsHalves(call) && within(wide, other));
    const halves = holdsHalves(call) && { halves: true };
    const row = { kernel: kernel.name, variant: winner.variant.name, params: paramsOf(winner), adapter, ...halves };
    const see = one.gain === undefined ? origin.see : `${origin.see}: ${one.gain}`;
    return [{ ...row, sizes: reached ? boundsOf(kernel, call, 1) : wide, origin: { ...origin, see } }];
  });
}

function boundsOf(kernel: AnyKernel, call: Call, reach: number): Record<string, [number, number]> {
  const known = new Set(sizeNames(kernel));
  const all = Object.entries({ ...call.sizes, ...call.params }).filter(([name]) => known.has(name));
  return Object.fromEntries(
    all.map(([name, given]) => {
      const value = Number(given);
      const frozen = name === name.toUpperCase();
      return [name, frozen ? [value, value] : [Math.ceil(value / reach), Math.floor(value * reach)]];
    }),
  );
}

const within = (bounds: OwnRow["sizes"], { call }: Tuned): boolean =>
  Object.entries(bounds).every(([name, [least, most]]) => {
    const value = Number({ ...call.sizes, ...call.params }[name]);
    return value >= least && value <= most;
  });

/**
 * Older rows that say nothing of what was timed now, then the new ones: each keeps the sizes that it was measured at. What was measured
 * with halves goes first: rows of float32 are about calls with halves as well where nobody has timed those.
 */
export function merged(older: readonly OwnRow[], found: readonly Tuned[], rows: readonly OwnRow[]): OwnRow[] {
  const renewed = (row: OwnRow): boolean =>
    found.some(
      (one) =>
        one.kernel.name === row.kernel && (row.halves ?? false) === holdsHalves(one.call) && within(row.sizes, one),
    );
  const all = [...older.filter((row) => !renewed(row)), ...rows];
  return [...all.filter(({ halves }) => halves), ...all.filter(({ halves }) => !halves)];
}

/**
 * A row as it stands in a file, or in a sentence why it is not taken.
 * @param reviewed the table that it would stand before
 */
export function ownRow(value: unknown, kernels: readonly AnyKernel[], reviewed: readonly TuningRow[]): OwnRow | string {
  if (!isObject(value)) return `it is ${literal(value)}`;
  const { kernel: name, variant: variantName, params, sizes, adapter = {}, origin } = value;
  const kernel = kernels.find((one) => one.name === name);
  if (!kernel) return `there is no kernel ${literal(name)}`;
  const variant = kernel.variants.find((one) => one.name === variantName);
  if (!variant) return `${kernel.name} has no variant ${literal(variantName)}`;
  if (!isObject(params) || !isTried(kernel, variant, params, reviewed))
    return `tune tries ${kernel.name} as ${variant.name} with no such parameters`;
  if (!isObject(sizes) || !Object.values(sizes).every(isBounds)) return `the sizes of ${kernel.name} have no bounds`;
  if (value.halves !== undefined && typeof value.halves !== "boolean") return `halves is ${literal(value.halves)}`;
  if (!isObject(adapter) || !Object.entries(adapter).every(isCondition)) return `its adapter is ${literal(adapter)}`;
  if (
    !isObject(origin) ||
    origin.kind !== "measured" ||
    typeof origin.on !== "string" ||
    typeof origin.see !== "string"
  )
    return "it does not say where it was measured";
  const row = value as unknown as OwnRow;
  return problemsOf([row, ...reviewed], kernels)[0]?.replace(/^row 1: /, "") ?? row;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const CONDITIONS: Readonly<Record<keyof AdapterCondition, string>> = {
  vendor: "string",
  architecture: "string",
  device: "string",
  software: "boolean",
  subgroupSize: "number",
};

const isCondition = ([name, value]: [string, unknown]): boolean =>
  Object.hasOwn(CONDITIONS, name) && typeof value === CONDITIONS[name as keyof AdapterCondition];

const isBounds = (value: unknown): boolean =>
  Array.isArray(value) && value.length === 2 && value.every((one) => Number.isSafeInteger(one) && one >= 0);
