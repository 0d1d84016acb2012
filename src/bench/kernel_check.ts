/** The generic check of a kernel: every kernel × variant × case passes the same tests, with no code per kernel. */
import { messageOf, TooLargeError } from "../errors.ts";
import { RandomStream } from "../formats/random.ts";
import type { Device } from "../gpu/device/device.ts";
import { align, bytesOf, elements, type NumberArray } from "../gpu/plan/dtype.ts";
import {
  type AnyKernel,
  arraysOf,
  type Dims,
  type Dtypes,
  type KernelCase,
  type Shape,
  sizesOf,
  type Typed,
  type Variant,
} from "../gpu/plan/kernel.ts";
import { bind } from "../gpu/plan/parts.ts";
import { type Sizing, sizingOf, type Target } from "../gpu/plan/target.ts";
import { refusal } from "../gpu/plan/variant.ts";
import { GUARD_BYTES, SingleDispatch } from "../gpu/run/single_dispatch.ts";
import type { PipelineCache } from "../gpu/shader/pipelines.ts";
import { type Comparison, compare } from "../kernels/check/compare.ts";
import { boundOf } from "../kernels/check/tolerance.ts";
import { Pauses, unlessAborted } from "../waiting.ts";
import { caseDims, drawShape, makeInputs, sampleRows } from "./kernel_inputs.ts";

export type KernelOutcome =
  | { readonly kind: "passed"; readonly error: number; readonly bound: number }
  | { readonly kind: "failed"; readonly reason: string; readonly error?: number; readonly bound?: number }
  | { readonly kind: "skipped"; readonly reason: string };

export interface KernelCheckOptions {
  readonly seed?: number;
  /** Element types of arrays; those not named, as the kernel says. */
  readonly dtypes?: Dtypes;
  /** Leaves out the form of the shader that this device does not use: sizes frozen into it, or as uniforms. */
  readonly usualForm?: boolean;
  /** How many random shapes to try beside the case's own, from its `vary` ranges. */
  readonly randomShapes?: number;
  /** Largest number of multiplications of a full reference; beyond it, a sample of rows is compared. */
  readonly referenceLimit?: number;
  /** Leaves the check when it fires, also while a shader is compiled. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs all checks of one case with one variant. Never throws for a wrong kernel: the outcome says what is wrong.
 * @throws {CancelledError} if the signal fires
 */
export function checkKernel(
  device: Device,
  pipelines: PipelineCache,
  target: Target,
  kernel: AnyKernel,
  variant: Variant,
  testCase: KernelCase,
  {
    seed = 0,
    dtypes = variant.dtypes ?? {},
    usualForm = false,
    randomShapes = 0,
    referenceLimit = 3e7,
    signal,
  }: KernelCheckOptions = {},
): Promise<KernelOutcome> {
  const check = async (): Promise<KernelOutcome> => {
    const dims = caseDims(target, kernel, variant, testCase);
    const refused = refusal(variant, target, dims) ?? tooLarge(kernel, { dtypes }, dims, target);
    if (refused) return { kind: "skipped", reason: refused };
    const usual = sizingOf(device.adapter);
    const run = (shape: KernelCase, sizes: Sizing = usual) =>
      checkShape(
        device,
        pipelines,
        kernel,
        variant,
        { ...shape, dims: caseDims(target, kernel, variant, shape), sizes, dtypes },
        seed,
        referenceLimit,
        new Pauses(signal),
      );
    const own = await run(testCase);
    if (own.kind !== "passed") return own;
    const ragged = kernel.cases.find(({ tags }) => tags?.includes("ragged"));
    if (!usualForm && testCase === ragged && variant === kernel.variants[0]) {
      // Both forms of the shader must be right, also the one that this device does not use. One case shows it, and saves compiling.
      const other = await run(testCase, usual === "frozen" ? "uniform" : "frozen");
      if (other.kind !== "passed") return other;
    }
    for (let draw = 0; draw < randomShapes && testCase.vary; draw++) {
      const shape = drawShape(testCase, new RandomStream(seed, `${kernel.name}/${testCase.name}/${draw}`));
      const outcome = await run(shape);
      if (outcome.kind === "failed") return shrink(testCase, shape, outcome, run);
    }
    return own;
  };
  return unlessAborted(check(), signal);
}

/** Why a device cannot bind the arrays of a dispatch, each with what guards it. */
function tooLarge(kernel: AnyKernel, typed: Typed, dims: Dims, { limits }: Target): string | undefined {
  const arrays = arraysOf(kernel, typed).map(({ name, shape, dtype }) => {
    const sizes = sizesOf(shape, dims);
    return { name, shape: sizes, bytes: align(bytesOf(sizes, dtype)) + GUARD_BYTES };
  });
  try {
    bind(kernel.name, arrays, limits);
    return undefined;
  } catch (error) {
    if (error instanceof TooLargeError) return error.message;
    throw error;
  }
}

/** Runs all checks of a kernel with a variant at these sizes, without random shapes. @param pauses where the host's work may be left */
export async function checkShape(
  device: Device,
  pipelines: PipelineCache,
  kernel: AnyKernel,
  variant: Variant,
  {
    dims,
    shift,
    sizes,
    dtypes,
  }: {
    readonly dims: Dims;
    readonly shift?: Readonly<Record<string, number>>;
    readonly sizes: Sizing;
    readonly dtypes: Dtypes;
  },
  seed: number,
  referenceLimit: number,
  pauses: Pauses,
): Promise<KernelOutcome> {
  const { arithmetic } = variant;
  const failed = (reason: string): KernelOutcome => ({ kind: "failed", reason: `${reason} (seed ${seed})` });
  await pauses.here();
  const inputs = makeInputs(kernel, { dtypes }, dims, seed, shift);
  await pauses.here();
  const rows = sampleRows(kernel, dims, seed, referenceLimit);
  const results = referenceResults(kernel, inputs, dims, rows);
  await pauses.here();
  const bound = boundOf(kernel, { dtypes, ...(arithmetic && { arithmetic }) }, dims);
  let dispatch: SingleDispatch;
  try {
    dispatch = await SingleDispatch.create(device, pipelines, kernel, variant, dims, { sizes, dtypes });
  } catch (error) {
    return failed(messageOf(error));
  }
  try {
    const first = await runFilled(dispatch, kernel, inputs, Number.NaN);
    if (typeof first === "string") return failed(first);
    let worst = 0;
    for (const [name, want] of Object.entries(results)) {
      const comparison = compare(first[name], want, (index) => !Number.isNaN(want[index]));
      const problem = judge(name, comparison, bound, want, dims);
      if (problem) return { kind: "failed", reason: `${problem} (seed ${seed})`, error: comparison.error, bound };
      worst = Math.max(worst, comparison.error);
    }
    for (const dirt of [Number.NaN, 12345.678]) {
      const again = await runFilled(dispatch, kernel, inputs, dirt);
      if (typeof again === "string") return failed(again);
      const changed = differing(first, again, results);
      if (changed) return failed(`${changed} is not the same bits in a second run over buffers filled with ${dirt}`);
    }
    return { kind: "passed", error: worst, bound };
  } catch (error) {
    return failed(messageOf(error));
  } finally {
    dispatch.destroy();
  }
}

/** Runs with outputs filled beforehand. @returns the written arrays, or what is wrong with them */
async function runFilled(
  dispatch: SingleDispatch,
  kernel: AnyKernel,
  inputs: Readonly<Record<string, NumberArray>>,
  dirt: number,
): Promise<Record<string, NumberArray> | string> {
  for (const [name, values] of Object.entries(inputs)) dispatch.write(name, values);
  for (const name of Object.keys(kernel.outputs)) dispatch.fill(name, dirt);
  await dispatch.run();
  const outputs: Record<string, NumberArray> = {};
  for (const name of [...Object.keys(kernel.inouts), ...Object.keys(kernel.outputs)]) {
    const { values, intact } = await dispatch.read(name);
    if (!intact) return `${name}: the words behind the array were overwritten`;
    outputs[name] = values;
  }
  for (const [name, values] of Object.entries(inputs)) {
    if (name in outputs) continue;
    const { values: after, intact } = await dispatch.read(name);
    if (!intact || !sameBits(values, after)) return `${name}: an input was overwritten`;
  }
  return outputs;
}

/** The reference's results, NaN where the sampled rows do not reach or the kernel promises nothing. */
function referenceResults(
  kernel: AnyKernel,
  inputs: Readonly<Record<string, NumberArray>>,
  dims: Dims,
  rows: readonly number[],
): Record<string, Float64Array> {
  const results: Record<string, Float64Array> = {};
  for (const [name, shape] of Object.entries({ ...kernel.inouts, ...kernel.outputs }))
    results[name] = new Float64Array(elements(sizesOf(shape as Shape, dims))).fill(Number.NaN);
  kernel.reference(inputs, results, dims, rows);
  return results;
}

function judge(
  name: string,
  { error, worst, rms, count }: Comparison,
  bound: number,
  want: Float64Array,
  dims: Dims,
): string | undefined {
  if (want.length === 0) return undefined;
  if (count === 0) return `${name}: the reference covers no element`;
  if (!(rms > 1e-3)) return `${name}: a vacuous case, the reference is tiny (rms ${rms})`;
  if (count > 4 && want.every((value) => Number.isNaN(value) || value === want[worst.index]))
    return `${name}: a vacuous case, the reference is constant`;
  if (error <= bound) return undefined;
  const sizes = Object.entries(dims).filter(([key]) => key !== key.toUpperCase());
  return `${name}[${worst.index}] is ${worst.got}, the reference says ${worst.want}: error ${error.toExponential(2)} over the bound ${bound.toExponential(2)} at ${sizes.map(([key, value]) => `${key}=${value}`).join(" ")}`;
}

function differing(
  a: Readonly<Record<string, NumberArray>>,
  b: Readonly<Record<string, NumberArray>>,
  results: Readonly<Record<string, Float64Array>>,
): string | undefined {
  return Object.keys(a).find((name) => {
    const [x, y] = [bitsOf(a[name]), bitsOf(b[name])];
    // Elements that a full reference leaves open keep whatever the buffer held.
    return x.some((word, index) => word !== y[index] && !Number.isNaN(results[name][index]));
  });
}

const bitsOf = ({ buffer, byteOffset, length }: NumberArray): Uint32Array =>
  new Uint32Array(buffer, byteOffset, length);

const sameBits = (a: NumberArray, b: NumberArray): boolean => {
  const [x, y] = [bitsOf(a), bitsOf(b)];
  return x.every((word, index) => word === y[index]);
};

/** Halves the sizes of a failing shape for as long as it fails, so that the report shows a small one. */
async function shrink(
  testCase: KernelCase,
  failing: KernelCase,
  outcome: KernelOutcome,
  run: (shape: KernelCase) => Promise<KernelOutcome>,
): Promise<KernelOutcome> {
  let [smallest, report] = [failing, outcome];
  for (const [name, [low]] of Object.entries(testCase.vary ?? {}) as [string, readonly [number, number]][]) {
    for (;;) {
      const size = (smallest.dims as Record<string, number>)[name];
      const half = Math.max(low, size >> 1);
      if (half === size) break;
      const candidate = { ...smallest, dims: { ...smallest.dims, [name]: half } };
      const next = await run(candidate);
      if (next.kind !== "failed") break;
      [smallest, report] = [candidate, next];
    }
  }
  return report;
}
