/** Processes with limits, and locks whose owners have ended. */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { takeLock } from "../../src/platform/node/folder_lock.ts";
import { type Limits, runLimited } from "../../src/platform/node/limited_process.ts";
import { residentBytes, tellsResident } from "../../src/platform/node/process_memory.ts";
import { scratch } from "../support/binary.ts";

/** Runs JavaScript in a process. */
async function script(code: string, limits: Limits = {}, signal?: AbortSignal) {
  const folder = scratch();
  const [out, log] = ["out", "log"].map((name) => path.join(folder, name));
  const end = await runLimited([process.execPath, "-e", code], { out, log, limits, ...(signal && { signal }) });
  return { ...end, out: readFileSync(out, "utf8"), log: readFileSync(log, "utf8") };
}

/** Whether a process runs; one that has ended and waits for its parent does not. */
function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return process.platform !== "linux" || !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

const FOREVER = "setInterval(() => {}, 1000)";

describe("a process with limits", () => {
  it("ends by itself within them, what it says in files", async () => {
    const { code, ended, out, log } = await script("console.log('out'); console.error('log'); process.exitCode = 3");
    expect([code, ended, out, log]).toEqual([3, undefined, "out\n", "log\n"]);
  });

  it("is ended when its time is up, even if it hears no signal", async () => {
    const deaf = `process.on("SIGTERM", () => {}); ${FOREVER}`;
    expect(await script(FOREVER, { seconds: 0.5 })).toMatchObject({ ended: "time", signal: "SIGTERM" });
    expect(await script(deaf, { seconds: 2 })).toMatchObject({ ended: "time", signal: "SIGKILL" });
  });

  it("has more time than a timer holds", async () => {
    expect(await script("0", { seconds: 1e9 })).toMatchObject({ ended: undefined, code: 0 });
  });

  it.runIf(tellsResident)("is ended when it, or what it has started, has more memory resident", async () => {
    const hog = "const all = []; setInterval(() => all.length < 25 && all.push(Buffer.alloc(2e7, 1)), 20)";
    const child = `require("node:child_process").spawn(process.execPath, ["-e", ${JSON.stringify(hog)}]); ${FOREVER}`;
    for (const code of [hog, child]) {
      const { ended, peakBytes } = await script(code, { memory: 3e8 });
      expect([ended, (peakBytes ?? 0) > 3e8]).toEqual(["memory", true]);
    }
  });

  it("is ended when that is asked for, before and after it has begun", async () => {
    const stop = new AbortController();
    const running = script(FOREVER, {}, stop.signal);
    setTimeout(() => stop.abort(), 300);
    expect(await running).toMatchObject({ ended: "stopped" });
    expect(await script(FOREVER, {}, stop.signal)).toMatchObject({ ended: "stopped" });
  });

  it.runIf(process.platform !== "win32")("takes with it what it has started, however it ends", async () => {
    const child = `const { pid } = require("node:child_process").spawn(process.execPath, ["-e", "setTimeout(() => {}, 30000)"], { stdio: "ignore" }); console.log(pid);`;
    for (const [code, limits] of [
      [`${child} process.exit()`, {}],
      [`${child} ${FOREVER}`, { seconds: 3 }],
    ] as const) {
      const pid = Number((await script(code, limits)).out);
      expect(pid).toBeGreaterThan(1);
      await expect.poll(() => isThere(pid)).toBe(false);
    }
  });

  it("that is not there is an error", async () => {
    const folder = scratch();
    const files = { out: path.join(folder, "out"), log: path.join(folder, "log"), limits: {} };
    await expect(runLimited([path.join(folder, "nothing")], files)).rejects.toThrow(/ENOENT/);
  });

  it.runIf(tellsResident)("has memory, and one that has ended has none", async () => {
    expect(await residentBytes(process.pid)).toBeGreaterThan(1e7);
    const { pid } = spawnSync(process.execPath, ["-e", "0"]);
    expect(await residentBytes(pid)).toBeUndefined();
  });
});

describe("a lock", () => {
  const own = { pid: process.pid, host: os.hostname(), began: "", token: "0123" };
  const file = (owner: unknown, secondsAgo = 0): string => {
    const at = path.join(scratch(), "lock");
    writeFileSync(at, typeof owner === "string" ? owner : JSON.stringify(owner));
    const when = new Date(Date.now() - 1000 * secondsAgo);
    utimesSync(at, when, when);
    return at;
  };

  it("is had by one, and given back", () => {
    const at = path.join(scratch(), "lock");
    const unlock = takeLock(at, "the folder");
    expect(() => takeLock(at, "the folder")).toThrow(
      `the folder is in use by process ${process.pid} on ${os.hostname()}; wait for its end, or remove ${at}`,
    );
    unlock();
    expect(existsSync(at)).toBe(false);
    takeLock(at, "the folder")();
    expect(readdirSync(path.dirname(at))).toEqual([]);
  });

  it.each([
    ["a process that has ended", { ...own, pid: spawnSync(process.execPath, ["-e", "0"]).pid }, 0],
    ["another machine that has been silent", { ...own, host: "elsewhere" }, 1000],
    ["nobody, for long", "{", 1000],
  ])("of %s is taken over", (_, owner, secondsAgo) => {
    const at = file(owner, secondsAgo);
    const unlock = takeLock(at, "the folder");
    expect(JSON.parse(readFileSync(at, "utf8"))).toMatchObject({ pid: process.pid, host: os.hostname() });
    unlock();
    expect(readdirSync(path.dirname(at))).toEqual([]);
  });

  it.runIf(process.platform === "linux")("of a process whose id another has now is taken over", () => {
    takeLock(file({ ...own, began: "1" }), "the folder")();
  });

  it.each([
    ["a process that works", own, /in use by process/],
    ["another machine", { ...own, host: "elsewhere" }, /in use by process \d+ on elsewhere/],
    ["nobody, just now", "{", /is in use, as .* says/],
  ])("of %s is left alone", (_, owner, message) => {
    const at = file(owner);
    const before = readFileSync(at, "utf8");
    expect(() => takeLock(at, "the folder")).toThrow(message);
    expect(readFileSync(at, "utf8")).toBe(before);
  });
});
