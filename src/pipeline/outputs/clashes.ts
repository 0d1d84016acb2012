/** Whether chains lie in each other (`has_clash` in AlphaFold 3's confidences.py). */
import { Cells } from "../cells.ts";
import { isPolymer, type Structure } from "./structure.ts";

/** Ångström. */
const CLOSE = 1.1;
/** A chain clashes that has more clashing atoms than this, or more than this part of its own. */
const MOST_ATOMS = 100;
const MOST_PART = 0.5;

/** Whether a polymer overlaps with others, or with parts of itself that are not next to each other. */
export function hasClash({ atoms, positions }: Structure): boolean {
  const polymers = atoms.flatMap(({ chain }, at) => (isPolymer(chain) ? [at] : []));
  const points = polymers.flatMap((at) => [0, 1, 2].map((axis) => positions[3 * at + axis]));
  const cells = new Cells(points, CLOSE);
  const [clashing, all] = [new Map<string, number>(), new Map<string, number>()];
  const add = (counts: Map<string, number>, id: string): void => {
    counts.set(id, (counts.get(id) ?? 0) + 1);
  };
  const distance2 = (a: number, b: number): number =>
    (points[3 * a] - points[3 * b]) ** 2 +
    (points[3 * a + 1] - points[3 * b + 1]) ** 2 +
    (points[3 * a + 2] - points[3 * b + 2]) ** 2;
  polymers.forEach((at, point) => {
    const { chain, residue } = atoms[at];
    add(all, chain.id);
    const meets = cells.near(point).some((other) => {
      const against = atoms[polymers[other]];
      const apart = against.chain !== chain || Math.abs(against.residue.number - residue.number) > 1;
      return apart && distance2(point, other) <= CLOSE ** 2;
    });
    if (meets) add(clashing, chain.id);
  });
  return [...clashing].some(([id, count]) => count > MOST_ATOMS || count / (all.get(id) ?? 1) > MOST_PART);
}
