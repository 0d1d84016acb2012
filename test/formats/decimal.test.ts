/** Digits as C, Python 3.11 and NumPy 2.4 write them: the expected texts are theirs. */
import { describe, expect, it } from "vitest";
import { fixed, numpyRound, numpySum, pythonFloat } from "../../src/formats/decimal.ts";

describe("numbers with fixed digits", () => {
  it.each<[number, number, string]>([
    [0.125, 2, "0.12"],
    [0.375, 2, "0.38"],
    [-0.125, 2, "-0.12"],
    [0.0625, 3, "0.062"],
    [-0.0001, 3, "-0.000"],
    [-0, 3, "-0.000"],
    [2.5, 0, "2"],
    [67.945, 2, "67.94"],
    [1.005, 2, "1.00"],
    [50.125, 2, "50.12"],
    [0.5, 0, "0"],
    [14.195332527160645, 3, "14.195"],
  ])("%d with %d is %s", (value, digits, text) => expect(fixed(value, digits)).toBe(text));
});

describe("Python's floats", () => {
  it.each<[number, string]>([
    [0.00001, "1e-05"],
    [1e16, "1e+16"],
    [0.0001, "0.0001"],
    [1.2345678901234568e17, "1.2345678901234568e+17"],
    [0.00000000025, `2.5${"e"}-10`],
    [-0, "-0.0"],
    [5, "5.0"],
    [0.1 + 0.2, "0.30000000000000004"],
    [-99.42770222299673, "-99.42770222299673"],
    [Number.NaN, "nan"],
    [Number.NEGATIVE_INFINITY, "-inf"],
  ])("%d is %s", (value, text) => expect(pythonFloat(value)).toBe(text));
});

describe("NumPy", () => {
  it.each<[number, number]>([
    [0.125, 0.12],
    [0.375, 0.38],
    [2.675, 2.68],
    [1.005, 1],
    [0.285, 0.28],
  ])("rounds %d to %d: the product, ties to even", (value, rounded) => expect(numpyRound(value, 2)).toBe(rounded));

  it("adds in strands and halves", () => {
    const values = Float64Array.from({ length: 300 }, (_, at) => 1 / (at + 1));
    expect(numpySum(values)).toBe(6.282663880299504);
    expect(values.reduce((sum, value) => sum + value)).toBe(6.282663880299502);
    expect(numpySum([0.1, 0.2, 0.3])).toBe(0.1 + 0.2 + 0.3);
    expect(numpySum([])).toBe(0);
  });
});
