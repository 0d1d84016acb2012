/** Waiting that can be cut short, and work that lets others have their turn. */
import { describe, expect, it } from "vitest";
import { CancelledError } from "../src/errors.ts";
import { Pauses, unlessAborted } from "../src/waiting.ts";

const never = new Promise<number>(() => {});

describe("waiting for work", () => {
  it("gives what the work gives, or throws what it throws", async () => {
    const { signal } = new AbortController();
    await expect(unlessAborted(Promise.resolve(3), signal)).resolves.toBe(3);
    await expect(unlessAborted(Promise.resolve(3), undefined)).resolves.toBe(3);
    await expect(unlessAborted(Promise.reject(new Error("no")), signal)).rejects.toThrow("no");
  });

  it("ends when the signal fires, also if it had fired before", async () => {
    const controller = new AbortController();
    const waiting = unlessAborted(never, controller.signal);
    controller.abort();
    await expect(waiting).rejects.toBeInstanceOf(CancelledError);
    await expect(unlessAborted(never, controller.signal)).rejects.toBeInstanceOf(CancelledError);
  });

  it("leaves no rejection behind that nobody hears", async () => {
    const unheard: unknown[] = [];
    const hear = (error: unknown): unknown => unheard.push(error);
    process.on("unhandledRejection", hear);
    let fail: (error: Error) => void = () => {};
    const work = new Promise<void>((_, reject) => {
      fail = reject;
    });
    const waiting = unlessAborted(work, AbortSignal.abort());
    await expect(waiting).rejects.toBeInstanceOf(CancelledError);
    fail(new Error("later"));
    await new Promise((resolve) => setTimeout(resolve, 20));
    process.off("unhandledRejection", hear);
    expect(unheard).toEqual([]);
  });
});

describe("long work", () => {
  it("lets a timer fire in between, and ends at the next pause after the signal", async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 20);
    const pauses = new Pauses(controller.signal);
    let turns = 0;
    const work = async (): Promise<void> => {
      for (; turns < 1e9; turns++) await pauses.here();
    };
    await expect(work()).rejects.toBeInstanceOf(CancelledError);
    expect(turns).toBeGreaterThan(10);
  });
});
