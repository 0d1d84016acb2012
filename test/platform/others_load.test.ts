/** How much of the machine others use, by clocks that move only when they are told to. */
import { expect, it } from "vitest";
import { othersLoad } from "../../src/platform/node/others_load.ts";

/** Two processors. */
function machine() {
  let [now, idle, own] = [0, 1000, 0];
  const begin = othersLoad({ now: () => now, idle: () => ({ idle, processors: 2 }), own: () => own });
  const pass = (ms: number, mine: number, free: number, started?: number): number | null => {
    const end = begin();
    [now, own, idle] = [now + ms, own + mine, idle + free];
    return end(started);
  };
  const between = (ms: number): void => {
    now += ms; // nobody is idle, and none of it is ours
  };
  return { pass, between };
}

it("is what was neither idle nor this process's", () => {
  expect(machine().pass(1000, 1500, 500)).toBe(0);
  expect(machine().pass(1000, 1000, 0)).toBe(0.5);
  expect(machine().pass(1000, 0, 0)).toBe(1);
});

it("is without what processes had that were started for it", () => {
  expect(machine().pass(1000, 100, 0, 1900)).toBe(0);
  expect(machine().pass(1000, 100, 0, 900)).toBe(0.5);
});

it("counts passes alone, not what goes on between them", () => {
  const { pass, between } = machine();
  expect(pass(1000, 2000, 0)).toBe(0);
  between(5000);
  expect(pass(1000, 2000, 0)).toBe(0);
});

it("gathers short passes, for the system counts in steps", () => {
  const { pass } = machine();
  expect([pass(100, 100, 0), pass(100, 100, 0)]).toEqual([null, null]);
  expect(pass(100, 100, 0)).toBe(0.5);
  expect(pass(100, 200, 0)).toBe(0.5); // the last that was known
});

it("is a share, whatever the clocks say", () => {
  expect(machine().pass(1000, 5000, 0)).toBe(0);
  expect(machine().pass(1000, -500, 0)).toBe(1);
});

it("is nothing where the system does not tell", () => {
  const begin = othersLoad({ now: () => 0, idle: () => ({ idle: 0, processors: 0 }), own: () => 0 });
  expect(begin()()).toBeNull();
});

it("of this machine is a share", async () => {
  const end = othersLoad()();
  await new Promise((done) => setTimeout(done, 300));
  const share = end();
  expect(share === null || (share >= 0 && share <= 1)).toBe(true);
});
