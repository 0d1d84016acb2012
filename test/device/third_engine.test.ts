/** An engine of one folder and one line of registration (test/support/third_engine) runs, is checked and is timed like the others. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Component } from "../../src/engines/core/component.ts";
import { weightSource } from "../../src/engines/core/weights.ts";
import { SafeTensors, writeSafetensors } from "../../src/formats/safetensors.ts";
import { float32 } from "../../src/formats/tensor.ts";
import { af3gpu, type Ended, scratch } from "../support/binary.ts";
import { testDevice } from "../support/device.ts";
import { buildThird } from "../support/third_engine/build.ts";
import { third } from "../support/third_engine/engine.ts";

let built: Awaited<ReturnType<typeof buildThird>>;
beforeAll(async () => {
  built = await buildThird();
});
afterAll(() => built.remove());

const run = (args: readonly string[], cwd: string): Promise<Ended> =>
  af3gpu([...args, "--device", testDevice], { file: built.script, cwd });

const [trunk] = third.components;
const config = { width: 20, factor: 3, trips: 3 };
const [tokens, seed] = [11, 4];

/** The network in double precision, on the standard inputs and weights of a seed. */
function reference(component: Component) {
  const configured = component.configure(config, { tokens }, () => {});
  const weights = weightSource(third, configured, { kind: "random", seed }, () => {});
  const inputs = configured.randomInputs(seed);
  const outputs = configured.reference?.(inputs, weights) ?? new Map<string, Float64Array>();
  const state = float32([tokens, config.width], Float32Array.from(outputs.get("state") as Float64Array));
  return { inputs, outputs: new Map([["state", state]]), configured, weights };
}

/** A golden case of the trunk. @param change of its expected values */
function writeCase(folder: string, change = 0): void {
  const { inputs, outputs } = reference(trunk);
  const state = outputs.get("state")?.data as Float32Array;
  state[state.length - 1] += change;
  mkdirSync(folder);
  const golden = { format: "af3-gpu-case/1", engine: "third", component: "trunk", config };
  const weights = { random: "af3-gpu/1", seed };
  writeFileSync(path.join(folder, "case.json"), JSON.stringify({ ...golden, weights }));
  writeFileSync(path.join(folder, "inputs.safetensors"), writeSafetensors(inputs));
  writeFileSync(path.join(folder, "expected.safetensors"), writeSafetensors(outputs));
}

describe("a third engine", () => {
  it("verifies a golden case, and notices a wrong one", async () => {
    const cwd = scratch();
    writeCase(path.join(cwd, "right"));
    writeCase(path.join(cwd, "wrong"), 1e3);
    const right = await run(["verify", "right"], cwd);
    expect([right.code, right.stdout]).toEqual([0, expect.stringContaining("1 of 1 case passed")]);
    const wrong = await run(["verify", "wrong"], cwd);
    expect([wrong.code, wrong.stdout]).toEqual([1, expect.stringContaining("0 of 1 case passed")]);
  });

  it("runs a case, and from single files", async () => {
    const cwd = scratch();
    writeCase(path.join(cwd, "case"));
    expect((await run(["run", "case", "--out", "a.safetensors"], cwd)).code).toBe(0);
    const { configured, weights, outputs } = reference(trunk);
    const values = new Map([...configured.weights].map(([name, shape]) => [name, float32(shape, weights(name))]));
    writeFileSync(path.join(cwd, "weights.safetensors"), writeSafetensors(values));
    writeFileSync(path.join(cwd, "config.json"), JSON.stringify(config));
    const files = ["--config", "config.json", "--weights", "weights.safetensors"];
    const what = ["--engine", "third", "--component", "trunk", "--inputs", "case/inputs.safetensors", ...files];
    const ended = await run(["run", ...what, "--out", "b.safetensors"], cwd);
    expect([ended.code, ended.stdout]).toEqual([0, `state [${tokens}, ${config.width}]\n`]);
    const [first, second] = ["a", "b"].map((name) => readFileSync(path.join(cwd, `${name}.safetensors`)));
    expect(first.equals(second)).toBe(true);
    const state = new SafeTensors(first, "a.safetensors").read("state").data;
    const want = outputs.get("state")?.data as Float32Array;
    expect(Math.max(...want.map((value, at) => Math.abs(value - state[at])))).toBeLessThan(0.001);
  });

  it("is timed by bench, judged by its own double precision, and told by --list", async () => {
    const cwd = scratch();
    const short = ["--seq-len", "9", "--passes", "1", "--recycles", "1", "--json"];
    const { code, stdout } = await run(["bench", "--engine", "third", ...short], cwd);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject([
      { engine: "third", component: "trunk", backend: "webgpu", check: "reference", outcome: "timed" },
    ]);
    const toy = await run(["bench", "--mode", "toy", "--engine", "both", "--passes", "1", "--json"], cwd);
    expect(JSON.parse(toy.stdout).map(({ engine, check }: Record<string, string>) => [engine, check])).toEqual([
      ["deepmind", "reference"],
      ["ligo", "reference"],
      ["protenix", "reference"],
      ["third", "reference"],
    ]);
    const list = await run(["bench", "--list", "--backend", "webgpu,native", "--json"], cwd);
    const states: Record<string, unknown>[] = JSON.parse(list.stdout);
    expect(states.filter(({ engine }) => engine === "third")).toMatchObject([
      { backend: "webgpu", ready: true },
      { backend: "native", ready: false, reason: "third reproduces no repository that could run" },
    ]);
  });
});
