/** Synthetic features: the same bytes everywhere, well-formed for any options, and plausible. */
import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkFeatures, syntheticFeatures, syntheticNoise } from "../../../src/engines/by_name.ts";
import type { EngineName } from "../../../src/engines/core/component.ts";
import { msaOrder } from "../../../src/engines/deepmind/features/msa_order.ts";
import { engineNames } from "../../../src/engines/index.ts";
import { writeSafetensors } from "../../../src/formats/safetensors.ts";
import type { HostTensor } from "../../../src/formats/tensor.ts";
import type { SyntheticOptions } from "../../../src/pipeline/synthetic/assembly.ts";

const rich: SyntheticOptions = {
  tokens: 45,
  chains: 3,
  ligandTokens: 23,
  padding: 4,
  msaRows: 9,
  numMsa: 12,
  templates: 3,
  recycles: 2,
  seed: 6,
};
const options = fc
  .record({
    tokens: fc.integer({ min: 1, max: 60 }),
    ligands: fc.double({ min: 0, max: 1, noNaN: true }),
    padding: fc.double({ min: 0, max: 1, noNaN: true }),
    chains: fc.integer({ min: 1, max: 4 }),
    msaRows: fc.integer({ min: 1, max: 6 }),
    templates: fc.nat(3),
    recycles: fc.integer({ min: 1, max: 3 }),
    seed: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  })
  .map(({ ligands, padding, chains, ...rest }) => {
    const masked = Math.floor(padding * (rest.tokens - 1));
    const ligandTokens = Math.floor(ligands * (rest.tokens - masked));
    const residues = rest.tokens - masked - ligandTokens;
    return { ...rest, ligandTokens, padding: masked, chains: Math.max(1, Math.min(chains, residues)) };
  });

/** sha256 of the file that each of two sets of options gives. A change here changes every benchmark's inputs. */
const DIGESTS: Readonly<Record<EngineName, readonly string[]>> = {
  deepmind: [
    "da36cb964ac2a693ed906c30af41a5ed6ff217a7ae238ee1e20dc445539ed47e",
    "b238342b40b2023ed01a8fc1362ff13fbcc3db7619350e7de434cfc636f4686a",
  ],
  protenix: [
    "78e137382a6bd085b39932f7f03826ae41a27d2cd818e510d17bd5adda1918d0",
    "97e002b03ff614440e3f233e578c6e336e97588668b2408c55e2db1646cc83ac",
  ],
  ligo: [
    "9220ad31302198fef010d696bb154e2fe0f30194fedd86e95ab13a78e3f1fc58",
    "6e46af0606bef5806f733fa6641f1e1e059bf3547de9ce5827132f4c9cb784dd",
  ],
};

const data = (tensors: Map<string, HostTensor>, name: string): number[] => [...(tensors.get(name) as HostTensor).data];
const digest = (tensors: Map<string, HostTensor>): string =>
  createHash("sha256").update(writeSafetensors(tensors)).digest("hex");

/** Protenix has no masks, and so no padding. */
const fitting = (engine: EngineName, { padding = 0, ...given }: SyntheticOptions): SyntheticOptions =>
  engine === "protenix" ? given : { ...given, padding };

describe.each(engineNames)("%s", (engine) => {
  const own = fitting(engine, rich);
  const made = syntheticFeatures(engine, own);

  it("the standard features are these bytes on every machine", () => {
    const digests = [{ tokens: 64 }, own].map((given) => digest(syntheticFeatures(engine, given)));
    expect(digests).toEqual(DIGESTS[engine]);
  });

  it("pass the loader's checks whatever was asked for", () => {
    fc.assert(
      fc.property(options, (given) => {
        const features = syntheticFeatures(engine, fitting(engine, given));
        const noise = syntheticNoise(engine, features, { samples: 2, steps: 3 });
        const notes: string[] = [];
        const { sizes } = checkFeatures(engine, new Map([...features, ...noise]), (note) => notes.push(note));
        expect(notes).toEqual([]);
        expect(sizes).toMatchObject({ tokens: given.tokens, rows: given.msaRows, samples: 2 });
      }),
      { numRuns: 40 },
    );
  });

  it("differ with the seed", () => {
    const other = syntheticFeatures(engine, { ...own, seed: 7 });
    const types = engine === "protenix" ? "restype" : "aatype";
    for (const name of [types, "ref_pos", engine === "ligo" ? "msa_feat" : "msa"])
      expect(data(other, name)).not.toEqual(data(made, name));
  });

  it("have chains of even length in identical pairs, then ligands, then padding", () => {
    const offset = engine === "deepmind" ? 1 : 0;
    const ids = (name: string) => data(made, name).map((value) => value - offset);
    const chains = (values: readonly number[]) => [0, 6, 12, 18, 38, 44].map((token) => values[token]);
    if (engine === "protenix") {
      // Without padding there are four residues more.
      const firsts = [0, 8, 15, 22, 42].map((token) =>
        ["asym_id", "entity_id", "sym_id"].map((name) => ids(name)[token]),
      );
      expect(firsts).toEqual([
        [0, 0, 0],
        [1, 1, 0],
        [2, 2, 0],
        [3, 3, 0],
        [4, 4, 0],
      ]);
      return;
    }
    expect(chains(ids("asym_id"))).toEqual([0, 1, 2, 3, 4, 0 - offset]);
    expect(chains(ids("entity_id"))).toEqual([0, 0, 1, 2, 3, 0 - offset]);
    expect(chains(ids("sym_id"))).toEqual([0, 1, 0, 0, 0, 0 - offset]);
    const aatype = data(made, "aatype");
    expect(aatype.slice(0, 6)).toEqual(aatype.slice(6, 12));
    expect(new Set(aatype.slice(18, 41))).toEqual(new Set([20]));
  });

  it.each<[string, SyntheticOptions, string]>([
    ["no tokens", { tokens: 0 }, "the number of tokens should be a whole number from 1"],
    ["half a token", { tokens: 1.5 }, "the number of tokens"],
    ["padding alone", { tokens: 4, padding: 4 }, "the number of padding tokens should be a whole number from 0 to 3"],
    ["more ligand than tokens", { tokens: 4, ligandTokens: 5 }, "the number of ligand tokens"],
    ["more chains than residues", { tokens: 4, ligandTokens: 2, chains: 3 }, "the number of chains"],
    ["no MSA", { tokens: 4, msaRows: 0 }, "the number of MSA rows"],
    ["an MSA beyond memory", { tokens: 2 ** 11, msaRows: 2 ** 20 }, "would not fit into memory"],
    ["recycles below zero", { tokens: 4, recycles: -1 }, "the number of recycles"],
    ["a seed that is none", { tokens: 4, seed: -1 }, "the seed should be an integer"],
  ])("refuse %s", (_, given, message) => {
    expect(() => syntheticFeatures(engine, given)).toThrow(message);
  });
});

describe("deepmind", () => {
  const made = syntheticFeatures("deepmind", rich);
  const mask = data(made, "pred_dense_atom_mask");
  const perToken = Array.from({ length: 45 }, (_, token) => mask.slice(token * 24, token * 24 + 24));
  const position = (name: string, at: number): number[] => data(made, name).slice(at * 3, at * 3 + 3);
  const distance = (a: readonly number[], b: readonly number[]): number =>
    Math.hypot(...a.map((value, axis) => value - b[axis]));

  it("residues have 4 to 14 atoms in their first slots, ligand tokens one, padding none", () => {
    perToken.forEach((slots, token) => {
      const count = slots.reduce((sum, value) => sum + value, 0);
      expect(slots.slice(0, count)).not.toContain(0);
      const [least, most] = token < 18 ? [4, 14] : token < 41 ? [1, 1] : [0, 0];
      expect(count).toBeGreaterThanOrEqual(least);
      expect(count).toBeLessThanOrEqual(most);
    });
  });

  it("conformers have bonds of 1.5 Å and names of their elements", () => {
    const chars = data(made, "ref_atom_name_chars");
    const name = (slot: number): string =>
      String.fromCharCode(...chars.slice(slot * 4, slot * 4 + 4).map((value) => value + 32)).trimEnd();
    for (let token = 0; token < 18; token++) {
      expect([0, 1, 2, 3].map((slot) => name(token * 24 + slot))).toEqual(["N", "CA", "C", "O"]);
      expect(data(made, "ref_element").slice(token * 24, token * 24 + 4)).toEqual([7, 6, 6, 8]);
      expect(distance(position("ref_pos", token * 24), position("ref_pos", token * 24 + 1))).toBeCloseTo(1.5, 4);
    }
  });

  it("conformers are centred", () => {
    const mean = [0, 1, 2].map((axis) =>
      perToken[0].reduce((sum, present, slot) => sum + present * position("ref_pos", slot)[axis], 0),
    );
    for (const value of mean) expect(value).toBeCloseTo(0, 4);
  });

  it("bonds join a ligand's atoms into a tree, 1.5 Å apart, and every second ligand to a residue", () => {
    const bonds = (name: string) => {
      const [idxs, counts] = [data(made, `${name}:gather_idxs`), data(made, `${name}:gather_mask`)];
      return idxs.flatMap((a, at) => (at % 2 === 0 && counts[at] ? [[a, idxs[at + 1]]] : []));
    };
    const within = bonds("tokens_to_ligand_ligand_bonds");
    expect(within.map(([, b]) => b)).toEqual([...Array.from({ length: 19 }, (_, i) => 19 + i), 39, 40]);
    for (const [a, b] of within) {
      expect(data(made, "asym_id")[a]).toBe(data(made, "asym_id")[b]);
      expect(distance(position("ref_pos", a * 24), position("ref_pos", b * 24))).toBeCloseTo(1.5, 4);
    }
    const across = bonds("tokens_to_polymer_ligand_bonds");
    expect(across).toHaveLength(1);
    expect(across[0][0]).toBeLessThan(18);
    expect(across[0][1]).toBe(18);
  });

  it("the profile is the MSA's, the first row the query", () => {
    const [msa, profile] = [data(made, "msa"), data(made, "profile")];
    expect(msa.slice(0, 18)).toEqual(data(made, "aatype").slice(0, 18));
    expect(new Set(msa.slice(18, 41))).toEqual(new Set([21]));
    for (let token = 0; token < 45; token++) {
      const column = profile.slice(token * 31, token * 31 + 31);
      expect(column.reduce((sum, value) => sum + value, 0)).toBeCloseTo(token < 41 ? 1 : 0, 5);
    }
  });

  it("every pass has its own order of the rows; the last row fills up", () => {
    const order = data(made, "msa_order");
    const passes = [0, 1, 2].map((pass) => order.slice(pass * 12, pass * 12 + 12));
    for (const rows of passes) {
      expect([...rows.slice(0, 9)].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
      expect(rows.slice(9)).toEqual([rows[8], rows[8], rows[8]]);
    }
    expect(passes[0]).not.toEqual(passes[1]);
  });

  it("rows that are masked everywhere come last", () => {
    const order = [...msaOrder([1, 0, 1, 1, 0], 20, 5, 3)];
    for (let pass = 0; pass < 20; pass++) expect(order.slice(pass * 5 + 3, pass * 5 + 5).sort()).toEqual([1, 4]);
  });

  it("templates keep the last slot empty and their distances off the edges of the bins", () => {
    const [templateMask, aatype] = [data(made, "template_atom_mask"), data(made, "template_aatype")];
    expect(templateMask.slice(2 * 45 * 24)).not.toContain(1);
    const betas = [0, 1].flatMap((slot) =>
      Array.from({ length: 18 }, (_, token) => slot * 45 + token)
        .filter((at) => templateMask[at * 24])
        .map((at) => at * 24 + (aatype[at] === 7 ? 1 : 4))
        .filter((at) => templateMask[at])
        .map((at) => position("template_atom_positions", at)),
    );
    expect(betas.length).toBeGreaterThan(20);
    expect(betas.flat().filter((value) => !Number.isInteger(value / 1.25))).toEqual([]);
    const edges = Array.from({ length: 39 }, (_, k) => (3.25 + 1.25 * k) ** 2);
    const nearest = betas.flatMap((a) =>
      betas.flatMap((b) => edges.map((edge) => Math.abs(distance(a, b) ** 2 / edge - 1))),
    );
    expect(Math.min(...nearest)).toBeGreaterThan(2 ** -16);
  });

  it("the pseudo-beta atom is CB, glycine's CA, or a ligand's own", () => {
    const [idxs, aatype] = [data(made, "token_atoms_to_pseudo_beta:gather_idxs"), data(made, "aatype")];
    const slots = aatype.map((kind, token) => token * 24 + (token >= 18 ? 0 : kind === 7 ? 1 : 4));
    expect(idxs.slice(0, 41)).toEqual(slots.slice(0, 41));
    expect(data(made, "token_atoms_to_pseudo_beta:gather_mask").slice(38)).toEqual([1, 1, 1, 0, 0, 0, 0]);
  });
});

describe("ligo", () => {
  const made = syntheticFeatures("ligo", rich);

  it("has four atoms per token in rigid bodies, and full windows", () => {
    expect((made.get("atom_to_token") as HostTensor).shape).toEqual([192]);
    expect(data(made, "atom_to_token").slice(0, 9)).toEqual([0, 0, 0, 0, 1, 1, 1, 1, 2]);
    expect(data(made, "atom_mask").reduce((sum, value) => sum + value, 0)).toBe(41 * 4);
    const positions = data(made, "ref_pos");
    const bond = (a: number, b: number): number =>
      Math.hypot(...[0, 1, 2].map((axis) => positions[a * 3 + axis] - positions[b * 3 + axis]));
    for (let token = 0; token < 41; token++)
      for (const [a, b, length] of [
        [0, 1, 1.4606],
        [1, 2, 1.526],
        [2, 3, 1.2333],
      ])
        expect(bond(token * 4 + a, token * 4 + b)).toBeCloseTo(length, 3);
  });

  it("cycles have different alignments of the same query", () => {
    const [features, row] = [data(made, "msa_feat"), 45 * 49];
    const cycle = (index: number) => features.slice(index * 9 * row, (index + 1) * 9 * row);
    const classes = (values: readonly number[]) => values.slice(0, row).filter((_, at) => at % 49 < 23);
    expect(classes(cycle(0))).toEqual(classes(cycle(1)));
    expect(cycle(0)).not.toEqual(cycle(1));
    for (const values of [cycle(0), cycle(1)])
      for (let at = 0; at < 9 * 45; at++) {
        const token = values.slice(at * 49, at * 49 + 49);
        const present = at % 45 < 41 ? 1 : 0;
        expect(token.slice(0, 23).reduce((sum, value) => sum + value, 0)).toBe(present);
        expect(token.slice(25, 48).reduce((sum, value) => sum + value, 0)).toBeCloseTo(present, 5);
      }
  });
});
