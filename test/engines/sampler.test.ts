/** What engines' samplers share: the factors of a call, and that the device's arithmetic is the plain one. */
import { expect, it } from "vitest";
import { callFactors, denoisingFactors, pointRows } from "../../src/engines/components/sampler.ts";
import { Plan } from "../../src/gpu/plan/plan.ts";
import { compare } from "../../src/kernels/check/compare.ts";
import { pointwise, reduction } from "../../src/kernels/check/tolerance.ts";
import { interpreted } from "../support/interpreted.ts";
import { target } from "../support/target.ts";
import { recordToy, runToy } from "../support/toy_sampler.ts";
import { toys } from "../support/toys.ts";

const [moved, normal, update] = [3.25, -0.75, 1.5];
const close = (got: number, want: number): void => expect(compare([got], [want]).error).toBeLessThan(pointwise());

it.each([false, true])("a call's factors are those of the plain step, direction before the noise: %s", (before) => {
  const [level, spread, deviation, step] = [12, 16, 7, -0.4];
  const factors = callFactors({ level, deviation, step }, { spread, directionBeforeNoise: before });
  const noisy = moved + deviation * normal;
  close(factors[0] * moved + factors[1] * normal, noisy / 20);
  const denoised = (256 / 400) * noisy + (192 / 20) * update;
  const from = before ? moved : noisy;
  close(factors[4] * moved + factors[5] * normal + factors[6] * update, noisy + step * (from - denoised));
});

it("a denoiser alone is scaled on the way in and put together with the update on the way out", () => {
  // √(16² + 30²) = 34
  const [scale, , , , kept, , added] = denoisingFactors(30, 16);
  close(scale, 1 / 34);
  close(kept * moved + added * update, (256 / 1156) * moved + (480 / 34) * update);
});

it("positions are rows of four on the device", () => {
  expect([...pointRows([Float32Array.of(1, 2, 3, 4, 5, 6), Float32Array.of(7, 8, 9, 10, 11, 12)])]).toEqual([
    1, 2, 3, 0, 4, 5, 6, 0, 7, 8, 9, 0, 10, 11, 12, 0,
  ]);
});

it.each(toys)("$name's sampler goes where plain loops in double precision go", async ({ toy, plain }) => {
  const plan = new Plan(target);
  const { positions } = await runToy(toy, recordToy(plan, toy), interpreted(plan));
  expect(compare(positions, plain()).error).toBeLessThan(reduction(toy.calls.length));
});
