/**
 * What the page is doing: a machine without a document, and what each of its states is called.
 *
 *     looking ──found──▶ ready ──run──▶ running ──stop──▶ stopping ──▶ stopped
 *        │                 ▲               ├──▶ done                      │
 *        ├──▶ blocked      └── … run ◀─────┼──▶ failed                    └─ run ─▶ running
 *        └──▶ failed                       └──▶ blocked
 *
 * Where WebGPU cannot be used nothing runs: `blocked` is left by looking again only.
 */
import type { Phase } from "../shared/phases.ts";
import type { Failure, FailureKind } from "../shared/protocol.ts";
import type { Verdict } from "../shared/verdict.ts";

/** What is asked of the worker. */
export type Work = "run" | "oppose";

export type PageState =
  | { readonly at: "looking" }
  | { readonly at: "ready" }
  | { readonly at: "blocked"; readonly failure: Failure }
  | { readonly at: "running"; readonly work: Work; readonly phase?: Phase; readonly finished?: boolean }
  | { readonly at: "stopping"; readonly work: Work; readonly finished?: boolean }
  | { readonly at: "done"; readonly work: Work; readonly verdict?: Verdict }
  | { readonly at: "stopped"; readonly work: Work; readonly finished: boolean; readonly killed: boolean }
  | { readonly at: "failed"; readonly work: Work | "look"; readonly failure: Failure; readonly finished: boolean };

export type PageEvent =
  | { readonly kind: "look" }
  | { readonly kind: "found" }
  | { readonly kind: "start"; readonly work: Work }
  | { readonly kind: "phase"; readonly phase: Phase }
  /** A part of the result has come. */
  | { readonly kind: "part" }
  | { readonly kind: "stop" }
  | { readonly kind: "done"; readonly verdict: Verdict | undefined }
  | { readonly kind: "stopped"; readonly killed: boolean }
  | { readonly kind: "failed"; readonly failure: Failure };

/** Kinds of failures after which nothing can run, whatever is chosen. */
const BLOCKING: ReadonlySet<FailureKind> = new Set([
  "no-webgpu",
  "insecure",
  "no-worker-webgpu",
  "no-adapter",
  "limits",
]);

/** The next state; an event that makes no sense where the page is changes nothing. */
export function next(state: PageState, event: PageEvent): PageState {
  const busy = state.at === "running" || state.at === "stopping" ? state : undefined;
  switch (event.kind) {
    case "look":
      return busy ?? { at: "looking" };
    case "found":
      return state.at === "looking" ? { at: "ready" } : state;
    case "start":
      return busy || state.at === "blocked" ? state : { at: "running", work: event.work };
    case "phase":
      return state.at === "running" ? { ...state, phase: event.phase } : state;
    case "part":
      return busy ? { ...busy, finished: true } : state;
    case "stop":
      return state.at === "running" ? { at: "stopping", work: state.work, finished: state.finished === true } : state;
    case "done":
      if (!busy) return state.at === "looking" ? { at: "ready" } : state;
      return { at: "done", work: busy.work, ...(event.verdict && { verdict: event.verdict }) };
    case "stopped":
      if (!busy) return state;
      return { at: "stopped", work: busy.work, finished: busy.finished === true, killed: event.killed };
    case "failed":
      if (BLOCKING.has(event.failure.kind)) return { at: "blocked", failure: event.failure };
      if (!busy && state.at !== "looking") return state;
      return {
        at: "failed",
        work: busy ? busy.work : "look",
        failure: event.failure,
        finished: busy?.finished === true,
      };
  }
}

/** What scripts read: docs/demo.md. */
export function stateName({ at }: PageState): "idle" | "running" | "done" | "error" {
  if (at === "running" || at === "stopping") return "running";
  if (at === "failed" || at === "blocked") return "error";
  return at === "done" ? "done" : "idle";
}

/** Whether a run may be started. */
export const canRun = ({ at }: PageState): boolean => at !== "running" && at !== "stopping" && at !== "blocked";

const phases: Readonly<Record<Phase, string>> = {
  compile: "Compiling shaders…",
  first: "First run…",
  check: "Checking the numbers…",
  passes: "Timing…",
  steps: "Timing every step…",
  figures: "Drawing maps…",
};

const verdicts: Readonly<Record<Verdict, string>> = {
  right: "Done. The numbers are right.",
  wrong: "Done. The numbers are wrong, so there are no times.",
  unchecked: "Done, but the numbers could not be checked.",
};

/** The one sentence that is shown and read out. @param title what the failure's message is headed, without a full stop */
export function statusOf(state: PageState, title: (failure: Failure) => string): string {
  switch (state.at) {
    case "looking":
      return "Looking for a GPU…";
    case "ready":
      return "Ready.";
    case "blocked":
      return `Nothing can run here: ${lowerFirst(title(state.failure))}.`;
    case "running":
      if (state.work === "oppose") return "Comparing…";
      return state.phase ? phases[state.phase] : "Starting…";
    case "stopping":
      return "Stopping…";
    case "done":
      if (state.work === "oppose") return "Done. The comparison is below.";
      return state.verdict ? verdicts[state.verdict] : "Done.";
    case "stopped": {
      const rest = state.finished ? "What was finished is below." : "Nothing was finished.";
      const killed = " It did not answer in time, so it was ended; the next run starts afresh.";
      return `Stopped. ${rest}${state.killed ? killed : ""}`;
    }
    case "failed":
      return `${title(state.failure)}.${state.finished ? " What was finished before is below." : ""}`;
  }
}

/** "This browser …" within a sentence; abbreviations stay. */
const lowerFirst = (text: string): string => (/^[A-Z][a-z]/.test(text) ? text[0].toLowerCase() + text.slice(1) : text);
