/** ligo's embedding of noise levels, and configs of its networks. */
import { describe, expect, it } from "vitest";
import { full } from "../../../src/engines/ligo/full.ts";
import { trunk } from "../../../src/engines/ligo/trunk.ts";
import { FOURIER_WIDTH } from "../../../src/model/fourier.ts";
import { fourierEmbedding } from "../../../src/model/ligo/fourier.ts";

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
