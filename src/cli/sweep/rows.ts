/** The rows that a case is to have: of one whose process did not come to its end, there is nothing else to say. */
import type { BackendStatus } from "../../backends/backend.ts";
import { emptyRow } from "../../bench/core/contender.ts";
import type { BenchRow } from "../../bench/core/row.ts";
import { commitOf, cpuBrand, type GitState } from "../../bench/environment.ts";
import { argumentsOf, type SweepCase } from "../../bench/sweep/grid.ts";
import { inPrecisions, webgpuChoice } from "../backends.ts";
import { namedWorkloads } from "../bench_workloads.ts";
import { benchOptionsOf } from "./options.ts";

const UNKNOWN: BackendStatus = { ready: false, reason: "", fix: "" };

/** Blank rows of everything that a case measures. @throws {BadInputError} if bench would refuse its options */
export function rowsToBe(one: SweepCase, git: GitState | undefined): BenchRow[] {
  const options = benchOptionsOf(argumentsOf(one));
  const settings = { precision: "f32", notes: options.notes, commit: commitOf(git), machine: { cpu: cpuBrand() } };
  return namedWorkloads(options).flatMap((workload) =>
    inPrecisions(options.backend ?? [webgpuChoice], options).map((backend) => {
      const row = emptyRow(backend, workload, settings, UNKNOWN);
      return { ...row, settings: options.threads === undefined ? {} : { threads: options.threads } };
    }),
  );
}
