/** What the worker tells of its progress. */
import { describe, expect, it } from "vitest";
import { phaseAt } from "../../demo/src/shared/phases.ts";
import { Follower, loadingOf } from "../../demo/src/worker/follow.ts";
import { benchText } from "../../src/bench/core/progress.ts";

const steps = ["msa/block 0/transition/kernel", "pairformer/block 1/transition/kernel"].map((label) => ({ label }));
const workload = { engine: "ligo", component: "trunk", tokens: 8 };
const told = { workload, backend: { name: "webgpu", variant: "" } } as never as Parameters<Follower["progress"]>[0];

describe("progress", () => {
  it("of loading counts pipelines, and never goes back", () => {
    const all = [
      loadingOf(undefined),
      ...[0, 1, 40, 87].map((done) => loadingOf({ stage: "compiling", done, total: 87 })),
      ...[0, 512, 1024].map((done) => loadingOf({ stage: "uploading", done, total: 1024 })),
      loadingOf({ stage: "uploading", done: 0, total: 0 }),
    ];
    expect(all[3].doing).toBe("Compiling shaders: 40 of 87");
    const shares = all.map(({ share }) => share);
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
    expect(shares.slice(0, -2).map((share) => phaseAt(share).phase)).toEqual(Array(7).fill("compile"));
  });

  it("of passes follows what is done of each", () => {
    const follower = new Follower({ sections: [{ runs: 2, steps }] } as never, 2);
    expect(follower.blocks).toEqual(["msa/block 0", "pairformer/block 1"]);
    const at = (share: number) => ({ section: "", run: 1, step: 2, steps: 2, share, label: steps[1].label });
    const half = follower.progress({ ...told, phase: "pass", pass: 2, run: at(0.5) });
    expect(half).toMatchObject({ doing: "Pass 2 of 2: pairformer › block 1 › transition", block: 1 });
    expect(phaseAt(half?.share ?? 0)).toEqual({ phase: "passes", through: expect.closeTo(0.75) });
    expect(phaseAt(follower.progress({ ...told, phase: "first run", run: at(0.25) })?.share ?? 0)).toEqual({
      phase: "first",
      through: expect.closeTo(0.25),
    });
  });

  it("of two precisions in turns never goes back, and names each", () => {
    const turns = ["float32", "mixed precision"].map((name, at) => ({ at, of: 2, name }));
    const follower = new Follower({ sections: [{ runs: 1, steps }] } as never, 2);
    const at = (share: number) => ({ section: "", run: 1, step: 1, steps: 2, share, label: steps[0].label });
    const all = [
      ...turns.flatMap((turn) => [
        loadingOf(undefined, turn),
        ...[0, 5, 10].map((done) => loadingOf({ stage: "compiling", done, total: 10 }, turn)),
        loadingOf({ stage: "uploading", done: 4, total: 4 }, turn),
        ...[0, 1].map((share) => follower.progress({ ...told, phase: "first run", run: at(share) }, turn)),
      ]),
      ...[1, 2].flatMap((pass) =>
        turns.flatMap((turn) =>
          [0, 1].map((share) => follower.progress({ ...told, phase: "pass", pass, run: at(share) }, turn)),
        ),
      ),
    ];
    const shares = all.map((one) => one?.share ?? Number.NaN);
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
    const phases = shares.map((share) => phaseAt(share).phase);
    expect(phases.slice(0, 11)).toEqual(Array(11).fill("compile"));
    expect(phases.slice(11)).toEqual(["first", "first", "check", ...Array(7).fill("passes"), "steps"]);
    expect(all[2]?.doing).toBe("Compiling shaders: 5 of 10, float32");
    expect(all[12]?.doing).toBe("First run, mixed precision: msa › block 0 › transition");
    expect(all.at(-1)?.doing).toBe("Pass 2 of 2, mixed precision: msa › block 0 › transition");
  });

  it("of the command line counts pipelines, too", () => {
    const loading = { ...told, phase: "loading", load: { stage: "compiling", done: 3, total: 9 } } as const;
    expect(benchText(loading)).toBe("ligo trunk webgpu N=8: loading: compiling shaders, 3 of 9");
  });
});
