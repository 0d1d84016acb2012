/** Ids of any size: what the encodings compare on the device says the same as whole numbers of any length. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { syntheticFeatures } from "../../src/engines/by_name.ts";
import { equalIds, nearbyIds } from "../../src/engines/core/ids.ts";
import { atomValues as deepmindAtoms, atomInputs as deepmindInputs } from "../../src/engines/deepmind/atoms.ts";
import { tokenTable as deepmindTable } from "../../src/engines/deepmind/diffusion.ts";
import { atomValues as ligoAtoms, atomInputs as ligoInputs } from "../../src/engines/ligo/atoms.ts";
import { tokenTable as ligoTable } from "../../src/engines/ligo/diffusion.ts";
import { type HostTensor, int32, type TensorMap } from "../../src/formats/tensor.ts";
import { Plan, type Tensor } from "../../src/gpu/plan/plan.ts";
import { target } from "../support/target.ts";

const LARGEST = 2 ** 31 - 1;

/** Ids near each other, around numbers where float32 or int32 arithmetic goes wrong. */
const id = fc.oneof(
  fc.integer({ min: -LARGEST, max: LARGEST }),
  fc
    .tuple(fc.constantFrom(-LARGEST, -(2 ** 24), 0, 2 ** 24, 2 ** 30, LARGEST), fc.integer({ min: -70, max: 70 }))
    .map(([base, step]) => Math.min(LARGEST, Math.max(-LARGEST, base + step))),
);
const ids = fc.array(id, { minLength: 1, maxLength: 40 });

const pairs = (n: number, value: (i: number, j: number) => number): number[] =>
  Array.from({ length: n * n }, (_, at) => value(Math.floor(at / n), at % n));

/** Clamped differences as the device computes them, and as they are. */
const offsets = (small: ArrayLike<number>, limit: number): number[] =>
  pairs(small.length, (i, j) => Math.min(limit, Math.max(-limit, Math.fround(small[i] - small[j]))));
const exactOffsets = (given: readonly number[], limit: number): number[] =>
  pairs(given.length, (i, j) => {
    const difference = BigInt(given[i]) - BigInt(given[j]);
    return Number(difference > limit ? limit : difference < -limit ? -limit : difference);
  });

describe("ids that stand in for others", () => {
  it("have the same differences within the limit, and beyond it the same sign", () => {
    fc.assert(
      fc.property(ids, fc.constantFrom(2, 32), (given, limit) => {
        const small = nearbyIds(Int32Array.from(given), limit);
        expect(offsets(small, limit)).toEqual(exactOffsets(given, limit));
      }),
    );
  });

  it("are small for thousands of tokens that lie as far apart as they can", () => {
    const spread = Int32Array.from({ length: 8192 }, (_, at) => (at % 2 ? 1 : -1) * (LARGEST - 40 * at));
    expect(Math.max(...nearbyIds(spread))).toBeLessThan(2 ** 24);
  });

  it("are equal where ids are, and 0 for 0", () => {
    fc.assert(
      fc.property(ids, (given) => {
        const small = equalIds(given);
        const equal = (values: ArrayLike<number>) =>
          pairs(given.length, (i, j) => Number(values[i] === values[j]) + 2 * Number(values[i] === 0));
        expect(equal(small)).toEqual(equal(given));
      }),
    );
  });
});

/** What atoms are on the device, by the names of a plan's inputs. */
const byName = (values: readonly (readonly [Tensor, Float32Array])[]) =>
  new Map(values.map(([{ name }, data]) => [name, data]));

describe.each([
  [
    "deepmind",
    deepmindTable,
    (features: TensorMap, tokens: number) =>
      byName(deepmindAtoms(deepmindInputs(new Plan(target), tokens, 9), features, tokens)),
  ],
  [
    "ligo",
    ligoTable,
    (features: TensorMap, tokens: number) =>
      byName(ligoAtoms(ligoInputs(new Plan(target), tokens, 64), features, tokens)),
  ],
] as const)("%s", (engine, table, atoms) => {
  const tokens = 12;
  const features = syntheticFeatures(engine, { tokens, chains: 2, seed: 1 });
  const withIds = (name: string, data: Int32Array): TensorMap =>
    new Map([...features, [name, int32((features.get(name) as HostTensor).shape, data)]]);

  it.each([
    ["residue_index", 0],
    ["token_index", 1],
    ["asym_id", 2],
    ["entity_id", 3],
    ...(engine === "deepmind" ? ([["sym_id", 4]] as const) : []),
  ] as const)("compares every %s exactly", (name, field) => {
    fc.assert(
      fc.property(fc.array(id, { minLength: tokens, maxLength: tokens }), (given) => {
        const rows = table(withIds(name, Int32Array.from(given)), tokens);
        const column = given.map((_, token) => rows[8 * token + field]);
        expect(offsets(column, 32)).toEqual(exactOffsets(given, 32));
      }),
    );
  });

  it("compares reference spaces exactly", () => {
    const spaces = (features.get("ref_space_uid") as HostTensor).data;
    const some = (base: number) => Int32Array.from(spaces, (_, at) => base + (Math.floor(at / 6) % 5));
    const [small, large] = [some(1), some(2 ** 24 + 1)].map((given) => atoms(withIds("ref_space_uid", given), tokens));
    const [queries, keys] = ["atoms", "pair keys"].map((name) => small.get(name) as Float32Array);
    expect(large.get("atoms")).toEqual(queries);
    expect(large.get("pair keys")).toEqual(keys);
    expect(new Set(queries.filter((_, at) => at % 8 === 3)).size).toBeGreaterThanOrEqual(5);
  });
});
