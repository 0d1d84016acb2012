/** Executables on a real device: repeatable, cancellable, and never silent about a failure. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { WebGpuBackend } from "../../src/backends/webgpu.ts";
import { findComponent, findEngine, findPreset } from "../../src/engines/index.ts";
import { BadInputError, CancelledError, DeviceError } from "../../src/errors.ts";
import { shaders } from "../../src/generated/shaders.ts";
import type { StoredArray } from "../../src/gpu/plan/dtype.ts";
import { completeDims, workgroupsOf } from "../../src/gpu/plan/kernel.ts";
import { Plan } from "../../src/gpu/plan/plan.ts";
import type { Target } from "../../src/gpu/plan/target.ts";
import { Executable, type RunResult } from "../../src/gpu/run/executable.ts";
import { SingleDispatch } from "../../src/gpu/run/single_dispatch.ts";
import { PipelineCache } from "../../src/gpu/shader/pipelines.ts";
import { copy } from "../../src/kernels/copy.ts";
import { matmul } from "../../src/kernels/matmul.ts";
import { openTestBackend } from "../support/device.ts";
import { deviceInputs } from "../support/single_pass.ts";

let backend: WebGpuBackend;
beforeAll(() => {
  backend = openTestBackend();
});
afterAll(() => backend.dispose());

const TOKENS = 9;
const component = findComponent(findEngine("ligo"), "pairformer");
const { config } = findPreset("ligo", "pairformer", "tiny");
const configured = component.configure(config, { tokens: TOKENS }, () => {});
const weights = (name: string) => findEngine("ligo").randomWeight(name, configured.weights.get(name) ?? [], 0);

/** The tiny Pairformer on the device, perhaps with another target than the device's own. */
async function build(change: Partial<Target> = {}): Promise<Executable> {
  const plan = new Plan({ ...(await backend.target()), ...change });
  configured.record(plan, weights);
  return Executable.build(await backend.device(), plan, await backend.pipelines());
}

const inputs = (seed: number) => deviceInputs(configured, configured.randomInputs(seed));
const bits = (outputs: RunResult["outputs"]) =>
  [...outputs].map(([name, data]) => [name, new Uint32Array(data.buffer)]);

describe("a run", () => {
  it("gives the same bits again, whatever ran in between", async () => {
    const executable = await build();
    const first = bits((await executable.run(inputs(1))).outputs);
    await executable.run(inputs(2));
    expect(bits((await executable.run(inputs(1))).outputs)).toEqual(first);
    executable.dispose();
  });

  it("gives each run its own large inputs, which a buffer of their own brings to hardware", async () => {
    const [device, cache] = [await backend.device(), await backend.pipelines()];
    const target = { ...(await backend.target()), software: false };
    const [large, small] = [2 ** 18 + 4, 64];
    const made = async (change: Partial<Target>) => {
      const plan = new Plan({ ...target, ...change });
      for (const [name, count] of Object.entries({ large, small, second: large }))
        plan.output(name, plan.dispatch(copy, { source: plan.input(name, [count]) }, { scalars: {} }).copied);
      return Executable.build(device, plan, cache);
    };
    const [staged, queued] = [await made({}), await made({ software: true })];
    expect(staged.memory.overhead - queued.memory.overhead).toBe(2 * 4 * large);
    const values = (seed: number) =>
      new Map(
        Object.entries({ large, small, second: large }).map(([name, count], at) => [
          name,
          Float32Array.from({ length: count }, (_, index) => seed + at + index),
        ]),
      );
    const bytes = (one: StoredArray): Uint8Array => new Uint8Array(one.buffer, one.byteOffset, one.byteLength);
    const same = ({ outputs }: RunResult, seed: number): boolean =>
      [...values(seed)].every(([name, sent]) => {
        const got = outputs.get(name);
        return got !== undefined && Buffer.compare(bytes(sent), bytes(got)) === 0;
      });
    for (const seed of [1, 2]) {
      // Of two that are started at once, the second may find the buffer taken.
      const both = await Promise.all([staged.run(values(seed)), staged.run(values(seed + 10))]);
      expect([same(both[0], seed), same(both[1], seed + 10), same(both[1], seed)]).toEqual([true, true, false]);
      await device.idle();
      expect(same(await staged.time(values(seed + 20)), seed + 20)).toBe(true);
    }
    staged.dispose();
    queued.dispose();
  });

  it("from inputs kept on the device gives the same bits, again and again", async () => {
    const executable = await build();
    const uploaded = bits((await executable.run(inputs(1))).outputs);
    await executable.keepInputs(inputs(1));
    for (let time = 0; time < 2; time++)
      expect(bits((await executable.run(new Map(), { resident: true })).outputs)).toEqual(uploaded);
    const left = await executable.run(new Map(), { resident: true, leaveOutputs: true });
    expect(left.outputs.size).toBe(0);
    executable.dispose();
  });

  it("started together with another waits its turn", async () => {
    const executable = await build();
    const alone = [bits((await executable.run(inputs(1))).outputs), bits((await executable.run(inputs(2))).outputs)];
    const together = await Promise.all([executable.run(inputs(1)), executable.run(inputs(2))]);
    expect(together.map(({ outputs }) => bits(outputs))).toEqual(alone);
    executable.dispose();
  });

  it("tells its progress in the plan's words, and where the time went", async () => {
    const executable = await build();
    const told: string[] = [];
    const { times } = await executable.time(inputs(1), {
      progress: ({ step, steps, label }) => told.push(`${step}/${steps} ${label}`),
    });
    const all = executable.plan.steps.length;
    expect(told.at(-1)).toBe(`${all}/${all} block 1/single transition/project_residual`);
    expect(Math.min(times.upload, times.execute, times.download)).toBeGreaterThan(0);
    executable.dispose();
  });

  it("refuses inputs of another size, and to run after its end", async () => {
    const executable = await build();
    const wrong = inputs(1).set("pair", new Float32Array(3));
    await expect(executable.run(wrong)).rejects.toThrow(
      /input pair should hold \d+ bytes of f32 but holds 12 bytes of f32/,
    );
    executable.dispose();
    executable.dispose();
    await expect(executable.run(inputs(1))).rejects.toThrow("has been disposed of");
  });

  it("stops when it is cancelled, and can run again", async () => {
    const executable = await build();
    await expect(executable.run(inputs(1), { signal: AbortSignal.abort() })).rejects.toBeInstanceOf(CancelledError);
    expect((await executable.run(inputs(1))).outputs.size).toBe(2);
    executable.dispose();
  });
});

it("a profile has a time for every step", async () => {
  const executable = await build();
  const device = await backend.device();
  if (device.features.has("timestamp-query")) {
    const times = await executable.profile(inputs(1));
    expect(times).toHaveLength(executable.plan.steps.length);
    expect(times.every((time) => time >= 0)).toBe(true);
    expect(times.some((time) => time > 0)).toBe(true);
  }
  executable.dispose();
});

it("equal shaders share a pipeline", async () => {
  const device = await backend.device();
  const cache = new PipelineCache(device, shaders);
  const plan = new Plan(await backend.target());
  configured.record(plan, weights);
  const executable = await Executable.build(device, plan, cache);
  expect(cache.size).toBeLessThan(plan.steps.length / 2);
  executable.dispose();
});

it("more workgroups than one dimension holds are folded into two", async () => {
  const device = await backend.device();
  const variant = copy.variants[0];
  const length = 4 * 70_001;
  const dims = completeDims(copy, variant, { length }, { LANES: 1, PER_LANE: 1 }, {});
  expect(workgroupsOf(copy, variant, dims)).toBeGreaterThan(65535);
  const dispatch = await SingleDispatch.create(device, await backend.pipelines(), copy, variant, dims);
  const values = Float32Array.from({ length }, (_, index) => index);
  dispatch.write("source", values);
  dispatch.fill("copied", 0);
  await dispatch.run();
  expect((await dispatch.read("copied")).values).toEqual(values);
  dispatch.destroy();
});

it("N beyond the device's bindings is refused with the largest that fits", async () => {
  const request = { engine: "ligo", component: "pairformer", config, weights: { kind: "random", seed: 0 } } as const;
  await expect(backend.load({ ...request, sizes: { tokens: 20_000 } })).rejects.toThrow(
    /^ligo pairformer: N = 20000 does not fit: .*; the largest N that fits is \d+$/,
  );
});

describe("a device that fails", () => {
  it("ends a run with an error, not with zeros, and is opened anew by the next load", async () => {
    const own = openTestBackend();
    const request = { engine: "ligo", component: "pairformer", config, weights: { kind: "random", seed: 0 } } as const;
    const randomInputs = (tokens: number) => component.configure(config, { tokens }, () => {}).randomInputs(0);
    const runner = await own.load({ ...request, sizes: { tokens: 48 } });
    const given = randomInputs(48);
    const running = runner.run(given);
    (await own.device()).handle.destroy();
    await expect(running).rejects.toBeInstanceOf(DeviceError);
    await expect(runner.run(given)).rejects.toThrow(/the device was lost .*load it again to open the device anew/);
    await runner.dispose();
    const again = await own.load({ ...request, sizes: { tokens: 4 } });
    expect((await again.run(randomInputs(4))).size).toBeGreaterThan(0);
    await own.release();
    expect((await own.status()).ready).toBe(true);
    await own.dispose();
  });

  it("is not opened again once its backend has been disposed of, nor is a runner run", async () => {
    const own = openTestBackend();
    const request = { engine: "ligo", component: "pairformer", config, weights: { kind: "random", seed: 0 } } as const;
    const runner = await own.load({ ...request, sizes: { tokens: 4 } });
    await runner.dispose();
    const again = runner.run(component.configure(config, { tokens: 4 }, () => {}).randomInputs(0));
    await expect(again).rejects.toThrow(new BadInputError("this runner has been disposed of: load another"));
    await own.dispose();
    const refused = new BadInputError("this backend has been disposed of: make another");
    await expect(own.load({ ...request, sizes: { tokens: 4 } })).rejects.toThrow(refused);
    await expect(own.status()).rejects.toThrow(refused);
    await own.dispose();
  });

  it("says that a runner has been disposed of to what it was still doing", async () => {
    const own = openTestBackend();
    const request = { engine: "ligo", component: "pairformer", config, weights: { kind: "random", seed: 0 } } as const;
    const refused = new BadInputError("this runner has been disposed of: load another");
    const given = component.configure(config, { tokens: 4 }, () => {}).randomInputs(0);
    const runner = await own.load({ ...request, sizes: { tokens: 4 } });
    const running = runner.run(given);
    await Promise.all([expect(running).rejects.toThrow(refused), runner.dispose()]);
    await expect(runner.run(given)).rejects.toThrow(refused);
    await own.dispose();
  });

  it("says that memory is short, and how much was asked for", async () => {
    const own = openTestBackend();
    const device = await own.device();
    // A plan against limits that the device does not have: the buffer is refused when it is made.
    const limits = { ...(await own.target()).limits, maxStorageBufferBindingSize: 2 ** 50, maxBufferSize: 2 ** 50 };
    const plan = new Plan({ ...(await own.target()), limits });
    const x = plan.input("x", [2 ** 25, 64]);
    const { y } = plan.dispatch(
      matmul,
      { x, weights: plan.constant("w", [64, 64], () => new Float32Array(4096)) },
      { scalars: {} },
    );
    plan.output("y", y);
    await expect(Executable.build(device, plan, await own.pipelines())).rejects.toThrow(
      /building the plan's buffers: /,
    );
    await own.dispose();
  });

  it("shows the line of a shader that it refuses", async () => {
    const device = await backend.device();
    const broken = { ...shaders, "copy.wgsl": shaders["copy.wgsl"].replace("let first =", "let first = 1.5 +") };
    const cache = new PipelineCache(device, broken);
    const dims = completeDims(copy, copy.variants[0], { length: 4 }, {}, {});
    await expect(cache.get(copy, copy.variants[0], dims)).rejects.toThrow(
      /copy \(plain\) does not compile: [\s\S]*> \d+ \| +let first = 1\.5/,
    );
    expect(cache.size).toBe(0);
  });
});
