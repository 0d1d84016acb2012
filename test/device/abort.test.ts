/** What is stopped ends at once, on the slowest adapter there is, and what comes next is right. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { LoadProgress, RunProgress } from "../../src/backends/backend.ts";
import type { WebGpuBackend, WebGpuRunner } from "../../src/backends/webgpu.ts";
import { checkKernel } from "../../src/bench/kernel_check.ts";
import { findComponent, findEngine, findPreset } from "../../src/engines/index.ts";
import { CancelledError } from "../../src/errors.ts";
import type { TensorMap } from "../../src/formats/tensor.ts";
import { projectResidual } from "../../src/kernels/project_residual.ts";
import { openTestBackend, swiftShaderHere, swiftShaderSkip } from "../support/device.ts";

/** What the issue promises. */
const AT_ONCE_MS = 2000;

/** Enough for many submissions. */
const TOKENS = 48;

const component = findComponent(findEngine("ligo"), "pairformer");
const { config } = findPreset("ligo", "pairformer", "tiny");
const request = (tokens: number, seed = 0) =>
  ({ engine: "ligo", component: "pairformer", config, weights: { kind: "random", seed }, sizes: { tokens } }) as const;
const randomInputs = (tokens: number, seed: number): TensorMap =>
  component.configure(config, { tokens }, () => {}).randomInputs(seed);

/** Stops work after so many milliseconds. @returns how long it went on */
async function stopped(after: number, work: (signal: AbortSignal) => Promise<unknown>): Promise<number> {
  const controller = new AbortController();
  let at = Number.NaN;
  setTimeout(() => {
    at = performance.now();
    controller.abort();
  }, after);
  await expect(work(controller.signal)).rejects.toBeInstanceOf(CancelledError);
  return performance.now() - at;
}

const bits = (outputs: TensorMap) =>
  [...outputs].map(([name, { data }]) => [name, new Uint32Array((data as Float32Array).buffer)]);

describe("on SwiftShader", () => {
  let backend: WebGpuBackend;
  let runner: WebGpuRunner;
  beforeAll(async () => {
    if (!swiftShaderHere) return;
    backend = openTestBackend("swiftshader");
  });
  beforeEach(({ skip }) => {
    if (!swiftShaderHere) skip(swiftShaderSkip);
  });
  afterAll(() => backend?.dispose());

  it("a load that is stopped while it compiles ends at once, and the next one goes on", async () => {
    const loaded: LoadProgress[] = [];
    expect(await stopped(200, (signal) => backend.load({ ...request(TOKENS), signal }))).toBeLessThan(AT_ONCE_MS);
    runner = await backend.load({ ...request(TOKENS), progress: (done) => loaded.push(done) });
    for (const stage of ["compiling", "uploading"]) {
      const told = loaded.filter((progress) => progress.stage === stage);
      expect(told.at(-1)?.done).toBe(told[0].total);
      expect(told.map(({ done }) => done)).toEqual(told.map(({ done }) => done).toSorted((a, b) => a - b));
    }
  });

  it("a run that is stopped ends at once, wherever it is, and the next one gives the same bits", async () => {
    const whole: RunProgress[] = [];
    const first = await runner.run(randomInputs(TOKENS, 1), { progress: (done) => whole.push(done) });
    expect(whole.length).toBeGreaterThan(5);
    for (const after of [0, 100, 300]) {
      const took = await stopped(after, (signal) => runner.run(randomInputs(TOKENS, 2), { signal }));
      expect(took).toBeLessThan(AT_ONCE_MS);
    }
    // While the device still works at what was stopped.
    expect(bits(await runner.run(randomInputs(TOKENS, 1)))).toEqual(bits(first));
  });

  it("a run tells what is done when it is done, and what share of the whole that is", async () => {
    const told: { readonly done: RunProgress; readonly at: number }[] = [];
    const start = performance.now();
    await runner.run(randomInputs(TOKENS, 1), {
      progress: (done) => told.push({ done, at: performance.now() - start }),
    });
    const elapsed = performance.now() - start;
    const shares = told.map(({ done }) => done.share);
    expect(shares).toEqual(shares.toSorted((a, b) => a - b));
    expect(told.at(-1)?.done).toMatchObject({ share: 1, step: told[0].done.steps });
    // While it told what was queued, all but two submissions were told at the beginning.
    const half = told.find(({ done }) => done.share >= 0.5);
    expect(half?.at).toBeGreaterThan(elapsed / 8);
  });

  it("a run that waits for another is stopped without having begun", async () => {
    const running = runner.run(randomInputs(TOKENS, 1));
    expect(await stopped(50, (signal) => runner.run(randomInputs(TOKENS, 2), { signal }))).toBeLessThan(AT_ONCE_MS);
    expect((await running).size).toBe(2);
  });

  it("a check of a kernel is left while its shader is compiled", async () => {
    const [variant] = projectResidual.variants;
    const [device, pipelines, target] = [await backend.device(), await backend.pipelines(), await backend.target()];
    const check = (signal: AbortSignal) =>
      checkKernel(device, pipelines, target, projectResidual, variant, projectResidual.cases[0], { signal });
    const before = pipelines.size;
    expect(await stopped(100, check)).toBeLessThan(AT_ONCE_MS / 4);
    expect(pipelines.size).toBe(before + 1);
    await pipelines.settled();
  });

  it("a runner and a backend that are disposed of behind a stop leave quietly", async () => {
    const own = openTestBackend("swiftshader");
    const loading = own.load(request(16));
    await stopped(100, (signal) => own.load({ ...request(TOKENS, 1), signal }));
    const loaded = await loading;
    await stopped(50, (signal) => loaded.run(randomInputs(16, 0), { signal }));
    await loaded.dispose();
    await own.release();
    expect((await own.status()).ready).toBe(true);
    await own.dispose();
  });
});
