/** `npm run perf`: what it refuses, and the order in which builds take turns. */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { type Build, takeTurn } from "../../scripts/perf/turns.mjs";
import { scratch } from "../support/binary.ts";

const root = path.resolve(import.meta.dirname, "../..");

/** A build that writes its name and arguments into a file, and fails if it is told to. */
function fakeBuild(name: string, log: string): Build {
  const folder = scratch();
  mkdirSync(path.join(folder, "dist/cli"), { recursive: true });
  const program = `require("node:fs").appendFileSync(${JSON.stringify(log)}, ${JSON.stringify(name)} + " " + process.argv.slice(2).join(" ") + "\\n");
if (process.argv.includes("fail")) { console.error("no adapter"); process.exit(3); }
if (process.argv.includes("stop")) process.exit(130);`;
  writeFileSync(path.join(folder, "dist/cli/start.js"), program);
  return { name, root: folder, results: path.join("results", name) };
}

describe("turns", () => {
  it("begin with the other build every time, so that none is always the later", () => {
    const log = path.join(scratch(), "log");
    const builds = [fakeBuild("old", log), fakeBuild("new", log)];
    for (let turn = 0; turn < 3; turn++) takeTurn(builds, ["bench", "--passes", "5"], turn);
    const line = (name: string) => `${name} bench --passes 5 --out ${path.join("results", name)}\n`;
    expect(readFileSync(log, "utf8")).toBe(["old", "new", "new", "old", "old", "new"].map(line).join(""));
  });

  it("end with the first run that fails, and what it said", () => {
    const builds = [fakeBuild("old", path.join(scratch(), "log"))];
    expect(() => takeTurn(builds, ["fail"], 0)).toThrow("old: af3-gpu fail ended with 3: no adapter");
    expect(() => takeTurn(builds, ["stop"], 0)).toThrow("stopped in a run of old");
  });
});

describe.each(["perf.mjs", "perf_trials.mjs"])("scripts/%s", (script) => {
  const call = (...args: string[]) =>
    spawnSync(process.execPath, [path.join("scripts", script), ...args], { cwd: root, encoding: "utf8" });

  it("says how it is used", () => {
    expect(call("--help")).toMatchObject({ status: 0, stdout: expect.stringMatching(/^usage: npm run perf/) });
  });

  it("refuses what it does not know in one line", () => {
    const wrong = [
      ["--turn", "9"],
      ["--turns", "4", ...(script === "perf.mjs" ? ["main"] : [])],
    ];
    for (const args of wrong) {
      const { status, stdout, stderr } = call(...args);
      expect([status, stdout, stderr.trim().split("\n").length]).toEqual([2, "", 1]);
    }
  });
});

describe("perf", () => {
  it("says which commit it does not find, and leaves nothing", () => {
    const { status, stderr } = spawnSync(process.execPath, ["scripts/perf.mjs", "no-such-commit"], {
      cwd: root,
      encoding: "utf8",
    });
    expect([status, stderr]).toEqual([2, expect.stringContaining("no-such-commit")]);
  });
});
