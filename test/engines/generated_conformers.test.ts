/** Features with generated conformers: those of SMILES are made, components keep the dictionary's coordinates. */
import { expect, it } from "vitest";
import { featuriseInput } from "../../src/engines/core/featurise.ts";
import type { ConformerGenerator } from "../../src/engines/core/generated_conformers.ts";
import { findEngine } from "../../src/engines/index.ts";
import { BadInputError, CancelledError, UnavailableError } from "../../src/errors.ts";

const engine = findEngine("deepmind");
const SMILES = "C[C@H](N)O";
const HEAVY = 4;

const input = JSON.stringify({
  dialect: "alphafold3",
  version: 4,
  name: "x",
  modelSeeds: [11],
  sequences: [
    { ligand: { id: "A", ccdCodes: ["GOL"] } },
    { ligand: { id: ["B", "C"], smiles: SMILES } },
    { ligand: { id: "D", smiles: "C=O" } },
  ],
});

interface Asked {
  readonly smiles: string;
  readonly seed: number;
}

async function made(generateConformer?: ConformerGenerator, seed?: number) {
  const notes: string[] = [];
  const asked: Asked[] = [];
  const generate: ConformerGenerator | undefined =
    generateConformer &&
    ((smiles, own) => {
      asked.push({ smiles, seed: own });
      return generateConformer(smiles, own);
    });
  const options = { generateConformer: generate, seed, buckets: [], note: (text: string) => notes.push(text) };
  const { tensors, tokens } = await featuriseInput(engine, input, { file: "x.json" }, options);
  const positions = tensors.get("ref_pos")?.data ?? [];
  const places = tokens.map(({ chain }, token) => ({
    chain: chain.id,
    place: [0, 1, 2].map((axis) => positions[token * 24 * 3 + axis]),
  }));
  const of = (chain: string): number[][] => places.filter((one) => one.chain === chain).map(({ place }) => place);
  return { of, notes, asked, frames: tensors.get("frames_mask")?.data };
}

const between = (points: readonly (readonly number[])[]): number[] =>
  points.flatMap((a, at) => points.slice(at + 1).map((b) => Math.hypot(...a.map((value, axis) => value - b[axis]))));

/** Atoms on a helix whose size the seed says, with one hydrogen far away: it moves the centre and nothing else. */
const helix: ConformerGenerator = async (smiles, seed) => {
  const heavy = smiles === SMILES ? HEAVY : 2;
  const size = 1 + (seed % 1000) / 1000;
  const points = Array.from({ length: heavy }, (_, atom) => [
    size * atom,
    2 * Math.sin(2 * atom),
    2 * Math.cos(2 * atom),
  ]);
  return Float64Array.from([...points, [50, 0, 0]].flat());
};

it("of a SMILES are put where the others are, one for each chain; of a component they are the dictionary's", async () => {
  const [plain, { of, asked, notes, frames }] = [await made(), await made(helix)];
  expect(notes).toEqual([]);
  // Of each chain one for its positions, and one for its frames.
  expect(asked.map(({ smiles }) => smiles)).toEqual([SMILES, SMILES, SMILES, SMILES, "C=O", "C=O"]);
  expect(new Set(asked.map(({ seed }) => seed)).size).toBeGreaterThan(4);
  const [first, second] = [asked[0], asked[2]];
  for (const [chain, { seed }] of [
    ["B", first],
    ["C", second],
  ] as const) {
    const points = Array.from(await helix(SMILES, seed));
    const wanted = between(Array.from({ length: HEAVY }, (_, atom) => points.slice(atom * 3, atom * 3 + 3)));
    between(of(chain)).forEach((length, at) => {
      expect(length).toBeCloseTo(wanted[at], 4);
    });
    // The hydrogen far away moves the centre by 10 Å, more than the random place.
    expect(Math.hypot(...of(chain)[0])).toBeGreaterThan(4);
  }
  expect(of("A")).toEqual(plain.of("A"));
  // Of atoms in one place none has a frame; of a molecule, all.
  expect([plain.frames, frames].map((mask) => Array.from(mask ?? []).slice(6, 10))).toEqual([
    [0, 0, 0, 0],
    [1, 1, 1, 1],
  ]);
});

it("are the same for the same seed, and others for another; frames are not the seed's", async () => {
  const [first, again, other] = [await made(helix, 3), await made(helix, 3), await made(helix, 4)];
  expect(again.of("B")).toEqual(first.of("B"));
  expect(again.asked).toEqual(first.asked);
  const seeds = ({ asked }: { asked: Asked[] }) => asked.map(({ seed }) => seed);
  expect(seeds(other)[0]).not.toBe(seeds(first)[0]);
  expect([seeds(other)[1], seeds(other)[3]]).toEqual([seeds(first)[1], seeds(first)[3]]);
});

it("that cannot be made are zeros, and the chain is named with the reason", async () => {
  const { of, notes, asked } = await made(async (smiles, seed) => {
    if (smiles === SMILES) throw new Error("it took more than 60 s");
    return helix(smiles, seed);
  });
  expect(notes).toEqual([
    `chain B: no conformer of the SMILES ${SMILES}: it took more than 60 s`,
    `chain C: no conformer of the SMILES ${SMILES}: it took more than 60 s`,
    "LIG_B has no coordinates: its reference structure is zeros",
    "LIG_C has no coordinates: its reference structure is zeros",
  ]);
  // The second copy is not tried, which would take as long again.
  expect(asked.map(({ smiles }) => smiles)).toEqual([SMILES, "C=O", "C=O"]);
  // All atoms in the random place of the molecule.
  expect(between(of("B"))).toEqual([0, 0, 0, 0, 0, 0]);
  expect(between(of("D"))[0]).toBeGreaterThan(0.9);
});

it("for frames are those of the positions, where none is made for frames", async () => {
  let calls = 0;
  const { notes, frames } = await made(async (smiles, seed) => {
    if (++calls % 2 === 0) throw new Error("none");
    return helix(smiles, seed);
  });
  expect([notes, Array.from(frames ?? []).slice(6, 10)]).toEqual([[], [1, 1, 1, 1]]);
});

it("are not made without a generator: a SMILES has zeros, and that is said", async () => {
  const { notes, of } = await made();
  expect(notes).toEqual([
    "LIG_B has no coordinates: its reference structure is zeros",
    "LIG_C has no coordinates: its reference structure is zeros",
    "LIG_D has no coordinates: its reference structure is zeros",
  ]);
  expect(between([...of("B"), ...of("B")]).every((length) => length === 0)).toBe(true);
});

it.each<[string, ConformerGenerator, new (...args: never[]) => Error, string]>([
  ["has too few atoms", async () => new Float64Array(9), BadInputError, "should be x, y, z of 4 atoms"],
  ["has parts of a place", async () => new Float64Array(13), BadInputError, "should be x, y, z of 4 atoms"],
  ["has no numbers", async () => new Float64Array(12).fill(Number.NaN), BadInputError, "should be x, y, z of 4 atoms"],
  ["is none", async () => "nothing" as never, BadInputError, "a generated conformer should be an array of numbers"],
  [
    "needs what is not here",
    () => Promise.reject(new UnavailableError("not installed", "install it")),
    UnavailableError,
    "not installed",
  ],
  ["is stopped", () => Promise.reject(new CancelledError()), CancelledError, "cancelled"],
])("a generator whose conformer %s ends it", async (_, generator, type, message) => {
  await expect(made(generator)).rejects.toThrow(type);
  await expect(made(generator)).rejects.toThrow(message);
});
