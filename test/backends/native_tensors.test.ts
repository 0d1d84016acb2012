/** What the native backend sends: names and shapes of golden cases, noise as tensors. */
import { describe, expect, it } from "vitest";
import { givenTensors } from "../../src/backends/native/tensors.ts";
import { seededNoise } from "../../src/engines/by_name.ts";
import { findComponent, findEngine, findPreset } from "../../src/engines/index.ts";
import type { HostTensor } from "../../src/formats/tensor.ts";

describe("the noise of a whole fold", () => {
  it.for(["deepmind", "ligo"] as const)("%s: a seed becomes the tensors that the shims take", (engine) => {
    const { config, widths } = findPreset(engine, "full", "tiny");
    const fold = findComponent(findEngine(engine), "full").configure(config, { ...widths, tokens: 6 }, () => {});
    const seeded = fold.randomInputs(4);
    const given = givenTensors(fold, seeded);
    expect(given.has("noise_seed")).toBe(false);
    const noise = given.get("step_noise") as HostTensor;
    const { samples, steps = fold.sizes.draws } = fold.sizes;
    expect(noise.shape.slice(0, 2)).toEqual([steps, samples]);
    const points = noise.shape.slice(2, -1).reduce((product, size) => product * size, 1);
    const drawn = seededNoise(engine, 4, points).step(0, steps - 1).noise;
    expect(noise.data.subarray((steps - 1) * samples * points * 3).subarray(0, points * 3)).toEqual(drawn);
    expect(givenTensors(fold, new Map([...given, ...seeded]))).toEqual(given);
  });
});
