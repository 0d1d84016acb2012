/** Whether a device's matrix units may be used: never in float32, and in mixed precision once their numbers have been right here. */
import { messageOf } from "../errors.ts";
import { RandomStream } from "../formats/random.ts";
import type { Device } from "../gpu/device/device.ts";
import { elements, type NumberArray, numbersOf, stored } from "../gpu/plan/dtype.ts";
import {
  type AnyKernel,
  completeDims,
  type Dims,
  dtypeOfArray,
  type Family,
  type Shape,
  sizesOf,
  type Variant,
} from "../gpu/plan/kernel.ts";
import type { Target } from "../gpu/plan/target.ts";
import { refusal } from "../gpu/plan/variant.ts";
import { SingleDispatch } from "../gpu/run/single_dispatch.ts";
import type { PipelineCache } from "../gpu/shader/pipelines.ts";
import { attention } from "../kernels/attention.ts";
import { compare } from "../kernels/check/compare.ts";
import { boundOf } from "../kernels/check/tolerance.ts";
import { chainMatrixVariant } from "../kernels/families/chain_matrix.ts";
import { keysMatrixVariant } from "../kernels/families/keys_matrix.ts";
import { matrixVariant } from "../kernels/families/matrix.ts";
import { matmul } from "../kernels/matmul.ts";
import { project } from "../kernels/project.ts";
import { transition } from "../kernels/transition.ts";

interface Opened {
  readonly device: Device;
  readonly pipelines: PipelineCache;
}

interface Test {
  readonly kernel: AnyKernel;
  readonly variant: Variant;
  readonly sizes: Dims;
  readonly params: Readonly<Record<string, number | boolean>>;
  readonly scalars: Dims;
}

/** A product, one of normalised rows, an attention, and two products in one, at sizes that fill no tile. */
const TESTS: readonly Test[] = [
  { kernel: matmul, variant: matrixVariant, sizes: { rows: 37, K: 72, COLUMNS: 140 }, params: {}, scalars: {} },
  {
    kernel: project,
    variant: matrixVariant,
    sizes: { source_rows: 70, C: 40, COLUMNS: 20, TERMS: 2, mask_rows: 0 },
    params: { CHANNELS: 38, NORMALISE: true },
    scalars: { first_row: 3, rows: 67 },
  },
  {
    kernel: attention,
    variant: keysMatrixVariant,
    sizes: { batch: 2, n: 70, HEADS: 2, D: 12, mask_rows: 2 },
    params: {},
    scalars: { first_batch: 0, penalty: 30 },
  },
  {
    kernel: transition,
    variant: chainMatrixVariant(2),
    sizes: { rows: 75, C: 40, COLUMNS: 168 },
    params: { CHANNELS: 38 },
    scalars: {},
  },
];

/** What was found: of each family nothing if it is right, else what is wrong. */
type Outcomes = ReadonlyMap<Family, string | undefined>;

/** The families that have matrix units, all of them right: of a device that is not here to be tested. */
export const allUnits: Outcomes = new Map(TESTS.map(({ variant }) => [variant.family, undefined]));

const outcomes = new WeakMap<PipelineCache, Promise<Outcomes>>();

/**
 * A target whose plans may multiply by those matrix units that are right, if it asks for mixed precision and the device has any; else as it
 * is. Families are judged one by one: a driver may compile a product well and an attention not. The test runs once for each device, some
 * hundredths of a second on a GPU.
 */
export async function withMatrixUnits(target: Target, opened: Opened): Promise<Target> {
  const { pipelines } = opened;
  if (!target.precision || !target.subgroupMatrices?.length) return target;
  const known = outcomes.get(pipelines) ?? judge(target, opened);
  outcomes.set(pipelines, known);
  return { ...target, tested: await known };
}

async function judge(target: Target, opened: Opened): Promise<Outcomes> {
  const found = new Map<Family, string | undefined>();
  for (const test of TESTS) {
    const { family } = test.variant;
    if (found.get(family) === undefined) found.set(family, await wrongIn(target, opened, test));
  }
  return found;
}

async function wrongIn(target: Target, opened: Opened, test: Test): Promise<string | undefined> {
  const { kernel, variant, sizes, params: given, scalars } = test;
  const dims = completeDims(kernel, variant, sizes, { ...variant.adapts?.(target), ...given }, scalars);
  const wrong = refusal(variant, target, dims) ?? (await differs(opened, kernel, variant, dims));
  return wrong && `${kernel.name} ${wrong}`;
}

/** As many first elements of a mask are zeros: all keys of one row, and of another so many that its sums fade once keys come that count. */
const MASKED = 112;

/** Normal values, and masks, as arrays of float32 hold them and callers prepare them. */
function inputsOf(kernel: AnyKernel, dims: Dims): Record<string, NumberArray> {
  const inputs: Record<string, NumberArray> = {};
  for (const [name, shape] of Object.entries({ ...kernel.inputs, ...kernel.inouts })) {
    const length = elements(sizesOf(shape as Shape, dims));
    const isMask = kernel.fill?.[name] === "mask";
    inputs[name] = isMask
      ? Float32Array.from({ length }, (_, at) => Number(at >= MASKED))
      : new RandomStream(0, name).normal(length, 1);
  }
  kernel.prepare?.(inputs, dims);
  for (const name of Object.keys(inputs))
    inputs[name] = numbersOf(stored(dtypeOfArray(kernel, {}, name), inputs[name]));
  return inputs;
}

/**
 * Compares all elements with the kernel's double-precision reference. A device that does not compile it, or fails, has no such units.
 * @returns what is wrong
 */
async function differs(
  { device, pipelines }: Opened,
  kernel: AnyKernel,
  variant: Variant,
  dims: Dims,
): Promise<string | undefined> {
  const inputs = inputsOf(kernel, dims);
  const results: Readonly<Record<string, Shape>> = { ...kernel.inouts, ...kernel.outputs };
  const want = Object.fromEntries(
    Object.entries(results).map(([name, shape]) => [name, new Float64Array(elements(sizesOf(shape, dims)))]),
  );
  kernel.reference(inputs, want, dims, [...Array(kernel.rows(dims)).keys()]);
  let dispatch: SingleDispatch | undefined;
  try {
    dispatch = await SingleDispatch.create(device, pipelines, kernel, variant, dims);
    for (const name of Object.keys(kernel.outputs)) dispatch.fill(name, Number.NaN);
    for (const [name, values] of Object.entries(inputs)) dispatch.write(name, values);
    await dispatch.run();
    const bound = boundOf(kernel, variant, dims);
    for (const [name, values] of Object.entries(want)) {
      const { values: got, intact } = await dispatch.read(name);
      if (!intact) return `writes behind its array ${name}`;
      const { error } = compare(got, values);
      if (!(error <= bound)) return `is off by ${error.toExponential(1)}, its bound is ${bound.toExponential(1)}`;
    }
    return undefined;
  } catch (error) {
    device.check();
    return `fails: ${messageOf(error).split("\n")[0]}`;
  } finally {
    dispatch?.destroy();
  }
}
