/** Every kernel with its arrays in several bindings, each in a buffer of its own: the same bits as with whole arrays. */
import { afterAll, beforeAll, expect, it } from "vitest";
import type { WebGpuBackend } from "../../src/backends/webgpu.ts";
import { callOf, makeInputs } from "../../src/bench/kernel_inputs.ts";
import { align, bytesOf } from "../../src/gpu/plan/dtype.ts";
import {
  type AnyKernel,
  arraysOf,
  type Dims,
  type KernelCase,
  sizesOf,
  type Variant,
} from "../../src/gpu/plan/kernel.ts";
import { chooseVariant } from "../../src/gpu/plan/variant.ts";
import { GUARD_BYTES, SingleDispatch } from "../../src/gpu/run/single_dispatch.ts";
import { kernels } from "../../src/kernels/index.ts";
import { only, openTestBackend } from "../support/device.ts";

let backend: WebGpuBackend;
beforeAll(() => {
  backend = openTestBackend();
});
afterAll(() => backend.dispose());

/** The bytes of a part of each array: two parts, of whole vectors. */
function partsFor(kernel: AnyKernel, variant: Variant, dims: Dims): Record<string, number> {
  return Object.fromEntries(
    arraysOf(kernel, variant).map(({ name, shape, dtype }) => {
      const bytes = align(bytesOf(sizesOf(shape, dims), dtype));
      // What guards an array lies in its last part; where there is more than that, so do elements.
      return [name, align((bytes + GUARD_BYTES) / 2)];
    }),
  );
}

async function results(kernel: AnyKernel, variant: Variant, dims: Dims, parts?: Readonly<Record<string, number>>) {
  const options = parts ? { parts } : {};
  const dispatch = await SingleDispatch.create(
    await backend.device(),
    await backend.pipelines(),
    kernel,
    variant,
    dims,
    options,
  );
  try {
    for (const [name, values] of Object.entries(makeInputs(kernel, variant, dims, 5))) dispatch.write(name, values);
    for (const name of Object.keys(kernel.outputs)) dispatch.fill(name, Number.NaN);
    await dispatch.run();
    const found: Record<string, unknown> = {};
    for (const { name } of arraysOf(kernel, variant)) {
      const { values, intact } = await dispatch.read(name);
      expect(intact, name).toBe(true);
      found[name] = new Uint32Array(values.buffer, values.byteOffset, values.length);
    }
    return found;
  } finally {
    dispatch.destroy();
  }
}

// Libraries have no arrays, so that one variant of each kernel shows what all do: the one that the device runs.
it.for(kernels.filter(({ name }) => name === (only.kernel ?? name)).map((kernel) => ({ name: kernel.name, kernel })))(
  "$name",
  async ({ kernel }, { skip }) => {
    const target = await backend.target();
    const { maxStorageBuffersPerShaderStage: bindings } = target.limits;
    // One case: every case of every kernel is composed in parts by the static tests, and compiling takes what the run does not.
    const cases = kernel.cases as readonly KernelCase[];
    const testCase = cases.find(({ tags }) => tags?.includes("ragged")) ?? cases[0];
    const { variant, dims } = chooseVariant(kernel, target, callOf(testCase));
    if (bindings < 2 * arraysOf(kernel, variant).length) skip(`the device has ${bindings} bindings: use another`);
    const want = await results(kernel, variant, dims);
    expect(await results(kernel, variant, dims, partsFor(kernel, variant, dims))).toEqual(want);
  },
);
