/** What masks must do, whatever the recorded cases happen to contain. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { WebGpuBackend } from "../../src/backends/webgpu.ts";
import { engineNames, findComponent, findEngine, findPreset } from "../../src/engines/index.ts";
import { float32, type HostTensor, type TensorMap } from "../../src/formats/tensor.ts";
import { openTestBackend } from "../support/device.ts";

let backend: WebGpuBackend;
beforeAll(() => {
  backend = openTestBackend();
});
afterAll(() => backend.dispose());

const N = 11;
const PRESENT = [1, 1, 0, 1, 1, 1, 0, 1, 1, 0, 0];

/** Engines that mask: others are given what is there and nothing else. */
const masking = engineNames.filter((engine) =>
  findComponent(findEngine(engine), "pairformer").inputs.some(({ kind }) => kind === "mask"),
);

describe.for(masking)("%s", (engine) => {
  const component = findComponent(findEngine(engine), "pairformer");
  const { config, widths } = findPreset(engine, "pairformer", "tiny");
  const sizes = { ...widths, tokens: N };
  const [single, pair, singleMask, pairMask] = component.inputs.map(({ name }) => name);

  /** Inputs whose padded tokens hold other values for each seed, and the others always the same. */
  function inputsWith(padding: number): TensorMap {
    const base = component.configure(config, sizes, () => {}).randomInputs(5);
    const other = component.configure(config, sizes, () => {}).randomInputs(padding);
    const mix = (name: string, isPadding: (at: number) => boolean): HostTensor => {
      const [a, b] = [base.get(name) as HostTensor, other.get(name) as HostTensor];
      return float32(
        a.shape,
        Float32Array.from(a.data, (value, at) => (isPadding(at) ? 10 * b.data[at] : value)),
      );
    };
    const [cs, cz] = [base.get(single)?.shape[1] ?? 0, base.get(pair)?.shape[2] ?? 0];
    const absent = (i: number): boolean => PRESENT[i] === 0;
    return new Map([
      [single, mix(single, (at) => absent(Math.floor(at / cs)))],
      [pair, mix(pair, (at) => absent(Math.floor(at / cz / N)) || absent(Math.floor(at / cz) % N))],
      [singleMask, float32([N], Float32Array.from(PRESENT))],
      [
        pairMask,
        float32(
          [N, N],
          Float32Array.from({ length: N * N }, (_, at) => PRESENT[Math.floor(at / N)] * PRESENT[at % N]),
        ),
      ],
    ]);
  }

  it("padded tokens never reach the others: their outputs keep every bit", async () => {
    await using runner = await backend.load({
      engine,
      component: "pairformer",
      config,
      weights: { kind: "random", seed: 0 },
      sizes,
    });
    const [a, b] = [await runner.run(inputsWith(6)), await runner.run(inputsWith(7))];
    const valid = (outputs: TensorMap) => {
      const [s, z] = [outputs.get(single) as HostTensor, outputs.get(pair) as HostTensor];
      const [cs, cz] = [s.shape[1], z.shape[2]];
      const present = (i: number): boolean => PRESENT[i] === 1;
      return {
        single: [...s.data].filter((_, at) => present(Math.floor(at / cs))),
        pair: [...z.data].filter((_, at) => present(Math.floor(at / cz / N)) && present(Math.floor(at / cz) % N)),
      };
    };
    expect(valid(a)).toEqual(valid(b));
    expect(valid(a).pair.every(Number.isFinite)).toBe(true);
    // The padded entries themselves do differ: the test could fail.
    expect([...(a.get(pair) as HostTensor).data]).not.toEqual([...(b.get(pair) as HostTensor).data]);
  });

  it("masks may be int32", async () => {
    await using runner = await backend.load({
      engine,
      component: "pairformer",
      config,
      weights: { kind: "random", seed: 0 },
      sizes,
    });
    const floats = inputsWith(6);
    const integers = new Map(
      [...floats].map(([name, tensor]): [string, HostTensor] =>
        name === singleMask || name === pairMask
          ? [name, { dtype: "int32", shape: tensor.shape, data: Int32Array.from(tensor.data) }]
          : [name, tensor],
      ),
    );
    expect([...(await runner.run(integers))]).toEqual([...(await runner.run(floats))]);
  });
});
