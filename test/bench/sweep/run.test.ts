/** Running cases and going on: what is kept of cases that end well, badly, or not at all. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { measuredIn } from "../../../src/bench/result_files.ts";
import { SweepFolder } from "../../../src/bench/sweep/folder.ts";
import { casesOf, type SweepCase } from "../../../src/bench/sweep/grid.ts";
import { type CaseEnd, type CaseRecord, caseEndOf } from "../../../src/bench/sweep/record.ts";
import { type CaseWork, groupsOf, runCases, searchIn } from "../../../src/bench/sweep/run.ts";
import { CancelledError } from "../../../src/errors.ts";
import type { ProcessEnd } from "../../../src/platform/node/limited_process.ts";
import { scratch } from "../../support/binary.ts";
import { axis, done, passes, rowOf, writeRows } from "../../support/sweeps.ts";

const axes = [axis("seq-len", ["64", "128"]), axis("seed", ["0", "1"])];
const cases = casesOf(axes, [], "a test");
const once = { failed: false };

const open = (): Promise<SweepFolder> => SweepFolder.open(path.join(scratch(), "grid"), {});

/** Cases that end well, but for those that a test has another end for. @returns the work and the keys that ran */
function working(ends: ReadonlyMap<string, Partial<CaseEnd>> = new Map()): { work: CaseWork; began: string[] } {
  const began: string[] = [];
  return {
    began,
    work: {
      run: async (one, folder) => {
        began.push(one.key);
        const end = ends.get(one.key);
        const results = end?.outcome === "refused" ? undefined : writeRows(folder, passes(one, end ? 1 : 3));
        return { ...done, ...end, results };
      },
      rowsOf: (one) => [rowOf(one, { device: "nobody knows" }), rowOf(one, { backend: "native", device: "" })],
    },
  };
}

async function run(folder: SweepFolder, work: CaseWork, again = once): Promise<[SweepCase, CaseRecord, boolean][]> {
  const told: [SweepCase, CaseRecord, boolean][] = [];
  await runCases(cases, folder, work, again, { finished: (...one) => told.push(one) });
  return told;
}

describe("cases", () => {
  it("whose folder is removed while they run end the sweep in one sentence", async () => {
    const folder = await open();
    const work: CaseWork = {
      ...working().work,
      run: async () => {
        rmSync(folder.folder, { recursive: true });
        return { ...done, outcome: "refused", error: "cannot write results", results: undefined };
      },
    };
    await expect(run(folder, work)).rejects.toThrow(
      `${folder.folder} was removed, or what is made in it, while the sweep ran: nothing can be kept there`,
    );
    await expect(run(folder, work)).rejects.toThrow(/^cannot write results to .*grid: /);
  });

  it("run once: a second start finds them finished", async () => {
    const folder = await open();
    const { work, began } = working();
    expect((await run(folder, work)).map(([, { rows, failed }, before]) => [rows, failed, before])).toEqual(
      Array(4).fill([3, 0, false]),
    );
    expect((await run(folder, work)).every(([, , before]) => before)).toBe(true);
    expect(began).toEqual(cases.map(({ key }) => key));
    expect(folder.rows(cases[0].key).map(({ seq_len, pass_index }) => [seq_len, pass_index])).toEqual([
      [64, 0],
      [64, 1],
      [64, 2],
    ]);
    expect(readdirSync(path.join(folder.folder, ".making"))).toEqual([]);
  });

  it.each(["timeout", "out of memory", "crash", "refused", "killed"] as const)(
    "that end with %s are rows of everything that they were to measure, without a time",
    async (outcome) => {
      const folder = await open();
      const [bad] = cases;
      await run(folder, working(new Map([[bad.key, { outcome, error: `${outcome}: so it was` }]])).work);
      const rows = folder.rows(bad.key);
      expect(rows.map(({ ok, error, backend, elapsed_ms }) => [ok, error, backend, elapsed_ms])).toEqual([
        [false, `${outcome}: so it was`, "webgpu", null],
        [false, `${outcome}: so it was`, "native", null],
      ]);
      // What is known of the device is that of the passes that it did have.
      expect(rows.map(({ device }) => device)).toEqual([outcome === "refused" ? "nobody knows" : "a GPU", ""]);
      const csv = readFileSync(path.join(folder.folder, bad.key, "summary.csv"), "utf8");
      expect(csv.trimEnd().split("\n")).toHaveLength(3);
      const measured = await measuredIn(folder.folder);
      expect(measured.filter(({ error }) => error === `${outcome}: so it was`)).toHaveLength(2);
      expect(measured).toHaveLength(5);
    },
  );

  it("that failed run again when that is asked for, those that were killed in any case", async () => {
    const folder = await open();
    const [slow, killed] = cases;
    const ends = new Map([
      [slow.key, { outcome: "timeout", error: "timeout" } as const],
      [killed.key, { outcome: "killed", error: "killed" } as const],
    ]);
    await run(folder, working(ends).work);
    const second = working();
    await run(folder, second.work);
    expect(second.began).toEqual([killed.key]);
    const third = working();
    await run(folder, third.work, { failed: true });
    expect(third.began).toEqual([slow.key]);
    expect(folder.rows(slow.key).every(({ ok }) => ok)).toBe(true);
    expect(readdirSync(path.join(folder.folder, ".making"))).toEqual([]);
  });

  it("that are stopped leave nothing, and those before them are kept", async () => {
    const folder = await open();
    const { work } = working();
    const stopping: CaseWork = {
      ...work,
      run: async (one, at) => {
        if (one === cases[2]) {
          writeRows(at, passes(one, 1));
          throw new CancelledError();
        }
        return work.run(one, at);
      },
    };
    await expect(run(folder, stopping)).rejects.toThrow(CancelledError);
    expect(folder.keys().sort()).toEqual([cases[0].key, cases[1].key].sort());
    expect(readdirSync(path.join(folder.folder, ".making"))).toEqual([]);
  });

  it("are one table, in the order of the file", async () => {
    const folder = await open();
    await run(folder, working().work);
    await folder.writeSummary(cases.map(({ key }) => key));
    const lines = readFileSync(path.join(folder.folder, "summary.csv"), "utf8").trimEnd().split("\n");
    expect(lines).toHaveLength(1 + 12);
    expect(lines.slice(1).map((line) => line.split(",")[5])).toEqual(
      [..."AAAAAABBBBBB"].map((one) => (one === "A" ? "64" : "128")),
    );
  });
});

describe("a folder", () => {
  it("of something else is left alone", async () => {
    const folder = scratch();
    writeFileSync(path.join(folder, "notes.txt"), "mine");
    await expect(SweepFolder.open(folder, {})).rejects.toThrow(/holds something else than a sweep: name another place/);
    expect(readdirSync(folder)).toEqual(["notes.txt"]);
  });

  it("whose sweep was killed at its very beginning is gone on in", async () => {
    const folder = scratch();
    mkdirSync(path.join(folder, ".making"));
    writeFileSync(path.join(folder, "sweep.json.0123456789ab.tmp"), "{");
    const opened = await SweepFolder.open(folder, {});
    opened.lock()();
    expect(readdirSync(folder).sort()).toEqual([".making", "sweep.json"]);
  });

  it("may hold empty folders, as workflow engines make them for cases", async () => {
    const folder = scratch();
    mkdirSync(path.join(folder, cases[0].key));
    const opened = await SweepFolder.open(folder, {});
    await run(opened, working().work);
    expect(opened.rows(cases[0].key)).toHaveLength(3);
  });

  it("is one sweep's at a time, but single cases run beside each other", async () => {
    const folder = await open();
    const unlock = folder.lock();
    expect(() => folder.lock()).toThrow(/is in use by process \d+ on/);
    expect(() => folder.lockCase(cases[0].key)).toThrow(/is in use by process/);
    unlock();
    const [one, other] = [folder.lockCase(cases[0].key), folder.lockCase(cases[1].key)];
    expect(() => folder.lockCase(cases[0].key)).toThrow(/the case .* is in use by process/);
    expect(() => folder.lock()).toThrow(/the case .* is in use by process/);
    one();
    other();
    folder.lock()();
  });

  it("keeps what its own sweep says, whoever is refused meanwhile, and however often", async () => {
    const at = path.join(scratch(), "grid");
    const told = (): unknown => JSON.parse(readFileSync(path.join(at, "sweep.json"), "utf8"));
    const unlock = (await SweepFolder.open(at, { name: "first" })).lock();
    const second = await SweepFolder.open(at, { name: "second" });
    expect(() => second.lock()).toThrow(/is in use by process/);
    expect(() => second.lockCase(cases[0].key)).toThrow(/is in use by process/);
    expect(told()).toEqual({ name: "first" });
    unlock();
    second.lockCase(cases[0].key)();
    expect(told()).toEqual({ name: "second" });
    expect(readdirSync(at).sort()).toEqual([".making", "sweep.json"]);
  });

  it("says which file is damaged", async () => {
    const folder = await open();
    await run(folder, working().work);
    writeFileSync(path.join(folder.folder, cases[0].key, "case.json"), "{");
    expect(() => folder.record(cases[0].key)).toThrow(
      /case\.json is no JSON: remove its folder, and the case runs again/,
    );
    writeFileSync(path.join(folder.folder, cases[0].key, "case.json"), '{"schema": "another"}');
    expect(() => folder.record(cases[0].key)).toThrow(/is of no version that this one reads/);
  });
});

describe("the end of a process", () => {
  const end = (change: Partial<ProcessEnd>): ProcessEnd => ({
    code: 0,
    signal: null,
    ended: undefined,
    seconds: 1,
    peakBytes: 3e9,
    ...change,
  });
  const limits = { seconds: 60, memory: 2 * 2 ** 30 };

  it.each([
    [{ code: 0 }, true, "done", null],
    [{ code: 1 }, true, "done", null],
    [{ code: 3 }, true, "done", null],
    [{ code: 143, ended: "time" }, false, "timeout", "timeout: not done after 60 s (limits: seconds)"],
    [
      { code: 143, ended: "memory" },
      false,
      "out of memory",
      "out of memory: 2.794 GiB resident, limits: memory is 2 GiB",
    ],
    [{ code: 137 }, false, "killed", "killed: its process was ended by SIGKILL"],
    [{ code: null, signal: "SIGKILL" }, false, "killed", "killed: its process was ended by SIGKILL"],
    [{ code: 130 }, false, "killed", "killed: its process was ended by SIGINT"],
    [{ code: 139 }, false, "crash", "crash: what it said last"],
    [{ code: 1 }, false, "crash", "crash: what it said last"],
    [{ code: 2 }, false, "refused", "what it said last"],
    [{ code: 3 }, false, "refused", "what it said last"],
  ] as const)("%j", (change, complete, outcome, error) => {
    expect(caseEndOf(end(change), limits, complete, "af3-gpu: what it said last")).toMatchObject({ outcome, error });
  });
});

describe("the search of the largest N", () => {
  it("goes on from what has been tried, and waits for cases that were killed", async () => {
    const lengths = [axis("seq-len", ["64", "128"]), axis("seed", ["0", "1"])];
    const [group] = groupsOf(casesOf(lengths, [], "a test"));
    const folder = await open();
    expect(searchIn(group, lengths, folder)).toBeUndefined();
    const tooLong = (one: SweepCase): Partial<CaseEnd> =>
      Number(one.settings.get("seq-len")) > 200 ? { outcome: "timeout", error: "timeout" } : {};
    const tried: string[] = [];
    const only = async (list: readonly SweepCase[]): Promise<void> => {
      const ends = new Map(list.map((one) => [one.key, tooLong(one)] as const).filter(([, end]) => end.outcome));
      await runCases(list, folder, working(ends).work, once, {});
      tried.push(...list.map(({ settings }) => String(settings.get("seq-len"))));
    };
    await only(group);
    for (
      let search = searchIn(group, lengths, folder);
      search?.found.next !== undefined;
      search = searchIn(group, lengths, folder)
    )
      await only(search.probes.slice(-1));
    expect(tried).toEqual(["64", "128", "256", "192", "224", "208"]);
    expect(searchIn(group, lengths, folder)).toMatchObject({
      found: { largest: 192, fails: 208, next: undefined, options: { seed: "0" }, error: "timeout" },
    });
  });
});
