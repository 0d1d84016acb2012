/** Chunks of rows, for any sizes. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Plan } from "../../src/gpu/plan/plan.ts";
import { chunksOf } from "../../src/model/chunks.ts";
import { target } from "../support/target.ts";

const planWith = (chunkBytes: number, binding = 2 ** 20): Plan =>
  new Plan({ ...target, chunkBytes, limits: { ...target.limits, maxStorageBufferBindingSize: binding } });

describe("chunks", () => {
  it("cover all rows once, in order, in equal parts but for the last, within the budget", () => {
    const sizes = fc.tuple(
      fc.integer({ min: 1, max: 5000 }),
      fc.integer({ min: 0, max: 1000 }),
      fc.integer({ min: 0, max: 10 ** 6 }),
      fc.nat(10 ** 6),
    );
    fc.assert(
      fc.property(sizes, ([rows, bytesPerRow, chunkBytes, allowance]) => {
        const chunks = chunksOf(planWith(chunkBytes), rows, bytesPerRow, allowance);
        let next = 0;
        for (const { first, count } of chunks) {
          expect(first).toBe(next);
          expect(count).toBeGreaterThan(0);
          expect(count).toBeLessThanOrEqual(chunks[0].count);
          if (count > 1) expect(count * bytesPerRow).toBeLessThanOrEqual(Math.max(chunkBytes, allowance));
          next += count;
        }
        expect(next).toBe(rows);
      }),
    );
  });

  it("stay within the binding limit, whatever the budget", () => {
    expect(chunksOf(planWith(2 ** 30), 1024, 4096, 2 ** 30)).toHaveLength(4);
  });

  it("are smaller than the representation where the target asks for that, but never more than 32", () => {
    const strict = new Plan({ ...target, chunkBytes: 2 ** 10, strictChunks: true });
    expect(chunksOf(planWith(2 ** 10), 64, 256, 2 ** 14)).toHaveLength(1);
    expect(chunksOf(strict, 64, 256, 2 ** 14)).toHaveLength(16);
    expect(chunksOf(strict, 6400, 256, 2 ** 14)).toHaveLength(32);
    expect(chunksOf(strict, 8, 2 ** 12, 2 ** 14)).toHaveLength(8);
  });

  it("cannot split a row: one that is larger than a binding is a chunk of its own", () => {
    expect(chunksOf(planWith(10), 4, 2 ** 21, 0)).toHaveLength(4);
  });
});
