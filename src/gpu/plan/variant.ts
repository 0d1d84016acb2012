/** Which variant of a kernel a device runs, and with which parameters: tuning proposes, features and limits decide. */
import { UnavailableError } from "../../errors.ts";
import {
  type AnyKernel,
  completeDims,
  type Dims,
  dtypeOfArray,
  type Family,
  halvesOf,
  type Typed,
  type Variant,
} from "./kernel.ts";
import type { Target, TuningRow } from "./target.ts";

/** What a call of a kernel says: solved sizes, parameters, scalars, and the types of its arrays. */
export interface Call extends Typed {
  readonly sizes: Readonly<Record<string, number>>;
  readonly params?: Readonly<Record<string, number | boolean>>;
  readonly scalars?: Readonly<Record<string, number>>;
}

export interface Choice {
  readonly variant: Variant;
  /** All sizes and parameters with this variant. */
  readonly dims: Dims;
  /** The row of the tuning table that proposes it; undefined where none does. */
  readonly row: TuningRow | undefined;
}

/** Why a variant cannot run on a target at these sizes, or undefined if it can. */
export function refusal(variant: Variant, target: Target, dims: Dims): string | undefined {
  const missing = variant.features.filter((feature) => !target.features.has(feature));
  if (missing.length) return `needs ${missing.join(", ")}`;
  return variant.refuses?.(target, dims);
}

/** As {@link refusal}, or why the variant cannot take the arrays that a caller has. */
export const refusalOf = (
  kernel: AnyKernel,
  variant: Variant,
  target: Target,
  call: Call,
  dims: Dims,
): string | undefined =>
  imprecise(kernel, variant, target, call, dims) ?? mistyped(kernel, variant, call) ?? refusal(variant, target, dims);

/**
 * Why a plan cannot take a variant that multiplies in less than float32, or undefined if it can. It has to have been right on this device,
 * and what it multiplies must be stored so already: a plan in float32 stores nothing as halves, and in mixed precision what halves cannot
 * hold stays float32. Rows that the kernel normalises are the exception: halves hold those, whatever they were. A check that names
 * a variant runs it with all arrays.
 */
function imprecise(kernel: AnyKernel, variant: Variant, target: Target, call: Call, dims: Dims): string | undefined {
  const { arithmetic, family } = variant;
  if (arithmetic === undefined) return undefined;
  if (!isRight(target, family)) {
    const wrong = target.tested?.get(family);
    return `multiplies in ${arithmetic}, and ${wrong ? `was wrong on this device: ${wrong}` : "has not been tested on this device"}`;
  }
  const factors = factorsOf(kernel, dims);
  const other = factors.find((array) => dtypeOfArray(kernel, call, array) !== arithmetic);
  if (factors.length > 0 && other === undefined) return undefined;
  return `multiplies in ${arithmetic}, and ${other ?? "no array"} is ${other ? "float32" : "stored so"}`;
}

/** Whether what a family multiplies in less than float32 was right on this device. */
const isRight = ({ tested }: Target, family: Family | undefined): boolean =>
  family !== undefined && tested?.has(family) === true && tested.get(family) === undefined;

/** The arrays of halves that a kernel multiplies by each other as they are: not its gates, nor what it normalises. */
function factorsOf(kernel: AnyKernel, { NORMALISE = 1 }: Dims): string[] {
  const { gates = [], normalises = [] } = kernel;
  const others: readonly string[] = [...gates, ...(NORMALISE ? normalises : [])];
  return Object.keys(halvesOf(kernel)).filter((array) => array in kernel.inputs && !others.includes(array));
}

/**
 * Every variant of a kernel in the order in which they are to be tried: as the rows of the tuning table propose them, then
 * those that no row names, with their own parameters. The only place where rows are matched.
 */
export function* proposals(kernel: AnyKernel, target: Target, call: Call): Generator<Choice> {
  const complete = (variant: Variant, tuned: Readonly<Record<string, number>>): Dims =>
    completeDims(
      kernel,
      variant,
      call.sizes,
      { ...variant.adapts?.(target), ...tuned, ...call.params },
      call.scalars ?? {},
    );
  for (const row of target.tuning) {
    const variant = variantOf(row, kernel);
    if (!variant || !isOn(row, target) || !isAbout(row, target, call)) continue;
    const dims = complete(variant, row.params ?? {});
    if (fits(row, kernel, dims)) yield { variant, dims, row };
  }
  for (const variant of kernel.variants) yield { variant, dims: complete(variant, {}), row: undefined };
}

/** Whether a row is about calls that store their arrays as this one does. */
function isAbout({ halves, yieldsTo }: TuningRow, target: Target, call: Call): boolean {
  const held = holdsHalves(call);
  if (held && isRight(target, yieldsTo)) return false;
  return (halves ?? held) === held;
}

/** Whether any array of a call holds halves. */
export const holdsHalves = ({ dtypes = {} }: Call): boolean => Object.values(dtypes).includes("f16");

/** The variant of a kernel that a row is about, if it is about this kernel. */
export function variantOf(row: TuningRow, { name, variants }: AnyKernel): Variant | undefined {
  if (row.kernel !== undefined && row.kernel !== name) return undefined;
  return variants.find((variant) => variant.name === row.variant && variant.family === (row.family ?? variant.family));
}

/** Whether a row is about a target's adapter. */
function isOn({ adapter = {} }: TuningRow, target: Target): boolean {
  const { software, subgroupSize, vendor, architecture, device } = adapter;
  if (software !== undefined && software !== target.software) return false;
  if (subgroupSize !== undefined && subgroupSize !== target.subgroupSize) return false;
  const has = (text: string, part = ""): boolean => text.toLowerCase().includes(part.toLowerCase());
  const { adapter: own } = target;
  return has(own.vendor, vendor) && has(own.architecture, architecture) && has(own.device, device);
}

/** Whether a row is about these sizes: of the kernel's, where it names one, else of how the work falls into rows and columns. */
function fits({ kernel: named, sizes = {} }: TuningRow, kernel: AnyKernel, dims: Dims): boolean {
  const { batch = 1, rows, columns = 1 } = kernel.work(dims);
  const own: Dims = named === undefined ? { batch, rows, columns } : dims;
  return Object.entries(sizes).every(([name, [least, most]]) => own[name] >= least && own[name] <= most);
}

/**
 * The first proposal that the target can run.
 * @throws {UnavailableError} with every variant's reason if none can run
 */
export function chooseVariant(kernel: AnyKernel, target: Target, call: Call): Choice {
  const reasons = new Set<string>();
  for (const choice of proposals(kernel, target, call)) {
    const { variant, dims } = choice;
    const reason = refusalOf(kernel, variant, target, call, dims);
    if (reason === undefined) return choice;
    reasons.add(`${variant.name} ${reason}`);
  }
  throw new UnavailableError(
    `no variant of the kernel ${kernel.name} runs on this device: ${[...reasons].join("; ")}`,
    "update the driver, or choose another adapter",
  );
}

/** Whether a row of the tuning table that names a kernel proposes a variant of it that the target can run; rows of its family do not count. */
export function isProposed(kernel: AnyKernel, target: Target, call: Call): boolean {
  for (const { row, variant, dims } of proposals(kernel, target, call))
    if (row?.kernel !== undefined && refusalOf(kernel, variant, target, call, dims) === undefined) return true;
  return false;
}

/** A variant as tuning proposes it, or with its own parameters. @throws if the kernel does not have it */
export function tunedVariant(kernel: AnyKernel, variant: Variant, target: Target, call: Call): Choice {
  for (const choice of proposals(kernel, target, call)) if (choice.variant === variant) return choice;
  throw new Error(`${kernel.name} has no variant ${variant.name}`);
}

/** Why a variant cannot take the arrays that a call has, or undefined if it can. */
function mistyped(kernel: AnyKernel, variant: Variant, call: Call): string | undefined {
  for (const [array, wanted] of Object.entries(variant.dtypes ?? {})) {
    const found = dtypeOfArray(kernel, call, array);
    if (found !== wanted) return `takes ${array} as ${wanted}, not as ${found}`;
  }
  return undefined;
}
