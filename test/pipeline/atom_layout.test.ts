/** deepmind's atom layout: against the maps that the real repository made, and against a second way of making them. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SafeTensors } from "../../src/formats/safetensors.ts";
import type { HostTensor } from "../../src/formats/tensor.ts";
import { SLOTS } from "../../src/model/deepmind/sizes.ts";
import { atomLayout, KEYS, QUERIES } from "../../src/pipeline/atom_layout.ts";

const folder = path.resolve(import.meta.dirname, "../../cases");
const inputs = readdirSync(folder)
  .map((name) => ({ name, file: path.join(folder, name, "inputs.safetensors") }))
  .filter(({ file }) => existsSync(file))
  .map(({ name, file }) => ({ name, tensors: new SafeTensors(readFileSync(file), file) }))
  .filter(({ tensors }) => tensors.has("token_atoms_to_queries:gather_idxs"));

describe.skipIf(inputs.length === 0)("the maps of golden cases (skipped while cases/ has none with atoms)", () => {
  it.each(inputs)("$name", ({ tensors }) => {
    const made = atomLayout(tensors.read("pred_dense_atom_mask").data, tensors.read("seq_mask").data);
    expect(made.size).toBe(15);
    for (const [name, tensor] of made) expect([name, tensor]).toEqual([name, tensors.read(name)]);
  });
});

const PADDING = "padding";

/** The reference's way: entries have names, and a map looks every name of the target up in the source, where the last one wins. */
function byName(source: readonly string[], target: readonly string[]) {
  const found = new Map(source.map((name, at) => [name, at]));
  return {
    idxs: target.map((name) => found.get(name) ?? 0),
    mask: target.map((name) => (found.has(name) ? 1 : 0)),
  };
}

function namedLayout(atomMask: readonly number[], tokenMask: readonly number[]) {
  const tokens = tokenMask.length;
  const slots = atomMask.map((present, slot) => {
    const token = Math.floor(slot / SLOTS);
    return tokenMask[token] ? (present ? `atom ${slot}` : `empty of ${token}`) : PADDING;
  });
  const atoms = slots.filter((name) => name.startsWith("atom"));
  const padded = QUERIES * Math.ceil((tokens * SLOTS) / QUERIES);
  const queries = [...atoms, ...Array<string>(padded - atoms.length).fill(PADDING)];
  const keys: string[] = [];
  for (let centre = QUERIES / 2; centre < padded; centre += QUERIES) {
    let window = Array.from({ length: KEYS }, (_, key) => centre - KEYS / 2 + key);
    const overflow = window[KEYS - 1] - (atoms.length - 1);
    if (window[0] < 0) window = window.map((place) => place - (centre - KEYS / 2));
    else if (overflow > 0) window = window.map((place) => place - overflow);
    keys.push(...window.map((place) => queries.at(place) ?? "outside"));
  }
  const [toQueries, toKeys] = [byName(slots, queries), byName(slots, keys)];
  const tokensOf = ({ idxs, mask }: typeof toQueries) => {
    const counts = idxs.map((slot, at) => mask[at] * atomMask[slot]);
    return { idxs: idxs.map((slot, at) => mask[at] * Math.floor(slot / SLOTS)), mask: counts };
  };
  return {
    token_atoms_to_queries: toQueries,
    queries_to_keys: byName(queries, keys),
    queries_to_token_atoms: byName(queries, slots),
    tokens_to_queries: tokensOf(toQueries),
    tokens_to_keys: tokensOf(toKeys),
  };
}

const tokens = fc.array(fc.integer({ min: 1, max: 2 ** SLOTS - 1 }), { minLength: 1, maxLength: 14 });
const data = (made: Map<string, HostTensor>, name: string): number[] => [...(made.get(name) as HostTensor).data];

/** Compares all maps with those of looking names up. */
function expectNamed(atomMask: readonly number[], tokenMask: readonly number[]): void {
  const made = atomLayout(atomMask, tokenMask);
  for (const [name, { idxs, mask }] of Object.entries(namedLayout(atomMask, tokenMask))) {
    expect([name, data(made, `${name}:gather_idxs`)]).toEqual([name, idxs]);
    expect([name, data(made, `${name}:gather_mask`)]).toEqual([name, mask]);
  }
}

describe("the maps", () => {
  it("are those of looking names up, for any atoms and padding", () => {
    fc.assert(
      fc.property(tokens, fc.nat(4), (bits, padding) => {
        const atomMask = [...bits, ...Array<number>(padding).fill(0)].flatMap((word) =>
          Array.from({ length: SLOTS }, (_, slot) => (word >>> slot) & 1),
        );
        const tokenMask = [...bits.map(() => 1), ...Array<number>(padding).fill(0)];
        expectNamed(atomMask, tokenMask);
      }),
      { numRuns: 60 },
    );
  });

  it("are so for every number of atoms around a window's and below it", () => {
    for (const atoms of [
      1, 31, 32, 33, 110, 111, 112, 126, 127, 128, 129, 142, 143, 144, 145, 160, 175, 176, 191, 192,
    ]) {
      const atomMask = Array.from({ length: 8 * SLOTS }, (_, slot) => (slot < atoms ? 1 : 0));
      expectNamed(atomMask, [1, 1, 1, 1, 1, 1, 1, atoms > 7 * SLOTS ? 1 : 0]);
    }
  });

  it("windows of enough atoms see atoms only, and all they see lies inside", () => {
    const atomMask = Array.from({ length: 11 * SLOTS }, (_, slot) => (slot % SLOTS < 13 && slot < 10 * SLOTS ? 1 : 0));
    const made = atomLayout(atomMask, [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0]);
    const keys = data(made, "queries_to_keys:gather_idxs");
    expect(Math.max(...keys)).toBe(129); // 130 atoms
    expect(data(made, "tokens_to_keys:gather_mask")).not.toContain(0);
    expect(data(made, "queries_to_keys:input_shape")).toEqual([9, 32]);
    expect(data(made, "token_atoms_to_queries:input_shape")).toEqual([11, 24]);
    expect(data(made, "tokens_to_keys:input_shape")).toEqual([11]);
  });
});
