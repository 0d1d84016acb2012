/** `--seed` where nothing draws from it is refused rather than ignored. */
import { writeFileSync } from "node:fs";
import path from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { findComponent, findEngine, findPreset } from "../../src/engines/index.ts";
import { writeSafetensors } from "../../src/formats/safetensors.ts";
import { scratch } from "../support/binary.ts";
import { af3gpu } from "../support/inside.ts";

const inputs = path.join(scratch(), "inputs.safetensors");
const what = ["--engine", "ligo", "--component", "pairformer", "--preset", "tiny"];
const bench = ["bench", ...what, "--dry-run", "--backend", "onnx-cpu"];
const weights = path.join(scratch(), "weights.safetensors");
const refusal = "af3-gpu: weights and features from files leave nothing for --seed to draw: leave it out\n";

beforeAll(async () => {
  expect((await af3gpu(["weights", "random", ...what, "--out", weights])).code).toBe(0);
  const { config, widths } = findPreset("ligo", "pairformer", "tiny");
  const component = findComponent(findEngine("ligo"), "pairformer");
  const configured = component.configure(config, { ...widths, tokens: 9 }, () => {});
  writeFileSync(inputs, writeSafetensors(configured.randomInputs(0)));
});

describe("bench --seed", () => {
  it("with weights and features from files is refused", async () => {
    const files = ["--weights", weights, "--features", inputs];
    const { code, stdout, stderr } = await af3gpu([...bench, ...files, "--seed", "3"]);
    expect([code, stdout, stderr]).toEqual([2, "", refusal]);
    expect((await af3gpu([...bench, ...files])).code).toBe(0);
  });

  it.each([
    ["weights", ["--weights", weights]],
    ["features", ["--features", inputs]],
    ["nothing", []],
  ])("with %s from a file draws the rest", async (_, files) => {
    expect((await af3gpu([...bench, ...files, "--seed", "3"])).code).toBe(0);
  });

  it("draws the noise that a whole network's features lack, and is refused where they have it", async () => {
    const [without, having] = ["without", "having"].map((name) => path.join(scratch(), `${name}.safetensors`));
    const make = ["features", "--synthetic", "--engine", "ligo", "--seq-len", "9", "--msa", "16"];
    await af3gpu([...make, "--out", without]);
    await af3gpu([...make, "--steps", "2", "--out", having]);
    const whole = ["--engine", "ligo", "--component", "full", "--preset", "tiny"];
    const full = path.join(scratch(), "full.safetensors");
    await af3gpu(["weights", "random", ...whole, "--out", full]);
    const call = (features: string) =>
      af3gpu([
        ...["bench", ...whole, "--steps", "2", "--dry-run", "--backend", "onnx-cpu"],
        ...["--weights", full, "--features", features, "--seed", "3"],
      ]);
    expect(await call(without)).toMatchObject({ code: 0 });
    expect(await call(having)).toMatchObject({ code: 2, stderr: refusal });
  });
});

it.each([
  [["--seed", "3"], "--seed"],
  [["--check", "--device", "cpu"], "--check, --device"],
  [["--precision", "mixed"], "--precision"],
])("kernels --list %j is refused", async (args, stray) => {
  expect(await af3gpu(["kernels", "--list", ...args])).toEqual({
    code: 2,
    stdout: "",
    stderr: `af3-gpu: --list has no use for ${stray}: leave it out\n`,
  });
});
