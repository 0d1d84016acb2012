/** Every kernel with halves wherever it may have them: a sample of its cases, judged by the bounds of float32 and the rounding of what is written. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { WebGpuBackend } from "../../src/backends/webgpu.ts";
import { checkKernel } from "../../src/bench/kernel_check.ts";
import { callOf } from "../../src/bench/kernel_inputs.ts";
import { type AnyKernel, type Dtypes, halvesOf, type KernelCase, type Variant } from "../../src/gpu/plan/kernel.ts";
import { chooseVariant } from "../../src/gpu/plan/variant.ts";
import { kernels } from "../../src/kernels/index.ts";
import { only, openTestBackend } from "../support/device.ts";

let backend: WebGpuBackend;
beforeAll(() => {
  backend = openTestBackend();
});
afterAll(() => backend.dispose());

async function check(kernel: AnyKernel, variant: Variant, testCase: KernelCase, dtypes: Dtypes) {
  const [device, pipelines, target] = [await backend.device(), await backend.pipelines(), await backend.target()];
  return checkKernel(device, pipelines, target, kernel, variant, testCase, { dtypes, randomShapes: 1 });
}

/** Halves in what is read alone. */
const onlyRead = (kernel: AnyKernel): Dtypes => {
  const groups = Object.values(kernel.halves ?? {}) as (readonly string[])[];
  const read = groups.filter((arrays) => arrays.every((array) => array in kernel.inputs)).flat();
  return Object.fromEntries(read.map((array) => [array, "f16"]));
};

const chosen = kernels.filter(({ name, halves }) => halves && name === (only.kernel ?? name));

describe.for(chosen.map((kernel) => ({ name: kernel.name, kernel })))("$name", ({ kernel }) => {
  const testCase = (kernel.cases as readonly KernelCase[]).find(({ tags }) => tags?.includes("ragged")) as KernelCase;

  it.for(kernel.variants.map((variant: Variant) => ({ name: variant.name, variant })))(
    "$name with halves in all arrays that may hold them",
    async ({ variant }, { skip }) => {
      const outcome = await check(kernel, variant, testCase, halvesOf(kernel));
      if (outcome.kind === "skipped")
        skip(`${outcome.reason}: npx af3-gpu kernels --check --precision mixed on another adapter`);
      if (outcome.kind === "failed") expect.fail(outcome.reason);
    },
  );

  it("loses nothing where halves are only read", async () => {
    const [all, read] = [halvesOf(kernel), onlyRead(kernel)];
    if (Object.keys(read).length === Object.keys(all).length) return; // that is what was checked
    const { variant } = chooseVariant(kernel, await backend.target(), callOf(testCase));
    const outcome = await check(kernel, variant, testCase, read);
    if (outcome.kind !== "passed") expect.fail(outcome.reason);
  });
});
