/** Sections that take turns on the device: the same numbers in less memory, and nothing left behind. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Runner } from "../../src/backends/backend.ts";
import type { WebGpuBackend } from "../../src/backends/webgpu.ts";
import { size } from "../../src/cli/options.ts";
import { runRecorded, sessionOf } from "../../src/engines/core/component.ts";
import { overridden } from "../../src/engines/core/overrides.ts";
import { engineNames, findComponent, findEngine, findPreset } from "../../src/engines/index.ts";
import { CancelledError } from "../../src/errors.ts";
import type { Device } from "../../src/gpu/device/device.ts";
import { Plan, type Tensor } from "../../src/gpu/plan/plan.ts";
import type { Target } from "../../src/gpu/plan/target.ts";
import { Executable } from "../../src/gpu/run/executable.ts";
import { memoryOf, totalOf } from "../../src/gpu/run/resources.ts";
import { matmul } from "../../src/kernels/matmul.ts";
import { openTestBackend } from "../support/device.ts";

let backend: WebGpuBackend;
let device: Device;
beforeAll(async () => {
  backend = openTestBackend();
  device = await backend.device();
});
afterAll(() => backend.dispose());

/** What the plan does not count: the buffers of the clocks. */
const CLOCKS = 2 ** 12;

describe.each(engineNames)("%s's whole network", (engine) => {
  const component = findComponent(findEngine(engine), "full");
  const preset = findPreset(engine, "full", "tiny");
  const { widths } = preset;
  // A few steps of the sampler take turns with everything else as many do.
  const config = overridden(findEngine(engine), component, preset.config, { steps: 4 });
  const configured = component.configure(config, { ...widths, tokens: 7 }, () => {});
  const inputs = configured.randomInputs(3);
  const bytesOf = ({ memory }: Runner): number =>
    (memory.weights ?? 0) + (memory.activations ?? 0) + (memory.overhead ?? 0);
  const load = (memoryLimit?: number): Promise<Runner> =>
    backend.load({
      engine,
      component: "full",
      config,
      sizes: configured.sizes,
      weights: { kind: "random", seed: 2 },
      memoryLimit,
    });

  it("gives the same bits under a limit, also after it was stopped, and stays below what it says", async () => {
    const before = device.allocations.now;
    const whole = await load();
    const want = await whole.run(inputs);
    await whole.dispose();
    const refusal = await load(1000).catch((error: Error) => error.message);
    const limit = size("--memory-limit")(/needs ([\d.]+ MiB)/.exec(String(refusal))?.[1] ?? "");
    expect(limit).toBeLessThan(bytesOf(whole));
    const runner = await load(limit);
    expect(bytesOf(runner)).toBeLessThanOrEqual(limit);
    expect(bytesOf(runner)).toBeGreaterThan(0.999 * limit);
    const check = async () => {
      const { outputs, peakBytes } = await runner.time(inputs);
      for (const [name, { data }] of want) expect(outputs.get(name)?.data, name).toEqual(data);
      expect(peakBytes).toBeGreaterThanOrEqual(before + bytesOf(runner));
      expect(peakBytes).toBeLessThan(before + bytesOf(runner) + CLOCKS);
    };
    await check();
    await check();
    const controller = new AbortController();
    const progress = ({ section, run }: { section: string; run: number }): void => {
      if (section.startsWith("denoising") && run === 2) controller.abort();
    };
    await expect(runner.run(inputs, { progress, signal: controller.signal })).rejects.toBeInstanceOf(CancelledError);
    await check();
    await runner.dispose();
    expect(device.allocations.now).toBe(before);
  });

  it("gives the same bits in the smallest chunks, with offload", async () => {
    const engineOf = findEngine(engine);
    const fold = async (change: Partial<Target>) => {
      const plan = new Plan({ ...(await backend.target()), ...change });
      const recorded = configured.record(plan, (name) =>
        engineOf.randomWeight(name, configured.weights.get(name) ?? [], 2),
      );
      const executable = await Executable.build(device, plan, await backend.pipelines());
      const session = sessionOf(async (section = "", values) => (await executable.run(values, { section })).outputs);
      const outputs = await runRecorded(recorded, session, inputs);
      executable.dispose();
      return { steps: plan.steps.length, outputs };
    };
    const want = await fold({});
    const got = await fold({ chunkBytes: 1, strictChunks: true, offload: true });
    expect(got.steps).toBeGreaterThan(want.steps);
    for (const [name, { data }] of want.outputs) expect(got.outputs.get(name)?.data, name).toEqual(data);
  });
});

const SIZE = 16;
const matrix = (value: (row: number, column: number) => number): Float32Array =>
  Float32Array.from({ length: SIZE ** 2 }, (_, at) => value(Math.floor(at / SIZE), at % SIZE));
const scale = (factor: number): Float32Array => matrix((row, column) => (row === column ? factor : 0));

/** `first` doubles and trebles x; `second` multiplies the double by five and by y; `third` returns the treble and that product. */
async function build(offload: boolean): Promise<Executable> {
  const plan = new Plan({ ...(await backend.target()), offload });
  const by = (factor: number, x: Tensor): Tensor => {
    const weights = plan.constant(`times ${factor}`, [SIZE, SIZE], () => scale(factor));
    return plan.dispatch(matmul, { x, weights }, { scalars: {} }).y;
  };
  const { double, treble } = plan.section("first", () => {
    const x = plan.input("x", [SIZE, SIZE]);
    return { double: by(2, x), treble: by(3, x) };
  });
  const product = plan.section("second", () => {
    const y = plan.input("y", [SIZE, SIZE]);
    return plan.dispatch(matmul, { x: by(5, double), weights: y }, { scalars: {} }).y;
  });
  plan.section("between", () => plan.output("product so far", product));
  plan.section("third", () => {
    plan.output("treble", treble);
    plan.output("product", by(7, product));
  });
  return Executable.build(device, plan, await backend.pipelines());
}

describe("a plan whose sections take turns", () => {
  const x = matrix((row, column) => row + column);
  const run = (executable: Executable, section: string, inputs: Record<string, Float32Array> = {}) =>
    executable.run(new Map(Object.entries(inputs)), { section });
  const end = async (executable: Executable) => (await run(executable, "third")).outputs;
  const times = (factor: number): Float32Array => x.map((value) => factor * value);

  it("keeps what a section leaves, however often those between run, and forgets it when the first begins anew", async () => {
    const before = device.allocations.now;
    const executable = await build(true);
    for (const factor of [1, 10]) {
      await run(executable, "first", { x: times(factor) });
      for (const scaled of [8, 1]) await run(executable, "second", { y: scale(scaled) });
      const outputs = await end(executable);
      expect(outputs.get("treble")).toEqual(times(3 * factor));
      expect(outputs.get("product")).toEqual(times(2 * 5 * 7 * factor));
    }
    executable.dispose();
    expect(device.allocations.now).toBe(before);
  });

  it.each([true, false])("runs a section again behind one without steps, with offload %s", async (offload) => {
    const executable = await build(offload);
    await run(executable, "first", { x });
    for (const scaled of [8, 1]) {
      await run(executable, "second", { y: scale(scaled) });
      const { outputs } = await run(executable, "between");
      expect(outputs.get("product so far")).toEqual(times(2 * 5 * scaled));
    }
    expect((await end(executable)).get("product")).toEqual(times(2 * 5 * 7));
    await expect(run(executable, "second", { y: scale(1) })).rejects.toThrow("cannot run behind later ones");
    executable.dispose();
  });

  it("holds what it plans, which is less than everything", async () => {
    const before = device.allocations.now;
    const whole = await build(false);
    expect(whole.memory).toEqual(memoryOf(whole.plan));
    expect(device.allocations.now - before).toBeGreaterThanOrEqual(totalOf(whole.memory));
    whole.dispose();
    const executable = await build(true);
    expect(totalOf(executable.memory)).toBeLessThan(totalOf(whole.memory));
    device.allocations.restart();
    await run(executable, "first", { x });
    await run(executable, "second", { y: scale(1) });
    await end(executable);
    expect(device.allocations.peak - before).toBeGreaterThanOrEqual(totalOf(executable.memory));
    expect(device.allocations.peak - before).toBeLessThan(totalOf(executable.memory) + CLOCKS);
    executable.dispose();
  });

  it("refuses a section behind later ones, and passes over one that is left out", async () => {
    const executable = await build(true);
    await run(executable, "first", { x });
    expect((await end(executable)).get("treble")).toEqual(times(3));
    await expect(run(executable, "second", { y: scale(1) })).rejects.toThrow("cannot run behind later ones");
    executable.dispose();
  });

  it("runs from inputs kept on the device", async () => {
    const executable = await build(true);
    await executable.keepInputs(new Map([["x", x]]), "first");
    for (let time = 0; time < 2; time++) {
      await executable.run(new Map(), { section: "first", resident: true });
      expect((await end(executable)).get("treble")).toEqual(times(3));
    }
    executable.dispose();
  });

  it("needs the first section again when memory was short for another, and leaves nothing behind", async () => {
    const before = device.allocations.now;
    const executable = await build(true);
    await run(executable, "first", { x });
    const create = device.createBuffer.bind(device);
    device.createBuffer = () => {
      throw new Error("no memory");
    };
    try {
      await expect(run(executable, "second", { y: scale(1) })).rejects.toThrow("no memory");
    } finally {
      device.createBuffer = create;
    }
    await expect(end(executable)).rejects.toThrow("begin with the first one");
    await run(executable, "first", { x });
    expect((await end(executable)).get("treble")).toEqual(times(3));
    executable.dispose();
    expect(device.allocations.now).toBe(before);
  });

  it("leaves nothing behind when it is disposed of while a section is brought", async () => {
    const before = device.allocations.now;
    const executable = await build(true);
    await run(executable, "first", { x });
    const create = device.createBuffer.bind(device);
    device.createBuffer = (descriptor) => {
      executable.dispose();
      return create(descriptor);
    };
    try {
      await expect(run(executable, "second", { y: scale(1) })).rejects.toThrow("has been disposed of");
    } finally {
      device.createBuffer = create;
    }
    expect(device.allocations.now).toBe(before);
  });
});
