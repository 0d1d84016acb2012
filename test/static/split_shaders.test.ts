/** Every shader for arrays in several bindings: it compiles whichever array is cut, and is the same text while none is. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { callOf } from "../../src/bench/kernel_inputs.ts";
import { shaders } from "../../src/generated/shaders.ts";
import { type CompileOnlyDevice, openCompileOnly } from "../../src/gpu/device/device.ts";
import {
  arraysOf,
  completeDims,
  frozenParams,
  halvesOf,
  type KernelCase,
  type Variant,
} from "../../src/gpu/plan/kernel.ts";
import { defaultLimits } from "../../src/gpu/plan/target.ts";
import { compose } from "../../src/gpu/shader/compose.ts";
import { bindingsOf } from "../../src/gpu/shader/reflect.ts";
import { kernels } from "../../src/kernels/index.ts";
import { nullGpu } from "../../src/platform/node/dawn.ts";

let device: CompileOnlyDevice;
beforeAll(async () => {
  device = await openCompileOnly(await nullGpu());
});
afterAll(() => device.close());

/** The backend that runs nothing grants no more than WebGPU does everywhere: of a valid shader that needs more it says that alone. */
async function expectValid(source: string): Promise<void> {
  const most = defaultLimits.maxStorageBuffersPerShaderStage;
  const bound = bindingsOf(source).filter(({ access }) => access !== "uniform").length;
  const error = await device.check(source);
  const missing = bound > most ? "number of storage buffers" : "The total use of workgroup storage";
  if (bound > most || error !== undefined) expect(error).toMatch(missing);
}

const calls = kernels.flatMap((kernel) =>
  kernel.variants.map((variant: Variant) => ({ name: `${kernel.name} (${variant.name})`, kernel, variant })),
);

describe.each(calls)("$name", ({ kernel, variant }) => {
  const [testCase] = (kernel.cases as readonly KernelCase[]).filter(({ tags }) => tags?.includes("ragged"));
  const { sizes, params, scalars = {} } = callOf(testCase);
  const dims = frozenParams(completeDims(kernel, variant, sizes, params ?? {}, scalars));
  const arrays = arraysOf(kernel, variant).map(({ name }) => name);

  it("is the same text where no array is cut", () => {
    for (const sizes of ["frozen", "uniform"] as const)
      expect(compose(shaders, kernel, variant, dims, { sizes, cuts: {} })).toBe(
        compose(shaders, kernel, variant, dims, { sizes }),
      );
  });

  it.each(arrays)("compiles with %s in three parts", async (array) => {
    for (const sizes of ["frozen", "uniform"] as const) {
      const source = compose(shaders, kernel, variant, dims, { sizes, cuts: { [array]: [256, 1024] } });
      await expectValid(source);
      // Nothing but the functions that read it, and the statements that write it, knows the parts.
      expect(source.split(/\n(?=fn |@compute)/).filter((text) => text.includes(`${array}_part2[`))).not.toEqual([]);
    }
  });

  it("compiles with all arrays in parts", async () => {
    const cuts = Object.fromEntries(arrays.map((array) => [array, [512]]));
    for (const dtypes of [{}, halvesOf(kernel)])
      await expectValid(compose(shaders, kernel, variant, dims, { cuts, dtypes }));
  });
});
