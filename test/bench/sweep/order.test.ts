/** Orders that spread drift, and the search of the largest N. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { searched } from "../../../src/bench/sweep/largest.ts";
import { orderOf, orderSeed } from "../../../src/bench/sweep/order.ts";

describe("an order", () => {
  const seeds = fc.integer({ min: 0, max: 2 ** 32 - 1 });

  it("has every case once, and the same seed has the same order", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 300 }), seeds, (count, seed) => {
        const order = orderOf(count, seed);
        expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, index) => index));
        expect(orderOf(count, seed)).toEqual(order);
      }),
    );
  });

  it("has no neighbours of the table behind each other, from four cases on", () => {
    fc.assert(
      fc.property(fc.integer({ min: 4, max: 200 }), seeds, (count, seed) => {
        const order = orderOf(count, seed);
        expect(order.filter((one, at) => at > 0 && Math.abs(one - order[at - 1]) === 1)).toEqual([]);
      }),
    );
  });

  it("depends on the cases", () => {
    expect(orderSeed(["a", "b"])).not.toBe(orderSeed(["a", "c"]));
    expect(orderOf(50, 1)).not.toEqual(orderOf(50, 2));
  });
});

describe("the largest N", () => {
  /** Searches as a sweep does. @param limit the largest that runs @returns the answer and every N that was tried */
  const search = (limit: number, first: readonly number[]) => {
    const tried = new Map(first.map((n) => [n, n <= limit]));
    for (;;) {
      const found = searched(tried);
      if (found.next === undefined) return { ...found, tries: tried.size - first.length };
      expect(tried.has(found.next)).toBe(false);
      tried.set(found.next, found.next <= limit);
    }
  };

  it("is found to 16 tokens, from wherever it begins", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 32_000 }),
        fc.uniqueArray(fc.integer({ min: 1, max: 40_000 }), { minLength: 1, maxLength: 5 }),
        (limit, first) => {
          const { largest, fails, tries } = search(limit, first);
          if (largest === undefined) expect(fails).toBeLessThanOrEqual(16);
          else expect(largest).toBeLessThanOrEqual(limit);
          if (fails !== undefined) expect([fails > limit, fails - (largest ?? 0) <= 16]).toEqual([true, true]);
          expect(tries).toBeLessThan(40);
        },
      ),
    );
  });

  it("doubles, then halves, in multiples of 16", () => {
    const tried = new Map([[64, true]]);
    const next: number[] = [];
    for (let n = searched(tried).next; n !== undefined; n = searched(tried).next) {
      next.push(n);
      tried.set(n, n <= 300);
    }
    expect(next).toEqual([128, 256, 512, 384, 320, 288, 304]);
    expect(searched(tried)).toEqual({ largest: 288, fails: 304, next: undefined });
  });

  it("is none where none runs, and ends at its own bound where all do", () => {
    expect(search(0, [64])).toMatchObject({ largest: undefined, fails: 16 });
    expect(search(1e6, [64])).toMatchObject({ largest: 32_768, fails: undefined });
  });

  it("is not led astray by a smaller one that failed", () => {
    expect(
      searched(
        new Map([
          [64, false],
          [128, true],
          [144, false],
        ]),
      ),
    ).toEqual({ largest: 128, fails: 144, next: undefined });
  });
});
