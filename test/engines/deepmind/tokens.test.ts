/** What the host prepares of templates and structures. */
import { describe, expect, it } from "vitest";
import { chainSizes } from "../../../src/engines/components/chain_sizes.ts";
import { TOKEN_VALUES } from "../../../src/engines/components/template.ts";
import { structurePositions } from "../../../src/engines/deepmind/confidence_tokens.ts";
import { templateTokens } from "../../../src/engines/deepmind/template_tokens.ts";
import type { HostTensor } from "../../../src/formats/tensor.ts";

const SLOTS = 24;
const int32 = (...data: number[]): HostTensor => ({
  dtype: "int32",
  shape: [data.length],
  data: Int32Array.from(data),
});

/** One token whose slot s lies at (s, 0, 0), but for the given slots. */
function token(type: number, atoms: Readonly<Record<number, readonly number[]>>, missing: readonly number[] = []) {
  const positions = new Float32Array(3 * SLOTS);
  for (let slot = 0; slot < SLOTS; slot++) positions.set(atoms[slot] ?? [slot, 0, 0], 3 * slot);
  const mask = Float32Array.from({ length: SLOTS }, (_, slot) => Number(!missing.includes(slot)));
  const values = templateTokens([type], positions, mask);
  expect(values.length).toBe(TOKEN_VALUES);
  return {
    axes: [0, 4, 8].map((first) => Array.from(values.subarray(first, first + 3))),
    framed: values[3],
    beta: values[7],
    type: values[11],
    origin: Array.from(values.subarray(12, 15)),
    position: Array.from(values.subarray(16, 19)),
  };
}

describe("a template's token", () => {
  // N, Cα, C: C lies along x from Cα, N in the plane of x and y.
  const backbone = { 0: [2, 5, 3], 1: [1, 2, 3], 2: [4, 2, 3] };

  it("of an amino acid has the frame of N, Cα, C", () => {
    const { axes, framed, origin, position, beta, type } = token(0, backbone);
    expect(axes).toEqual([
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ]);
    expect([framed, beta, type]).toEqual([1, 1, 0]);
    expect(origin).toEqual([1, 2, 3]);
    expect(position).toEqual([4, 0, 0]);
  });

  it("lacks what its missing atoms would give", () => {
    const { framed, beta, position } = token(5, backbone, [2, 4]);
    expect([framed, beta]).toEqual([0, 0]);
    expect(position).toEqual([0, 0, 0]);
  });

  it("takes the pseudo-beta atom of its type: Cβ, Cα of glycine, a base atom of nucleic acids, else the first", () => {
    const slots = Array.from({ length: 31 }, (_, type) => token(type, {}).position[0]);
    expect(slots).toEqual([
      ...Array.from({ length: 20 }, (_, type) => (type === 7 ? 1 : 4)),
      ...[0, 0, 22, 23, 14, 14, 21, 22, 13, 13, 0],
    ]);
  });

  it("of a nucleic acid has a frame of its sugar, of another type none but the first atom's mask", () => {
    expect(token(25, { 6: [0, 1, 0], 8: [0, 0, 0], 12: [0, 0, 2] }).axes).toEqual([
      [0, 0, 1],
      [0, 1, 0],
      [-1, 0, 0],
    ]);
    const unknown = token(20, { 0: [3, 3, 3] });
    expect(unknown.axes.flat().every((value) => value === 0)).toBe(true);
    expect(unknown.framed).toBe(1);
    expect(token(30, {}, [0]).framed).toBe(0);
  });
});

describe("a structure's tokens", () => {
  const inputs = new Map([
    ["seq_mask", int32(1, 1, 1, 0, 1)],
    ["token_atoms_to_pseudo_beta:gather_idxs", int32(4, 25, 48, 0, 5)],
    ["token_atoms_to_pseudo_beta:gather_mask", int32(1, 1, 0, 1, 1)],
    ["token_atoms_to_pseudo_beta:input_shape", int32(5, 24)],
  ]);
  const structure = Float32Array.from({ length: 5 * SLOTS * 3 }, (_, at) => at);

  it("have the position that the map names, beside their mask", () => {
    const values = structurePositions(inputs, structure);
    expect(Array.from(values)).toEqual([12, 13, 14, 1, 75, 76, 77, 1, 0, 0, 0, 1, 0, 1, 2, 0, 15, 16, 17, 1]);
  });

  it("know the size of their chain and of the whole, padding left out", () => {
    const values = chainSizes([1, 1, 1, 0, 1], [7, 7, 3, 7, 2 ** 30]);
    expect(Array.from(values)).toEqual([1, 0, 2, 4, 1, 0, 2, 4, 1, 1, 1, 4, 0, 0, 2, 4, 1, 2, 1, 4]);
  });
});
