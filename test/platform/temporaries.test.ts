/** What must go with the process is told before it is there: whoever ends the process in between knows of it. */
import { spawn } from "node:child_process";
import { expect, it } from "vitest";
import { type Temporary, watchTemporaries, withProcess } from "../../src/platform/node/temporaries.ts";

const endOf = (child: ReturnType<typeof spawn>): Promise<number | null> =>
  new Promise((resolve) => {
    child.on("error", () => resolve(null));
    child.on("close", resolve);
  });

function told(): (readonly [Temporary, boolean] | "started")[] {
  const all: (readonly [Temporary, boolean] | "started")[] = [];
  watchTemporaries((what, there) => all.push([what, there]));
  return all;
}

it("a process is announced before it starts, then by its group until it has ended", async () => {
  const all = told();
  let group = 0;
  const start = () => {
    all.push("started");
    const child = spawn(process.execPath, ["-e", ""], { detached: true, stdio: "ignore" });
    group = child.pid as number;
    return child;
  };
  expect(await withProcess(start, endOf)).toBe(0);
  expect(all).toEqual([
    [{ group: "starting" }, true],
    "started",
    [{ group }, true],
    [{ group: "starting" }, false],
    [{ group }, false],
  ]);
});

it("one that cannot be started leaves nothing announced", async () => {
  const all = told();
  expect(await withProcess(() => spawn("/no/such/program"), endOf)).toBe(null);
  expect(all).toEqual([
    [{ group: "starting" }, true],
    [{ group: "starting" }, false],
  ]);
  await expect(
    withProcess(() => {
      throw new Error("no memory");
    }, endOf),
  ).rejects.toThrow("no memory");
  expect(all.at(-1)).toEqual([{ group: "starting" }, false]);
});
