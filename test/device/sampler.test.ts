/** Samplers on the device: positions that stay there from level to level. */
import { afterAll, beforeAll, expect, it } from "vitest";
import type { WebGpuBackend } from "../../src/backends/webgpu.ts";
import { sessionOf } from "../../src/engines/core/component.ts";
import { Plan } from "../../src/gpu/plan/plan.ts";
import { Executable } from "../../src/gpu/run/executable.ts";
import { compare } from "../../src/kernels/check/compare.ts";
import { reduction } from "../../src/kernels/check/tolerance.ts";
import { openTestBackend } from "../support/device.ts";
import { recordToy, runToy } from "../support/toy_sampler.ts";
import { toys } from "../support/toys.ts";

let backend: WebGpuBackend;
beforeAll(() => {
  backend = openTestBackend();
});
afterAll(() => backend.dispose());

it.each(toys)("$name's sampler goes where plain loops in double precision go, and again", async ({ toy, plain }) => {
  const plan = new Plan(await backend.target());
  const recorded = recordToy(plan, toy);
  const executable = await Executable.build(await backend.device(), plan, await backend.pipelines());
  const session = sessionOf(async (section, inputs) => {
    const { outputs } = await executable.run(inputs, section === undefined ? {} : { section });
    return outputs;
  });
  const { positions } = await runToy(toy, recorded, session);
  expect(compare(positions, plain()).error).toBeLessThan(reduction(toy.calls.length));
  expect((await runToy(toy, recorded, session)).positions).toEqual(positions);
  executable.dispose();
});
