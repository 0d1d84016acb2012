/**
 * The workgroup-memory variants with the parameters that GPUs run. lavapipe takes many seconds to compile such tiles;
 * SwiftShader does it at once, and its subgroups of four are another check of the shuffle variants.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { WebGpuBackend } from "../../src/backends/webgpu.ts";
import { checkKernel } from "../../src/bench/kernel_check.ts";
import { caseDims } from "../../src/bench/kernel_inputs.ts";
import type { KernelCase, Variant } from "../../src/gpu/plan/kernel.ts";
import type { Target, TuningRow } from "../../src/gpu/plan/target.ts";
import { kernels } from "../../src/kernels/index.ts";
import { only, openTestBackend, swiftShaderHere, swiftShaderSkip } from "../support/device.ts";
import { isLeftToNightly, isSlowToCompile } from "../support/smaller.ts";

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

/**
 * How many channels a step takes is the business of the library that all products share: some take as many as on GPUs, the others
 * one block, which SwiftShader compiles four times as fast.
 */
const WHOLE_STEPS = new Set(["matmul", "project", "transition"]);
const stepped = ({ family, kernel }: TuningRow): boolean =>
  family === "tile" || kernel === "transition" || kernel === "gated_residual";
const shortSteps = (target: Target): Target => ({
  ...target,
  tuning: target.tuning.map((row) => (stepped(row) ? { ...row, params: { ...row.params, K_STEP: 1 } } : row)),
});

const small = ({ tags = [] }: KernelCase): boolean => !tags.includes("bench");

/** Every shape is another shader here: one that is made up for each kernel, beside its cases. */
const randomShapes = (
  { name, cases }: { readonly name: string; readonly cases: readonly KernelCase[] },
  testCase: KernelCase,
): number =>
  !isSlowToCompile(name) && testCase === (cases.find(({ tags }) => tags?.includes("ragged")) ?? cases[0]) ? 1 : 0;

describe.for(chosen.map((kernel) => ({ name: kernel.name, kernel })))("$name as GPUs run it", ({ kernel }) => {
  it.for(kernel.cases.filter(small) as readonly KernelCase[])("$name", async (testCase, { skip }) => {
    if (!backend || !target) return skip(swiftShaderSkip);
    if (isLeftToNightly(kernel.name, testCase))
      return skip(`slow to compile for SwiftShader: npx af3-gpu kernels ${kernel.name} --check`);
    const [device, pipelines, variant] = [await backend.device(), await backend.pipelines(), kernel.variants[0]];
    const own = WHOLE_STEPS.has(kernel.name) ? target : shortSteps(target);
    const outcome = await checkKernel(device, pipelines, own, kernel, variant, testCase, {
      randomShapes: randomShapes(kernel, testCase),
    });
    if (outcome.kind !== "passed") expect.fail(outcome.reason);
  });
});

it.for(kernels.filter(({ name }) => name === "window_attention" && chosen.some((kernel) => kernel.name === name)))(
  "$name as AMD's GPUs run it",
  async (kernel, { skip }) => {
    if (!backend || !target) return skip(swiftShaderSkip);
    const amd: Target = { ...target, adapter: { ...target.adapter, vendor: "amd" } };
    const [device, pipelines, variant] = [await backend.device(), await backend.pipelines(), kernel.variants[0]];
    const masked = kernel.cases[1] as KernelCase;
    expect(caseDims(amd, kernel, variant, masked).KEY_BLOCKS).toBe(4);
    const outcome = await checkKernel(device, pipelines, amd, kernel, variant, masked);
    if (outcome.kind !== "passed") expect.fail(outcome.reason);
  },
);

describe.for(
  chosen
    .filter(({ variants }) => variants.some(({ family }) => family === "keys"))
    .map((kernel) => ({ name: kernel.name, kernel })),
)("$name with two queries for each lane", ({ kernel }) => {
  const own = (kernel.variants as readonly Variant[]).find(({ name }) => name === "workgroup");
  if (!own) throw new Error(`${kernel.name} has no variant whose lanes own queries`);
  const two: Variant = { ...own, params: { ...own.params, QUERIES: 2 } };
  const changed = { ...kernel, variants: [two] };
  it.for(kernel.cases.filter(small) as readonly KernelCase[])("$name", async (testCase, { skip }) => {
    if (!backend || !target) return skip(swiftShaderSkip);
    const [device, pipelines] = [await backend.device(), await backend.pipelines()];
    expect(caseDims(target, changed, two, testCase).QUERIES).toBe(2);
    const outcome = await checkKernel(device, pipelines, target, changed, two, testCase, {
      randomShapes: randomShapes(kernel, testCase),
    });
    if (outcome.kind !== "passed") expect.fail(outcome.reason);
  });
});
