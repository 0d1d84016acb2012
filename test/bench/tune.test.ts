/** Tuning with a machine that is made up: what wins, what never does, and what ends it. */
import { describe, expect, it } from "vitest";
import { callOf } from "../../src/bench/kernel_inputs.ts";
import { type Job, jobsOf } from "../../src/bench/tune/jobs.ts";
import { type Racer, race } from "../../src/bench/tune/race.ts";
import { type Machine, tuneJob } from "../../src/bench/tune/tuner.ts";
import { CancelledError, DeviceError } from "../../src/errors.ts";
import { type Call, proposals } from "../../src/gpu/plan/variant.ts";
import { add } from "../../src/kernels/add.ts";
import { kernels } from "../../src/kernels/index.ts";
import { type Candidate, candidatesOf, candidateText, keyOf } from "../../src/kernels/tune/candidates.ts";
import { merged, ownRow, rowsOf } from "../../src/kernels/tune/own_rows.ts";
import { problemsOf } from "../../src/kernels/tune/problems.ts";
import { tuning } from "../../src/kernels/tune/table.ts";
import { target } from "../support/target.ts";

/** Times as given, over and over. */
function racer(...times: readonly number[]): Racer & { destroyed: boolean } {
  let next = 0;
  return {
    destroyed: false,
    time: async () => times[next++ % times.length],
    destroy() {
      this.destroyed = true;
    },
  };
}

const still = () => 0;

describe("a race", () => {
  const of = (holder: Racer, challenger: Racer) => race(holder, challenger, 1, undefined, still);

  it("is won by what is faster by more than the noise and the margin", async () => {
    expect(await of(racer(10), racer(9))).toMatchObject({ verdict: "faster", ratio: 0.9, rounds: 7, holder: 10 });
    expect(await of(racer(10), racer(9.9))).toMatchObject({ verdict: "even" });
    expect(await of(racer(10), racer(11))).toMatchObject({ verdict: "slower", rounds: 7 });
  });

  it("is not won by luck: samples that scatter more than they gain decide nothing", async () => {
    expect(await of(racer(10, 14, 8), racer(9, 12, 15, 7))).toMatchObject({ verdict: "even", rounds: 31 });
  });

  it("goes on while both drift alike", async () => {
    let heat = 1;
    const hotter = (): number => {
      heat *= 1.02;
      return heat;
    };
    const drifting = (base: number): Racer => ({ time: async () => base * hotter(), destroy() {} });
    expect((await of(drifting(10), drifting(8))).verdict).toBe("faster");
  });

  it("gives up at once on what takes three times as long", async () => {
    expect(await of(racer(10), racer(31))).toMatchObject({ verdict: "hopeless", rounds: 1 });
  });

  it("ends with the time", async () => {
    let now = 0;
    const result = await race(racer(10), racer(9.9), 1, undefined, () => (now += 1000));
    expect(result.rounds).toBeLessThan(10);
    expect(result.verdict).toBe("even");
  });

  it("stops when asked", async () => {
    await expect(race(racer(1), racer(1), 1, undefined, still, AbortSignal.abort())).rejects.toThrow(CancelledError);
  });
});

const call = { sizes: { x_rows: 96, C: 32, z_rows: 96, mask_rows: 0 }, scalars: { rows: 96 } };
const job: Job = { kernel: add, call, cost: { flops: 1, bytes: 1 }, runs: 1, share: 1, label: "a step" };
const candidates = candidatesOf(add, target, call);
const lanes = (candidate: Candidate): number => candidate.dims.LANES;

/** A machine on which a candidate takes as long as `times` says by its lanes. */
function machine(times: Readonly<Record<number, number | Error>>, change: Partial<Machine> = {}) {
  const made: (Racer & { destroyed: boolean })[] = [];
  const own: Machine = {
    now: still,
    async prepare(_, candidate) {
      const time = times[lanes(candidate)];
      if (time instanceof Error) throw time;
      made.push(racer(time));
      return made[made.length - 1];
    },
    repeats: async () => 1,
    check: async () => undefined,
    ...change,
  };
  return { own, made };
}

const options = { deadline: 1, prepareLimit: 1000 };
const verdicts = (tried: readonly { readonly candidate: string; readonly verdict: string }[]) =>
  Object.fromEntries(tried.map(({ candidate, verdict }) => [candidate, verdict]));

describe("tuning a call", () => {
  it("finds the fastest, and frees what it has made", async () => {
    const { own, made } = machine({ 64: 10, 32: 9, 128: 7, 256: 8 });
    const result = await tuneJob(job, candidates, own, options);
    expect(result.winner && lanes(result.winner)).toBe(128);
    expect(result.final?.ratio).toBeCloseTo(0.7);
    expect(verdicts(result.tried)).toEqual({
      "lanes, LANES 32": "faster",
      "lanes, LANES 128": "faster",
      "lanes, LANES 256": "slower",
    });
    expect(made.length).toBe(4);
    expect(made.every(({ destroyed }) => destroyed)).toBe(true);
  });

  it("leaves what runs now where nothing is faster", async () => {
    const result = await tuneJob(job, candidates, machine({ 64: 10, 32: 10, 128: 9.9, 256: 40 }).own, options);
    expect(result).toMatchObject({ winner: undefined, left: 0 });
    expect(verdicts(result.tried)["lanes, LANES 256"]).toBe("hopeless");
  });

  it("never lets wrong numbers win, however fast, and says what is wrong", async () => {
    const check = async (_: Job, candidate: Candidate) => (lanes(candidate) === 128 ? "y[3] is off" : undefined);
    const { own } = machine({ 64: 10, 32: 9, 128: 1, 256: 8 }, { check });
    const result = await tuneJob(job, candidates, own, options);
    expect(result.winner && lanes(result.winner)).toBe(256);
    expect(result.tried).toContainEqual(
      expect.objectContaining({ candidate: "lanes, LANES 128", verdict: "wrong", reason: "y[3] is off" }),
    );
  });

  it("goes on behind a candidate that fails, and past one that cannot be timed at all", async () => {
    const { own } = machine({ 64: 10, 32: new Error("it was not ready after 15 s\nsecond line"), 128: 8, 256: 10 });
    const result = await tuneJob(job, candidates, own, options);
    expect(result.winner && lanes(result.winner)).toBe(128);
    expect(result.tried[0]).toEqual({
      candidate: "lanes, LANES 32",
      verdict: "failed",
      reason: "it was not ready after 15 s",
    });
    const none = await tuneJob(job, candidates, machine({ 64: new Error("no memory") }).own, options);
    expect(none).toMatchObject({ problem: "no memory", winner: undefined, left: 3 });
  });

  it("ends when the device is lost or somebody asks", async () => {
    const lost = machine({ 64: 10, 32: new DeviceError("lost", "gone") });
    await expect(tuneJob(job, candidates, lost.own, options)).rejects.toThrow("gone");
    expect(lost.made[0].destroyed).toBe(true);
    const signal = AbortSignal.abort();
    await expect(tuneJob(job, candidates, machine({}).own, { ...options, signal })).rejects.toThrow(CancelledError);
  });

  it("begins no candidate behind the deadline, and keeps what has won until then", async () => {
    let now = 0;
    const { own } = machine({ 64: 10, 32: 8, 128: 1, 256: 1 }, { now: () => now });
    const prepare: Machine["prepare"] = (...call) => {
      now++;
      return own.prepare(...call);
    };
    const result = await tuneJob(job, candidates, { ...own, prepare }, { ...options, deadline: 2 });
    expect(result.left).toBe(2);
    expect(result.winner && lanes(result.winner)).toBe(32);
  });

  it("does not believe a winner that loses when it is raced once more", async () => {
    const { own } = machine({ 64: 10, 128: 20, 256: 20 });
    let samples = 0;
    const prepare: Machine["prepare"] = async (one, candidate, limit) =>
      lanes(candidate) === 32
        ? { time: async () => (samples++ < 7 ? 8 : 12), destroy() {} }
        : own.prepare(one, candidate, limit);
    const result = await tuneJob(job, candidates, { ...own, prepare }, options);
    expect(result).toMatchObject({ winner: undefined, final: { verdict: "slower" } });
  });
});

describe("candidates", () => {
  const software = { ...target, software: true, subgroupSize: 8, features: new Set(["subgroups"]) };

  it.each(kernels.map((kernel) => [kernel.name, kernel] as const))("of %s differ, run, and are few", (_, kernel) => {
    const own = callOf(kernel.cases[0]);
    for (const [on, most] of [
      [target, 24],
      [software, 6],
    ] as const) {
      const { incumbent, others } = candidatesOf(kernel, on, own);
      const keys = [incumbent, ...others].map(keyOf);
      expect(new Set(keys).size).toBe(keys.length);
      expect(others.length).toBeLessThanOrEqual(most);
      for (const { variant, dims: all } of others) expect(variant.refuses?.(on, all)).toBeUndefined();
      // What wins can be read back.
      const found = rowsOf([{ kernel, call: own, winner: others[0] }], {}, { kind: "measured", on: "x", see: "y" });
      for (const row of found) expect(ownRow(JSON.parse(JSON.stringify(row)), kernels, tuning)).toEqual(row);
    }
  });

  it("are named by what differs from the variant's own parameters", () => {
    expect(candidateText(candidates.incumbent)).toBe("lanes");
    expect(candidates.others.map(candidateText)).toContain("lanes, LANES 256");
  });
});

describe("rows", () => {
  const origin = { kind: "measured", on: "a GPU", see: "a test" } as const;
  const at = (x_rows: number, winner?: Candidate) => ({
    kernel: add,
    call: { ...call, sizes: { ...call.sizes, x_rows, z_rows: x_rows } },
    winner,
  });
  const [winner] = candidates.others;

  it("hold for frozen sizes alone, and for others within a factor of √2", () => {
    const [row] = rowsOf([at(100, winner)], { vendor: "amd" }, origin);
    expect(row).toMatchObject({
      kernel: "add",
      variant: "lanes",
      params: { LANES: lanes(winner) },
      adapter: { vendor: "amd" },
    });
    expect(row.sizes).toMatchObject({ C: [32, 32], x_rows: [71, 141], z_rows: [71, 141] });
    expect(problemsOf([row, ...tuning], kernels)).toEqual([]);
  });

  it("do not reach over a size at which something else was found", () => {
    const [row] = rowsOf([at(100, winner), at(120)], {}, origin);
    expect(row.sizes.x_rows).toEqual([100, 100]);
  });

  it("take the place of older ones about the same sizes", () => {
    const older = rowsOf([at(100, winner), at(1000, winner)], {}, origin);
    const found = [at(100)];
    expect(merged(older, found, rowsOf(found, {}, origin))).toEqual([older[1]]);
  });

  it("of calls with halves hold for them alone, go first, and replace none of float32", () => {
    const half = (x_rows: number, won?: Candidate) => {
      const { call: own, ...rest } = at(x_rows, won);
      return { ...rest, call: { ...own, dtypes: { x: "f16" } as const } };
    };
    const [float32, mixed] = rowsOf([at(100, winner), half(100, winner)], {}, origin);
    expect([float32.halves, mixed.halves]).toEqual([undefined, true]);
    expect(merged([float32], [half(100)], [mixed])).toEqual([mixed, float32]);
    expect(merged([mixed, float32], [half(100)], [])).toEqual([float32]);
    expect(merged([mixed, float32], [at(100)], [])).toEqual([mixed]);
    const on = { ...target, tuning: [mixed, ...tuning] };
    const chosen = (own: Call) => proposals(add, on, own).next().value?.row;
    expect(chosen(half(100).call)).toBe(mixed);
    expect(chosen(at(100).call)).not.toBe(mixed);
  });

  it.each([
    [null, "it is null"],
    [{ kernel: "ad" }, 'there is no kernel "ad"'],
    [{ variant: "fast" }, 'add has no variant "fast"'],
    [{ params: { LANES: 1e9 } }, "tune tries add as lanes with no such parameters"],
    [{ params: { LANES: null } }, "tune tries add as lanes with no such parameters"],
    [{ params: { LANES: "64" } }, "tune tries add as lanes with no such parameters"],
    [{ params: {} }, "tune tries add as lanes with no such parameters"],
    [{ params: { LANES: 64, MORE: 1 } }, "tune tries add as lanes with no such parameters"],
    [{ sizes: { C: [32] } }, "the sizes of add have no bounds"],
    [{ sizes: { C: [null, 3] } }, "the sizes of add have no bounds"],
    [{ sizes: { C: [4, 3] } }, "no C lies between 4 and 3"],
    [{ sizes: { Q: [1, 3] } }, /^there is no size Q/],
    [{ adapter: { vendor: 3 } }, 'its adapter is {"vendor":3}'],
    [{ adapter: { driver: "x" } }, 'its adapter is {"driver":"x"}'],
    [{ halves: "yes" }, 'halves is "yes"'],
    [{ origin: { kind: "judgement", because: "x" } }, "it does not say where it was measured"],
  ])("of a file that say %j are refused", (change, reason) => {
    const [row] = rowsOf([at(100, winner)], {}, origin);
    const said = ownRow(change === null ? null : { ...row, ...change }, kernels, tuning);
    if (typeof reason === "string") expect(said).toBe(reason);
    else expect(said).toMatch(reason);
  });
});

describe("jobs", () => {
  const jobs = jobsOf({ engines: ["ligo"], component: "full", preset: "tiny", seqLens: [16, 24] }, target);

  it("are the different calls of the plans, those that cost most first", () => {
    const shares = jobs.map(({ share }) => share);
    expect(shares).toEqual([...shares].sort((a, b) => b - a));
    expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1);
    const keys = jobs.map(({ kernel, call: own, cost }) => JSON.stringify([kernel.name, own.sizes, own.params, cost]));
    expect(new Set(keys).size).toBe(keys.length);
    const ns = jobs.filter(({ kernel }) => kernel.name === "triangle_combine").map(({ call: own }) => own.sizes.n);
    expect(new Set(ns)).toEqual(new Set([16, 24]));
  });

  it("count what the sampler repeats", () => {
    expect(Math.max(...jobs.map(({ runs }) => runs))).toBeGreaterThanOrEqual(19);
  });

  it("have calls that candidates can be made of", () => {
    for (const { kernel, call: own } of jobs) expect(() => candidatesOf(kernel, target, own)).not.toThrow();
  });
});
