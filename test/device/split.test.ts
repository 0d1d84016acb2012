/**
 * Arrays larger than a binding and than a buffer: whole networks of both engines give the same bits as with whole arrays, and so does
 * whatever is uploaded, kept, taken to the host and read back. The limits are the plan's: small ones make small arrays large.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { WebGpuBackend } from "../../src/backends/webgpu.ts";
import { runRecorded, sessionOf } from "../../src/engines/core/component.ts";
import { overridden } from "../../src/engines/core/overrides.ts";
import { findComponent, findEngine, findPreset } from "../../src/engines/index.ts";
import type { Device } from "../../src/gpu/device/device.ts";
import { Plan, slice } from "../../src/gpu/plan/plan.ts";
import type { ArrayLimits, Target } from "../../src/gpu/plan/target.ts";
import { Executable } from "../../src/gpu/run/executable.ts";
import { memoryOf, totalOf } from "../../src/gpu/run/resources.ts";
import { add } from "../../src/kernels/add.ts";
import { openTestBackend } from "../support/device.ts";

let backend: WebGpuBackend;
let device: Device;
beforeAll(async () => {
  backend = openTestBackend();
  device = await backend.device();
});
afterAll(() => backend.dispose());

/** The sizes of the buffers that are made while something runs. */
async function buffersOf<T>(work: () => Promise<T>): Promise<{ readonly result: T; readonly largest: number }> {
  let largest = 0;
  const own = device.allocations.add.bind(device.allocations);
  device.allocations.add = (buffer) => {
    largest = Math.max(largest, buffer.size);
    return own(buffer);
  };
  try {
    return { result: await work(), largest };
  } finally {
    device.allocations.add = own;
  }
}

async function targetWith(limits: ArrayLimits, change: Partial<Target> = {}): Promise<Target> {
  const own = await backend.target();
  return { ...own, ...change, limits: { ...own.limits, ...limits } };
}

const limitsOf = (binding: number, buffer: number): ArrayLimits => ({
  maxStorageBufferBindingSize: binding,
  maxBufferSize: buffer,
});

/** The pair is wide and atoms are narrow, so that with few tokens it is the pair that passes the limits, as it does with many. */
const changes: Readonly<Record<string, (config: Record<string, unknown>) => unknown>> = {
  ligo: (config) => config,
  deepmind: (config) => {
    const changed = structuredClone(config) as {
      readonly evoformer: Record<string, unknown> & { readonly per_atom_conditioning: Record<string, unknown> };
      readonly heads: { readonly diffusion: Record<string, unknown> & { conditioning: Record<string, unknown> } };
    };
    const { evoformer, heads } = changed;
    evoformer.pair_channel = 128;
    Object.assign(evoformer.per_atom_conditioning, { per_atom_channels: 16, per_atom_pair_channels: 4 });
    heads.diffusion.per_atom_pair_channels = 4;
    heads.diffusion.conditioning.pair_channel = 128;
    return changed;
  },
};

describe.each([
  ["ligo", 47, limitsOf(140_000, 300_000)],
  ["deepmind", 41, limitsOf(360_000, 750_000)],
] as const)("%s's whole network", (engine, tokens, limits) => {
  const component = findComponent(findEngine(engine), "full");
  const preset = findPreset(engine, "full", "tiny");
  const few = overridden(findEngine(engine), component, preset.config, { steps: 2 });
  const config = changes[engine](few as Record<string, unknown>);
  const configured = component.configure(config, { ...preset.widths, tokens }, () => {});
  const inputs = configured.randomInputs(3);
  const fold = async (target: Target) => {
    const plan = new Plan(target);
    const recorded = configured.record(plan, (name) =>
      findEngine(engine).randomWeight(name, configured.weights.get(name) ?? [], 2),
    );
    const executable = await Executable.build(device, plan, await backend.pipelines());
    const session = sessionOf(async (section = "", values) => (await executable.run(values, { section })).outputs);
    const outputs = await runRecorded(recorded, session, inputs);
    executable.dispose();
    return { plan, outputs };
  };

  // Twice the shaders of a network, which software adapters compile at first use.
  it("gives the same bits in parts, also with offload", async ({ skip }) => {
    const whole = await backend.target();
    const { maxStorageBuffersPerShaderStage: bindings } = whole.limits;
    if (bindings < 16) skip(`the device has ${bindings} bindings, this takes 16: use another`);
    const want = await fold(whole);
    expect(want.plan.steps.every(({ parts }) => parts.every(({ length }) => length === 1))).toBe(true);
    for (const change of [{}, { offload: true }]) {
      const target = await targetWith(limits, change);
      const { result: got, largest } = await buffersOf(() => fold(target));
      expect(largest).toBeLessThanOrEqual(limits.maxBufferSize);
      for (const [name, { data }] of want.outputs) expect(got.outputs.get(name)?.data, name).toEqual(data);
      const cut = (kernel: string): number =>
        Math.max(...got.plan.steps.filter((step) => step.kernel.name === kernel).map(most));
      for (const kernel of ["triangle_project", "triangle_combine", "triangle_output", "swiglu", "attention_project"])
        expect(cut(kernel), kernel).toBeGreaterThan(1);
    }
    function most({ parts }: (typeof want.plan.steps)[number]): number {
      return Math.max(...parts.map(({ length }) => length));
    }
  }, 1_200_000);
});

describe("a plan of arrays that are larger than a buffer", () => {
  const [ROWS, C] = [96, 32];
  const limits = limitsOf(4096, 8192 + 256);
  const numbers = (factor: number): Float32Array =>
    Float32Array.from({ length: ROWS * C }, (_, at) => (factor * (at % 1009)) / 16);

  /** `first` adds x to a constant; `second` halves of that to y, in slices that begin in the middle of a binding. */
  async function build(offload: boolean) {
    const plan = new Plan(await targetWith(limits, { offload }));
    const sum = plan.section("first", () => {
      const z = plan.constant("z", [ROWS, C], () => numbers(3));
      const mask = plan.constant("mask", [1], () => new Float32Array([1]));
      const { y } = plan.dispatch(add, { x: plan.input("x", [ROWS, C]), z, mask }, { scalars: { rows: ROWS } });
      plan.output("sum", y);
      return y;
    });
    plan.section("second", () => {
      const [z, mask] = [plan.input("y", [ROWS, C]), plan.constant("mask", [1], () => new Float32Array([1]))];
      const total = plan.empty("total", [ROWS, C]);
      for (const [first, count] of [
        [0, 30],
        [30, 66],
      ] as const)
        plan.dispatch(
          add,
          { x: slice(sum, first, count), z: slice(z, first, count), mask },
          { into: { y: slice(total, first, count) }, scalars: { rows: count } },
        );
      plan.output("total", total);
    });
    return { plan, executable: await Executable.build(device, plan, await backend.pipelines()) };
  }

  it.each([false, true])("uploads, keeps, saves and reads all of them (offload: %s)", async (offload) => {
    const before = device.allocations.now;
    const { result, largest } = await buffersOf(async () => {
      const { plan, executable } = await build(offload);
      expect(device.allocations.now - before).toBeLessThanOrEqual(totalOf(memoryOf(plan)) + 2 ** 12);
      const first = await executable.run(new Map([["x", numbers(5)]]), { section: "first" });
      const second = await executable.run(new Map([["y", numbers(7)]]), { section: "second" });
      await executable.keepInputs(new Map([["y", numbers(9)]]), "second");
      await executable.run(new Map([["x", numbers(1)]]), { section: "first" });
      const kept = await executable.run(new Map(), { section: "second", resident: true });
      executable.dispose();
      return [first.outputs.get("sum"), second.outputs.get("total"), kept.outputs.get("total")];
    });
    expect(result).toEqual([numbers(8), numbers(15), numbers(13)]);
    expect(largest).toBeLessThanOrEqual(limits.maxBufferSize);
    expect(device.allocations.now).toBe(before);
  });
});
