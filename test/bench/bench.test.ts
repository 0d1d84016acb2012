/** The benchmark loop, with a backend that can be made slow, wrong or broken. */
import { describe, expect, it } from "vitest";
import { type BenchHooks, type BenchSettings, runBench } from "../../src/bench/core/bench.ts";
import { Judge } from "../../src/bench/core/judge.ts";
import { benchRule, exactly } from "../../src/bench/core/measure.ts";
import { benchText, progressText } from "../../src/bench/core/progress.ts";
import type { BenchRow } from "../../src/bench/core/row.ts";
import { processPeak } from "../../src/bench/environment.ts";
import { BadInputError, CancelledError, DeviceError } from "../../src/errors.ts";
import { nodeFiles } from "../../src/platform/node/files.ts";
import { type Fake, fakeBackend, toy } from "../support/fake_backend.ts";

const settings: BenchSettings = {
  stop: exactly(3),
  warmup: 2,
  cold: false,
  precision: "f32",
  notes: 'a, "b"',
  commit: "abc",
  machine: { cpu: "a CPU", processPeak },
};

async function bench(
  fake: Fake,
  lengths: readonly number[],
  given: Partial<BenchSettings> = {},
  more: Partial<BenchHooks> = {},
) {
  const { backend, events } = fakeBackend(fake);
  const rows: BenchRow[] = [];
  const workloads = await Promise.all(lengths.map(toy));
  const hooks = { row: (row: BenchRow) => void rows.push(row), ...more };
  const judge = new Judge(nodeFiles, []);
  const running = runBench([backend], workloads, judge, { ...settings, ...given }, hooks);
  return { events, rows, running };
}

describe("the loop", () => {
  it("checks and warms up before the passes, which alone are counted", async () => {
    const { events, rows, running } = await bench({}, [4]);
    expect((await running)[0].outcome).toBe("timed");
    expect(events).toEqual(["load 4", ...Array(5).fill("run 4"), "dispose 4"]);
    expect(rows.map(({ pass_index, elapsed_ms, exec_ms }) => [pass_index, elapsed_ms, exec_ms])).toEqual([
      [0, 102, 50],
      [1, 103, 50],
      [2, 104, 50],
    ]);
    expect(rows[0]).toMatchObject({
      ok: true,
      warmup: 2,
      warmup_ms: [100, 101],
      check: "reference",
      gpu_ms: null,
      software: true,
    });
    expect(rows[0].device).toBe("fake (software)");
  });

  it("ends once its time is up, after one pass at least, or once the median is certain", async () => {
    const { rows, running } = await bench({}, [4], { stop: benchRule(0) });
    expect((await running)[0].stopped).toBe("time");
    expect(rows).toHaveLength(1);
    const certain = await bench({}, [4], { stop: { ...benchRule(), minTime: 0 } });
    expect((await certain.running)[0].stopped).toBe("noise");
    expect(certain.rows).toHaveLength(5);
  });

  it("tells compiling from running: loading and what the first run took beyond the next, or beyond the first pass", async () => {
    const slowFirst = { times: [300, 101, 100, 100, 100] };
    const [warmed, alone] = [await bench(slowFirst, [4]), await bench(slowFirst, [4], { warmup: 1 })];
    await Promise.all([warmed.running, alone.running]);
    for (const [{ rows }, extra] of [
      [warmed, 199],
      [alone, 199],
    ] as const) {
      expect(rows[0].compile_ms).toBeGreaterThanOrEqual(extra);
      expect(rows[0].compile_ms).toBeLessThan(extra + 50);
      expect(new Set(rows.map(({ compile_ms }) => compile_ms)).size).toBe(1);
    }
  });

  it("throws a turn away during which conditions changed, and waits until they are right", async () => {
    let [changes, waited] = [0, 0];
    const conditions = {
      ready: async () => void waited++,
      get changes() {
        return changes;
      },
    };
    const fails = (): undefined => {
      if (waited === 2) changes++;
      return undefined;
    };
    const { rows, running } = await bench({ fails }, [4], {}, { conditions });
    await running;
    expect(rows.map(({ pass_index, elapsed_ms }) => [pass_index, elapsed_ms])).toEqual([
      [0, 102],
      [1, 104],
      [2, 105],
    ]);
    expect(waited).toBe(4);
  });

  it("ends when a row cannot be kept, and does not take that for a failure of the backend", async () => {
    const full = (): never => {
      throw new Error("the disk is full");
    };
    const { running, events } = await bench({}, [4, 8], {}, { row: full });
    await expect(running).rejects.toThrow("the disk is full");
    expect(events.filter((event) => event.startsWith("load"))).toEqual(["load 4"]);
    expect(events).toContain("dispose 4");
  });

  it("tells what it does and how long it will take", async () => {
    const told: string[] = [];
    const { running } = await bench({}, [4, 8], {}, { progress: (doing) => void told.push(benchText(doing)) });
    await running;
    expect(told[0]).toBe("ligo toy webgpu N=4: loading");
    expect(told).toContainEqual(
      expect.stringMatching(/^ligo toy webgpu N=4: pass 2 of 3, the last took 102\.0 ms; about \d+ s left$/),
    );
    expect(told.at(-1)).toMatch(/^ligo toy webgpu N=8: pass 3 of 3/);
  });

  it("loads anew for each cold pass", async () => {
    const { events, rows, running } = await bench({}, [4], { cold: true, stop: exactly(2) });
    await running;
    expect(events.filter((event) => event === "load 4")).toHaveLength(3);
    expect(rows.map(({ warmup, compile_ms }) => [warmup, compile_ms !== null])).toEqual([
      [0, true],
      [0, true],
    ]);
  });

  it("gives a wrong workload no time", async () => {
    const { rows, running } = await bench({ off: 0.01 }, [4]);
    expect((await running)[0].outcome).toBe("wrong");
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({ ok: false, elapsed_ms: null, exec_ms: null });
    expect(rows[0].error).toMatch(/^wrong: y differs from double precision/);
  });

  it("refuses outputs that are not finite", async () => {
    const { rows, running } = await bench({ off: Number.NaN }, [4]);
    await running;
    expect(rows[0].error).toMatch(/^wrong: y holds NaN at \[0, 0\] \(\d+ of \d+ values are not finite\)$/);
  });

  it("turns a failure into a row and runs the rest, on a new device if the old one is lost", async () => {
    const lost = new DeviceError("lost", "the device was lost");
    const { events, rows, running } = await bench({ fails: (tokens) => (tokens === 4 ? lost : undefined) }, [4, 8]);
    expect((await running).map(({ outcome }) => outcome)).toEqual(["failed", "timed"]);
    expect(rows[0]).toMatchObject({ seq_len: 4, ok: false, error: "the device was lost", elapsed_ms: null });
    expect(rows.filter(({ seq_len }) => seq_len === 8)).toHaveLength(3);
    expect(events).toContain("release backend");
  });

  it("judges nothing where nothing answers: the row says why it failed, not that there was nothing to judge", async () => {
    const { backend } = fakeBackend({});
    const small = Object.assign(Object.create(backend), {
      load: () => Promise.reject(new BadInputError("N = 4 does not fit")),
    });
    const judge = { judge: () => Promise.reject(new Error("nobody to judge")) };
    const [result] = await runBench([small], [await toy(4)], judge, settings, { row: () => {} });
    expect(result).toMatchObject({ outcome: "failed", rows: [{ ok: false, error: "N = 4 does not fit" }] });
  });

  it("has a row that says so for what an engine does not have", async () => {
    const { backend, events } = fakeBackend({});
    const missing = { ...(await toy(4)), component: "template", missing: "ligo has no component template" };
    const rows: BenchRow[] = [];
    const hooks = { row: (row: BenchRow) => void rows.push(row) };
    const judge = new Judge(nodeFiles, []);
    const [result] = await runBench([backend], [missing], judge, settings, hooks);
    expect([result.outcome, events]).toEqual(["failed", []]);
    expect(rows).toMatchObject([{ component: "template", ok: false, error: missing.missing, elapsed_ms: null }]);
  });

  it("keeps measured memory beside the plan's, and tells a component's sections apart", async () => {
    const { rows, running } = await bench({}, [4]);
    await running;
    expect(rows[0]).toMatchObject({ weights_bytes: 10, activation_bytes: 25, device_peak_bytes: 35, sections: [] });
    expect(rows[0].process_peak_bytes).toBeGreaterThan(2 ** 20);
  });

  it("takes a backend's processes for ours, and is silent where they do not say what they had", async () => {
    // Of 1000 ms, all that a process of the backend's own did not have were others'.
    const machine = { cpu: "a CPU", othersLoad: () => (had: number) => 1 - had / 1000 };
    for (const [process, others] of [
      [{ had: 900 }, 0.1],
      [{ had: undefined }, null],
      [undefined, 1],
    ] as const) {
      const { rows, running } = await bench({ ...(process && { process }) }, [4], { machine });
      await running;
      expect(rows.map(({ others_cpu }) => others_cpu?.toFixed(3))).toEqual(Array(3).fill(others?.toFixed(3)));
    }
  });

  it("says in which section, run and block a long run is", () => {
    const done = {
      section: "trunk cycle",
      run: 2,
      step: 7,
      steps: 90,
      share: 0.5,
      label: "trunk cycle/msa/block 1/attention",
    };
    expect(progressText(done)).toBe("trunk cycle 2: msa/block 1/attention (7 of 90)");
    expect(progressText({ ...done, section: "", label: "block 1/attention" })).toBe("block 1/attention (7 of 90)");
  });

  it("stops when it is cancelled and keeps what is finished", async () => {
    const controller = new AbortController();
    const stopping = (): undefined => controller.abort() as undefined;
    const { rows, running } = await bench({ fails: stopping }, [4, 8], {}, { signal: controller.signal });
    await expect(running).rejects.toBeInstanceOf(CancelledError);
    expect(rows.every(({ seq_len, ok }) => seq_len === 4 && ok)).toBe(true);
    expect(rows.length).toBeGreaterThan(0);
  });
});
