/** A variant with a launch of its own joins a kernel by one library file and one entry: checks, tuning and plans know it. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { WebGpuBackend } from "../../src/backends/webgpu.ts";
import { checkKernel } from "../../src/bench/kernel_check.ts";
import { shaders } from "../../src/generated/shaders.ts";
import { type KernelCase, workgroupsOf } from "../../src/gpu/plan/kernel.ts";
import { Plan } from "../../src/gpu/plan/plan.ts";
import type { TuningRow } from "../../src/gpu/plan/target.ts";
import { PipelineCache } from "../../src/gpu/shader/pipelines.ts";
import { attention } from "../../src/kernels/attention.ts";
import { kernels } from "../../src/kernels/index.ts";
import { problemsOf } from "../../src/kernels/tune/problems.ts";
import { tuning } from "../../src/kernels/tune/table.ts";
import { openTestBackend } from "../support/device.ts";
import { grown, grownShaders, paired } from "../support/growth.ts";

let backend: WebGpuBackend;
let pipelines: PipelineCache;
beforeAll(async () => {
  backend = openTestBackend();
  pipelines = new PipelineCache(await backend.device(), { ...shaders, ...grownShaders });
});
afterAll(() => backend.dispose());

const row: TuningRow = {
  kernel: "attention",
  variant: "paired",
  params: { GROUP: 8 },
  sizes: { n: [1, 20] },
  origin: { kind: "judgement", because: "a test" },
};

describe("a variant with another launch", () => {
  // Two of the kernel's cases: compiling its loads takes lavapipe half a minute for wide heads.
  const cases = (attention.cases as readonly KernelCase[]).slice(0, 2);

  it.each(cases)("passes the generic check: $name", async (testCase) => {
    const [device, target] = [await backend.device(), await backend.target()];
    const outcome = await checkKernel(device, pipelines, target, grown, paired, testCase, { randomShapes: 1 });
    expect(outcome).toMatchObject({ kind: "passed" });
  });

  it("fails it where its launch is too small", async () => {
    const small = { ...paired, workgroups: (dims, work) => paired.workgroups(dims, work) - 1 } as typeof paired;
    const [device, target] = [await backend.device(), await backend.target()];
    const kernel = { ...grown, variants: [small] };
    expect(await checkKernel(device, pipelines, target, kernel, small, cases[1])).toMatchObject({ kind: "failed" });
  });

  it("is chosen by a row of its own, for the sizes that the row names", async () => {
    const registry = kernels.map((kernel) => (kernel.name === "attention" ? grown : kernel));
    expect(problemsOf([row, ...tuning], registry)).toEqual([]);
    expect(problemsOf([row], kernels)).toContain("row 1: no attention has a variant paired");
    const target = { ...(await backend.target()), tuning: [row, ...tuning] };
    const step = (n: number) => {
      const plan = new Plan(target);
      const pitch = 4 * Math.ceil(n / 4);
      const part = (name: string) => plan.input(name, [3, n, 2, 8]);
      const arrays = { q: part("q"), g: part("g"), k: part("k"), v: part("v") };
      const bias = plan.input("bias", [2, n, pitch]);
      const mask = plan.input("mask", [3, pitch]);
      plan.dispatch(grown as typeof attention, { ...arrays, bias, mask }, { scalars: { first_batch: 0, penalty: 1 } });
      return plan.steps[0];
    };
    const { variant, workgroups, dims } = step(20);
    expect([variant.name, dims.GROUP, workgroups]).toEqual(["paired", 8, (3 * 2 * 3) / 2]);
    expect(workgroups).toBe(workgroupsOf(grown, paired, dims));
    expect(step(21).variant.name).not.toBe("paired");
  });
});
