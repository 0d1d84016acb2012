/** onnx-webgpu on graphs of our own: tensors that stay on ONNX Runtime's device, on whatever adapter it takes. */
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { OnnxBackend, type OnnxRunner } from "../../src/backends/onnx/backend.ts";
import { compareCase, readCase, readExpected } from "../../src/engines/core/cases.ts";
import { compare } from "../../src/kernels/check/compare.ts";
import { pointwise, transcendental } from "../../src/kernels/check/tolerance.ts";
import { nodeFiles } from "../../src/platform/node/files.ts";
import { NodeOnnxHost } from "../../src/platform/node/onnx/host.ts";
import { cacheOf, distogramGraph, trunkGraph } from "../support/onnx.ts";

const golden = path.resolve(import.meta.dirname, "../../cases/ligo-distogram_head-odd");
const trunk = trunkGraph();
const folder = cacheOf(distogramGraph({ c_z: 13, no_bins: 11 }), trunk.graph);
const backend = new OnnxBackend("webgpu", "plain", new NodeOnnxHost({ folder }));
afterAll(() => backend.dispose());

const status = await backend.status();
const why = status.ready ? "" : `ONNX Runtime's WebGPU is not here (${status.reason}); to run this: ${status.fix}`;

describe("onnx-webgpu", () => {
  it("reproduces a golden case again and again, and says which nodes are left to the CPU", async ({ skip }) => {
    if (!status.ready) skip(why);
    const wanted = await readCase(nodeFiles, golden);
    const { engine, component, config, weights, sizes } = wanted;
    const runner = await backend.load({ engine, component: component.name, config, weights, sizes });
    for (let run = 0; run < 3; run++) {
      const { outputs, times } = await runner.time(wanted.inputs);
      expect(compareCase(wanted, await readExpected(nodeFiles, wanted), outputs)).toMatchObject([{ passed: true }]);
      expect(times.elapsed).toBeGreaterThan(times.execute);
    }
    expect(runner.settings).toMatchObject({ validation: "disabled", nodesOnCpu: 0 });
    await runner.dispose();
  });

  it("carries tensors from trip to trip on the device", async ({ skip }) => {
    if (!status.ready) skip(why);
    const runner = await backend.load(trunk.request);
    for (let run = 0; run < 2; run++) {
      const outputs = await runner.run(trunk.inputs);
      for (const [name, want] of trunk.wanted) {
        expect(outputs.get(name)?.shape).toEqual(want.shape);
        expect(compare(outputs.get(name)?.data ?? [], want.data).error).toBeLessThan(pointwise());
      }
    }
    await runner.dispose();
  });

  it("is profiled by ONNX Runtime itself: every dispatch by GPU timestamps, in each trip the same", async ({
    skip,
  }) => {
    if (!status.ready) skip(why);
    const runner = (await backend.load(trunk.request)) as OnnxRunner;
    const profiled = await runner.profileNodes(trunk.inputs, { runs: 2, patience: 1000 });
    await runner.dispose();
    if (typeof profiled === "string") skip(profiled);
    else {
      expect(profiled.runs.length).toBeGreaterThan(0);
      const kernels = new Set(profiled.runs[0].map(({ kernel }) => kernel));
      // Which nodes ONNX Runtime keeps as they are is its own choice.
      expect(["Add", "ReduceMax"].some((kernel) => kernels.has(kernel))).toBe(true);
      for (const { times } of profiled.runs.flat()) expect([times.length, Math.min(...times) >= 0]).toEqual([2, true]);
    }
  });

  it("runs the toy", async ({ skip }) => {
    if (!status.ready) skip(why);
    const request = { engine: "ligo", component: "toy", config: {}, sizes: { tokens: 3 } } as const;
    const inputs = new Map([["x", { dtype: "float32", shape: [3, 64], data: new Float32Array(192) } as const]]);
    const runner = await backend.load({ ...request, weights: { kind: "random", seed: 0 } });
    const y = (await runner.run(inputs)).get("y");
    expect([y?.shape, Math.max(...(y?.data ?? [1])) < transcendental()]).toEqual([[3, 64], true]);
    await runner.dispose();
  });
});
