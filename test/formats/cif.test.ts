/** CIF, by its grammar; hostile files get a sentence with the line. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BadInputError } from "../../src/errors.ts";
import { type CifBlock, type CifValue, cifBlocks, parseCif } from "../../src/formats/cif.ts";

const columns = ({ categories }: CifBlock): Record<string, Record<string, readonly CifValue[]>> =>
  Object.fromEntries(
    [...categories].map(([name, category]) => [
      name,
      Object.fromEntries(category.items.map((item) => [item, category.column(item) ?? []])),
    ]),
  );
const read = (text: string) => columns(parseCif(`data_x\n${text}`, "file")[0]);

describe("values", () => {
  it("are plain, quoted, or text fields", () => {
    const text = `_a.plain  word#not-a-comment # a comment
_a.single 'it's quoted' _a.double "a 'b'"
_a.text
;first line
 ; no end
;
_a.next
;;
; _a.Last 'x'`;
    expect(read(text)).toEqual({
      a: {
        plain: ["word#not-a-comment"],
        single: ["it's quoted"],
        double: ["a 'b'"],
        text: ["first line\n ; no end"],
        next: [";"],
        last: ["x"],
      },
    });
  });

  it("unknown and inapplicable are not what stands in quotes", () => {
    expect(read("loop_\n_a.b\n? . '?' \".\"\n;?\n;\n")).toEqual({ a: { b: [null, undefined, "?", ".", "?"] } });
  });

  it("may look like keywords in quotes, or in part", () => {
    expect(read("loop_ _a.b 'data_y' \"loop_\" loop_x stop global_y ;x")).toEqual({
      a: { b: ["data_y", "loop_", "loop_x", "stop", "global_y", ";x"] },
    });
  });
});

describe("blocks", () => {
  it("have loops and items, names in any case, lines ended in any way", () => {
    const [first, second] = parseCif(
      "\uFEFF#comment\r\nDATA_One\r\nLoop_\r_A.x _A.y 1 2\r\n3 4\r\n_b.c d\ndata_two _a.x 5",
      "file",
    );
    expect([first.name, columns(first)]).toEqual(["One", { a: { x: ["1", "3"], y: ["2", "4"] }, b: { c: ["d"] } }]);
    expect([second.name, columns(second)]).toEqual(["two", { a: { x: ["5"] } }]);
    expect(first.categories.get("a")?.column("X")).toEqual(["1", "3"]);
    expect(first.categories.get("a")?.rows).toBe(2);
  });

  it("leave out what save frames of dictionaries hold", () => {
    expect(read("save_frame _a.x 1 save_ _b.x 2")).toEqual({ b: { x: ["2"] } });
  });
});

it.each<[string, string, string]>([
  ["nothing", "", "line 0: there is no data block"],
  ["an item before its block", "_a.b 1", "line 1: _a.b stands before any data block"],
  ["a loop before its block", "loop_", "line 1: loop_ stands before any data block"],
  ["a block without a name", "data_", "the data block has no name"],
  ["a block twice", "data_x\ndata_X", "line 2: the data block X is there twice"],
  ["a value alone", "data_x\n\n word", "line 3: the value word belongs to no item"],
  ["an item without value", "data_x\n_a.b\n_a.c 1", "line 3: _a.b has no value"],
  ["an item without value at the end", "data_x\n_a.b", "line 2: _a.b has no value"],
  ["a loop without names", "data_x\nloop_\n1 2", "line 3: the value 1 belongs to no item"],
  ["an empty loop", "data_x\nloop_\ndata_y", "line 3: a loop has no names"],
  [
    "a row that is too short",
    "data_x\nloop_ _a.b _a.c 1 2 3\ndata_y",
    "line 3: the loop of _a.b has 2 columns, but its last row 1",
  ],
  ["a quote that does not end", "data_x\n_a.b 'one two", "line 2: the quote 'one two does not end"],
  ["a text that does not end", "data_x\n_a.b\n;one\ntwo\n", "line 3: the text that begins here does not end"],
  ["an item twice", "data_x _a.b 1\n_A.B 2", "line 2: _A.B is there twice"],
  [
    "columns of two lengths",
    "data_x\nloop_ _a.b 1 2\nloop_ _a.c 1\n",
    "_a.c has 1 values, but other items of its category 2",
  ],
  ["a reserved word", "data_x\nglobal_", "line 2: global_ is reserved"],
  ["CIF 2", "#\\#CIF_2.0\ndata_x", "line 1: CIF 2.0 is not read"],
])("%s is refused", (_, text, message) => {
  expect(() => parseCif(text, "file")).toThrow(BadInputError);
  expect(() => parseCif(text, "file")).toThrow(message);
});

async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** Texts of what CIF is made of, sound and unsound. */
const words = [
  "data_x",
  "data_y",
  "loop_",
  "_a.b",
  "_a.c",
  "_d.e",
  "1",
  "?",
  ".",
  "'q q'",
  '"',
  "'",
  ";",
  "\n;",
  "\n",
  "\r\n",
  "\r",
  " ",
  "#",
  "save_f",
  "save_",
  "é",
  "\0",
];
const texts = fc
  .array(fc.constantFrom(...words), { maxLength: 40 })
  .map((list) => list.join(" ").replaceAll(" \n", "\n"));

it("in pieces of any size is what it is as a whole", async () => {
  const outcome = async (reading: () => Promise<CifBlock[]>) =>
    reading().then(
      (blocks) => blocks.map((block) => [block.name, columns(block)]),
      (error: unknown) => {
        expect(error).toBeInstanceOf(BadInputError);
        return (error as Error).message;
      },
    );
  await fc.assert(
    fc.asyncProperty(texts, fc.integer({ min: 1, max: 7 }), async (text, size) => {
      const whole = await outcome(async () => parseCif(`data_0 ${text}`, "file"));
      const bytes = new TextEncoder().encode(`data_0 ${text}`);
      const pieces = await outcome(async () => {
        const blocks: CifBlock[] = [];
        for await (const block of cifBlocks(inPieces(bytes, size), "file")) blocks.push(block);
        return blocks;
      });
      expect(pieces).toEqual(whole);
    }),
    { numRuns: 1000, seed: 15 },
  );
});

it("values that are written quoted are read again", () => {
  const quoted = (value: string): string =>
    /[\n]/.test(value) ? `\n;${value}\n;\n` : value.includes("' ") || value.endsWith("'") ? `"${value}"` : `'${value}'`;
  const value = fc
    .string({ unit: fc.constantFrom("a", " ", "'", "\n", "_", "#", ";", "?") })
    .filter((text) => !text.includes("\n;"));
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 5 }), (values) => {
      expect(read(`loop_\n_a.b\n${values.map(quoted).join(" ")}`)).toEqual({ a: { b: values } });
    }),
    { numRuns: 500, seed: 15 },
  );
});
