/** What only ligo's masks do, and no recorded case can tell: its padded entries are not compared. */
import { afterAll, beforeAll, expect, it } from "vitest";
import type { WebGpuBackend } from "../../src/backends/webgpu.ts";
import { findComponent, findEngine, findPreset } from "../../src/engines/index.ts";
import { float32, type HostTensor, type TensorMap } from "../../src/formats/tensor.ts";
import { openTestBackend } from "../support/device.ts";

let backend: WebGpuBackend;
beforeAll(() => {
  backend = openTestBackend();
});
afterAll(() => backend.dispose());

const PRESENT = [1, 1, 0, 1, 0];
const N = PRESENT.length;

it("attention adds nothing to a padded token: its single representation knows no other (quirk 13)", async () => {
  const { config, widths } = findPreset("ligo", "pairformer", "tiny");
  const sizes = { ...widths, tokens: N };
  const component = findComponent(findEngine("ligo"), "pairformer").configure(config, sizes, () => {});
  const masks = new Map([
    ["single_mask", float32([N], Float32Array.from(PRESENT))],
    [
      "pair_mask",
      float32(
        [N, N],
        Float32Array.from({ length: N * N }, (_, at) => PRESENT[Math.floor(at / N)] * PRESENT[at % N]),
      ),
    ],
  ]);
  /** Other values for each seed, but for the padded tokens' own. */
  const inputsWith = (seed: number): TensorMap => {
    const [own, made] = [component.randomInputs(1), component.randomInputs(seed)];
    const [padded, s] = [own.get("s") as HostTensor, made.get("s") as HostTensor];
    const c = s.shape[1];
    const mixed = Float32Array.from(s.data, (value, at) => (PRESENT[Math.floor(at / c)] ? value : padded.data[at]));
    return new Map([...made, ["s", float32(s.shape, mixed)], ...masks]);
  };
  const weights = { kind: "random", seed: 0 } as const;
  await using runner = await backend.load({ engine: "ligo", component: "pairformer", config, weights, sizes });
  const rows = async (seed: number, present: number): Promise<number[]> => {
    const s = (await runner.run(inputsWith(seed))).get("s") as HostTensor;
    return [...s.data].filter((_, at) => PRESENT[Math.floor(at / s.shape[1])] === present);
  };
  expect(await rows(2, 0)).toEqual(await rows(3, 0));
  // What stands at the other tokens does differ: the test could fail.
  expect(await rows(2, 1)).not.toEqual(await rows(3, 1));
});
