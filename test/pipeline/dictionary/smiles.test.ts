/** SMILES: atoms and bonds in the order in which RDKit has them. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BadInputError } from "../../../src/errors.ts";
import { smilesComponent } from "../../../src/pipeline/dictionary/smiles.ts";

const read = (smiles: string) => smilesComponent(smiles, "LIG_A", "chain A");
const atoms = (smiles: string): string =>
  read(smiles)
    .atoms.map(({ name, charge }) => name + (charge ? `(${charge})` : ""))
    .join(" ");
const bonds = (smiles: string): string =>
  read(smiles)
    .bonds.map(({ first, second, order }) => `${first}${order[0]}${second}`)
    .join(" ");

describe("a SMILES", () => {
  it("names atoms by element and number, and has their charges", () => {
    expect(atoms("CC(=O)Oc1ccccc1C(=O)[O-]")).toBe("C1 C2 O1 O2 C3 C4 C5 C6 C7 C8 C9 O3 O4(-1)");
    expect(atoms("C[N+](C)(C)CCCl")).toBe("C1 N1(1) C2 C3 C4 C5 CL1");
    expect(atoms("[Fe+2].[Fe++].[O--].[13CH3-].[nH]1cccc1.[se]")).toBe(
      "FE1(2) FE2(2) O1(-2) C1(-1) N1 C2 C3 C4 C5 SE1",
    );
    expect(atoms("Brc1ccc(S)cc1B(O)P")).toBe("BR1 C1 C2 C3 C4 S1 C5 C6 B1 O1 P1");
  });

  it("has bonds as they are written, of rings where they close", () => {
    expect(bonds("CC(=O)O")).toBe("0S1 1D2 1S3");
    expect(bonds("C1CC=1")).toBe("0S1 1S2 2D0");
    expect(bonds("C%12CC%12")).toBe("0S1 1S2 2S0");
    expect(bonds("c1cc1-c")).toBe("0A1 1A2 2A0 2S3");
    expect(bonds("F/C=C\\F.C#N")).toBe("0S1 1D2 2S3 4T5");
  });

  it("leaves hydrogens out, and knows chirality and classes", () => {
    expect(atoms("[H]O[H]")).toBe("O1");
    expect(bonds("[2H]C([H])Cl")).toBe("0S1");
    expect(atoms("N[C@@H](C)C(=O)O")).toBe("N1 C1 C2 C3 O1 O2");
    expect(atoms("[CH3:7][C@TH1](F)(Cl)Br")).toBe("C1 C2 F1 CL1 BR1");
  });

  it.each<[string, string]>([
    ["C1CC", "opens the ring 1, but does not close it"],
    ["CC(", 'has a "(" without ")"'],
    ["CC)", 'cannot have ")" at position 3'],
    ["C()C", 'cannot have "(" at position 2'],
    ["(C)", 'cannot have "(" at position 1'],
    ["C==C", 'cannot have "=" at position 3'],
    ["C=", "ends where an atom should be"],
    ["", "ends where an atom should be"],
    ["C.", "ends where an atom should be"],
    ["C11", "closes the ring 1 over a bond that is there"],
    ["C12CC12", "closes the ring 2 over a bond that is there"],
    ["C=1CC#1", "closes the ring 1 with another bond"],
    ["[Qq]", "has the unknown element Qq"],
    ["[C", 'cannot have "[" at position 1'],
    ["C*", 'cannot have "*" at position 2'],
    ["CxC", 'cannot have "x" at position 2'],
    ["[H][H]", "has no heavy atom"],
    ["C".repeat(1000), "has more atoms of C than can be named"],
  ])("%s is refused", (smiles, message) => {
    expect(() => read(smiles)).toThrow(BadInputError);
    expect(() => read(smiles)).toThrow(message);
  });

  it("of any letters is read or refused", () => {
    const letters = fc.string({ unit: fc.constantFrom(..."CNOclnBr()[]=#-+.123%@H/\\:*$ é"), maxLength: 30 });
    fc.assert(
      fc.property(letters, (smiles) => {
        try {
          for (const { first, second } of read(smiles).bonds) expect(first).not.toBe(second);
        } catch (error) {
          expect(error).toBeInstanceOf(BadInputError);
        }
      }),
      { numRuns: 5000, seed: 15 },
    );
  });
});
