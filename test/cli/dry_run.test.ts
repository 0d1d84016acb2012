/** What `predict --dry-run` prints of jobs that are planned. */
import { expect, it } from "vitest";
import { type Planned, plannedText } from "../../src/cli/predict/dry_run.ts";

const planned = (changes: Partial<Planned> = {}): Planned => ({
  name: "a",
  file: "a.json",
  state: "planned",
  tokens: 44,
  padded: 44,
  seeds: 2,
  samples: 5,
  side_by_side: 5,
  most_side_by_side: null,
  memory_bytes: 2 ** 20,
  seconds_at_least: 30,
  ...changes,
});
const cells = (...jobs: readonly Planned[]): string[][] =>
  plannedText(jobs, false)
    .split("\n")
    .map((line) => line.trim().split(/ {2,}/));

it("one number of tokens where nothing is padded, for a second would ask to be explained", () => {
  expect(cells(planned({ most_side_by_side: 7 }))).toEqual([
    ["job", "tokens", "seeds", "samples", "most side by side", "memory", "time at least"],
    ["a", "44", "2", "5", "7", "1 MiB", "about 30 s"],
  ]);
});

it("what tokens are padded to, where they are", () => {
  const [head, ...rows] = cells(planned({ padded: 128 }), planned({ name: "b", tokens: 128, padded: 128 }));
  expect(head.slice(0, 3)).toEqual(["job", "tokens", "padded to"]);
  expect(rows.map((row) => row.slice(0, 3))).toEqual([
    ["a", "44", "128"],
    ["b", "128", "128"],
  ]);
  expect(rows[0][5]).toBe("64+");
});
