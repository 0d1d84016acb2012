/**
 * Mixed precision on a device: recorded cases within its own bounds, a sample of them (all: npx af3-gpu verify --precision mixed), and
 * what halves cannot hold.
 */
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebGpuBackend } from "../../src/backends/webgpu.ts";
import { compareCase, type GoldenCase, readCase, readExpected } from "../../src/engines/core/cases.ts";
import type { Weights } from "../../src/engines/core/weights.ts";
import { roundingCosts } from "../../src/kernels/check/rounding.ts";
import { componentBound, mixedAllowance } from "../../src/kernels/check/tolerance.ts";
import { shippedCases } from "../../src/platform/node/cases.ts";
import { nodeSources } from "../../src/platform/node/dawn.ts";
import { nodeFiles } from "../../src/platform/node/files.ts";
import { swiftShaderHere, swiftShaderSkip, testDevice } from "../support/device.ts";
import { scaledWeights } from "../support/scaled_weights.ts";
import { weightsOf } from "../support/undo.ts";

const open = (device: string): WebGpuBackend =>
  new WebGpuBackend(nodeSources(device), device, undefined, { precision: "mixed" });
const read = (name: string): Promise<GoldenCase> => readCase(nodeFiles, path.join(shippedCases(), name));

/** Every component that has halves, alone or in a trunk: embedders, MSA, templates, Pairformer, heads. */
const cases = [
  "deepmind-trunk-few-rows",
  "deepmind-confidence_head-odd",
  "deepmind-distogram_head-odd",
  "ligo-trunk-odd",
  "ligo-template_embedder-odd",
  "ligo-confidence_head-odd",
  "ligo-distogram_head-odd",
];
const onSwiftShader = ["ligo-pairformer-odd", "ligo-distogram_head-odd"];

async function runCase(backend: WebGpuBackend, golden: GoldenCase, weights: Weights, precision?: "f32" | "mixed") {
  const { engine, component, config, sizes, inputs } = golden;
  const notes: string[] = [];
  const note = (text: string): void => void notes.push(text);
  const request = { engine, component: component.name, config, weights, sizes, precision, note };
  await using runner = await backend.load(request);
  return { outputs: await runner.run(inputs), settings: runner.settings, notes };
}

describe.for([testDevice, "swiftshader"].map((device, index) => ({ device, index })))(
  "on $device",
  ({ device, index }) => {
    let backend: WebGpuBackend;
    beforeAll(() => {
      backend = open(device);
    });
    afterAll(() => backend.dispose());

    it.for(index === 0 ? cases : onSwiftShader)("%s", async (name, { skip }) => {
      if (index > 0 && !swiftShaderHere) return skip(swiftShaderSkip);
      const golden = await read(name);
      const { outputs, settings } = await runCase(backend, golden, weightsOf(golden));
      const costs = roundingCosts(name);
      expect(costs, `${name} has no costs of rounding: export/README.md`).toBeDefined();
      const results = compareCase(golden, await readExpected(nodeFiles, golden), outputs, mixedAllowance(costs));
      for (const { output, error, bound, at, count } of results) {
        expect(count).toBeGreaterThan(0);
        expect(error, `${output} at [${at.join(", ")}]`).toBeLessThanOrEqual(bound);
      }
      // What float32 never gives: proof that halves were there.
      expect(Math.max(...results.map(({ error }) => error))).toBeGreaterThan(componentBound);
      expect(settings).toEqual({ precision: "mixed" });
    });
  },
);

describe("what a load asks for", () => {
  let backend: WebGpuBackend;
  beforeAll(() => {
    backend = open(testDevice);
  });
  afterAll(() => backend.dispose());

  it("goes before what the backend has", async () => {
    const golden = await read("ligo-distogram_head-odd");
    const { outputs, settings } = await runCase(backend, golden, weightsOf(golden), "f32");
    for (const { error, bound } of compareCase(golden, await readExpected(nodeFiles, golden), outputs)) {
      expect(error).toBeLessThanOrEqual(bound);
      expect(bound).toBe(componentBound);
    }
    expect(settings).toEqual({});
  });
});

describe("weights beyond half precision", () => {
  let backend: WebGpuBackend;
  beforeAll(() => {
    backend = open(testDevice);
  });
  afterAll(() => backend.dispose());

  it.each([
    ["too large", 2 ** 24],
    ["too small", 2 ** -24],
  ])("%s stay float32, with the bits of float32, and a note says so", async (_, factor) => {
    const golden = await read("ligo-distogram_head-odd");
    const { component, config, sizes } = golden;
    const weights = scaledWeights(
      component.configure(config, sizes, () => {}),
      factor,
    );
    const mixed = await runCase(backend, golden, weights);
    expect(mixed.settings).toEqual({ precision: "mixed", beyond_half: 1 });
    expect(mixed.notes).toEqual([
      expect.stringMatching(/^1 projection stays in float32: beyond half precision, such as half logits weights: it/),
    ]);
    const exact = await runCase(backend, golden, weights, "f32");
    expect(mixed.outputs).toEqual(exact.outputs);
  });
});
