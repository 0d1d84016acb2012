/** How far a benchmark is, as data and in words. */
import { type Backend, backendText, type LoadProgress, type RunProgress } from "../../backends/backend.ts";
import { givenNumber, givenParts } from "../../formats/given.ts";
import type { BenchRow } from "./row.ts";
import type { WorkloadNames } from "./workload.ts";

export type Phase = "loading" | "first run" | "checking" | "warming up" | "pass";

/** What is being done. */
export interface BenchProgress {
  readonly workload: WorkloadNames;
  readonly backend: Backend;
  readonly phase: Phase;
  /** Of a pass, counted from 1, and of how many if that is known. */
  readonly pass?: number;
  readonly of?: number;
  /** How far loading is, where the backend tells. */
  readonly load?: LoadProgress;
  /** Where in the run it is. */
  readonly run?: RunProgress;
  /** The pass before. */
  readonly last?: BenchRow;
  /** Milliseconds until the whole benchmark is through, if there is telling. */
  readonly left?: number;
}

/** A workload on a backend, for people. */
export const nameOfRow = (
  { engine, component, tokens }: Pick<WorkloadNames, "engine" | "component" | "tokens">,
  backend: Pick<Backend, "name" | "variant">,
): string => `${engine} ${component} ${backendText(backend)} N=${tokens}`;

/** What is being done, in a line. */
export function benchText(doing: BenchProgress): string {
  givenParts("the progress", "what runBench tells", doing, { workload: "object", backend: "object", phase: "string" });
  givenParts("the workload", "one of runBench's", doing.workload, {
    engine: "string",
    component: "string",
    tokens: "number",
  });
  givenParts("the backend", "one of runBench's", doing.backend, { name: "string", variant: "string" });
  const { workload, backend, phase, pass, of, load, run, last, left } = doing;
  const counted = pass === undefined ? phase : `pass ${pass}${of === undefined ? "" : ` of ${of}`}`;
  const before = last?.elapsed_ms == null ? "" : `, the last took ${last.elapsed_ms.toFixed(1)} ms`;
  const inside = run ? `: ${progressText(run)}` : load ? `: ${loadText(load)}` : "";
  const ahead = left === undefined ? "" : `; ${leftText(left)} left`;
  return `${nameOfRow(workload, backend)}: ${counted}${before}${inside}${ahead}`;
}

/** How far a load is, for people: pipelines are counted, bytes are not what anybody waits for. */
export const loadText = ({ stage, done, total }: LoadProgress): string =>
  stage === "compiling" ? `compiling shaders, ${done} of ${total}` : "uploading weights";

/** A time ahead, in words that do not pretend to know better. @param ms milliseconds */
export function leftText(ms: number): string {
  givenNumber("the time left", ms, 0);
  const seconds = Math.max(1, Math.round(ms / 1000));
  if (seconds < 90) return `about ${seconds} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `about ${minutes} min` : `about ${(minutes / 60).toFixed(1)} h`;
}

/** Where a run is, for people: which recycle or step of the sampler, and in it which block and layer. */
export function progressText(progress: RunProgress): string {
  const parts = { section: "string", run: "number", step: "number", steps: "number", label: "string" } as const;
  givenParts("the progress", "what a run tells", progress, parts);
  const { section, run, step, steps, label } = progress;
  const inside = section !== "" && label.startsWith(`${section}/`) ? label.slice(section.length + 1) : label;
  return `${section === "" ? "" : `${section} ${run}: `}${inside} (${step} of ${steps})`;
}
