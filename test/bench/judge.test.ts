/** Which golden case a workload is judged by. */
import { mkdtempSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { describe, expect, it } from "vitest";
import type { Backend } from "../../src/backends/backend.ts";
import { Judge } from "../../src/bench/core/judge.ts";
import { makeWorkload, type WorkloadChoice } from "../../src/bench/core/workload.ts";
import { findComponent, findEngine, findPreset } from "../../src/engines/index.ts";
import { writeSafetensors } from "../../src/formats/safetensors.ts";
import { float32, type HostTensor, type TensorMap } from "../../src/formats/tensor.ts";
import { nodeFiles } from "../../src/platform/node/files.ts";

const NO_BACKEND = { name: "webgpu", variant: "" } as Backend;
const { config, widths } = findPreset("ligo", "distogram_head", "tiny");
const component = findComponent(findEngine("ligo"), "distogram_head");
const configured = component.configure(config, { ...widths, tokens: 5 }, () => {});
const inputs = configured.randomInputs(8);
const outputs: TensorMap = new Map([["distogram_logits", float32([5, 5, 64], new Float32Array(1600).fill(2))]]);

/** A golden case with stored inputs whose recorded outputs are all 2. */
function goldenCase(): string {
  const folder = path.join(mkdtempSync(path.join(os.tmpdir(), "af3-gpu-test-")));
  const json = { format: "af3-gpu-case/1", engine: "ligo", component: "distogram_head", config };
  const weights = { random: "af3-gpu/1", seed: 3 };
  writeFileSync(path.join(folder, "case.json"), JSON.stringify({ ...json, weights }));
  writeFileSync(path.join(folder, "inputs.safetensors"), writeSafetensors(inputs));
  writeFileSync(path.join(folder, "expected.safetensors"), writeSafetensors(outputs));
  return folder;
}

const choice: WorkloadChoice = {
  engine: "ligo",
  mode: "component",
  component: "distogram_head",
  preset: "tiny",
  tokens: undefined,
  weights: "random",
  features: "synthetic",
  seed: 3,
};

describe("a workload with inputs from a file", () => {
  it("is the golden case that holds the same, and has as many tokens as they", async () => {
    const folder = goldenCase();
    const workload = await makeWorkload(nodeFiles, { ...choice, features: path.join(folder, "inputs.safetensors") });
    expect(workload.tokens).toBe(5);
    const [verdict] = await new Judge(nodeFiles, [folder]).judge(workload, [{ backend: NO_BACKEND, outputs }]);
    expect(verdict).toMatchObject({ check: `case:${path.basename(folder)}`, worstError: 0, wrong: undefined });
  });

  it("is another one if a number or a seed differs", async () => {
    const folder = goldenCase();
    const other = path.join(folder, "other.safetensors");
    const changed = new Map([...inputs].map(([name, tensor]) => [name, { ...tensor, data: tensor.data.slice() }]));
    (changed.get("z") as HostTensor).data[7] += 1;
    writeFileSync(other, writeSafetensors(changed as Map<string, HostTensor>));
    for (const given of [
      { features: other },
      { features: path.join(folder, "inputs.safetensors"), seed: 4 },
      { tokens: 5 },
    ]) {
      const workload = await makeWorkload(nodeFiles, { ...choice, ...given });
      const judge = new Judge(nodeFiles, [folder]);
      // It would run the case instead, which this backend cannot.
      const [verdict] = await judge.judge(workload, [{ backend: NO_BACKEND, outputs }]);
      expect(verdict).toBeInstanceOf(Error);
      expect((verdict as Error).message).toMatch(/load/);
    }
  });
});
