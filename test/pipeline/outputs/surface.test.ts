/** Accessible areas against those of DSSP, and what is made of them. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { fractionDisordered, relativeAreas, residueAreas, windowed } from "../../../src/pipeline/outputs/surface.ts";
import { jobOf, ligand, protein, structureOf } from "../../support/predicted.ts";

interface Recorded {
  readonly sequence: string;
  readonly samples: readonly {
    readonly positions: readonly number[];
    readonly areas: readonly number[];
    readonly windowed: readonly number[];
  }[];
}
const recorded: Recorded = JSON.parse(readFileSync("test/fixtures/accessible-areas.json", "utf8"));

describe("accessible areas", () => {
  it("are those of DSSP, for places of a network's kind and for others", async () => {
    const structure = await structureOf(await jobOf([protein("A", recorded.sequence)]));
    expect(recorded.samples.length).toBe(2);
    for (const { positions, areas, windowed: averages } of recorded.samples) {
      const found = residueAreas({ ...structure, positions }, structure.complex.chains[0]);
      expect(found.map(({ area }) => area)).toEqual(areas);
      relativeAreas(found).forEach((value, at) => {
        expect(value).toBeCloseTo(averages[at], 12);
      });
    }
  });

  it("of an atom alone are a sphere's", async () => {
    const structure = await structureOf(await jobOf([protein("A", "G")]));
    const positions = structure.atoms.flatMap((_, at) => [1000 * at, 0, 0]);
    const [{ area }] = residueAreas({ ...structure, positions }, structure.complex.chains[0]);
    const radii = [1.65, 1.87, 1.76, 1.4, 1.8];
    expect(area).toBe(Math.round(radii.reduce((sum, radius) => sum + 4 * Math.PI * (radius + 1.4) ** 2, 0)));
  });
});

describe("averages over windows", () => {
  it("continue a list beyond its ends by its mirror image, as often as is needed", () => {
    expect(windowed([0.5])).toEqual([0.5]);
    expect(windowed([])).toEqual([]);
    // … 1 0 1 0 1 …: 13 of the 25 are as the middle one, if the twelfth neighbour is.
    expect(windowed([0, 1])).toEqual([12 / 25, 13 / 25]);
    const long = windowed(Array.from({ length: 30 }, (_, at) => at));
    expect(long[12]).toBe(12);
    // 0 to 12, and 1 to 12 again.
    expect(long[0]).toBeCloseTo((2 * 78) / 25, 12);
  });
});

describe("the disordered part", () => {
  /** All atoms far from each other, or all in a lump. */
  const spread = async (sequences: readonly unknown[], distance: number) => {
    const structure = await structureOf(await jobOf(sequences));
    return { ...structure, positions: structure.atoms.flatMap((_, at) => [distance * at, 0, 0]) };
  };

  it("is of proteins alone", async () => {
    expect(fractionDisordered(await spread([protein("A", "GSGS"), ligand("B", "MG")], 100))).toBe(1);
    expect(fractionDisordered(await spread([protein("A", "GSGSGS")], 0.1))).toBe(0);
    expect(fractionDisordered(await spread([{ rna: { id: "A", sequence: "ACGU" } }], 100))).toBe(0);
    expect(fractionDisordered(await spread([ligand("A", "MG")], 100))).toBe(0);
  });

  it("takes the first of equal chains for all of them", async () => {
    const structure = await spread([protein(["A", "B"], "GSGS"), protein("C", "GGGGGG")], 100);
    const [a, b] = structure.complex.chains;
    const lump = (chain: typeof a) => ({
      ...structure,
      positions: structure.atoms.flatMap((atom, at) => [(atom.chain === chain ? 0.1 : 100) * at, 0, 0]),
    });
    expect(fractionDisordered(lump(b))).toBe(1);
    expect(fractionDisordered(lump(a))).toBe(6 / 14);
  });
});
