/** Wrong use of what a load gives: a runner refuses it before anything runs, and runs afterwards. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { preset, syntheticInputs, type WebGpuRunner } from "../../src/index.ts";
import { openTestBackend } from "../support/device.ts";
import { callback, complaintsOf, fields, optional, signal, tensors } from "../support/wrong_use.ts";

const { config } = preset("ligo", "pairformer", "tiny");
const sizes = { tokens: 4 };
const inputs = syntheticInputs("ligo", "pairformer", config, sizes);
const backend = openTestBackend();
let runner: WebGpuRunner;
beforeAll(async () => {
  const weights = { kind: "random", seed: 0 } as const;
  runner = await backend.load({ engine: "ligo", component: "pairformer", config, sizes, weights });
});
afterAll(() => backend.dispose());

it.each(["run", "time", "profile"] as const)("%s", async (method) => {
  const takes = [tensors(inputs), optional(fields({ signal, progress: callback }, ["a plain object"]))];
  // biome-ignore lint/suspicious/noExplicitAny: this is what a caller without types hands in
  const call = (args: readonly unknown[]) => (runner[method] as any)(...args);
  expect(await complaintsOf(takes, call)).toEqual([]);
  await call([inputs]);
});
