/** Arrays of halves: a variant that stores them by naming its types, judged by the bounds of half precision. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { WebGpuBackend } from "../../src/backends/webgpu.ts";
import { checkKernel } from "../../src/bench/kernel_check.ts";
import { toHalf } from "../../src/formats/half.ts";
import { type AnyKernel, costOf, type KernelCase, type Variant } from "../../src/gpu/plan/kernel.ts";
import { Plan } from "../../src/gpu/plan/plan.ts";
import { Executable } from "../../src/gpu/run/executable.ts";
import { reduction } from "../../src/kernels/check/tolerance.ts";
import { matmul } from "../../src/kernels/matmul.ts";
import { openTestBackend } from "../support/device.ts";

const [workgroup] = matmul.variants;
const small = { ...workgroup.params, ROW_LANES: 4, COLUMN_LANES: 4, ROW_BLOCKS: 1 };
const halves: Variant = {
  ...workgroup,
  name: "halves",
  params: small,
  features: ["shader-f16"],
  dtypes: { x: "f16", weights: "f16", y: "f16" },
};
/** Only the weights: what is summed and written stays float32. */
const halfWeights: Variant = { ...halves, name: "half weights", dtypes: { weights: "f16" } };
const kernel: AnyKernel = { ...matmul, variants: [halves, halfWeights, ...matmul.variants] };
const cases = (matmul.cases as readonly KernelCase[]).filter(({ tags = [] }) => tags.includes("ragged"));

let backend: WebGpuBackend;
let there = false;
beforeAll(async () => {
  backend = openTestBackend();
  there = (await backend.device()).features.has("shader-f16");
});
afterAll(() => backend.dispose());

const missing = "this adapter has no shader-f16: run it on another, such as lavapipe";

describe("a variant of halves", () => {
  it.for([halves, halfWeights].flatMap((variant) => cases.map((testCase) => ({ variant, testCase }))))(
    "$variant.name passes the generic check: $testCase.name",
    async ({ variant, testCase }, { skip }) => {
      if (!there) return skip(missing);
      const [device, pipelines, target] = [await backend.device(), await backend.pipelines(), await backend.target()];
      const outcome = await checkKernel(device, pipelines, target, kernel, variant, testCase, { randomShapes: 1 });
      const { K = 0 } = testCase.dims as Record<string, number>;
      expect(outcome).toMatchObject({ kind: "passed", bound: reduction(K, "f16") });
      // What is written as a half is rounded to it; halves that are only read cost no digit.
      if (outcome.kind === "passed") expect(outcome.error > reduction(K, "f32")).toBe(variant === halves);
    },
  );

  it("moves half the bytes", () => {
    const dims = { rows: 5, K: 8, COLUMNS: 12, TANH: 0, ...small };
    const bytes = (variant: Variant) => costOf(kernel, variant, dims).bytes;
    const weights = 4 * 8 * 12;
    expect(bytes(halves)).toBe(bytes(workgroup) / 2);
    expect(bytes(halfWeights)).toBe(bytes(workgroup) - weights / 2);
  });
});

it("a plan takes the variant that fits its arrays, and gives halves back", async ({ skip }) => {
  if (!there) return skip(missing);
  const plan = new Plan(await backend.target());
  const x = Float32Array.from({ length: 3 * 4 }, (_, at) => at / 8);
  const identity = Float32Array.from({ length: 16 }, (_, at) => (at % 5 === 0 ? 1 : 0));
  const arrays = {
    x: plan.input("x", [3, 4], "f16"),
    weights: plan.constant("w", [4, 4], () => toHalf(identity), "f16"),
  };
  const { y } = plan.dispatch(kernel as typeof matmul, arrays, { scalars: {} });
  plan.output("y", y);
  const executable = await Executable.build(await backend.device(), plan, await backend.pipelines());
  const { outputs } = await executable.run(new Map([["x", toHalf(x)]]));
  expect(outputs.get("y")).toEqual(toHalf(x));
  executable.dispose();
  expect([plan.steps[0].variant.name, y.dtype, y.bytes]).toEqual(["halves", "f16", 24]);
  expect(() => plan.dispatch(matmul, arrays, { scalars: {} })).toThrow("x should hold f32 but x holds f16");
});

it("odd numbers of halves come back whole", async ({ skip }) => {
  if (!there) return skip(missing);
  const plan = new Plan(await backend.target());
  plan.output("odd", plan.input("odd", [3], "f16"));
  const executable = await Executable.build(await backend.device(), plan, await backend.pipelines());
  const odd = toHalf(Float32Array.of(1, -2.5, 65504));
  const { outputs } = await executable.run(new Map([["odd", odd]]));
  expect(outputs.get("odd")).toEqual(odd);
  executable.dispose();
});
