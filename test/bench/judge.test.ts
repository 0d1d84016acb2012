/** Which golden case a workload is judged by. */
import { mkdtempSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { describe, expect, it } from "vitest";
import type { Backend, BackendName } from "../../src/backends/backend.ts";
import { Judge } from "../../src/bench/core/judge.ts";
import { makeWorkload, type WorkloadChoice } from "../../src/bench/core/workload.ts";
import { findComponent, findEngine, findPreset } from "../../src/engines/index.ts";
import { UnavailableError } from "../../src/errors.ts";
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

describe("answers of which none confirms another", () => {
  /** A backend that answers cases with twos, or has no graph of them. */
  const answering = (name: BackendName, cases: "right" | "none"): Backend =>
    ({
      name,
      variant: "",
      async load() {
        if (cases === "none") throw new UnavailableError("there is no graph of it", "export one");
        return { run: async () => outputs, dispose: async () => {} };
      },
    }) as unknown as Backend;
  const threes: TensorMap = new Map([["distogram_logits", float32([5, 5, 64], new Float32Array(1600).fill(3))]]);

  it("are judged by the one that the cases confirm, even where others lack what the cases need", async () => {
    const workload = await makeWorkload(nodeFiles, { ...choice, tokens: 5, seed: 9 });
    const judge = new Judge(nodeFiles, [goldenCase()]);
    const verdicts = await judge.judge(workload, [
      { backend: answering("webgpu", "right"), outputs },
      { backend: answering("onnx-cpu", "none"), outputs: threes },
      { backend: answering("onnx-webgpu", "none"), outputs: threes },
    ]);
    expect(verdicts).toMatchObject([
      { check: "cases", wrong: undefined },
      { check: "backend:webgpu", wrong: expect.stringMatching(/^distogram_logits differs from webgpu by/) },
      { check: "backend:webgpu", wrong: expect.stringMatching(/^distogram_logits differs from webgpu by/) },
    ]);
  });

  it("say why they could not be judged if none is confirmed", async () => {
    const workload = await makeWorkload(nodeFiles, { ...choice, tokens: 5, seed: 9 });
    const verdicts = await new Judge(nodeFiles, [goldenCase()]).judge(workload, [
      { backend: answering("onnx-webgpu", "none"), outputs: threes },
    ]);
    expect(verdicts).toEqual([expect.any(UnavailableError)]);
  });
});
