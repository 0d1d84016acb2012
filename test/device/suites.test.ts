/** Other projects' suites on a device, at shapes made for the test. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { WebGpuBackend } from "../../src/backends/webgpu.ts";
import { attentionEntry } from "../../src/bench/suites/attention.ts";
import { checkEntry, type Gpu, ratesOf, timeEntry } from "../../src/bench/suites/run.ts";
import type { SuiteEntry } from "../../src/bench/suites/suite.ts";
import { trimulEntry } from "../../src/bench/suites/trimul.ts";
import { openTestBackend } from "../support/device.ts";
import { af3gpu } from "../support/inside.ts";

let backend: WebGpuBackend;
let gpu: Gpu;
beforeAll(async () => {
  backend = openTestBackend();
  gpu = { device: await backend.device(), pipelines: await backend.pipelines(), target: await backend.target() };
});
afterAll(() => backend.dispose());

const trimul = (distribution: "normal" | "cauchy", masked: boolean): SuiteEntry =>
  trimulEntry({ batch: 2, n: 20, dim: 32, hidden: 16 }, distribution, masked);
const attention = (masked: boolean): SuiteEntry => attentionEntry({ n: 18, heads: 2, width: 8 }, masked);

/** The entry, with one value of an input changed on its way to the device. */
const changed = (entry: SuiteEntry, name: string, change: (value: number) => number): SuiteEntry => ({
  ...entry,
  reference: (inputs, seed) => {
    const intact = new Map([...inputs].map(([key, values]) => [key, values.slice()]));
    const values = intact.get(name) as Float32Array;
    values[0] = change(values[0]);
    return entry.reference(intact, seed);
  },
});

describe("our layers", () => {
  it.each([trimul("normal", false), trimul("cauchy", true), attention(false), attention(true)])(
    "pass $suite with $inputs",
    async (entry) => {
      const outcome = await checkEntry(gpu, entry, { seed: 4 });
      expect(outcome).toMatchObject({ kind: "passed" });
      if (outcome.kind === "passed") expect(outcome.judged.error).toBeGreaterThan(0);
    },
  );

  it("fail where the numbers belong to other inputs", async () => {
    for (const entry of [
      changed(trimul("normal", true), "mask", (value) => 1 - value),
      changed(attention(true), "mask", (value) => 1 - value),
    ]) {
      const outcome = await checkEntry(gpu, entry, { seed: 4 });
      expect(outcome).toMatchObject({
        kind: "failed",
        reason: expect.stringMatching(/^output\[\d+\] is .* times the tolerance \(seed 4\)$/),
      });
    }
  });

  it("are timed as often as the rule says, the whole batch at once", async () => {
    const entry = trimul("normal", true);
    const rule = { noise: 1, minSamples: 3, minTime: 0, maxTime: 1000 };
    const timing = await timeEntry(gpu, entry, { rule });
    expect(timing.sampling.samples.length).toBeGreaterThanOrEqual(1);
    expect(Math.min(...timing.sampling.samples)).toBeGreaterThan(0);
    expect(timing.repeats).toBeGreaterThanOrEqual(1);
    const single = await timeEntry(gpu, { ...entry, batch: 1 }, { rule });
    expect(timing.cost.flops).toBe(2 * single.cost.flops);
    const half = { flops: timing.cost.flops, bytes: Number.POSITIVE_INFINITY };
    const { flops, share } = ratesOf(timing, half);
    expect(share).toBeCloseTo(flops / timing.cost.flops, 6);
  });
});

describe("--suite", () => {
  it("lists what the suites hold", async () => {
    const { code, stdout } = await af3gpu(["kernels", "--suite", "trimul", "--list", "--json"]);
    expect(code).toBe(0);
    const entries = JSON.parse(stdout);
    expect(entries).toHaveLength(28);
    expect(entries[0]).toEqual({
      suite: "trimul",
      shape: "B=2 N=256 C=128",
      inputs: "normal, no mask",
      tolerance: { atol: 0.02, rtol: 0.02 },
      scored: true,
    });
  });

  it.each([
    [["kernels", "--suite", "none"], '--suite should be trimul, attention or all, not "none"'],
    [["kernels", "copy", "--suite", "trimul"], "--suite brings its own shapes"],
    [["kernels", "--suite", "trimul", "--case", "N = 128"], "--suite brings its own shapes"],
    [["verify", "cases", "--suite", "all"], "--suite brings its own inputs: leave out the cases"],
  ])("%j is bad usage", async (args, sentence) => {
    const { code, stdout, stderr } = await af3gpu(args);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(sentence);
    expect(stderr.trim().split("\n")).toHaveLength(1);
  });
});
