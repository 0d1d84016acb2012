/** `npm run perf`: what it refuses, and the order in which builds take turns. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { runTogether, takesTurns } from "../../scripts/perf/lockstep.mjs";
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

/** A build that works as src/cli/turns.ts has it: so many turns, each kept in the log with its beginning and its end. */
function fakeTurns(name: string, log: string, turns: number, code = 0): Build {
  const folder = scratch();
  mkdirSync(path.join(folder, "dist/cli"), { recursive: true });
  const program = `const fs = require("node:fs");
const keep = (text) => fs.appendFileSync(${JSON.stringify(log)}, ${JSON.stringify(name)} + text + "\\n");
if (process.env.AF3_GPU_TURNS !== "1") process.exit(9);
let done = 0;
const wait = () => console.log("af3-gpu: waiting for its turn");
process.stdin.on("data", () => {
  keep(" begins");
  setTimeout(() => {
    keep(" ends");
    if (++done < ${turns}) return wait();
    if (${code}) console.error("no adapter");
    process.exit(${code});
  }, 5);
});
console.log("a table");
wait();`;
  writeFileSync(path.join(folder, "dist/cli/start.js"), program);
  return { name, root: folder, results: path.join("results", name) };
}

describe("runs together", () => {
  it("work one at a time, in another random order every round, and end when all are through", async () => {
    const log = path.join(scratch(), "log");
    const draws = [0.9, 0.9, 0, 0.9, 0, 0];
    const builds = [fakeTurns("a", log, 3), fakeTurns("b", log, 3), fakeTurns("c", log, 1)];
    await runTogether(builds, ["kernels"], () => draws.shift() ?? 0.9);
    const lines = readFileSync(log, "utf8").trim().split("\n");
    expect(lines.filter((_, at) => at % 2 === 1)).toEqual(
      lines.filter((_, at) => at % 2 === 0).map((line) => line.replace("begins", "ends")),
    );
    const order = lines.filter((line) => line.endsWith("begins")).map((line) => line[0]);
    expect(order.slice(0, 3)).toEqual(["a", "b", "c"]);
    expect(order.slice(3).sort()).toEqual(["a", "a", "b", "b"]);
    expect(order.slice(3, 5)).toEqual(["b", "a"]);
  });

  it("end with the first that fails, and what it said", async () => {
    const log = path.join(scratch(), "log");
    const builds = [fakeTurns("a", log, 9), fakeTurns("b", log, 2, 3)];
    await expect(runTogether(builds, ["kernels", "x"])).rejects.toThrow(
      "b: af3-gpu kernels x ended with 3: no adapter",
    );
    await expect(runTogether([fakeTurns("c", log, 1, 130)], [])).rejects.toMatchObject({ exitCode: 130 });
  });

  it("need builds that can wait for their turn, as this one can", () => {
    expect([takesTurns({ root } as Build), takesTurns(fakeTurns("old", "log", 1))]).toEqual([
      existsSync(path.join(root, "dist/cli/turns.js")),
      false,
    ]);
    expect(existsSync(path.join(root, "src/cli/turns.ts"))).toBe(true);
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
      ["--turns", "5", ...(script === "perf.mjs" ? ["main"] : [])],
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
    expect([status, stderr]).toEqual([
      2,
      "perf: no-such-commit is neither a commit, branch or tag of this clone, nor a folder with a build (dist/)\n",
    ]);
  });
});
