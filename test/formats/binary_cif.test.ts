/** BinaryCIF, every encoding by hand; damaged files get a sentence. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { packMessage } from "../../scripts/fuzz/message_pack.mjs";
import { BadInputError } from "../../src/errors.ts";
import { isBinaryCif, parseBinaryCif } from "../../src/formats/binary_cif.ts";

const bytes = (typed: ArrayBufferView): Uint8Array => new Uint8Array(typed.buffer, typed.byteOffset, typed.byteLength);
const int32 = { kind: "ByteArray", type: 3 };
const uint8 = { kind: "ByteArray", type: 4 };

/** A file with one column. */
const file = (data: object, rows: number, mask: object | null = null): Uint8Array =>
  packMessage({
    version: "0.3.0",
    encoder: "a test",
    dataBlocks: [
      { header: "x", categories: [{ name: "_Table", rowCount: rows, columns: [{ name: "a", data, mask }] }] },
    ],
  } as never);
const read = (data: object, rows: number, mask: object | null = null) =>
  parseBinaryCif(file(data, rows, mask), "file")[0]
    .categories.get("table")
    ?.column("a");

describe("a column", () => {
  it.each<[string, object, string[]]>([
    ["plain", { data: bytes(Float64Array.of(0.5, -2)), encoding: [{ kind: "ByteArray", type: 33 }] }, ["0.5", "-2"]],
    [
      "of fixed points",
      { data: bytes(Int32Array.of(1500, -25)), encoding: [{ kind: "FixedPoint", factor: 1000, srcType: 33 }, int32] },
      ["1.5", "-0.025"],
    ],
    [
      "of intervals",
      {
        data: Uint8Array.of(0, 2),
        encoding: [{ kind: "IntervalQuantization", min: 1, max: 3, numSteps: 5, srcType: 33 }, uint8],
      },
      ["1", "2"],
    ],
    [
      "of differences",
      { data: bytes(Int32Array.of(0, 1, -3)), encoding: [{ kind: "Delta", origin: 7, srcType: 3 }, int32] },
      ["7", "8", "5"],
    ],
    [
      "of runs",
      { data: bytes(Int32Array.of(4, 2, -1, 1)), encoding: [{ kind: "RunLength", srcSize: 3, srcType: 3 }, int32] },
      ["4", "4", "-1"],
    ],
    [
      "packed without a sign",
      {
        data: Uint8Array.of(255, 255, 1, 255, 0, 3),
        encoding: [{ kind: "IntegerPacking", byteCount: 1, isUnsigned: true, srcSize: 3 }, uint8],
      },
      ["511", "255", "3"],
    ],
    [
      "packed with a sign",
      {
        data: bytes(Int8Array.of(127, 1, -128, -2, 0)),
        encoding: [
          { kind: "IntegerPacking", byteCount: 1, isUnsigned: false, srcSize: 3 },
          { kind: "ByteArray", type: 1 },
        ],
      },
      ["128", "-130", "0"],
    ],
    [
      "of texts",
      {
        data: Uint8Array.of(1, 0, 1),
        encoding: [
          {
            kind: "StringArray",
            stringData: "abcd",
            offsets: Uint8Array.of(0, 3, 4),
            offsetEncoding: [uint8],
            dataEncoding: [uint8],
          },
        ],
      },
      ["d", "abc", "d"],
    ],
  ])("%s is decoded", (_, data, values) => {
    expect(read(data, values.length)).toEqual(values);
  });

  it("has a mask of what is inapplicable and unknown", () => {
    const data = { data: Uint8Array.of(1, 2, 3), encoding: [uint8] };
    expect(read(data, 3, { data: Uint8Array.of(0, 1, 2), encoding: [uint8] })).toEqual(["1", undefined, null]);
  });

  it("of a Node Buffer, which shares its memory, is decoded too", () => {
    const data = file({ data: bytes(Int32Array.of(5)), encoding: [int32] }, 1);
    const shared = Buffer.concat([Buffer.alloc(3), data]).subarray(3);
    expect(parseBinaryCif(shared, "file")[0].categories.get("table")?.column("a")).toEqual(["5"]);
  });
});

it("is told from text by its first byte", () => {
  expect(isBinaryCif(packMessage({ a: 1 }))).toBe(true);
  expect(isBinaryCif(new TextEncoder().encode("data_x"))).toBe(false);
  expect(isBinaryCif(new Uint8Array())).toBe(false);
});

it.each<[string, object, string]>([
  [
    "more rows than runs",
    { data: bytes(Int32Array.of(4, 2)), encoding: [{ kind: "RunLength", srcSize: 3, srcType: 3 }, int32] },
    "table.a has runs of 2 values, expected 3",
  ],
  [
    "runs without end",
    { data: bytes(Int32Array.of(4, 2 ** 30)), encoding: [{ kind: "RunLength", srcSize: 3, srcType: 3 }, int32] },
    "runs of more than 3 values",
  ],
  [
    "an absurd size",
    { data: bytes(Int32Array.of(4, 2)), encoding: [{ kind: "RunLength", srcSize: 2 ** 30, srcType: 3 }, int32] },
    "the size of table.a is no size",
  ],
  ["an unknown encoding", { data: Uint8Array.of(1), encoding: [{ kind: "Zip" }] }, "table.a has an unknown encoding"],
  ["a part of a number", { data: Uint8Array.of(1), encoding: [int32] }, "table.a ends within a number"],
  [
    "a text that is not there",
    {
      data: Uint8Array.of(7),
      encoding: [
        {
          kind: "StringArray",
          stringData: "",
          offsets: Uint8Array.of(0),
          offsetEncoding: [uint8],
          dataEncoding: [uint8],
        },
      ],
    },
    "has a text that is not there",
  ],
])("%s is refused", (_, data, message) => {
  expect(() => read(data, 3)).toThrow(BadInputError);
  expect(() => read(data, 3)).toThrow(message);
});

it("damaged anywhere is refused, or read", () => {
  const sound = file(
    { data: bytes(Int32Array.of(4, 2, -1, 1)), encoding: [{ kind: "RunLength", srcSize: 3, srcType: 3 }, int32] },
    3,
  );
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(sound.length - 1), fc.nat(255)), { maxLength: 3 }),
      fc.nat(sound.length),
      (changes, length) => {
        const damaged = sound.slice(0, changes.length === 0 ? length : undefined);
        for (const [at, value] of changes) damaged[at] = value;
        try {
          for (const { categories } of parseBinaryCif(damaged, "file"))
            for (const category of categories.values()) for (const item of category.items) category.column(item);
        } catch (error) {
          expect(error).toBeInstanceOf(BadInputError);
        }
      },
    ),
    { numRuns: 3000, seed: 15 },
  );
});
