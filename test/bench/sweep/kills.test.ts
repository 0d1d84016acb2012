/** A sweep that is killed at random moments ends with the rows of one that is not. With real runs of bench: npm run sweep:kills. */
import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { rowsIn } from "../../../src/bench/sweep/folder.ts";
import { RandomStream } from "../../../src/formats/random.ts";
import { scratch } from "../../support/binary.ts";

const worker = path.resolve(import.meta.dirname, "../../support/sweep_worker.mjs");

/** Runs the worker, and kills it after a time. @returns whether it came to its end, and what it said */
function run(folder: string, killAfter?: number): Promise<{ readonly through: boolean; readonly said: string }> {
  const child = spawn(process.execPath, [worker, folder], { stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (said += text));
  const timer = killAfter === undefined ? undefined : setTimeout(() => child.kill("SIGKILL"), killAfter);
  return new Promise((resolve) => {
    child.on("close", (code) => {
      clearTimeout(timer);
      resolve({ through: code === 0, said });
    });
  });
}

/** What a folder holds, as far as it is not of a moment. */
const contentOf = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name }) =>
      rowsIn(path.join(folder, name)).map((row) => [name, row.seq_len, row.seed, row.pass_index].join(" ")),
    )
    .sort();

it("has no row less and none more, whenever it was killed", async () => {
  const undisturbed = path.join(scratch(), "grid");
  const start = performance.now();
  expect(await run(undisturbed)).toEqual({ through: true, said: "through\n" });
  const whole = performance.now() - start;
  expect(contentOf(undisturbed)).toHaveLength(36);

  let folder = path.join(scratch(), "grid");
  const random = new RandomStream(0, "kills");
  // Machines vary: one that comes to its end before it is killed has what it should, and the next is given less time.
  let [kills, span] = [0, whole];
  for (let attempt = 0; kills < 6 && attempt < 30; attempt++) {
    const { said } = await run(folder, 20 + (random.word(attempt) / 2 ** 32) * span);
    // It ended by itself or by the kill, which may fall behind its last word, and not by what an earlier one had left.
    expect(["", "through\n"]).toContain(said);
    if (said === "") kills++;
    else {
      expect(contentOf(folder)).toEqual(contentOf(undisturbed));
      folder = path.join(scratch(), "grid");
      span *= 0.7;
    }
  }
  expect(kills).toBe(6);
  expect(await run(folder)).toEqual({ through: true, said: "through\n" });
  expect(contentOf(folder)).toEqual(contentOf(undisturbed));
  expect(readdirSync(folder).sort()).toEqual(readdirSync(undisturbed).sort());
  expect(readdirSync(path.join(folder, ".making"))).toEqual([]);
  const lines = (at: string): number => readFileSync(path.join(at, "summary.csv"), "utf8").trimEnd().split("\n").length;
  expect([lines(folder), lines(undisturbed)]).toEqual([37, 37]);
}, 120_000);
