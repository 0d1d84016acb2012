/** A component whose plan runs in sections: clocks, progress, stopping, memory. */
import { afterAll, beforeAll, expect, it } from "vitest";
import type { RunProgress } from "../../src/backends/backend.ts";
import type { WebGpuBackend, WebGpuRunner } from "../../src/backends/webgpu.ts";
import { overridden } from "../../src/engines/core/overrides.ts";
import { findComponent, findEngine, findPreset } from "../../src/engines/index.ts";
import { CancelledError } from "../../src/errors.ts";
import { openTestBackend } from "../support/device.ts";

const engine = findEngine("deepmind");
const component = findComponent(engine, "trunk");
const { config: preset, widths } = findPreset("deepmind", "trunk", "tiny");
const config = overridden(engine, component, preset, { recycles: 1 });
const configured = component.configure(config, { ...widths, tokens: 5 }, () => {});
const inputs = configured.randomInputs(2);
const request = {
  engine: "deepmind",
  component: "trunk",
  config,
  sizes: configured.sizes,
  weights: { kind: "random", seed: 2 },
} as const;

let backend: WebGpuBackend;
let runner: WebGpuRunner;
beforeAll(async () => {
  backend = openTestBackend();
  runner = await backend.load(request);
}, 300_000);
afterAll(async () => {
  await runner.dispose();
  await backend.dispose();
});

it("adds its clocks up over the sections and their runs", async () => {
  const { times } = await runner.time(inputs);
  const { elapsed, execute, gpu, sections } = times;
  expect(sections.find(({ name }) => name === "trunk cycle")?.runs).toBe(2);
  expect(sections.reduce((sum, section) => sum + section.execute, 0)).toBeCloseTo(execute, 6);
  if (gpu !== undefined) expect(sections.reduce((sum, section) => sum + (section.gpu ?? 0), 0)).toBeCloseTo(gpu, 6);
  expect(elapsed).toBeGreaterThan(execute);
});

it("counts what is on the device, and gives it back", async () => {
  const { weights, activations, overhead } = runner.memory;
  const planned = weights + activations + overhead;
  const { peakBytes } = await runner.time(inputs);
  expect(peakBytes).toBeGreaterThanOrEqual(planned);
  expect(peakBytes).toBeLessThan(1.1 * planned + 2 ** 16);
  const before = (await backend.device()).allocations.now;
  const other = await backend.load(request);
  expect((await other.time(inputs)).peakBytes).toBe(before + peakBytes);
  await other.dispose();
  expect((await backend.device()).allocations.now).toBe(before);
});

it("tells which section runs for which time", async () => {
  const seen: RunProgress[] = [];
  await runner.run(inputs, { progress: (done) => seen.push(done) });
  const passes = seen.filter(({ section }) => section === "trunk cycle");
  expect(new Set(passes.map(({ run }) => run))).toEqual(new Set([1, 2]));
  for (const { section, label, step, steps } of seen) {
    expect(label.startsWith(`${section}/`)).toBe(true);
    expect(step).toBeLessThanOrEqual(steps);
  }
});

it("stops between two submissions of any section, and runs again as if nothing had been", async () => {
  const first = await runner.run(inputs);
  const controller = new AbortController();
  const seen: string[] = [];
  const progress = ({ section, run }: RunProgress): void => {
    seen.push(`${section} ${run}`);
    if (section === "trunk cycle" && run === 1) controller.abort();
  };
  await expect(runner.run(inputs, { progress, signal: controller.signal })).rejects.toBeInstanceOf(CancelledError);
  expect(seen.at(-1)).toBe("trunk cycle 1");
  const again = await runner.run(inputs);
  for (const [name, { data }] of first) expect(again.get(name)?.data).toEqual(data);
});

it("gives the same numbers in the smaller chunks of a limit of memory", async () => {
  const { config, widths } = findPreset("ligo", "pairformer", "tiny");
  const sizes = { ...widths, tokens: 48 };
  const weights = { kind: "random", seed: 1 } as const;
  const load = (memoryLimit?: number): Promise<WebGpuRunner> =>
    backend.load({ engine: "ligo", component: "pairformer", config, sizes, weights, memoryLimit });
  const bytesOf = ({ memory }: WebGpuRunner): number => memory.weights + memory.activations + memory.overhead;
  const values = findComponent(findEngine("ligo"), "pairformer")
    .configure(config, sizes, () => {})
    .randomInputs(1);
  const whole = await load();
  const want = await whole.run(values);
  await whole.dispose();
  const limited = await load(bytesOf(whole) - 1);
  expect(bytesOf(limited)).toBeLessThan(bytesOf(whole));
  for (const [name, { data }] of await limited.run(values)) expect(data).toEqual(want.get(name)?.data);
  await limited.dispose();
  await expect(load(1000)).rejects.toThrow(
    /^ligo pairformer: N = 48 does not fit: .* the memory limit is 1000 bytes; no N fits$/,
  );
});
