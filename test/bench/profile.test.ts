/** Where time goes: sums by layer and kernel, the trace, the figure. */
import { describe, expect, it } from "vitest";
import { middleOf, profileOf, readProfile } from "../../src/bench/core/profile.ts";
import { profileFigure } from "../../src/bench/core/profile_figure.ts";
import { type Trace, traceOf } from "../../src/bench/core/profile_trace.ts";
import { BadInputError } from "../../src/errors.ts";
import { step, trunk } from "../support/profiled.ts";
import { benchRow, profile } from "../support/public_values.ts";

const measured = (runs: Parameters<typeof middleOf>[0], roofline?: { flops: number; bytes: number }) =>
  profileOf({ row: benchRow, passesMs: 10, runs, startTs: "2026-01-02T03:04:05.678Z", timerStepMs: 0.5, roofline });

describe("sums", () => {
  it("are by layer, over all blocks of a stack and all runs of a section", () => {
    const { layers, kernels, sections, total_ms } = measured([trunk]);
    expect(total_ms).toBe(11);
    expect(layers.map(({ layer, calls, ms }) => [layer, calls, ms])).toEqual([
      ["cycle/pair/attention", 4, 6],
      ["embedding", 1, 3],
      ["cycle/pair/transition", 4, 1.5],
      ["cycle", 2, 0.5],
    ]);
    expect(kernels.map(({ kernel, variant, calls }) => [kernel, variant, calls])).toEqual([
      ["attention", "lanes", 4],
      ["project", "lanes", 1],
      ["swiglu", "lanes", 4],
      ["add", "lanes", 2],
    ]);
    for (const groups of [layers, kernels]) {
      expect(groups.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1);
      expect(groups.reduce((sum, { ms }) => sum + ms, 0)).toBe(total_ms);
    }
    expect(sections).toEqual([
      { name: "embedding", runs: 1, ms: 3 },
      { name: "cycle", runs: 2, ms: 8 },
    ]);
  });

  it("say rates, and the share of a roofline that bounds each dispatch by its work or its traffic", () => {
    const [attention, embedding] = measured([trunk], { flops: 4e9, bytes: 1e6 }).layers;
    // Four dispatches of 4 MFLOP in 6 ms; at 4 GFLOP/s they need 1 ms each. 100 bytes at 1 MB/s need 0.1 ms of the 3 that they take.
    expect(attention).toMatchObject({ flops: 16e6, flops_per_second: 16e6 / 0.006, bytes_per_second: 400 / 0.006 });
    expect([attention.roofline_share, embedding.roofline_share]).toEqual([4 / 6, 0.1 / 3]);
    expect(measured([trunk]).layers[0].roofline_share).toBeNull();
    expect(measured([[step("a/add", [0])]]).layers[0]).toMatchObject({ share: 0, flops_per_second: null });
  });

  it("take the median of several runs, dispatch by dispatch", () => {
    const runs = [
      [1, 9],
      [2, 2],
      [3, 4],
    ].map((times) => [step("add", times)]);
    expect(middleOf(runs)).toMatchObject([{ times: [2, 4], ms: 6 }]);
    expect(measured(runs)).toMatchObject({ profiled_runs: 3, total_ms: 6, passes_gpu_ms: 10 });
  });

  it("are read back as they were written, and nothing else is", () => {
    expect(readProfile(JSON.parse(JSON.stringify(profile)), "p.json")).toEqual(profile);
    for (const [change, words] of [
      [{ schema: "af3-gpu-profile/0" }, "the schema"],
      [{ layers: [{ layer: "a" }] }, "layers should be a list"],
      [{ total_ms: "1" }, "total_ms should be a number"],
      [{ kernels: undefined }, "no kernels"],
    ] as const)
      expect(() => readProfile({ ...profile, ...change }, "p.json")).toThrow(
        expect.toSatisfy((error) => error instanceof BadInputError && error.message.includes(words)),
      );
  });
});

/** Events as Perfetto takes them: whole nanoseconds, cut off. */
const lasting = ({ traceEvents }: Trace) =>
  traceEvents.flatMap((event) =>
    event.ph === "X"
      ? [
          {
            ...event,
            begin: Math.trunc(event.ts * 1000),
            end: Math.trunc(event.ts * 1000) + Math.trunc(event.dur * 1000),
          },
        ]
      : [],
  );

describe("the trace", () => {
  it("has a track of layers and one of kernels, dispatches one behind the other", () => {
    const trace = traceOf("a trunk", trunk);
    const names = trace.traceEvents.filter(({ ph }) => ph === "M").map(({ name, tid, args }) => [name, tid, args.name]);
    expect(names).toEqual([
      ["process_name", 0, "a trunk"],
      ["thread_name", 1, "layers"],
      ["thread_name", 2, "kernels"],
    ]);
    const kernels = lasting(trace).filter(({ cat }) => cat === "kernel");
    expect(kernels).toHaveLength(1 + 2 * 5);
    expect(kernels[0].begin).toBe(0);
    for (const [at, { begin }] of kernels.entries()) if (at > 0) expect(begin).toBe(kernels[at - 1].end);
    expect(kernels.at(-1)?.end).toBe(11e6);
    const layers = lasting(trace).filter(({ cat }) => cat !== "kernel");
    expect(layers.map(({ name, dur }) => [name, dur]).slice(0, 5)).toEqual([
      ["embedding", 3000],
      ["cycle 1", 3875],
      ["pair", 3750],
      ["block 0", 1500],
      ["attention", 1000],
    ]);
  });

  it("has no events that cross each other, whatever the times: a viewer would drop them", () => {
    const steps = Array.from({ length: 300 }, (_, at) =>
      step(`s/block ${Math.floor(at / 7)}/layer ${Math.floor(at / 3) % 2}/k`, [1 / (at + 3), (at % 5) / 100_000], {
        section: "s",
      }),
    );
    const open: ReturnType<typeof lasting> = [];
    for (const event of lasting(traceOf("", steps)).filter(({ tid }) => tid === 1)) {
      while (open.length > 0 && (open.at(-1) as (typeof open)[0]).end <= event.begin) open.pop();
      const around = open.at(-1);
      if (around) expect(event.end).toBeLessThanOrEqual(around.end);
      open.push(event);
    }
  });

  it("keeps the rules of the format: what each phase must have, tracks with names, events in order", () => {
    const parsed = JSON.parse(JSON.stringify(traceOf("a trunk", trunk, { device: "a GPU" })));
    expect(Object.keys(parsed).sort()).toEqual(["displayTimeUnit", "otherData", "traceEvents"]);
    expect(["ms", "ns"]).toContain(parsed.displayTimeUnit);
    const named = new Set<string>();
    const last = new Map<string, number>();
    for (const { ph, pid, tid, name, cat, ts, dur, args } of parsed.traceEvents) {
      const track = `${pid} ${tid}`;
      expect([Number.isInteger(pid), Number.isInteger(tid), typeof name]).toEqual([true, true, "string"]);
      if (ph === "M") {
        expect([typeof args.name, ["process_name", "thread_name"].includes(name)]).toEqual(["string", true]);
        named.add(name === "process_name" ? String(pid) : track);
        continue;
      }
      expect([ph, name === "", typeof cat, Number.isFinite(ts), ts >= (last.get(track) ?? 0), dur >= 0]).toEqual([
        "X",
        false,
        "string",
        true,
        true,
        true,
      ]);
      expect([named.has(String(pid)), named.has(track)]).toEqual([true, true]);
      last.set(track, ts);
    }
    expect(last.size).toBe(2);
  });

  it("keeps runs of a section as a whole where there are too many dispatches", () => {
    const many = Array.from({ length: 60 }, () => step("s/k", [1, 1, 1], { section: "s" }));
    const events = lasting(traceOf("", many, {}, 100));
    expect(events.filter(({ cat }) => cat === "kernel")).toHaveLength(60);
    expect(events.filter(({ cat }) => cat === "section").map(({ dur }) => dur)).toEqual([60_000, 60_000, 60_000]);
  });
});

describe("the figure", () => {
  it("is as wide as the time: what is in a box is no wider than it", () => {
    const svg = profileFigure("a <trunk> & more", "note", trunk);
    expect(svg).toContain("a &lt;trunk&gt; &amp; more");
    const boxes = [...svg.matchAll(/<title>([^<]*)<\/title><rect[^>]* x="([\d.]+)" y="(\d+)" width="([\d.]+)"/g)];
    expect(boxes.map(([, title]) => title)).toContain(
      "cycle / pair / blocks / attention: 6.00 ms, 54.5 %, 4 dispatches",
    );
    const width = (start: string) => Number(boxes.find(([, title]) => title.startsWith(start))?.[4]);
    expect(width("cycle / pair / blocks / attention / attention") / width("all")).toBeCloseTo(6 / 11, 3);
    expect(width("embedding:") + width("cycle:")).toBeCloseTo(width("all"), 1);
    // Every element that is opened is closed.
    const open = [...svg.matchAll(/<(\/?)(\w+)[^>]*?(\/?)>/g)].reduce(
      (depth, [, end, , empty]) => depth + (end ? -1 : empty ? 0 : 1),
      0,
    );
    expect(open).toBe(0);
  });

  it("leaves out what nobody would see, and survives times of nothing", () => {
    const steps = [step("a/long", [1000]), step("a/short", [0.001])];
    expect(profileFigure("", "", steps)).not.toContain("short");
    expect(profileFigure("", "", [step("a/k", [0])])).not.toContain("NaN");
  });
});
