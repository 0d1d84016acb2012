/** `npm run fuzz`: what it refuses, that damage is the same again, and that it goes on behind what hangs. */
import { spawnSync } from "node:child_process";
import path from "node:path";
import { expect, it } from "vitest";
import { damagedJson, damagedText, draws } from "../../scripts/fuzz/mutate.mjs";
import { run } from "../../scripts/fuzz/run.mjs";

const root = path.resolve(import.meta.dirname, "../..");

it.each([
  [["--kind", "jsno"], /^fuzz: there is no kind jsno; there are json, lists, fasta, /],
  [["--count", "0"], /^fuzz: --count should be a whole number from 1\n/],
  [["--number", "3"], /^fuzz: --number needs one --kind\n/],
  [["--sede", "3"], /^fuzz: Unknown option '--sede'/],
])("refuses %j", (args, message) => {
  const { status, stderr } = spawnSync(process.execPath, ["scripts/fuzz.mjs", ...args], {
    cwd: root,
    encoding: "utf8",
  });
  expect([status, stderr]).toEqual([2, expect.stringMatching(message)]);
});

it("damages the same way for the same name, and JSON so that it stays JSON", () => {
  const text = JSON.stringify({ a: [1, "two", { b: null }] });
  const made = Array.from({ length: 50 }, (_, at) => damagedText(text, draws(`${at}`)));
  expect(Array.from({ length: 50 }, (_, at) => damagedText(text, draws(`${at}`)))).toEqual(made);
  expect(new Set(made).size).toBeGreaterThan(30);
  for (let at = 0; at < 50; at++) JSON.parse(damagedJson(text, draws(`${at}`), (within) => `${within}x`));
});

it("tells what hangs and what takes all memory, and goes on behind it", async () => {
  const told: (readonly [number: number, wrong: string | undefined])[] = [];
  const range = { kind: "json", seed: 0, from: 0, to: 5, limit: 400 };
  const worker = new URL("../support/stuck_worker.mjs", import.meta.url);
  await run(range, ({ number, wrong }) => told.push([number, wrong]), worker);
  expect(told).toEqual([
    [1, "takes longer than 0.4 s"],
    [3, expect.stringMatching(/memory|takes longer/)],
  ]);
});
