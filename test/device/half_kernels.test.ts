/** Every kernel with halves wherever it may have them: a sample of its cases, judged by the bounds of float32 and the rounding of what is written. */
import { afterAll, beforeAll, expect, it } from "vitest";
import type { WebGpuBackend } from "../../src/backends/webgpu.ts";
import { checkKernel } from "../../src/bench/kernel_check.ts";
import { callOf } from "../../src/bench/kernel_inputs.ts";
import { type AnyKernel, type Dtypes, halvesOf, type KernelCase, type Variant } from "../../src/gpu/plan/kernel.ts";
import { chooseVariant } from "../../src/gpu/plan/variant.ts";
import { reduction } from "../../src/kernels/check/tolerance.ts";
import { kernels } from "../../src/kernels/index.ts";
import { matmul } from "../../src/kernels/matmul.ts";
import { only, openTestBackend } from "../support/device.ts";

let backend: WebGpuBackend;
beforeAll(() => {
  backend = openTestBackend();
});
afterAll(() => backend.dispose());

async function check(kernel: AnyKernel, variant: Variant, testCase: KernelCase, dtypes: Dtypes) {
  const [device, pipelines, target] = [await backend.device(), await backend.pipelines(), await backend.target()];
  return checkKernel(device, pipelines, target, kernel, variant, testCase, { dtypes, usualForm: true });
}

/** Kernels of which all variants run; what halves are is said in kernels' own files, so that of the others the variant that the device runs shows it. */
const IN_ALL_VARIANTS = new Set(["attention", "project"]);

const halved = kernels.filter(({ name, halves }) => halves && name === (only.kernel ?? name));
const calls = halved.flatMap((kernel) => {
  const variants: readonly (Variant | undefined)[] = IN_ALL_VARIANTS.has(kernel.name) ? kernel.variants : [undefined];
  return variants.map((variant) => ({ name: kernel.name, as: variant?.name ?? "the device runs it", kernel, variant }));
});

it.for(calls)("$name as $as, with halves in all arrays that may hold them", async ({ kernel, variant }, { skip }) => {
  const testCase = (kernel.cases as readonly KernelCase[]).find(({ tags }) => tags?.includes("ragged")) as KernelCase;
  const own = variant ?? chooseVariant(kernel, await backend.target(), callOf(testCase)).variant;
  const outcome = await check(kernel, own, testCase, halvesOf(kernel));
  if (outcome.kind === "skipped")
    skip(`${outcome.reason}: npx af3-gpu kernels --check --precision mixed on another adapter`);
  if (outcome.kind === "failed") expect.fail(outcome.reason);
});

it("nothing is lost where halves are only read", async () => {
  const [target, dtypes] = [await backend.target(), { x: "f16", weights: "f16" } as const];
  const testCase = matmul.cases[1] as KernelCase;
  const { variant } = chooseVariant(matmul, target, callOf(testCase));
  expect(await check(matmul, variant, testCase, dtypes)).toMatchObject({ kind: "passed", bound: reduction(52) });
});
