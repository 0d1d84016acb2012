/** The count of what a device holds. */
import { expect, it } from "vitest";
import { Allocations } from "../../src/gpu/device/allocations.ts";

it("keeps the most at once, and counts no buffer twice", () => {
  const held = new Allocations();
  const [a, b] = [{ size: 100 }, { size: 50 }].map((buffer) => held.add(buffer));
  expect([held.now, held.peak]).toEqual([150, 150]);
  held.remove(a);
  held.remove(a);
  held.remove({ size: 7 });
  expect([held.now, held.peak]).toEqual([50, 150]);
  held.restart();
  held.add({ size: 20 });
  held.remove(b);
  expect([held.now, held.peak]).toEqual([20, 70]);
});
