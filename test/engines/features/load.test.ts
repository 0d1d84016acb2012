/** Given features: every wrong tensor is named, and no file of any bytes does worse than an error. */
import fc from "fast-check";
import { zipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { checkFeatures, loadFeatures, syntheticFeatures, syntheticNoise } from "../../../src/engines/by_name.ts";
import type { EngineName } from "../../../src/engines/core/component.ts";
import { engineNames, findEngine } from "../../../src/engines/index.ts";
import { BadInputError } from "../../../src/errors.ts";
import { writeSafetensors } from "../../../src/formats/safetensors.ts";
import type { HostTensor } from "../../../src/formats/tensor.ts";

type Tensors = Map<string, HostTensor>;

const small = { tokens: 7, chains: 2, ligandTokens: 2, padding: 1, msaRows: 2, templates: 1 } as const;
const made: Readonly<Record<EngineName, Tensors>> = {
  deepmind: syntheticFeatures("deepmind", small),
  ligo: syntheticFeatures("ligo", { ...small }),
  protenix: syntheticFeatures("protenix", { ...small, padding: 0 }),
};

const load = (engine: EngineName, bytes: Uint8Array, path = "file.safetensors", notes: string[] = []) =>
  loadFeatures({ read: async () => bytes }, path, engine, (note) => notes.push(note));

/** A .npy array, version 1.0. */
function npy({ shape, data }: HostTensor, type: string): Uint8Array {
  const header = `{'descr': '${type}', 'fortran_order': False, 'shape': (${shape.map((size) => `${size},`).join("")}), }`;
  const length = 64 * Math.ceil((header.length + 11) / 64) - 10;
  const values = type === "|b1" ? Uint8Array.from(data) : data;
  const bytes = new Uint8Array(10 + length + values.byteLength).fill(0x20);
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, length & 255, length >>> 8]);
  bytes.set(new TextEncoder().encode(header), 10);
  bytes[9 + length] = 0x0a;
  bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), 10 + length);
  return bytes;
}

describe.each(engineNames)("%s", (engine) => {
  const bytes = writeSafetensors(made[engine]);

  it("a written file loads as it was", async () => {
    const { tensors, sizes, noise } = await load(engine, bytes);
    expect(Object.fromEntries(tensors)).toEqual(Object.fromEntries(made[engine]));
    expect(sizes).toMatchObject({ tokens: 7, rows: 2 });
    expect(noise).toBe(false);
  });

  it("an npz file loads as the same tensors", async () => {
    const entries = [...made[engine]].map(([name, tensor]) => {
      const truth = /mask/.test(name);
      return [`${name}.npy`, npy(tensor, truth ? "|b1" : tensor.dtype === "float32" ? "<f4" : "<i4")] as const;
    });
    const { tensors } = await load(engine, zipSync(Object.fromEntries(entries)), "file.npz");
    for (const [name, { shape, data }] of made[engine]) {
      expect([name, tensors.get(name)?.shape]).toEqual([name, shape]);
      expect([name, [...(tensors.get(name)?.data ?? [])]]).toEqual([name, [...data]]);
    }
  });

  it("unknown tensors are noted, missing ones named together", async () => {
    const notes: string[] = [];
    const extra = new Map([...made[engine], ["is_water", made[engine].get("asym_id") as HostTensor]]);
    await load(engine, writeSafetensors(extra), "x", notes);
    expect(notes).toEqual(["ignored: inputs is_water"]);
    const fewer = new Map([...made[engine]].filter(([name]) => name !== "asym_id" && name !== "ref_pos"));
    await expect(load(engine, writeSafetensors(fewer), "x")).rejects.toThrow(
      new RegExp(`^x: ${engine}'s features lack (asym_id, ref_pos|ref_pos, asym_id)$`),
    );
  });

  it("lacks no order of the MSA's rows, where the engine's pipeline leaves it to the network", async () => {
    const [fewer, notes] = [new Map(made[engine]), [] as string[]];
    fewer.delete("msa_order");
    const read = async () => writeSafetensors(fewer);
    const passes = { passes: 3, numMsa: 4, seed: 0 };
    const { tensors } = await loadFeatures({ read }, "x", engine, (note) => notes.push(note), passes);
    const order = tensors.get("msa_order");
    if (engine === "ligo") expect([order, notes]).toEqual([undefined, []]);
    // Fewer rows than a pass takes: it takes all of them as they stand.
    if (engine === "protenix")
      expect([order?.shape, [...(order?.data ?? [])]]).toEqual([
        [3, 2],
        [0, 1, 0, 1, 0, 1],
      ]);
    if (engine !== "deepmind") return;
    const want = syntheticFeatures(engine, { ...small, recycles: 2, numMsa: 4, seed: 0 }).get("msa_order");
    // Two rows are there; as many as a pass uses are made of them, masked, where the order of fewer repeats the last.
    const padded = want && Int32Array.from(want.data, (row, at) => (at % 4 < 2 ? row : -1));
    expect(order && Int32Array.from(order.data, (row) => (row < 2 ? row : -1))).toEqual(padded);
    expect(["msa", "msa_mask", "deletion_matrix"].map((name) => tensors.get(name)?.shape[0])).toEqual([4, 4, 4]);
    const { data } = tensors.get("msa_mask") as HostTensor;
    expect(data.subarray(2 * small.tokens).every((value) => value === 0)).toBe(true);
    expect(notes).toEqual(["msa_order is made from the seed 0: 3 passes of 4 rows"]);
  });

  it("counts one pass as one", async () => {
    const [fewer, notes] = [new Map(made[engine]), [] as string[]];
    fewer.delete("msa_order");
    const passes = { passes: 1, numMsa: 1, seed: 0 };
    await loadFeatures({ read: async () => writeSafetensors(fewer) }, "x", engine, (note) => notes.push(note), passes);
    expect(notes).toEqual(engine === "ligo" ? [] : ["msa_order is made from the seed 0: 1 pass of 1 row"]);
  });

  it.each(['{"name":', "[{}]", ">A|protein\nACDEF", "#3\t1\n>101"])(
    "an input is told from features: %s",
    async (text) => {
      await expect(load(engine, new TextEncoder().encode(text.padEnd(99)), "job.json")).rejects.toThrow(
        /^job\.json looks like an input, of which af3-gpu features makes features; here a file of features is needed, as/,
      );
    },
  );

  it("every tensor of a wrong shape, type or value is refused by name", () => {
    for (const { name, kind, range } of findEngine(engine).features.specs) {
      const tensor = made[engine].get(name) as HostTensor;
      const wrong = (change: Partial<HostTensor>) => () =>
        checkFeatures(engine, new Map([...made[engine], [name, { ...tensor, ...change }]]), () => {});
      const named = new RegExp(name.replace(/[.:]/g, "."));
      expect(wrong({ shape: [...tensor.shape, 1] })).toThrow(named);
      const poked = (value: number) => {
        const data = Float32Array.from(tensor.data);
        data[data.length - 1] = value;
        return kind === "integer" ? { data: Int32Array.from(data) } : { data };
      };
      if (kind !== "integer") expect(wrong(poked(Number.NaN))).toThrow(named);
      if (kind === "mask") expect(wrong(poked(2))).toThrow(named);
      else if (range && Number.isFinite(range[1]) && range[1] < 2 ** 24)
        expect(wrong(poked(range[1] + 1))).toThrow(named);
      if (kind !== "mask") {
        const other = kind === "integer" ? "float32" : "int32";
        expect(wrong({ dtype: other })).toThrow(named);
      }
    }
  });

  it("noise comes whole or not at all", () => {
    const noise = syntheticNoise(engine, made[engine], { samples: 1, steps: 2 });
    const all = new Map([...made[engine], ...noise]);
    expect(checkFeatures(engine, all, () => {}).noise).toBe(true);
    all.delete("step_noise");
    expect(() => checkFeatures(engine, all, () => {})).toThrow("features lack step_noise");
  });

  it("a truncated or altered file gives one sentence or loads, and never hangs", async () => {
    const attempt = async (changed: Uint8Array, path: string): Promise<void> => {
      try {
        await load(engine, changed, path);
      } catch (error) {
        expect(error).toBeInstanceOf(BadInputError);
        expect((error as Error).message).toMatch(/^file\./);
        expect((error as Error).message).not.toContain("\n");
      }
    };
    const packed = zipSync(
      Object.fromEntries([...made[engine]].map(([name, tensor]) => [`${name}.npy`, npy(tensor, "<i4")])),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom<readonly [Uint8Array, string]>([bytes, "file.safetensors"], [packed, "file.npz"]),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(7)), { maxLength: 4 }),
        async ([file, path], kept, flips) => {
          const changed = file.slice(0, flips.length ? file.length : Math.floor(kept * file.length));
          // Most of the file is data: flips go to the header, too.
          for (const [where, bit] of flips) changed[Math.floor(where ** 3 * (changed.length - 1))] ^= 1 << bit;
          await attempt(changed, path);
        },
      ),
      { numRuns: 150 },
    );
  });
});

describe("relations", () => {
  const poke = (engine: EngineName, name: string, value: number, at = 0): (() => unknown) => {
    const tensor = made[engine].get(name) as HostTensor;
    const data = tensor.data.slice();
    data[at] = value;
    return () => checkFeatures(engine, new Map([...made[engine], [name, { ...tensor, data }]]), () => {});
  };

  it.each<[string, EngineName, string, number, RegExp]>([
    [
      "an index beyond its source",
      "deepmind",
      "token_atoms_to_queries:gather_idxs",
      7 * 24,
      /holds 168 at position 0, but there are 168 positions of \[7, 24\]/,
    ],
    ["a token beyond the tokens", "deepmind", "tokens_to_keys:gather_idxs", 7, /tokens_to_keys:gather_idxs holds 7/],
    [
      "a bond with a padding token",
      "deepmind",
      "tokens_to_ligand_ligand_bonds:gather_idxs",
      6,
      /there are 6 positions of \[6\]/,
    ],
    [
      "a source larger than the tokens",
      "deepmind",
      "tokens_to_keys:input_shape",
      8,
      /tokens_to_keys:input_shape says \[8\], expected at most \[7\]/,
    ],
    ["a row that the MSA lacks", "deepmind", "msa_order", 2, /msa_order holds 2 at position 0, but there are 2 rows/],
    ["an atom of no token", "ligo", "atom_to_token", 7, /atom_to_token holds 7 at position 0, but there are 7 tokens/],
  ])("%s is refused", (_, engine, name, value, message) => {
    expect(poke(engine, name, value)).toThrow(message);
  });

  it("windows must fit the tokens, atoms the windows", () => {
    const resized = (engine: EngineName, pattern: RegExp, to: (tensor: HostTensor) => HostTensor) => () =>
      checkFeatures(
        engine,
        new Map([...made[engine]].map(([name, tensor]) => [name, pattern.test(name) ? to(tensor) : tensor])),
        () => {},
      );
    const fewer = (tensor: HostTensor): HostTensor => ({
      ...tensor,
      shape: [tensor.shape[0] - 1, ...tensor.shape.slice(1)],
      data: tensor.data.slice(tensor.data.length / tensor.shape[0]),
    });
    expect(resized("deepmind", /(to_queries|to_keys):gather/, fewer)).toThrow(/5 windows, expected 6 for 7 tokens/);
    expect(resized("ligo", /^(ref_|atom_)/, fewer)).toThrow(/31 atoms, expected a multiple of 32/);
  });
});
