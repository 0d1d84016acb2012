/** ligo's trunk and denoiser: what masks and repeated runs must do, whatever the recorded cases happen to contain. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Runner } from "../../src/backends/backend.ts";
import type { WebGpuBackend } from "../../src/backends/webgpu.ts";
import { syntheticFeatures } from "../../src/engines/by_name.ts";
import { findComponent, findEngine, findPreset } from "../../src/engines/index.ts";
import { RandomStream } from "../../src/formats/random.ts";
import { type HostTensor, sizeOf, type TensorMap } from "../../src/formats/tensor.ts";
import { openTestBackend } from "../support/device.ts";

const N = 13;
const PADDING = 4;
const REAL = N - PADDING;
const sizes = { tokens: N, rows: 5, samples: 2, cycles: 2 };

let backend: WebGpuBackend;
beforeAll(() => {
  backend = openTestBackend();
});
afterAll(() => backend.dispose());

function load(name: "trunk" | "diffusion_module"): Promise<Runner> {
  const { config } = findPreset("ligo", name, "tiny");
  const twice = name === "trunk" ? { ...(config as object), num_cycles: sizes.cycles } : config;
  return backend.load({ engine: "ligo", component: name, config: twice, weights: { kind: "random", seed: 0 }, sizes });
}

/** Features whose last tokens and their atoms are masked, and hold other values for each seed. */
function featuresWith(padding: number): Map<string, HostTensor> {
  const options = { tokens: N, padding: PADDING, msaRows: sizes.rows, recycles: sizes.cycles - 1, chains: 2, seed: 5 };
  return new Map(
    [...syntheticFeatures("ligo", options)].map(([name, tensor]) => [name, disturbed(name, tensor, padding)]),
  );
}

/** Features of tokens by the axis of the tokens, and of atoms. */
const TOKEN_AXES: Readonly<Record<string, number>> = { aatype: 0, residue_index: 0, entity_id: 0, msa_feat: 2 };
const ATOM_FEATURES: ReadonlySet<string> = new Set(["ref_pos", "ref_charge", "ref_mask", "ref_element"]);

function disturbed(name: string, { shape, dtype, data }: HostTensor, padding: number): HostTensor {
  const axis = ATOM_FEATURES.has(name) ? 0 : TOKEN_AXES[name];
  if (axis === undefined) return { shape, dtype, data };
  const inner = sizeOf(shape.slice(axis + 1));
  const masked = (at: number): boolean => {
    const place = Math.floor(at / inner) % shape[axis];
    return place >= (ATOM_FEATURES.has(name) ? 4 * REAL : REAL);
  };
  const noise = new RandomStream(padding, name).normal(data.length, 1);
  const other = (at: number): number => (dtype === "int32" ? Math.floor(10 + 2 * noise[at]) : 10 * noise[at]);
  return { shape, dtype, data: data.map((value, at) => (masked(at) ? other(at) : value)) } as HostTensor;
}

/** Representations of the trunk; those of padded tokens differ with the seed. */
function denoiserInputs(padding: number): TensorMap {
  const { config } = findPreset("ligo", "diffusion_module", "tiny");
  const component = findComponent(findEngine("ligo"), "diffusion_module");
  const given = component.configure(config, sizes, () => {}).randomInputs(5);
  const features = featuresWith(padding);
  return new Map(
    [...given].map(([name, tensor]) => {
      const { shape, dtype, data } = tensor;
      if (!["s_inputs", "s_trunk", "z_trunk"].includes(name)) return [name, features.get(name) ?? tensor];
      const noise = new RandomStream(padding, name).normal(data.length, 1);
      const inner = sizeOf(shape.slice(-1));
      const masked = (at: number): boolean => {
        const place = Math.floor(at / inner);
        return place % N >= REAL || (name === "z_trunk" && Math.floor(place / N) >= REAL);
      };
      return [
        name,
        { shape, dtype, data: data.map((value, at) => (masked(at) ? 10 * noise[at] : value)) } as HostTensor,
      ];
    }),
  );
}

/** The entries of an output whose first `axes` places are real. */
function real(outputs: TensorMap, name: string, axes: readonly [size: number, real: number][]): number[] {
  const { data } = outputs.get(name) as HostTensor;
  const inner = data.length / axes.reduce((product, [size]) => product * size, 1);
  return [...data].filter((_, at) => {
    let place = Math.floor(at / inner);
    return [...axes].reverse().every(([size, count]) => {
      const index = place % size;
      place = Math.floor(place / size);
      return index < count;
    });
  });
}

describe("the trunk", () => {
  it("keeps what padding holds away from real tokens, and begins every run anew", async () => {
    await using runner = await load("trunk");
    const [first, other, again] = [
      await runner.run(featuresWith(6)),
      await runner.run(featuresWith(7)),
      await runner.run(featuresWith(6)),
    ];
    const token: [number, number] = [N, REAL];
    for (const [name, axes] of [
      ["s_inputs", [token]],
      ["s", [token]],
      ["z", [token, token]],
    ] as const) {
      const values = real(first, name, [...axes]);
      expect(values.every(Number.isFinite)).toBe(true);
      expect(real(other, name, [...axes]), name).toEqual(values);
      expect(again.get(name), name).toEqual(first.get(name));
    }
    expect(other.get("s")).not.toEqual(first.get("s"));
  });
});

describe("the denoiser", () => {
  it("keeps what padding holds away from real atoms", async () => {
    await using runner = await load("diffusion_module");
    const [first, other] = [await runner.run(denoiserInputs(6)), await runner.run(denoiserInputs(7))];
    const atoms = first.get("denoised")?.shape[1] ?? 0;
    const axes: [number, number][] = [
      [sizes.samples, sizes.samples],
      [atoms, 4 * REAL],
    ];
    expect(real(other, "denoised", axes)).toEqual(real(first, "denoised", axes));
    expect(other.get("denoised")).not.toEqual(first.get("denoised"));
  });
});
