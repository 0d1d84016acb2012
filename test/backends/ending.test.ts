/** Use after the end, and what the end finds still in use. */
import { expect, it } from "vitest";
import { Ending } from "../../src/backends/ending.ts";
import { BadInputError, CancelledError } from "../../src/errors.ts";

const refused = new BadInputError("this runner has been disposed of: load another");
const ending = (): Ending => new Ending("this runner", "load another");

it("refuses what is used after its end", () => {
  const runner = ending();
  runner.check();
  runner.end();
  expect(() => runner.check()).toThrow(refused);
});

it("tells what was in use at its end about that end, with what happened there as the cause", async () => {
  const [runner, inside] = [ending(), new Error("a buffer is gone")];
  await expect(runner.during(Promise.reject(inside))).rejects.toBe(inside);
  await expect(runner.during(Promise.resolve(3))).resolves.toBe(3);
  runner.end();
  const told = await runner.during(Promise.reject(inside)).catch((error: unknown) => error);
  expect(told).toBeInstanceOf(BadInputError);
  expect(told).toMatchObject({ message: refused.message, cause: inside });
  const cancelled = new CancelledError();
  await expect(runner.during(Promise.reject(cancelled))).rejects.toBe(cancelled);
  await expect(runner.during(Promise.resolve(3))).resolves.toBe(3);
});
