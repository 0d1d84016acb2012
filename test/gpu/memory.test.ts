/** Properties of the memory plan, for any lifetimes. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Lifetime, peakOf, planMemory } from "../../src/gpu/plan/memory.ts";

const lifetime = fc
  .record({ bytes: fc.integer({ min: 0, max: 1000 }), first: fc.integer({ min: -1, max: 20 }), span: fc.nat(20) })
  .map(({ bytes, first, span }): Lifetime => ({ bytes, first, last: first + span }));
const lifetimes = fc.array(lifetime, { maxLength: 30 });

const overlap = (a: Lifetime, b: Lifetime): boolean => a.first <= b.last && b.first <= a.last;

describe("the memory plan", () => {
  it("never gives one buffer to two tensors that live at the same time", () => {
    fc.assert(
      fc.property(lifetimes, (lives) => {
        const { placement } = planMemory(lives);
        lives.forEach((a, i) => {
          lives.slice(i + 1).forEach((b, k) => {
            if (placement[i] === placement[i + 1 + k]) expect(overlap(a, b)).toBe(false);
          });
        });
      }),
    );
  });

  it("gives every tensor a buffer that is large enough", () => {
    fc.assert(
      fc.property(lifetimes, (lives) => {
        const { buffers, placement } = planMemory(lives);
        lives.forEach(({ bytes }, index) => {
          expect(buffers[placement[index]]).toBeGreaterThanOrEqual(bytes);
        });
      }),
    );
  });

  it("needs no less than what is alive at the peak, and no more than one buffer per tensor", () => {
    fc.assert(
      fc.property(lifetimes, (lives) => {
        const total = planMemory(lives).buffers.reduce((sum, bytes) => sum + bytes, 0);
        expect(total).toBeGreaterThanOrEqual(peakOf(lives).bytes);
        expect(total).toBeLessThanOrEqual(lives.reduce((sum, { bytes }) => sum + bytes, 0));
      }),
    );
  });

  it("needs a buffer for each that is alive at once where sizes differ by some percent", () => {
    // As in triangle multiplications: two padded factors and their product between pairs that are not padded.
    const [pair, padded] = [100, 104];
    const lives = [0, 3, 6].flatMap((step): Lifetime[] => [
      { bytes: pair, first: step - 1, last: step + 2 },
      { bytes: padded, first: step, last: step + 1 },
      { bytes: padded, first: step, last: step + 1 },
      { bytes: padded, first: step + 1, last: step + 2 },
    ]);
    expect(planMemory(lives).buffers).toHaveLength(4);
    for (const scale of [1, 1.05, 1.1, 1.15, 1.2, 1.3])
      expect(planMemory(lives.map((life) => ({ ...life, bytes: scale * life.bytes }))).buffers).toHaveLength(4);
  });

  it("is the same for the same lifetimes", () => {
    fc.assert(
      fc.property(lifetimes, (lives) => {
        expect(planMemory(lives)).toEqual(planMemory([...lives]));
      }),
    );
  });

  it("needs exactly the peak when all tensors have one size", () => {
    fc.assert(
      fc.property(lifetimes, (lives) => {
        const equal = lives.map((life) => ({ ...life, bytes: 8 }));
        const total = planMemory(equal).buffers.reduce((sum, bytes) => sum + bytes, 0);
        expect(total).toBe(peakOf(equal).bytes);
      }),
    );
  });

  it("reuses a buffer only once its tenant is done", () => {
    const chain = [
      { bytes: 10, first: -1, last: 0 },
      { bytes: 10, first: 0, last: 1 },
      { bytes: 10, first: 1, last: 2 },
    ];
    const { buffers, placement } = planMemory(chain);
    expect(buffers).toEqual([10, 10]);
    expect(placement[0]).toBe(placement[2]);
    expect(placement[0]).not.toBe(placement[1]);
  });
});
