/** Folders are made where they can be, and said not to be where they cannot, at once. */
import { spawnSync } from "node:child_process";
import { existsSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { expect, it } from "vitest";
import { makeFolder } from "../../src/platform/node/made_folders.ts";
import { binary, scratch } from "../support/binary.ts";

it("a folder is made with those above it, or is there", () => {
  const folder = path.join(scratch(), "a", "b", "c");
  for (const _ of [1, 2]) makeFolder(folder);
  expect(statSync(folder).isDirectory()).toBe(true);
});

it("what is in the way is the system's error", () => {
  const at = scratch();
  writeFileSync(path.join(at, "file"), "");
  expect(() => makeFolder(path.join(at, "file"))).toThrow(/EEXIST/);
  expect(() => makeFolder(path.join(at, "file", "below"))).toThrow(/ENOTDIR|ENOENT|EEXIST/);
  if (process.platform === "win32") return;
  symlinkSync(path.join(at, "nowhere"), path.join(at, "link"));
  expect(() => makeFolder(path.join(at, "link", "below"))).toThrow(/EEXIST/);
});

// In processes of their own: what does not end could not be ended otherwise.
it.skipIf(!existsSync("/proc/self"))("a folder below /proc is refused at once", () => {
  const made = pathToFileURL(path.resolve(path.dirname(binary), "../platform/node/made_folders.js")).href;
  const script = `const { makeFolder } = await import(${JSON.stringify(made)}); makeFolder("/proc/.cache/af3-gpu");`;
  const ended = spawnSync(process.execPath, ["--input-type=module", "--eval", script], {
    encoding: "utf8",
    timeout: 10_000,
  });
  expect([ended.status, ended.stderr]).toEqual([1, expect.stringContaining("ENOENT")]);
});
