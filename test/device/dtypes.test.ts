/** Arrays of integers, from the plan's inputs and constants through a kernel and back. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { WebGpuBackend } from "../../src/backends/webgpu.ts";
import { checkKernel } from "../../src/bench/kernel_check.ts";
import { shaders } from "../../src/generated/shaders.ts";
import type { KernelCase, Variant } from "../../src/gpu/plan/kernel.ts";
import { Plan } from "../../src/gpu/plan/plan.ts";
import { Executable } from "../../src/gpu/run/executable.ts";
import { PipelineCache } from "../../src/gpu/shader/pipelines.ts";
import { census, censusShaders } from "../support/census.ts";
import { openTestBackend } from "../support/device.ts";

let backend: WebGpuBackend;
let pipelines: PipelineCache;
beforeAll(async () => {
  backend = openTestBackend();
  pipelines = new PipelineCache(await backend.device(), { ...shaders, ...censusShaders });
});
afterAll(() => backend.dispose());

describe("a kernel of integers", () => {
  const check = async (variant: Variant, testCase: KernelCase) =>
    checkKernel(await backend.device(), pipelines, await backend.target(), census, variant, testCase, {
      randomShapes: 3,
    });

  it.each(census.cases)("is checked exactly: $name", async (testCase) => {
    expect(await check(census.variants[0], testCase)).toEqual({ kind: "passed", error: 0, bound: 0 });
  });

  it("fails where it compares ids as float32", async () => {
    expect(await check(census.variants[1], census.cases[1])).toMatchObject({
      kind: "failed",
      reason: expect.stringMatching(/^tallies\[\d+\] is \d+, the reference says \d+: error/),
    });
  });
});

describe("a plan with integers", () => {
  const ids = Int32Array.of(-(2 ** 31), 2 ** 31 - 1, 2 ** 24, 2 ** 24 + 1, -(2 ** 31), -1, 0);
  const labels = Uint32Array.of(2 ** 32 - 8, 2 ** 24 + 1, 0, 1, 2, 3, 4);

  async function build() {
    const plan = new Plan(await backend.target());
    const arrays = {
      ids: plan.input("ids", [ids.length], "i32"),
      labels: plan.constant("labels", [labels.length], () => labels, "u32"),
    };
    const { copies, tallies } = plan.dispatch(census, arrays, { scalars: {} });
    plan.output("copies", copies);
    plan.output("tallies", tallies);
    return Executable.build(await backend.device(), plan, pipelines);
  }

  it("gives them back, exact over their whole range", async () => {
    const executable = await build();
    const { outputs } = await executable.run(new Map([["ids", ids]]));
    expect(outputs.get("copies")).toEqual(ids);
    expect(outputs.get("tallies")).toEqual(labels.map((label, at) => label + (ids[at] === ids[0] ? 2 : 1)));
    await executable.keepInputs(new Map([["ids", ids]]));
    expect((await executable.run(new Map(), { resident: true })).outputs).toEqual(outputs);
    executable.dispose();
  });

  it("refuses values of another type", async () => {
    const executable = await build();
    const floats = new Map([["ids", Float32Array.from(ids)]]);
    await expect(executable.run(floats)).rejects.toThrow(
      "input ids should hold 28 bytes of i32 but holds 28 bytes of f32",
    );
    executable.dispose();
  });
});
