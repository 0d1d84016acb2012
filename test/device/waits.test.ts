/** What the host waits for in a run that nobody times: results alone, however many levels the sampler has. */
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import type { WebGpuBackend } from "../../src/backends/webgpu.ts";
import { runRecorded, sessionOf } from "../../src/engines/core/component.ts";
import { overridden } from "../../src/engines/core/overrides.ts";
import { engineNames, findComponent, findEngine, findPreset } from "../../src/engines/index.ts";
import type { Device } from "../../src/gpu/device/device.ts";
import { Plan } from "../../src/gpu/plan/plan.ts";
import { Executable } from "../../src/gpu/run/executable.ts";
import { Pace } from "../../src/gpu/run/submissions.ts";
import { openTestBackend } from "../support/device.ts";

let backend: WebGpuBackend;
let device: Device;
beforeAll(async () => {
  backend = openTestBackend();
  device = await backend.device();
});
afterEach(() => {
  vi.restoreAllMocks();
});
afterAll(() => backend.dispose());

/** A watchdog of endless patience. */
class Unhurried extends Pace {
  override end(_: unknown, __: unknown, section: { readonly end: number }): number {
    return section.end;
  }
  override share(): number {
    return 0;
  }
}

/** Counts what the host asks of a device, from now on. */
function counted(device: Device): Record<"submissions" | "waits" | "reads", number> {
  const counts = { submissions: 0, waits: 0, reads: 0 };
  const queue = Object.getPrototypeOf(device.handle.queue) as GPUQueue;
  const { submit, onSubmittedWorkDone } = queue;
  vi.spyOn(queue, "submit").mockImplementation(function (this: GPUQueue, buffers) {
    counts.submissions++;
    return submit.call(this, buffers);
  });
  vi.spyOn(queue, "onSubmittedWorkDone").mockImplementation(function (this: GPUQueue) {
    counts.waits++;
    return onSubmittedWorkDone.call(this);
  });
  const probe = device.handle.createBuffer({ size: 16, usage: 0x9 });
  const buffer = Object.getPrototypeOf(probe) as GPUBuffer;
  const { mapAsync } = buffer;
  vi.spyOn(buffer, "mapAsync").mockImplementation(function (this: GPUBuffer, ...given) {
    counts.reads++;
    return mapAsync.apply(this, given);
  });
  probe.destroy();
  return counts;
}

const STEPS = 9;

describe.each(engineNames)("%s's whole network", (engine) => {
  const component = findComponent(findEngine(engine), "full");
  const preset = findPreset(engine, "full", "tiny");
  const counts = { recycles: 2, steps: STEPS, samples: 2 };
  const config = overridden(findEngine(engine), component, preset.config, counts);
  const configured = component.configure(config, { ...preset.widths, tokens: 5 }, () => {});
  const inputs = configured.randomInputs(3);

  /** The network on the device, and a run of it that notes what each run of a section asked of the device. */
  async function build(pace?: Pace) {
    const plan = new Plan(device.target((await backend.target()).tuning));
    const recorded = configured.record(plan, (name) =>
      findEngine(engine).randomWeight(name, configured.weights.get(name) ?? [], 2),
    );
    const executable = await Executable.build(device, plan, await backend.pipelines(), { pace });
    const fold = async (counts?: ReturnType<typeof counted>) => {
      const asked: { section: string; submissions: number; waits: number; reads: number }[] = [];
      const session = sessionOf(async (section = "", values) => {
        const before = { ...counts };
        const { outputs } = await executable.run(values, { section });
        const since = (name: "submissions" | "waits" | "reads") => (counts?.[name] ?? 0) - (before[name] ?? 0);
        asked.push({ section, submissions: since("submissions"), waits: since("waits"), reads: since("reads") });
        return outputs;
      });
      return { outputs: await runRecorded(recorded, session, inputs), asked };
    };
    return { executable, fold };
  }

  it("hands over a section in one submission, and waits for nothing until the samples are done", async () => {
    const { executable, fold } = await build(new Unhurried("software"));
    const { asked } = await fold(counted(device));
    const levels = asked.filter(({ section }) => section === "denoising");
    expect(levels.length).toBeGreaterThanOrEqual(STEPS - 1);
    expect(asked.filter(({ section }) => section.endsWith("cycle")).length).toBe(3);
    const before = asked.slice(0, asked.findLastIndex(({ section }) => section === "denoising") + 1);
    for (const { section, ...each } of before) expect(each, section).toEqual({ submissions: 1, waits: 0, reads: 0 });
    executable.dispose();
  });

  it("gives the same bits, whatever goes into a submission", async () => {
    const [whole, paced] = [await build(new Unhurried("software")), await build()];
    const { outputs: want } = await whole.fold();
    const { outputs } = await paced.fold();
    for (const [name, { data }] of want) expect(outputs.get(name)?.data, name).toEqual(data);
    whole.executable.dispose();
    paced.executable.dispose();
  });

  it("gives the same bits timed, where every section is waited for", async () => {
    await using runner = await backend.load({
      engine,
      component: "full",
      config,
      sizes: configured.sizes,
      weights: { kind: "random", seed: 2 },
    });
    const want = await runner.run(inputs);
    const counts = counted(device);
    const { outputs, times } = await runner.time(inputs);
    for (const [name, { data }] of want) expect(outputs.get(name)?.data, name).toEqual(data);
    const runs = times.sections.reduce((sum, section) => sum + section.runs, 0);
    expect(counts.waits).toBeGreaterThanOrEqual(2 * runs - times.sections.length);
  });
});
