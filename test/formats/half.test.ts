/** Half precision: every value there and back, and rounding to nearest. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fromBfloat16, fromHalf, toBfloat16, toHalf } from "../../src/formats/half.ts";

const all = Uint16Array.from({ length: 2 ** 16 }, (_, bits) => bits);
const values = fromHalf(all);

describe("halves", () => {
  it("come back with the same bits, apart from what is not a number", () => {
    const back = toHalf(values);
    const lost = [...all].filter((bits) => back[bits] !== bits && !Number.isNaN(values[bits]));
    expect(lost).toEqual([]);
    expect(fromHalf(back).every((value, at) => Object.is(value, values[at]))).toBe(true);
  });

  it("are worth what IEEE 754 says", () => {
    const worth = [...fromHalf(Uint16Array.of(0x3c00, 0xc000, 0x7bff, 0x0400, 0x0001, 0x8000, 0x7c00, 0xfc00))];
    expect(worth).toEqual([1, -2, 65504, 2 ** -14, 2 ** -24, -0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]);
  });

  it("round to nearest, to even on a tie, and to infinity from 65520 on", () => {
    const rounded = (...numbers: number[]) => [...fromHalf(toHalf(Float32Array.from(numbers)))];
    expect(rounded(2049, 2051, 65519, 65520, -65520)).toEqual([2048, 2052, 65504, Infinity, -Infinity]);
    expect(rounded(2 ** -25, 3 * 2 ** -25, 1.1 * 2 ** -25, -(2 ** -26))).toEqual([0, 2 ** -23, 2 ** -24, -0]);
    expect(rounded(2 ** -14 - 2 ** -26)).toEqual([2 ** -14]);
    expect(rounded(Number.NaN)).toEqual([Number.NaN]);
  });

  it("lie no further from a number than half a step", () => {
    void fc.assert(
      fc.property(fc.float({ min: -65504, max: 65504, noNaN: true }), (value) => {
        const [half] = fromHalf(toHalf(Float32Array.of(value)));
        const step = 2 ** Math.max(-24, Math.floor(Math.log2(Math.abs(half) || 1)) - 10);
        return Math.abs(half - value) <= step / 2;
      }),
    );
  });
});

describe("bfloat16", () => {
  const back = (...numbers: number[]) => [...fromBfloat16(toBfloat16(Float32Array.from(numbers)))];

  it("comes back with the same bits, apart from what is not a number", () => {
    const exact = fromBfloat16(all);
    const again = toBfloat16(exact);
    expect([...all].filter((bits) => again[bits] !== bits && !Number.isNaN(exact[bits]))).toEqual([]);
    expect(fromBfloat16(again).every((value, at) => Object.is(value, exact[at]))).toBe(true);
  });

  it("rounds to nearest, to even on a tie, and the largest float32 to infinity", () => {
    expect(back(257, 259, -1.001953125, 2 ** -133, 3.4e38, -3.4e38)).toEqual([
      256,
      260,
      -1,
      2 ** -133,
      Infinity,
      -Infinity,
    ]);
    expect(back(3.38e38)[0]).toBeLessThan(Infinity);
    expect(back(Number.NaN)).toEqual([Number.NaN]);
    const [quiet] = toBfloat16(new Float32Array(Uint32Array.of(0x7f800001).buffer));
    expect(fromBfloat16(Uint16Array.of(quiet))[0]).toBeNaN();
  });
});
