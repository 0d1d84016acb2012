/** Chains that lie in each other. */
import { expect, it } from "vitest";
import { hasClash } from "../../../src/pipeline/outputs/clashes.ts";
import { jobOf, ligand, protein, structureOf } from "../../support/predicted.ts";

/** The structure of a job whose atoms are somewhere by their number. */
const placed = async (sequences: readonly unknown[], place: (at: number, of: number) => number) => {
  const structure = await structureOf(await jobOf(sequences));
  const count = structure.atoms.length;
  return hasClash({ ...structure, positions: structure.atoms.flatMap((_, at) => [place(at, count), 0, 0]) });
};

// GS is four atoms of glycine, and seven of serine.
it("are found by half of a chain's atoms, not by less", async () => {
  const two = [protein("A", "GS"), protein("B", "GS")];
  const over = (atoms: number) => (at: number, of: number) =>
    (at < of / 2 + atoms && at >= of / 2 ? at - of / 2 : at) * 10;
  expect(await placed(two, over(0))).toBe(false);
  expect(await placed(two, over(5))).toBe(false);
  expect(await placed(two, over(6))).toBe(true);
});

it("are found by more than a hundred atoms, whatever part they are", async () => {
  const two = [protein("A", "G".repeat(100)), protein("B", "G".repeat(100))];
  const over = (atoms: number) => (at: number, of: number) =>
    (at < of / 2 + atoms && at >= of / 2 ? at - of / 2 : at) * 10;
  expect(await placed(two, over(100))).toBe(false);
  expect(await placed(two, over(101))).toBe(true);
});

it("count neither neighbours in a chain nor ligands, and end at 1.1 Å", async () => {
  // All atoms of two neighbours in one place.
  expect(await placed([protein("A", "GG")], () => 0)).toBe(false);
  expect(await placed([protein("A", "GGG")], () => 0)).toBe(true);
  expect(await placed([ligand(["A", "B"], "MG")], () => 0)).toBe(false);
  const apart = (distance: number) => (at: number, of: number) =>
    at < of / 2 ? 10 * at : 10 * (at - of / 2) + distance;
  const two = [protein("A", "GS"), protein("B", "GS")];
  expect(await placed(two, apart(1.0999))).toBe(true);
  expect(await placed(two, apart(1.1001))).toBe(false);
});
