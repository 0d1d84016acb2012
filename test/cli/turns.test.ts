/** Waiting for a turn: what a process says, and what lets it go on. */
import { PassThrough } from "node:stream";
import { afterEach, describe, expect, it, vi } from "vitest";
import { stop } from "../../src/cli/context.ts";
import { turnsOf } from "../../src/cli/turns.ts";
import { CancelledError } from "../../src/errors.ts";

const on = { AF3_GPU_TURNS: "1" };
const input = () => new PassThrough() as unknown as NodeJS.ReadStream & PassThrough;

describe("turns", () => {
  afterEach(() => void vi.restoreAllMocks());
  const said = () => vi.spyOn(process.stdout, "write").mockImplementation(() => true);

  it("are none for a process that works alone", () => {
    expect([turnsOf(input(), {}), turnsOf(input(), { AF3_GPU_TURNS: "" })]).toEqual([undefined, undefined]);
  });

  it("come with a line each, and not before", async () => {
    said();
    const [stdin, order] = [input(), [] as string[]];
    const next = turnsOf(stdin, on);
    for (const turn of ["first", "second"]) {
      const waiting = next?.().then(() => order.push(turn));
      await new Promise((resolve) => setImmediate(resolve));
      order.push("line");
      stdin.write("go\n");
      await waiting;
    }
    expect(order).toEqual(["line", "first", "line", "second"]);
    expect(stdin.listenerCount("data") + stdin.listenerCount("end")).toBe(0);
  });

  it("end as a stopped command does, once nobody is left to give them", async () => {
    said();
    const stdin = input();
    const waiting = turnsOf(stdin, on)?.();
    stdin.end();
    await expect(waiting).rejects.toBeInstanceOf(CancelledError);
    await expect(turnsOf(stdin, on)?.()).rejects.toBeInstanceOf(CancelledError);
    expect(stop.signal.aborted).toBe(false);
  });
});
