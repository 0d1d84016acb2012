/** What `npm run sweep:kills` and `npm run workflow:kills` are made of, and the workflow itself where Snakemake is installed. */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { endOf, killAll, killOften, treeOf } from "../../scripts/kills/killed.mjs";
import { differenceOf, rowsOf } from "../../scripts/kills/rows.mjs";
import { cacheFolder } from "../../src/platform/node/folders.ts";
import { scratch } from "../support/binary.ts";

const root = path.resolve(import.meta.dirname, "../..");
const elsewhere = process.platform === "linux" ? undefined : "processes are found by Linux's /proc: run it there";

/** A process with a child that has a child, each of which says when it is there. */
const FAMILY = `const { spawn } = require("node:child_process");
const depth = Number(process.argv[1]);
console.log("here");
if (depth > 0) spawn(process.execPath, ["-e", process.env.FAMILY, depth - 1], { stdio: "inherit" });
setTimeout(() => {}, 60_000);`;

describe("kills", () => {
  it("reach everything that a process has started", async ({ skip }) => {
    if (elsewhere) skip(elsewhere);
    const child = spawn(process.execPath, ["-e", FAMILY, "2"], {
      stdio: ["ignore", "pipe", "ignore"],
      env: { ...process.env, FAMILY },
    });
    let said = "";
    await new Promise<void>((resolve) =>
      child.stdout.on("data", (text) => {
        said += text;
        if (said === "here\nhere\nhere\n") resolve();
      }),
    );
    const pids = treeOf(child.pid ?? 0);
    expect(pids).toHaveLength(3);
    // Its stdout closes with the last that held it, and its process is there until it has been waited for: "close" is behind both.
    const closed = new Promise((resolve) => child.on("close", resolve));
    expect(killAll(pids)).toBe(3);
    await closed;
    expect(killAll([child.pid ?? 0])).toBe(0);
  });

  it("come so often as is asked, and what came through in between is looked at and begun anew", async () => {
    const folder = scratch();
    const mark = path.join(folder, "mark");
    const said: string[] = [];
    let [starts, through] = [0, 0];
    await killOften(
      {
        // The second start is through at once, the others take long.
        start: () =>
          spawn(process.execPath, ["-e", ++starts === 2 || starts > 4 ? "" : "setTimeout(() => {}, 60_000)"]),
        latest: 1,
        kill(pid) {
          if (starts === 2) return undefined;
          return killAll([pid]) > 0 ? "it" : undefined;
        },
        through() {
          through++;
          writeFileSync(mark, "");
        },
        say: (text) => said.push(text),
      },
      3,
    );
    expect([starts, through, said.length, existsSync(mark)]).toEqual([5, 1, 3, true]);
  });

  it("end in a failure if what is left alone does not end well either", async () => {
    const start = () => spawn(process.execPath, ["-e", "process.exit(1)"]);
    const none = { start, latest: 1, kill: () => undefined, through() {}, say() {} };
    expect(await endOf(start())).toBe(1);
    await expect(killOften(none, 0)).rejects.toThrow("it does not end well, though nobody kills it");
  }, 60_000);
});

describe("rows", () => {
  const row = (seq_len: number) =>
    JSON.stringify({
      engine: "ligo",
      backend: "webgpu",
      component: "toy",
      seq_len,
      pass_index: 0,
      ok: true,
      error: null,
    });

  it("are those of all cases, and of nothing that is being made", () => {
    const folder = scratch();
    for (const [name, rows] of [
      ["a", [4, 8]],
      ["b", [12]],
      [".making", [16]],
      ["report", [20]],
    ] as const) {
      mkdirSync(path.join(folder, name));
      writeFileSync(path.join(folder, name, "ligo.jsonl"), rows.map((n) => `${row(n)}\n`).join(""));
    }
    expect(
      rowsOf(folder)
        .map((one) => JSON.parse(one))
        .map(([name, , , , n]) => [name, n]),
    ).toEqual([
      ["a", 4],
      ["a", 8],
      ["b", 12],
    ]);
  });

  it("that are lost or doubled are named", () => {
    expect(differenceOf(["a", "b"], ["b", "a"])).toBeUndefined();
    expect(differenceOf(["a", "b"], ["b"])).toBe("lost: a; too many: none");
    expect(differenceOf(["a", "b"], ["a", "b", "b", "c"])).toBe("lost: none; too many: b c");
  });
});

const venv = path.join(path.resolve(cacheFolder()), "venv", "workflow");
const stamp = path.join(venv, "af3-gpu-requirements");
const wanted = readFileSync(path.join(root, "workflow", "requirements.txt"), "utf8");
const missing =
  existsSync(stamp) && readFileSync(stamp, "utf8") === wanted
    ? undefined
    : "Snakemake is not set up: npm run workflow -- tiny sets it up, from PyPI";

it("a workflow that is killed with all that it runs goes on, and ends with the rows of one that is not", async ({
  skip,
}) => {
  if (elsewhere ?? missing) skip(elsewhere ?? missing);
  const [undisturbed, killed] = [scratch(), scratch()];
  for (const folder of [undisturbed, killed])
    writeFileSync(path.join(folder, "grid.yaml"), "engine: both\nmode: toy\npasses: 1\nwarmup: 1\nseq-len: 4\n");
  const start = (cwd: string) =>
    spawn(process.execPath, [path.join(root, "scripts/workflow.mjs"), "grid.yaml"], {
      cwd,
      stdio: "ignore",
      env: { ...process.env, INIT_CWD: cwd },
    });
  const rows = (folder: string) => rowsOf(path.join(folder, "results", "grid"));
  const began = performance.now();
  expect(await endOf(start(undisturbed))).toBe(0);
  const whole = performance.now() - began;
  await killOften(
    {
      start: () => start(killed),
      latest: 0.8 * whole,
      kill: (pid) => (killAll(treeOf(pid)) > 0 ? "everything" : undefined),
      through() {
        expect(rows(killed)).toEqual(rows(undisturbed));
        rmSync(path.join(killed, "results"), { recursive: true, force: true });
      },
      say() {},
    },
    1,
  );
  expect(rows(undisturbed)).toHaveLength(2);
  expect(rows(killed)).toEqual(rows(undisturbed));
}, 300_000);
