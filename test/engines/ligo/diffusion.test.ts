/** ligo's denoiser on the host: noise levels in, positions out; and configs of its networks. */
import { describe, expect, it } from "vitest";
import { sessionOf } from "../../../src/engines/core/component.ts";
import { denoiseSamples } from "../../../src/engines/ligo/diffusion.ts";
import { full } from "../../../src/engines/ligo/full.ts";
import { trunk } from "../../../src/engines/ligo/trunk.ts";
import { Plan } from "../../../src/gpu/plan/plan.ts";
import { compare } from "../../../src/kernels/check/compare.ts";
import { pointwise } from "../../../src/kernels/check/tolerance.ts";
import { FOURIER_WIDTH, fourierEmbedding } from "../../../src/model/ligo/fourier.ts";
import { target } from "../../support/target.ts";

const constant = (value: number): Float32Array => new Float32Array(FOURIER_WIDTH).fill(value);

describe("the embedding of noise levels", () => {
  it("uses the network's own 2π", () => {
    const weights = { frequencies: constant(0.5), phases: constant(0.25) };
    const [first, second] = [0, 1].map(
      (row) => fourierEmbedding([16, 16 * Math.exp(4)], 16, weights)[row * FOURIER_WIDTH],
    );
    expect(first).toBe(Math.fround(Math.cos(6.283 * 0.25)));
    expect(second).toBe(Math.fround(Math.cos(6.283 * 0.75)));
  });
});

describe("samples at levels of their own", () => {
  it("are scaled on the way in and put together with the update on the way out", async () => {
    const given: Float32Array[] = [];
    const plan = new Plan(target);
    const call = {
      positions: plan.input("positions", [2, 1, 4]),
      fourier: plan.input("noise levels", [2, FOURIER_WIDTH]),
      update: { name: "update" },
    };
    const session = sessionOf(async (_, inputs) => {
      given.push(inputs.get("positions") as Float32Array);
      return new Map([["update", Float32Array.of(1, 2, 3, 99, 4, 5, 6, 99)]]);
    });
    const positions = [Float64Array.of(10, 20, 30), Float64Array.of(40, 50, 60)];
    const fourier = { frequencies: constant(0), phases: constant(0) };
    const denoised = await denoiseSamples(session, call, positions, [12, 30], 16, fourier);
    const close = (got: ArrayLike<number>, want: readonly number[]): void => {
      expect(compare(got, want).error).toBeLessThanOrEqual(pointwise());
    };
    // √(16² + 12²) = 20, √(16² + 30²) = 34
    close(given[0], [0.5, 1, 1.5, 0, 40 / 34, 50 / 34, 60 / 34, 0]);
    close(
      denoised[0],
      [1, 2, 3].map((update, axis) => (256 / 400) * positions[0][axis] + (192 / 20) * update),
    );
    close(
      denoised[1],
      [4, 5, 6].map((update, axis) => (256 / 1156) * positions[1][axis] + (480 / 34) * update),
    );
  });
});

describe("configs", () => {
  const sizes = { tokens: 8 };
  const quiet = (): void => {};

  it("share the widths of the input embedder", () => {
    const config = { input_embedder: { c_token: 48 }, pairformer_stack: { c_s: 64 } };
    expect(() => trunk.configure(config, sizes, quiet)).toThrow("config.pairformer_stack.c_s is 64");
    expect(() => trunk.configure({ input_embedder: { c_atom: 30 } }, sizes, quiet)).toThrow("4 heads");
  });

  it("agree with the inputs on cycles, steps and samples", () => {
    expect(() => trunk.configure({ num_cycles: 2 }, { ...sizes, cycles: 3 }, quiet)).toThrow("num_cycles is 2");
    expect(() => full.configure({ n_steps: 5 }, { ...sizes, draws: 5 }, quiet)).toThrow("n_steps is 5");
    expect(() => full.configure({ samples_per_trunk: 2 }, { ...sizes, samples: 1 }, quiet)).toThrow("samples");
    expect(() => full.configure({ n_steps: 1 }, sizes, quiet)).toThrow("at least 2");
    expect(full.configure({}, sizes, quiet).sizes).toMatchObject({ samples: 1, draws: 199, cycles: 1, atoms: 32 });
  });

  it("have as many weights as the published network", () => {
    expect(full.configure({}, sizes, quiet).weights.size).toBe(4516);
  });

  it("note what nobody reads, and leave out the parts that do not run", () => {
    const notes: string[] = [];
    trunk.configure({ globals: {}, diffusion_module: { c_atom: 1 }, other: 1 }, sizes, (text) => notes.push(text));
    expect(notes).toEqual(["ignored: config.other"]);
  });
});
