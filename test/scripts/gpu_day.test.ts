/** A day on a GPU machine, with stages and a clock that are made up, and with real processes that do nothing. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { Day, type Run } from "../../scripts/gpu_day/day.mjs";
import { processRun } from "../../scripts/gpu_day/process.mjs";
import { firstStages, type Stage } from "../../scripts/gpu_day/stages.mjs";
import { summaryOf } from "../../scripts/gpu_day/summary.mjs";
import { scratch } from "../support/binary.ts";

const root = path.resolve(import.meta.dirname, "../..");
const stage = (name: string, change: Partial<Stage> = {}): Stage => ({
  name,
  weight: 1,
  args: [name],
  output: "json",
  ...change,
});

interface Call {
  readonly command: readonly string[];
  readonly limit: number;
  readonly env: Readonly<Record<string, string>>;
}

/** A day whose processes end as `ends` says, by the name of the stage, and take as many seconds as it says. */
function fake(
  folder: string,
  ends: Readonly<Record<string, { code?: number; seconds?: number; absent?: boolean; prints?: string }>> = {},
  change: Partial<ConstructorParameters<typeof Day>[0]> = {},
) {
  const [calls, said]: [Call[], string[]] = [[], []];
  let clock = 0;
  const run: Run = async (command, { out, log, limit, env }) => {
    calls.push({ command, limit, env });
    const name = path.parse(log).name;
    const { code = 0, seconds = 1, absent = false, prints = "{}" } = ends[name] ?? {};
    const late = 1000 * seconds > limit;
    clock += Math.min(1000 * seconds, limit);
    writeFileSync(out, prints);
    writeFileSync(log, "a log\n");
    return { code: absent ? null : late ? 130 : code, late, last: `${name} said`, ...(absent && { absent }) };
  };
  const day = new Day({
    folder,
    settings: { device: "auto" },
    about: { version: "0" },
    minutes: 1,
    restart: false,
    af3gpu: ["af3-gpu"],
    run,
    now: () => clock,
    say: (line) => said.push(line),
    ...change,
  });
  return { day, calls, said };
}

const stateIn = (folder: string) => JSON.parse(readFileSync(path.join(folder, "gpu-day.json"), "utf8"));

describe("a day", () => {
  it("runs its stages in order, each with a part of what is left, and keeps what each did", async () => {
    const folder = path.join(scratch(), "made", "on the way");
    const { day, calls } = fake(folder, { a: { seconds: 10 } });
    await day.through([stage("a", { weight: 2 }), stage("b", { env: { X: "1" } })], 1);
    expect(calls).toEqual([
      { command: ["af3-gpu", "a"], limit: 30_000, env: {} },
      { command: ["af3-gpu", "b"], limit: 25_000, env: { X: "1" } },
    ]);
    const { schema, stages } = stateIn(folder);
    expect(schema).toBe("af3-gpu-day/1");
    expect(stages.a).toEqual({
      status: "done",
      command: ["af3-gpu", "a"],
      exit: 0,
      seconds: 10,
      files: ["a.json", "a.log"],
    });
    expect(readdirSync(folder).sort()).toEqual(["a.json", "a.log", "b.json", "b.log", "gpu-day.json"]);
  });

  it("goes on behind a stage that fails, has no program, or takes too long", async () => {
    const folder = scratch();
    const { day, said } = fake(folder, { wrong: { code: 1 }, none: { absent: true }, slow: { seconds: 1e6 } });
    await day.through([stage("wrong"), stage("none", { program: "nvidia-smi" }), stage("slow"), stage("last")]);
    const { stages } = stateIn(folder);
    expect(stages.wrong).toMatchObject({ status: "failed", exit: 1, reason: "wrong said" });
    expect(stages.none).toMatchObject({ status: "skipped", reason: "there is no nvidia-smi here", files: [] });
    expect(existsSync(path.join(folder, "none.log"))).toBe(false);
    expect(stages.slow).toMatchObject({ status: "out of time", exit: 130 });
    expect(stages.last).toMatchObject({ status: "done" });
    expect(said).toContain("wrong: failed after 1 s: wrong said");
  });

  it("goes on where an earlier start stopped, and tries again what failed", async () => {
    const folder = scratch();
    const stages = [stage("a"), stage("b"), stage("c"), stage("d", { skip: "there is none" })];
    const first = fake(folder, { b: { code: 3 }, c: { seconds: 1e6 } });
    await first.day.through(stages);
    const second = fake(folder);
    await second.day.through(stages);
    expect(second.calls.map(({ command }) => command[1])).toEqual(["b", "c"]);
    expect(second.said[0]).toBe("a: done by an earlier start");
    expect(Object.values(stateIn(folder).stages).map((one) => (one as { status: string }).status)).toEqual([
      "done",
      "done",
      "done",
      "skipped",
    ]);
    const third = fake(folder, {}, { restart: true });
    await third.day.through(stages);
    expect(third.calls).toHaveLength(3);
  });

  it("asks at every start what is here: opponents may have been installed meanwhile", async () => {
    const settings = { device: "auto", engines: ["ligo"], folder: "", quick: true };
    const asked = firstStages(settings);
    const folder = scratch();
    await fake(folder).day.through(asked);
    const second = fake(folder);
    await second.day.through(asked);
    expect(second.calls.map(({ command }) => command.slice(1, 3))).toEqual([["bench", "--list"]]);
  });

  it("runs a stage again during which it was ended", async () => {
    const folder = scratch();
    const never: Run = () => new Promise(() => {});
    void fake(folder, {}, { run: never }).day.through([stage("a")]);
    expect(stateIn(folder).stages.a.status).toBe("running");
    const { day, calls } = fake(folder);
    await day.through([stage("a")]);
    expect(calls).toHaveLength(1);
  });

  it("begins nothing without time, nor once it was stopped", async () => {
    const folder = scratch();
    const { day, calls } = fake(folder, { a: { seconds: 59 } });
    await day.through([stage("a", { least: 60 }), stage("b")]);
    expect(calls.map(({ limit }) => limit)).toEqual([60_000]);
    expect(stateIn(folder).stages.b).toMatchObject({ status: "out of time", seconds: 0 });
    day.stopped = true;
    await day.through([stage("c")]);
    expect(stateIn(folder).stages.c).toBeUndefined();
  });

  it("tells stages their time", async () => {
    const { day, calls } = fake(scratch());
    await day.through([stage("a", { rows: 3, args: ["--time", "{row}", "--minutes", "{minutes}"] })]);
    expect(calls[0].command).toEqual(["af3-gpu", "--time", "12.0", "--minutes", "0.75"]);
  });

  it.each([
    ["{", /is no JSON: --restart begins anew/],
    ["null", /is of no day that this version knows/],
    ['{"schema":"af3-gpu-day/1","settings":{"device":"cpu"},"stages":{}}', /holds a day with other options/],
  ])("refuses a folder whose state is %s, unless it begins anew", (text, words) => {
    const folder = scratch();
    writeFileSync(path.join(folder, "gpu-day.json"), text);
    expect(() => fake(folder)).toThrow(words);
    expect(() => fake(folder, {}, { restart: true })).not.toThrow();
  });

  it("refuses a folder that it cannot write to", () => {
    const file = path.join(scratch(), "file");
    writeFileSync(file, "");
    expect(() => fake(path.join(file, "folder"))).toThrow(/^cannot write to the folder/);
  });
});

it("a summary has what each stage did, times, and what to keep", async () => {
  const folder = scratch();
  const bench = [
    {
      engine: "x",
      component: "trunk",
      backend: "webgpu",
      variant: "",
      seq_len: 64,
      outcome: "timed",
      error: null,
      elapsed: { median: 12.3456 },
      exec_ms: 10,
      ratio: { median: 1, q25: 1, q75: 1 },
    },
    {
      engine: "x",
      component: "trunk",
      backend: "native",
      variant: "bf16",
      seq_len: 64,
      outcome: "failed",
      error: "no | memory",
      elapsed: null,
      exec_ms: null,
      ratio: null,
    },
  ];
  const { day } = fake(folder, {
    doctor: { prints: JSON.stringify({ adapter: { device: "llvmpipe", description: "Mesa", software: true } }) },
    bench: { prints: JSON.stringify(bench) },
    empty: { prints: "", code: 1 },
  });
  await day.through([stage("doctor"), stage("bench"), stage("empty")]);
  mkdirSync(path.join(folder, "bench", "2026"), { recursive: true });
  const text = summaryOf(day.state, folder, (name) => day.printed(name));
  expect(text).toContain("# A day on llvmpipe (Mesa), a CPU in a GPU's place");
  expect(text).toContain("2 of 3 stages are done");
  expect(text).toContain("| empty | failed | 1 | 1.0 | empty said |");
  expect(text).toContain("| bench | x | trunk | webgpu | 64 | 12.35 | 10.00 | 1.00 (1.00–1.00) |");
  expect(text).toContain("| bench | x | trunk | native:bf16 | 64 | failed: no \\| memory |  |  |");
  expect(text).toMatch(/- bench\/2026\/\n$/);
  expect(text).not.toContain("- empty.json");
  expect(text).not.toContain(".log");
});

it("names the adapter by the list of backends where doctor had no time", async () => {
  const folder = scratch();
  const list = [{ engine: "x", backend: "webgpu", variant: "", device: "llvmpipe (software)", ready: true }];
  const { day } = fake(folder, { backends: { prints: JSON.stringify(list) }, doctor: { prints: "", seconds: 1e6 } });
  await day.through([stage("backends"), stage("doctor")]);
  expect(summaryOf(day.state, folder, (name) => day.printed(name))).toMatch(/^# A day on llvmpipe \(software\)\n/);
});

describe("a process", () => {
  const run = async (script: string, limit = 20_000, program = process.execPath) => {
    const folder = scratch();
    const [out, log] = ["out", "log"].map((name) => path.join(folder, name));
    const ended = await processRun()([program, "-e", script], { out, log, limit, env: { GIVEN: "yes" } });
    return { ...ended, out: readFileSync(out, "utf8"), log: readFileSync(log, "utf8") };
  };

  it("leaves its output in files, and says its last line", async () => {
    const script = "console.log(process.env.GIVEN); console.error('one\\ntwo\\n'); process.exit(3)";
    expect(await run(script)).toEqual({ code: 3, late: false, last: "two", out: "yes\n", log: "one\ntwo\n\n" });
  });

  it("is asked to stop when its time is up", async () => {
    const script =
      "process.on('SIGINT', () => { console.log('kept'); process.exit(130) }); setInterval(() => {}, 1000)";
    expect(await run(script, 1500)).toMatchObject({ code: 130, late: true, out: "kept\n" });
  });

  it("may not be there", async () => {
    expect(await run("", 1000, path.join(scratch(), "nothing"))).toMatchObject({ absent: true, code: null });
  });
});

describe("the command", () => {
  it.each([
    [["--minutes", "0"], /^gpu-day: --minutes should be a number above 0, not "0"\n$/],
    [["--minutes", "soon"], /^gpu-day: --minutes should be a number above 0, not "soon"\n$/],
    [["--out", " "], /^gpu-day: --out is empty\n$/],
    [["--engine", "ligoo"], /^gpu-day: --engine should be .*, not "ligoo"\n$/],
    [["--fast"], /^gpu-day: Unknown option '--fast'/],
  ])("refuses %j", (args, words) => {
    const script = path.join(root, "scripts", "gpu_day.mjs");
    const { status, stderr, stdout } = spawnSync(process.execPath, [script, ...args], {
      cwd: scratch(),
      encoding: "utf8",
    });
    expect(stderr).toMatch(words);
    expect([status, stdout]).toEqual([2, ""]);
  });
});
