/**
 * The workgroup-memory variants with the parameters that GPUs run. lavapipe takes many seconds to compile such tiles;
 * SwiftShader does it at once, and its subgroups of four are another check of the shuffle variants.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { WebGpuBackend } from "../../src/backends/webgpu.ts";
import { checkKernel } from "../../src/bench/kernel_check.ts";
import { caseDims } from "../../src/bench/kernel_inputs.ts";
import type { KernelCase, Variant } from "../../src/gpu/plan/kernel.ts";
import type { Target } from "../../src/gpu/plan/target.ts";
import { kernels } from "../../src/kernels/index.ts";
import { only, openTestBackend, swiftShaderHere, swiftShaderSkip } from "../support/device.ts";

const chosen = kernels.filter(({ name }) => name === (only.kernel ?? name));

let backend: WebGpuBackend | undefined;
let target: Target | undefined;

beforeAll(async () => {
  if (!swiftShaderHere) return;
  backend = openTestBackend("swiftshader");
  // The tuning table's rows for hardware, on an adapter that is none.
  target = { ...(await backend.target()), software: false };
});
afterAll(() => backend?.dispose());

const small = ({ tags = [] }: KernelCase): boolean => !tags.includes("bench");

describe.for(chosen.map((kernel) => ({ name: kernel.name, kernel })))("$name as GPUs run it", ({ kernel }) => {
  it.for(kernel.cases.filter(small) as readonly KernelCase[])("$name", async (testCase, { skip }) => {
    if (!backend || !target) return skip(swiftShaderSkip);
    const [device, pipelines, variant] = [await backend.device(), await backend.pipelines(), kernel.variants[0]];
    const outcome = await checkKernel(device, pipelines, target, kernel, variant, testCase, { randomShapes: 1 });
    if (outcome.kind !== "passed") expect.fail(outcome.reason);
  });
});

describe.for(
  chosen
    .filter(({ variants }) => variants.some(({ family }) => family === "keys"))
    .map((kernel) => ({ name: kernel.name, kernel })),
)("$name with two queries for each lane", ({ kernel }) => {
  const [first] = kernel.variants as readonly Variant[];
  const two: Variant = { ...first, params: { ...first.params, QUERIES: 2 } };
  const changed = { ...kernel, variants: [two] };
  it.for(kernel.cases.filter(small) as readonly KernelCase[])("$name", async (testCase, { skip }) => {
    if (!backend || !target) return skip(swiftShaderSkip);
    const [device, pipelines] = [await backend.device(), await backend.pipelines()];
    expect(caseDims(target, changed, two, testCase).QUERIES).toBe(2);
    const outcome = await checkKernel(device, pipelines, target, changed, two, testCase, { randomShapes: 1 });
    if (outcome.kind !== "passed") expect.fail(outcome.reason);
  });
});
