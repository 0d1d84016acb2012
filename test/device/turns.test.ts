/** Two runs at once that work in turns, as `npm run perf` starts them. */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { runTogether } from "../../scripts/perf/lockstep.mjs";
import { measuredIn } from "../../src/bench/result_files.ts";
import { scratch } from "../support/binary.ts";
import { testDevice } from "../support/device.ts";

const root = path.resolve(import.meta.dirname, "../..");
const device = ["--device", testDevice];

/** Runs two builds, which are this one. @returns the folders of their results */
async function together(...args: string[]): Promise<string[]> {
  const folders = ["a", "b"].map((name) => path.join(scratch(), name));
  await runTogether(
    folders.map((results, at) => ({ name: `build ${at}`, root, results })),
    [...args, ...device],
  );
  return folders;
}

it("alternate between passes of bench", async () => {
  const folders = await together("bench", "--mode", "toy", "--engine", "ligo", "--passes", "4", "--warmup", "1");
  const passes = folders.flatMap((folder, side) => {
    const [stamp] = readdirSync(folder);
    const lines = readFileSync(path.join(folder, stamp, "ligo.jsonl"), "utf8")
      .trimEnd()
      .split("\n");
    return lines.map((line) => ({ side, start: Date.parse(JSON.parse(line).start_ts) }));
  });
  expect(passes).toHaveLength(8);
  const sides = passes.sort((one, other) => one.start - other.start).map(({ side }) => side);
  // Each round has both.
  for (let round = 0; round < 8; round += 2) expect([...sides.slice(round, round + 2)].sort()).toEqual([0, 1]);
});

it("alternate between samples of a kernel, and are read as any other run", async () => {
  const folders = await together(
    "kernels",
    "common_rows",
    "--variant",
    "workgroup",
    "--case",
    "N = 64",
    "--time",
    "0.2",
  );
  for (const folder of folders) {
    const [run, ...more] = await measuredIn(folder);
    expect([run.name, run.samples.length > 0, more]).toEqual(["common_rows (workgroup) M = 256, N = 64", true, []]);
    const [stamp] = readdirSync(folder);
    const row = JSON.parse(readFileSync(path.join(folder, stamp, "kernels.jsonl"), "utf8"));
    expect(row).toMatchObject({ cold_ms: [], copies: 0, stopped: "time" });
  }
});
