/** `bench --profile` on the adapter that there is. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { afterAll, expect, it } from "vitest";
import type { Runner } from "../../src/backends/backend.ts";
import type { BenchResult } from "../../src/bench/core/bench.ts";
import { readProfile } from "../../src/bench/core/profile.ts";
import type { BenchRow } from "../../src/bench/core/row.ts";
import { profileRow } from "../../src/cli/bench_profile.ts";
import { progress } from "../../src/cli/output.ts";
import { scratch } from "../support/binary.ts";
import { openTestBackend, testDevice } from "../support/device.ts";
import { af3gpu } from "../support/inside.ts";
import { benchRow } from "../support/public_values.ts";

const backend = openTestBackend();
afterAll(() => backend.dispose());
const { features } = await backend.device();
const timed = features.has("timestamp-query");

it("tells where a trunk's time goes, in runs that no row counts", async ({ skip }) => {
  if (!timed) skip("this adapter has no timestamps; another --device may");
  const cwd = scratch();
  const args = ["bench", "--engine", "ligo", "--seq-len", "8", "--passes", "1", "--warmup", "1", "--recycles", "2"];
  const { code, stdout } = await af3gpu([...args, "--profile", "--device", testDevice], { cwd });
  expect(code).toBe(0);
  const [stamp] = readdirSync(path.join(cwd, "results"));
  const folder = path.join(cwd, "results", stamp);
  const read = (name: string): string => readFileSync(path.join(folder, name), "utf8");
  const [row, ...more] = read("ligo.jsonl")
    .trimEnd()
    .split("\n")
    .map((line): BenchRow => JSON.parse(line));
  expect(more).toEqual([]);
  const name = "ligo trunk webgpu tiny N=8 recycles 2";
  const file = `profile/${name.replaceAll(" ", "-")}`;
  const profile = readProfile(JSON.parse(read(`${file}.json`)), "the profile");
  expect(profile).toMatchObject({ name, passes_gpu_ms: row.gpu_ms });
  // The plan's own work, section by section as often as they run: three cycles, since the first is no recycle.
  const flops = profile.layers.reduce((sum, one) => sum + one.flops, 0);
  expect(flops / (row.flops ?? 0)).toBeCloseTo(1, 6);
  expect(profile.sections.find((section) => section.name === "cycle")?.runs).toBe(3);
  expect(stdout).toMatch(/each\s+in\s+a\s+pass\s+of\s+its\s+own/);
  expect(stdout).toMatch(/^layer .*\bms +share\b/m);
  expect(stdout).toMatch(/^kernel .*\bms +share\b/m);
  expect(JSON.parse(read(`${file}.trace.json`)).traceEvents.length).toBeGreaterThan(profile.dispatches.length);
  expect(read(`${file}.svg`)).toMatch(/^<svg /);
});

it("says in one sentence why a row has none", async () => {
  const result = { outcome: "timed", rows: [benchRow], workload: {} } as unknown as BenchResult;
  const folder = scratch();
  const none = async (runner: Partial<Runner> & { readonly profile?: () => Promise<undefined> }) =>
    profileRow(result, runner as Runner, backend, undefined, folder, progress());
  expect(await none({})).toMatchObject({ none: "no profile for this backend" });
  expect(await none({ profile: async () => undefined })).toMatchObject({
    none: expect.stringContaining("no timestamps"),
  });
  const broken = async () => Promise.reject(new Error("the device is lost"));
  expect(await none({ profile: broken })).toMatchObject({ none: "the device is lost" });
  expect(existsSync(path.join(folder, "profile"))).toBe(false);
});
