/**
 * A profile as a trace that Perfetto and Chrome open: the JSON of Chrome's trace-event format, complete events on the tracks of one
 * process. Dispatches stand one behind the other: gaps between passes are those of profiling, and tell nothing of a run.
 */
import type { ProfiledStep } from "../../backends/profile.ts";

interface TrackName {
  readonly name: "process_name" | "thread_name";
  readonly ph: "M";
  readonly pid: number;
  readonly tid: number;
  readonly args: { readonly name: string };
}

/** Lasts from `ts` for `dur` microseconds. */
interface TraceEvent {
  readonly name: string;
  readonly ph: "X";
  readonly pid: number;
  readonly tid: number;
  readonly cat: string;
  readonly ts: number;
  readonly dur: number;
  readonly args: Readonly<Record<string, string | number>>;
}

export interface Trace {
  readonly displayTimeUnit: "ms";
  readonly otherData: Readonly<Record<string, string | number>>;
  readonly traceEvents: readonly (TrackName | TraceEvent)[];
}

const PROCESS = 1;
const [LAYERS, KERNELS] = [1, 2];
/** Microseconds. Events that cross each other are dropped, so that all begin and end on a grid of what binary and decimal numbers both have. */
const GRID = 1 / 8;
/** More dispatches than a viewer likes: of sections that repeat, further runs stand for themselves as a whole. */
const MOST = 100_000;

/**
 * @param steps in order, with the times of each run of their section
 * @param about is kept with the trace; a note of its own takes the place of that on GPU time
 * @param most dispatches that stand for themselves, but for the first run of each section, which always does
 */
export function traceOf(
  name: string,
  steps: readonly ProfiledStep[],
  about: Readonly<Record<string, string | number>> = {},
  most = MOST,
): Trace {
  const events: { readonly event: TraceEvent; readonly depth: number }[] = [];
  let now = 0; // milliseconds
  let dispatches = 0;
  for (const section of new Set(steps.map((step) => step.section))) {
    const own = steps.filter((step) => step.section === section);
    const runs = own[0].times.length;
    for (let run = 0; run < runs; run++) {
      const begin = now;
      const whole = run > 0 && dispatches + own.length > most;
      const open: { readonly scope: string; readonly from: number }[] = [];
      const close = (depth: number): void => {
        for (const [at, { scope, from }] of open.splice(depth).entries())
          events.push({ event: lasting(scope, LAYERS, "layer", from, now), depth: depth + at + 1 });
      };
      for (const { label, kernel, variant, times, flops, bytes } of own) {
        if (!whole) {
          // A section's own scope is its event of this run.
          const scopes = label.split("/").slice(section !== "" && label.startsWith(`${section}/`) ? 1 : 0, -1);
          let same = 0;
          while (same < open.length && same < scopes.length && open[same].scope === scopes[same]) same++;
          close(same);
          for (const scope of scopes.slice(same)) open.push({ scope, from: now });
          const args = { label, variant, ms: times[run], flops, bytes };
          events.push({ event: lasting(kernel, KERNELS, "kernel", now, now + times[run], args), depth: 0 });
          dispatches++;
        }
        now += times[run];
      }
      close(0);
      const title = runs > 1 ? `${section} ${run + 1}` : section;
      if (section !== "") events.push({ event: lasting(title, LAYERS, "section", begin, now), depth: 0 });
    }
  }
  const note =
    "GPU time per dispatch, each in a pass of its own, one behind the other; gaps between passes are left out";
  // What holds others goes before them, also where it begins and ends with them.
  const order = events.sort((a, b) => a.event.ts - b.event.ts || b.event.dur - a.event.dur || a.depth - b.depth);
  const names = [named("process_name", 0, name), named("thread_name", LAYERS, "layers")];
  names.push(named("thread_name", KERNELS, "kernels"));
  return {
    displayTimeUnit: "ms",
    otherData: { note, ...about },
    traceEvents: [...names, ...order.map(({ event }) => event)],
  };
}

const named = (what: TrackName["name"], tid: number, name: string): TrackName => ({
  name: what,
  ph: "M",
  pid: PROCESS,
  tid,
  args: { name },
});

/** @param from and `to` in milliseconds */
function lasting(
  name: string,
  tid: number,
  cat: string,
  from: number,
  to: number,
  args: TraceEvent["args"] = {},
): TraceEvent {
  const on = (ms: number): number => Math.round((1000 * ms) / GRID) * GRID;
  return { name, ph: "X", pid: PROCESS, tid, cat, ts: on(from), dur: on(to) - on(from), args };
}
