/** What cannot be written to stdout: one sentence for a full one, silence for a reader that has left. */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { af3gpu, binary, scratch } from "../support/binary.ts";
import { verbsWithDevice, verbsWithoutDevice } from "../support/verbs.ts";

const noFull = existsSync("/dev/full") ? false : "this system has no /dev/full; run the tests on Linux";
const helps = ["", "bench", "weights random"].map((verb) => [...verb.split(" "), "--help"].filter(Boolean));
const calls: Readonly<Record<string, readonly string[]>> = {
  ...verbsWithoutDevice,
  ...Object.fromEntries(helps.map((args) => [args.join(" "), args])),
  "--version": ["--version"],
};

describe.each(Object.entries(calls))("%s", (_, args) => {
  it("to a full stdout says so and exits with 2", async ({ skip }) => {
    if (noFull) skip(noFull);
    const { code, stderr } = await af3gpu(args, { stdout: "full" });
    expect([code, stderr.trimEnd().split("\n").at(-1)]).toEqual([
      2,
      "af3-gpu: cannot write to the standard output: the disk is full",
    ]);
    expect(stderr).not.toMatch(/^ +at /m);
  });

  it("to a closed pipe ends silently with 0", async () => {
    const { code, stderr } = await af3gpu(args, { stdout: "closed" });
    expect([code, stderr]).toEqual([0, expect.not.stringMatching(/af3-gpu:|^ +at /m)]);
  });
});

it("every verb is among them", async () => {
  const { stdout } = await af3gpu(["--help"]);
  const verbs = [...stdout.slice(stdout.indexOf("Commands:")).matchAll(/^ {2}([a-z]+) /gm)].map(([, verb]) => verb);
  expect(verbs.length).toBeGreaterThan(8);
  const tested = [...Object.values(verbsWithoutDevice), ...Object.values(verbsWithDevice)].map(([verb]) => verb);
  // Those of export need a stand-in for Python: test/cli/export.test.ts.
  expect(verbs.filter((verb) => !tested.includes(verb) && !["export", "help"].includes(verb))).toEqual([]);
});

it("a file that takes only a part is not taken for whole", ({ skip }) => {
  if (process.platform === "win32") skip("limits of file sizes are the shell's: run the tests on Linux or macOS");
  const file = path.join(scratch(), "plan.json");
  const script = `ulimit -f 8; exec "${process.execPath}" "${binary}" plan --steps --json > "${file}"`;
  const { status, stderr } = spawnSync("bash", ["-c", script], { encoding: "utf8" });
  expect(statSync(file).size).toBeGreaterThan(0);
  expect([status, stderr]).toEqual([
    2,
    "af3-gpu: cannot write to the standard output: the file would be larger than allowed here\n",
  ]);
});

it("everything that was printed arrives before the end, in a file and through a slow pipe", ({ skip }) => {
  if (process.platform === "win32") skip("the slow reader is a shell; run the tests on Linux or macOS");
  const file = path.join(scratch(), "plan.json");
  const plan = `"${process.execPath}" "${binary}" plan --steps --json --mode trunk --seq-len 16-64+8`;
  execFileSync("bash", ["-c", `${plan} > "${file}"`]);
  const piped = execFileSync("bash", ["-c", `${plan} | (sleep 1; cat)`], { maxBuffer: 2 ** 28 });
  expect(piped.length).toBeGreaterThan(2 ** 18);
  expect(piped.equals(readFileSync(file))).toBe(true);
});
