/** Alignment, superposition and the scale of the TM-score. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { align } from "../../../src/pipeline/score/align.ts";
import type { Position } from "../../../src/pipeline/score/structure.ts";
import { deviation, placed, superpose } from "../../../src/pipeline/score/superpose.ts";
import { tmScale, tmScore } from "../../../src/pipeline/score/tm_score.ts";

const aligned = (first: string, second: string): string[] => {
  const pairs = align([...first], [...second]);
  let [a, b, i, j] = ["", "", 0, 0];
  for (const [x, y] of [...pairs, [first.length, second.length]] as const) {
    a += first.slice(i, x) + "-".repeat(y - j) + (first[x] ?? "");
    b += "-".repeat(x - i) + second.slice(j, y) + (second[y] ?? "");
    [i, j] = [x + 1, y + 1];
  }
  return [a, b];
};

describe("an alignment", () => {
  it.each([
    ["MKTAYIAK", "MKTAYIAK", "MKTAYIAK", "MKTAYIAK"],
    ["MKTAYIAK", "TAYI", "MKTAYIAK", "--TAYI--"],
    ["TAYIGG", "MKTAYI", "--TAYIGG", "MKTAYI--"],
    // One long gap, and not several short ones.
    ["MKTAAAWWWWAAYIAK", "MKTAAAYIAK", "MKTAAAWWWWAAYIAK", "MKTA------AAYIAK"],
    ["MKTAYIAKQR", "MKTGYIAKQR", "MKTAYIAKQR", "MKTGYIAKQR"],
    ["MKTAYCIAKQRLLE", "MKTAYIAKQRLLE", "MKTAYCIAKQRLLE", "MKTAY-IAKQRLLE"],
  ])("of %s and %s", (first, second, a, b) => {
    const found = aligned(first, second);
    const gaps = (text: string): number => text.split("-").length - 1;
    expect(found.map((text) => text.replaceAll("-", ""))).toEqual([first, second]);
    expect(found.map(gaps)).toEqual([a, b].map(gaps));
    const equal = (one: string, two: string): number => [...one].filter((letter, at) => letter === two[at]).length;
    expect(equal(found[0], found[1])).toBe(equal(a, b));
    expect(found[1].split(/-+/).length).toBe(b.split(/-+/).length);
  });

  it("of any sequences goes up in both, and is as good turned round", () => {
    const sequence = fc.array(fc.constantFrom("A", "B", "C"), { maxLength: 12 });
    fc.assert(
      fc.property(sequence, sequence, (first, second) => {
        const pairs = align(first, second);
        pairs.slice(1).forEach(([a, b], at) => {
          expect(a > pairs[at][0] && b > pairs[at][1]).toBe(true);
        });
        const equal = (found: typeof pairs, one: string[], two: string[]): number =>
          found.reduce((sum, [a, b]) => sum + (one[a] === two[b] ? 5 : -4), 0);
        if (first.length === 0 || second.length === 0) expect(pairs).toEqual([]);
        else if (first.join() === second.join()) expect(equal(pairs, first, second)).toBe(5 * first.length);
      }),
      { numRuns: 300 },
    );
  });
});

describe("a superposition", () => {
  const coordinate = fc.double({ min: -50, max: 50, noNaN: true });
  const point = fc.tuple(coordinate, coordinate, coordinate);

  it("lays points on those that they were turned to", () => {
    fc.assert(
      fc.property(fc.array(point, { minLength: 4, maxLength: 12 }), point, (points, [a, b, c]) => {
        const [sa, ca, sb, cb] = [Math.sin(a), Math.cos(a), Math.sin(b), Math.cos(b)];
        const turned = points.map(([x, y, z]): Position => {
          const [u, v] = [ca * x - sa * y, sa * x + ca * y];
          return [u + c, cb * v - sb * z, sb * v + cb * z - c];
        });
        expect(deviation(points, turned)).toBeCloseTo(0, 5);
        const { rotation } = superpose(points, turned);
        const [p, q, r] = rotation;
        const determinant =
          p[0] * (q[1] * r[2] - q[2] * r[1]) + p[1] * (q[2] * r[0] - q[0] * r[2]) + p[2] * (q[0] * r[1] - q[1] * r[0]);
        expect(determinant).toBeCloseTo(1, 8);
      }),
      { numRuns: 200 },
    );
  });

  it("of one point, or of points in one place, puts centre on centre", () => {
    expect(placed(superpose([[1, 2, 3]], [[4, 5, 6]]), [1, 2, 3])).toEqual([4, 5, 6]);
    expect(deviation([[1, 1, 1]], [[9, 0, 9]])).toBe(0);
    expect(deviation([], [])).toBeNull();
  });

  it("turns nothing inside out: a mirror image stays away", () => {
    const corner: Position[] = [
      [0, 0, 0],
      [1, 0, 0],
      [0, 2, 0],
      [0, 0, 3],
    ];
    expect(
      deviation(
        corner,
        corner.map(([x, y, z]): Position => [-x, y, z]),
      ),
    ).toBeGreaterThan(0.3);
  });
});

describe("a TM-score", () => {
  it("has the scale of its length", () => {
    // 1.24 · ∛85 − 1.8, and 0.6 · √99.5 − 2.5.
    expect(tmScale(100, "protein")).toBeCloseTo(3.652, 3);
    expect(tmScale(100, "nucleic")).toBeCloseTo(3.485, 3);
    expect([5, 15, 16, 21].map((length) => tmScale(length, "protein"))).toEqual([0.5, 0.5, 0.5, 0.5]);
    expect([11, 12, 16, 20, 24, 29].map((length) => tmScale(length, "nucleic"))).toEqual([
      0.3, 0.4, 0.5, 0.6, 0.7, 0.7,
    ]);
  });

  it("finds the half that fits, where the least deviation of all fits neither", () => {
    const helix = (at: number): Position => [2.3 * Math.cos(1.745 * at), 2.3 * Math.sin(1.745 * at), 1.5 * at];
    const reference = Array.from({ length: 60 }, (_, at) => helix(at));
    // The second half goes off at a right angle.
    const model = reference.map(([x, y, z], at): Position => (at < 30 ? [x, y, z] : [z, y + 40, x]));
    const score = tmScore(model, reference, 60, "protein");
    expect(score).toBeGreaterThan(0.5);
    expect(score).toBeLessThan(0.6);
  });

  it("of few residues is that of them", () => {
    expect(tmScore([], [], 3, "protein")).toBe(0);
    expect(tmScore([[0, 0, 0]], [[5, 5, 5]], 4, "protein")).toBeCloseTo(1 / 4, 6);
    const two: Position[] = [
      [0, 0, 0],
      [1, 0, 0],
    ];
    expect(tmScore(two, two, 2, "protein")).toBeCloseTo(1, 6);
  });
});
