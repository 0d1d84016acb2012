/** The largest N that is offered loads, the next one does not: on devices of many limits that refuse what real ones refuse. */
import { describe, expect, it, vi } from "vitest";
import { largestTokens, largestTokensSoon, recordFitting } from "../../src/backends/fit.ts";
import { findComponent, findEngine, findPreset } from "../../src/engines/index.ts";
import { BadInputError } from "../../src/errors.ts";
import { shaders } from "../../src/generated/shaders.ts";
import type { Device } from "../../src/gpu/device/device.ts";
import { phasesOf } from "../../src/gpu/plan/phases.ts";
import type { Plan } from "../../src/gpu/plan/plan.ts";
import type { Target } from "../../src/gpu/plan/target.ts";
import { makeResources } from "../../src/gpu/run/resources.ts";
import { formOf } from "../../src/gpu/shader/compose.ts";
import { type Pipeline, PipelineCache } from "../../src/gpu/shader/pipelines.ts";
import { bindingsOf, uniformNames } from "../../src/gpu/shader/reflect.ts";
import { target } from "../support/target.ts";

/** A device that checks sizes as WebGPU does, and has so much memory. */
function fakeDevice({ limits, memory = Number.POSITIVE_INFINITY }: Target): Device {
  let held = 0;
  const createBuffer = ({ size }: GPUBufferDescriptor) => {
    held += size;
    if (size > limits.maxBufferSize) throw new Error(`a buffer of ${size} bytes`);
    if (held > memory) throw new Error(`out of memory: ${held} bytes`);
    return { size };
  };
  const createBindGroup = ({ entries }: GPUBindGroupDescriptor) => {
    for (const { resource } of entries) {
      const { buffer, offset = 0, size = buffer.size } = resource as GPUBufferBinding;
      if (size > limits.maxStorageBufferBindingSize) throw new Error(`a binding of ${size} bytes`);
      if (offset + size > buffer.size) throw new Error(`a binding behind the end of a buffer`);
    }
  };
  return { createBuffer, handle: { createBindGroup, queue: { writeBuffer: () => {} } } } as unknown as Device;
}

/** Makes all that a plan needs. @throws if the device refuses */
function place(plan: Plan, on: Target): void {
  const cache = new PipelineCache({} as Device, shaders);
  const pipelines = plan.steps.map((step) => {
    const { kernel, variant, dims } = step;
    const source = cache.source(kernel, variant, dims, formOf(step, on));
    return { bindings: bindingsOf(source), uniforms: uniformNames(source) } as unknown as Pipeline;
  });
  for (const phase of phasesOf(plan)) makeResources(fakeDevice(on), plan, phase, pipelines, []);
}

const GiB = 2 ** 30;
const devices: readonly (readonly [string, number, number, number | undefined])[] = [
  ["WebGPU's defaults", 2 ** 27, 2 ** 28, undefined],
  ["bindings as large as buffers", 2 ** 28, 2 ** 28, undefined],
  ["two gibibytes less a little", 2 * GiB - 4, 2 * GiB - 4, undefined],
  ["four gibibytes less a little", 4 * GiB - 4, 4 * GiB - 1, undefined],
  ["eight gibibytes of memory", 4 * GiB - 4, 4 * GiB - 1, 8 * GiB],
  ["a hundred mebibytes of memory", 2 ** 27, 2 ** 28, 100 * 2 ** 20],
];

describe.each(["ligo", "deepmind"])("of %s", (engine) => {
  it.each(devices)("on a device with %s", (_, maxStorageBufferBindingSize, maxBufferSize, memory) => {
    const on: Target = { ...target, memory, limits: { ...target.limits, maxStorageBufferBindingSize, maxBufferSize } };
    const component = findComponent(findEngine(engine), "pairformer");
    const { config, widths } = findPreset(engine, "pairformer", "block");
    const load = (tokens: number): void => {
      const configured = component.configure(config, { ...widths, tokens }, () => {});
      place(
        recordFitting(on, { component, config, sizes: configured.sizes }, (plan) => configured.record(plan)).plan,
        on,
      );
    };
    const largest = largestTokens({ component, config, sizes: widths }, on);
    expect(largest).toBeGreaterThan(50);
    load(largest);
    expect(() => load(largest + 1)).toThrow(BadInputError);
    expect(() => load(largest + 1)).toThrow(
      new RegExp(`; the largest N that fits is ${largest}${memory === undefined ? " as far as its limits go" : "$"}`),
    );
  });
});

it("found in pieces is a sixteenth too low at the most, and nothing where there is no time", async () => {
  const component = findComponent(findEngine("ligo"), "pairformer");
  const { config, widths } = findPreset("ligo", "pairformer", "tiny");
  const planned = { component, config, sizes: widths };
  for (const memory of [10 * 2 ** 20, GiB]) {
    const exact = largestTokens(planned, { ...target, memory });
    const soon = await largestTokensSoon(planned, { ...target, memory }, { until: Number.POSITIVE_INFINITY });
    expect(soon.ended).toBe(true);
    expect(soon.tokens).toBeLessThanOrEqual(exact);
    expect(soon.tokens).toBeGreaterThanOrEqual(Math.floor(exact / (1 + 1 / 16)) - 1);
  }
  // Left in the middle, it tells what it knows to fit.
  let turns = 0;
  const clock = vi.spyOn(performance, "now").mockImplementation(() => turns++);
  const part = await largestTokensSoon(planned, { ...target, memory: GiB }, { until: 8 });
  clock.mockRestore();
  expect(part.ended).toBe(false);
  expect(part.tokens).toBeGreaterThan(0);
  expect(part.tokens).toBeLessThanOrEqual(largestTokens(planned, { ...target, memory: GiB }));
  expect(await largestTokensSoon(planned, target, { until: 0 })).toEqual({ tokens: 0, ended: false });
});
