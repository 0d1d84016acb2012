/** Values that are not finite: in outputs, and in files of any type. */
import { describe, expect, it } from "vitest";
import { nonFinite, nonFiniteText } from "../../src/engines/core/finite.ts";
import { countNonFinite } from "../../src/formats/non_finite.ts";
import { float32 } from "../../src/formats/tensor.ts";

describe("outputs", () => {
  it("that are finite give nothing", () => {
    expect(nonFinite(new Map([["x", float32([2], Float32Array.of(3e38, -0))]]))).toEqual([]);
  });

  it("that are not are listed with how many, and the first", () => {
    const found = nonFinite(
      new Map([
        ["x", float32([2, 3], Float32Array.of(1, 2, 3, 4, Number.NaN, Number.NEGATIVE_INFINITY))],
        ["y", float32([1], Float32Array.of(1))],
        ["z", float32([], Float32Array.of(Number.POSITIVE_INFINITY))],
      ]),
    );
    expect(found).toEqual([
      { name: "x", count: 2, size: 6, position: 4, at: [1, 1], value: Number.NaN },
      { name: "z", count: 1, size: 1, position: 0, at: [], value: Number.POSITIVE_INFINITY },
    ]);
    expect(nonFiniteText(found[0])).toBe("x holds NaN at [1, 1] (2 of 6 values are not finite)");
  });
});

describe("stored values", () => {
  const bytes = (values: ArrayBufferView): Uint8Array => new Uint8Array(values.buffer);
  it.each<[string, ArrayBufferView, number]>([
    ["F32", Float32Array.of(1, Number.NaN, -Infinity, 3e38, -0), 2],
    ["F64", Float64Array.of(1, Number.NaN, Infinity, 1e308), 2],
    ["F16", Uint16Array.of(0x3c00, 0x7c00, 0xfc00, 0x7e01, 0x7bff), 3],
    ["BF16", Uint16Array.of(0x3f80, 0x7f80, 0xff80, 0x7fc0, 0x7f7f), 3],
    ["F8_E5M2", Uint8Array.of(0x3c, 0x7c, 0xfd, 0x7b), 2],
    ["F8_E4M3", Uint8Array.of(0x7f, 0xff, 0x7e), 2],
    ["I32", Int32Array.of(-1, 0x7f800000), 0],
    ["a type of tomorrow", Uint8Array.of(255, 255), 0],
  ])("of type %s are counted", (dtype, values, count) => {
    expect(countNonFinite(bytes(values), dtype)).toBe(count);
  });
});
