/** The states of the demo's page: which follow which, and what each is called. */
import { describe, expect, it } from "vitest";
import { canRun, next, type PageEvent, type PageState, stateName, statusOf } from "../../demo/src/page/state.ts";
import type { Failure, FailureKind } from "../../demo/src/shared/protocol.ts";

const failure = (kind: FailureKind): Failure => ({ kind, detail: "" });
const title = ({ kind }: Failure): string => (kind === "no-webgpu" ? "This browser has no WebGPU" : "The GPU was lost");
const following = (...events: readonly PageEvent[]): PageState => events.reduce(next, { at: "looking" } as PageState);
const said = (...events: readonly PageEvent[]): string => statusOf(following(...events), title);

const found = { kind: "found" } as const;
const run = { kind: "start", work: "run" } as const;
const oppose = { kind: "start", work: "oppose" } as const;
const stop = { kind: "stop" } as const;
const part = { kind: "part" } as const;
const stopped = { kind: "stopped", killed: false } as const;
const done = { kind: "done", verdict: "right" } as const;
const lost = { kind: "failed", failure: failure("lost") } as const;
const without = { kind: "failed", failure: failure("no-webgpu") } as const;
const events: readonly PageEvent[] = [
  found,
  run,
  oppose,
  stop,
  part,
  stopped,
  done,
  lost,
  { kind: "phase", phase: "check" },
];

describe("the page's states", () => {
  it.each([
    ["Looking for a GPU…", []],
    ["Ready.", [found]],
    ["Starting…", [run]],
    ["Checking the numbers…", [run, { kind: "phase", phase: "check" }]],
    ["Comparing…", [found, oppose]],
    ["Stopping…", [run, stop]],
    ["Stopped. Nothing was finished.", [run, stop, stopped]],
    ["Stopped. What was finished is below.", [run, part, stop, stopped]],
    ["Stopped. What was finished is below.", [run, stop, part, stopped]],
    [
      /^Stopped\. Nothing was finished\. It did not answer in time, so it was ended/,
      [run, stop, { kind: "stopped", killed: true }],
    ],
    ["Done. The numbers are right.", [run, part, done]],
    ["Done. The numbers are right.", [run, stop, done]], // it ended before it heard of Stop
    ["Done. The numbers are wrong, so there are no times.", [run, { kind: "done", verdict: "wrong" }]],
    ["Done, but the numbers could not be checked.", [run, { kind: "done", verdict: "unchecked" }]],
    ["Done. The comparison is below.", [found, oppose, part, done]],
    ["The GPU was lost.", [run, lost]],
    ["The GPU was lost. What was finished before is below.", [run, part, lost]],
    ["Starting…", [run, part, lost, run]],
    ["Nothing can run here: this browser has no WebGPU.", [without]],
  ] as const satisfies readonly (readonly [string | RegExp, readonly PageEvent[]])[])("%s", (text, all) => {
    expect(said(...all)).toEqual(typeof text === "string" ? text : expect.stringMatching(text));
  });

  it("without WebGPU nothing runs, whatever happens, until one looks again", () => {
    for (const one of events)
      for (const other of events) {
        const state = following(without, one, other);
        expect(state).toEqual({ at: "blocked", failure: failure("no-webgpu") });
        expect([canRun(state), stateName(state)]).toEqual([false, "error"]);
      }
    expect(canRun(following(without, { kind: "look" }))).toBe(true);
  });

  it("one thing runs at a time, and ends once", () => {
    expect(canRun(following(run))).toBe(false);
    expect(following(run, oppose)).toMatchObject({ at: "running", work: "run" });
    expect(following(run, done, stopped)).toMatchObject({ at: "done" });
    expect(following(run, stop, stopped, done)).toMatchObject({ at: "stopped" });
    expect(following(run, stop, stopped, lost)).toMatchObject({ at: "stopped" });
    expect(following(found, stop, part)).toEqual({ at: "ready" });
  });

  it("a failure of looking is no failure of a run", () => {
    expect(following({ kind: "failed", failure: failure("script") })).toMatchObject({ at: "failed", work: "look" });
    expect(canRun(following({ kind: "failed", failure: failure("script") }))).toBe(true);
  });

  it("scripts see four states", () => {
    const names = [[], [found], [run], [run, stop], [run, stop, stopped], [run, done], [run, lost]].map((all) =>
      stateName(following(...all)),
    );
    expect(names).toEqual(["idle", "idle", "running", "running", "idle", "done", "error"]);
  });
});
