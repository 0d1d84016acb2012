/** `bench --profile`: where the GPU's time goes, timed dispatch by dispatch behind the passes. */
import type { Runner } from "../backends/backend.ts";
import type { ProfiledStep } from "../backends/profile.ts";
import type { WebGpuBackend, WebGpuRunner } from "../backends/webgpu.ts";
import type { BenchResult } from "../bench/core/bench.ts";
import {
  type Profile,
  type ProfileGroup,
  type ProfileKernel,
  type ProfileLayer,
  profileOf,
} from "../bench/core/profile.ts";
import type { Roofline } from "../bench/core/roofline.ts";
import { nameOfWorkload } from "../bench/core/row_name.ts";
import { median } from "../bench/core/stats.ts";
import type { Workload } from "../bench/core/workload.ts";
import { type ProfileFiles, writeProfile } from "../bench/profile_files.ts";
import { measureTimerStep } from "../bench/timer.ts";
import { CancelledError, messageOf } from "../errors.ts";
import { stop } from "./context.ts";
import { type Column, listing, outputWidth, wrapped } from "./listing.ts";
import { milliseconds, type Progress, rate } from "./output.ts";

/** Runs with a pass for each dispatch; fewer where they take long. */
const RUNS = 5;
const PATIENCE = 5000;

/** A runner that can tell its dispatches apart. */
type Profiler = Pick<WebGpuRunner, "profile">;

/** What became of a row's profile. */
export type Profiled = { readonly name: string } & (
  | { readonly profile: Profile; readonly files: ProfileFiles }
  | { readonly none: string }
);

const NO_TIMESTAMPS = "the adapter has no timestamps (timestamp-query): there is no telling dispatches apart";
const NO_PROFILE = "no profile for this backend";

/**
 * Profiles what a row has loaded, and keeps it in the result folder. Such runs are extra: no pass, and no row of theirs.
 * @param backend our own, whose timer it is
 * @returns undefined for rows without times
 */
export async function profileRow(
  result: BenchResult,
  runner: Runner | undefined,
  backend: WebGpuBackend | undefined,
  roofline: Roofline | undefined,
  folder: string,
  steps: Progress,
): Promise<Profiled | undefined> {
  if (result.outcome !== "timed") return undefined;
  const row = result.rows[0];
  const name = nameOfWorkload(row);
  if (!runner || !("profile" in runner) || !backend) return { name, none: NO_PROFILE };
  const profiler = runner as Profiler;
  const startTs = new Date().toISOString();
  const began = performance.now();
  const runs: (readonly ProfiledStep[])[] = [];
  try {
    while (runs.length === 0 || (runs.length < RUNS && performance.now() - began < PATIENCE)) {
      steps.doing(`${name}: profiling, run ${runs.length + 1}`);
      const profiled = await profiler.profile((result.workload as Workload).inputs, { signal: stop.signal });
      if (!profiled) return { name, none: NO_TIMESTAMPS };
      runs.push(profiled);
    }
    const times = result.rows.flatMap(({ gpu_ms }) => gpu_ms ?? []);
    const [device, pipelines, target] = [await backend.device(), await backend.pipelines(), await backend.target()];
    const timerStepMs = await measureTimerStep(device, pipelines, target);
    const passesMs = times.length > 0 ? median(times) : null;
    const measured = { row, passesMs, runs, startTs, timerStepMs, roofline };
    const profile = profileOf(measured);
    return { name, profile, files: await writeProfile(folder, profile, measured.runs) };
  } catch (error) {
    if (error instanceof CancelledError || stop.signal.aborted) throw error;
    return { name, none: messageOf(error) };
  }
}

/** So many rows of a table are shown; the file has all. */
const SHOWN = 12;

const numbers: readonly Column<ProfileGroup>[] = [
  { key: "calls", head: "calls", right: true, rank: 2, value: ({ calls }) => calls, about: "dispatches in one run" },
  {
    key: "ms",
    head: "ms",
    right: true,
    rank: 0,
    value: ({ ms }) => ms,
    text: ({ ms }) => milliseconds(ms),
    about: "milliseconds by GPU timestamps",
  },
  {
    key: "share",
    head: "share",
    right: true,
    rank: 0,
    value: ({ share }) => share,
    text: ({ share }) => `${(100 * share).toFixed(1)} %`,
    about: "of all dispatches' time",
  },
  {
    key: "flops_per_second",
    head: "FLOP/s",
    right: true,
    rank: 3,
    value: (one) => one.flops_per_second,
    text: (one) => (one.flops_per_second === null ? "" : rate(one.flops_per_second, "")),
    about: "floating-point operations per second",
  },
  {
    key: "bytes_per_second",
    head: "B/s",
    right: true,
    rank: 4,
    value: (one) => one.bytes_per_second,
    text: (one) => (one.bytes_per_second === null ? "" : rate(one.bytes_per_second, "")),
    about: "bytes per second that kernels need to read and write",
  },
  {
    key: "roofline_share",
    head: "roofline",
    right: true,
    rank: 1,
    value: (one) => one.roofline_share,
    text: (one) => (one.roofline_share === null ? "" : `${(100 * one.roofline_share).toFixed(0)} %`),
    about: "share of what the adapter's matmul and copy reached",
  },
];

const layerColumns: readonly Column<ProfileLayer>[] = [
  { key: "layer", head: "layer", rank: 0, shrinks: 24, value: ({ layer }) => layer, about: "the layer" },
  ...numbers,
];
const kernelColumns: readonly Column<ProfileKernel>[] = [
  {
    key: "kernel",
    head: "kernel",
    rank: 0,
    shrinks: 24,
    value: ({ kernel, variant }) => `${kernel} (${variant})`,
    about: "the kernel and its variant",
  },
  ...numbers,
];

function shown<Group extends ProfileGroup>(columns: readonly Column<Group>[], groups: readonly Group[]): string {
  const rest = groups.slice(SHOWN);
  const text = listing(columns, groups.slice(0, SHOWN), "table");
  if (rest.length === 0) return text;
  const share = rest.reduce((sum, one) => sum + one.share, 0);
  return `${text}\n(${rest.length} more: ${(100 * share).toFixed(1)} %)`;
}

/** A row's profile for people. */
export function profileText(one: Profiled): string {
  const width = outputWidth();
  if ("none" in one) return wrapped(`${one.name}: ${one.none}`, width, "  ", "");
  const { profile, files } = one;
  const { total_ms: total, passes_gpu_ms: passes, profiled_runs: runs } = profile;
  const beside =
    passes === null ? "" : `, ${signed(total / passes - 1)} beside the ${milliseconds(passes)} ms of passes (gpu_ms)`;
  const note = `dispatches took ${milliseconds(total)} ms, each in a pass of its own${beside}; ${runs === 1 ? "one run" : `median of ${runs} runs`}, no pass of the row among them`;
  return [
    wrapped(`${one.name}: ${note}`, width, "  ", ""),
    "",
    shown(layerColumns, profile.layers),
    "",
    shown(kernelColumns, profile.kernels),
    "",
    `figure ${files.figure}`,
    `trace  ${files.trace} (opens in Perfetto)`,
    `all of it ${files.data}`,
  ].join("\n");
}

const signed = (share: number): string => `${share < 0 ? "−" : "+"}${Math.abs(100 * share).toFixed(0)} %`;
