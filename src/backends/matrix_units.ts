/** Whether a device's matrix units may be used: never in float32, and in mixed precision once their numbers have been right here. */
import { RandomStream } from "../formats/random.ts";
import type { Device } from "../gpu/device/device.ts";
import { elements, type NumberArray, numbersOf, stored } from "../gpu/plan/dtype.ts";
import { type AnyKernel, completeDims, type Dims, dtypeOfArray, type Shape, sizesOf } from "../gpu/plan/kernel.ts";
import type { Target } from "../gpu/plan/target.ts";
import { refusal } from "../gpu/plan/variant.ts";
import { SingleDispatch } from "../gpu/run/single_dispatch.ts";
import type { PipelineCache } from "../gpu/shader/pipelines.ts";
import { compare } from "../kernels/check/compare.ts";
import { boundOf } from "../kernels/check/tolerance.ts";
import { matrixVariant } from "../kernels/families/matrix.ts";
import { matmul } from "../kernels/matmul.ts";
import { project } from "../kernels/project.ts";

interface Opened {
  readonly device: Device;
  readonly pipelines: PipelineCache;
}

/** A product, and one of normalised rows, at sizes that fill no tile. */
const TESTS: readonly (readonly [
  kernel: AnyKernel,
  sizes: Dims,
  params: Readonly<Record<string, number | boolean>>,
  scalars: Dims,
])[] = [
  [matmul, { rows: 37, K: 72, COLUMNS: 140 }, {}, {}],
  [
    project,
    { source_rows: 70, C: 40, COLUMNS: 20, TERMS: 2, mask_rows: 0 },
    { CHANNELS: 38, NORMALISE: true },
    { first_row: 3, rows: 67 },
  ],
];

const outcomes = new WeakMap<Device, Promise<boolean>>();

/**
 * A target whose plans may multiply by matrix units, if it asks for mixed precision and the device has any that are right; else as it is.
 * The test runs once for each device, some hundredths of a second on a GPU.
 */
export async function withMatrixUnits(target: Target, opened: Opened): Promise<Target> {
  const { device } = opened;
  if (!target.precision || !target.subgroupMatrices?.length) return target;
  const known = outcomes.get(device) ?? areRight(target, opened);
  outcomes.set(device, known);
  return (await known) ? { ...target, tested: new Set([matrixVariant.name]) } : target;
}

async function areRight(target: Target, opened: Opened): Promise<boolean> {
  for (const [kernel, sizes, given, scalars] of TESTS) {
    const params = { ...matrixVariant.adapts(target), ...given };
    const dims = completeDims(kernel, matrixVariant, sizes, params, scalars);
    if (refusal(matrixVariant, target, dims) !== undefined) return false;
    if (!(await isRight(opened, kernel, dims))) return false;
  }
  return true;
}

/** Compares all elements with the kernel's double-precision reference. A device that does not compile it, or fails, has no such units. */
async function isRight({ device, pipelines }: Opened, kernel: AnyKernel, dims: Dims): Promise<boolean> {
  const inputs: Record<string, NumberArray> = {};
  for (const [name, shape] of Object.entries(kernel.inputs as Readonly<Record<string, Shape>>))
    inputs[name] = new RandomStream(0, name).normal(elements(sizesOf(shape, dims)), 1);
  kernel.prepare?.(inputs, dims);
  for (const name of Object.keys(inputs))
    inputs[name] = numbersOf(stored(dtypeOfArray(kernel, {}, name), inputs[name]));
  const want = new Float64Array(elements(sizesOf(kernel.outputs.y, dims)));
  kernel.reference(inputs, { y: want }, dims, [...Array(kernel.rows(dims)).keys()]);
  let dispatch: SingleDispatch | undefined;
  try {
    dispatch = await SingleDispatch.create(device, pipelines, kernel, matrixVariant, dims);
    for (const [name, values] of Object.entries(inputs)) dispatch.write(name, values);
    dispatch.fill("y", Number.NaN);
    await dispatch.run();
    const { values, intact } = await dispatch.read("y");
    return intact && compare(values, want).error <= boundOf(kernel, matrixVariant, dims);
  } catch {
    device.check();
    return false;
  } finally {
    dispatch?.destroy();
  }
}
