/** `bench --profile`: where the time goes, timed dispatch by dispatch, or node by node, behind the passes. */
import type { Runner } from "../backends/backend.ts";
import type { OnnxRunner } from "../backends/onnx/backend.ts";
import type { ProfiledStep } from "../backends/profile.ts";
import type { WebGpuBackend, WebGpuRunner } from "../backends/webgpu.ts";
import type { BenchResult } from "../bench/core/bench.ts";
import {
  type Profile,
  type ProfileDispatch,
  type ProfileGroup,
  type ProfileKernel,
  type ProfileLayer,
  type Profiling,
  profileOf,
} from "../bench/core/profile.ts";
import type { Roofline } from "../bench/core/roofline.ts";
import { nameOfWorkload } from "../bench/core/row_name.ts";
import { median } from "../bench/core/stats.ts";
import type { Workload } from "../bench/core/workload.ts";
import { type ProfileFiles, writeProfile } from "../bench/profile_files.ts";
import { measureTimerStep } from "../bench/timer.ts";
import { CancelledError, messageOf } from "../errors.ts";
import type { TensorMap } from "../formats/tensor.ts";
import { stop } from "./context.ts";
import { type Column, listing, outputWidth, wrapped } from "./listing.ts";
import { milliseconds, type Progress, rate } from "./output.ts";

/** Runs with a pass for each dispatch; fewer where they take long. */
const RUNS = 5;
const PATIENCE = 5000;

/** A runner that can tell its dispatches apart. */
type Profiler = Pick<WebGpuRunner, "profile">;
/** One whose runtime profiles itself. */
type NodeProfiler = Pick<OnnxRunner, "profileNodes">;

/** What became of a row's profile. */
export type Profiled = { readonly name: string } & (
  | { readonly profile: Profile; readonly files: ProfileFiles }
  | { readonly none: string }
);

/** What was measured, or why nothing was. */
type Taken =
  | string
  | (Pick<Profiling, "runs" | "clock" | "timerStepMs" | "roofline"> & {
      /** As the runtime wrote it. */
      readonly trace?: string;
    });

const NO_TIMESTAMPS = "the adapter has no timestamps (timestamp-query): there is no telling dispatches apart";
const NO_PROFILE = "no profile for this backend";
/** ONNX Runtime's profiles have whole microseconds. */
const MICROSECOND = 1e-3;

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
  const startTs = new Date().toISOString();
  const { inputs } = result.workload as Workload;
  const told = (run: string): void => steps.doing(`${name}: profiling${run}`);
  try {
    let taken: Taken = NO_PROFILE;
    if (runner && "profileNodes" in runner) taken = await nodesOf(runner as unknown as NodeProfiler, inputs, told);
    else if (runner && "profile" in runner && backend)
      taken = await dispatchesOf(runner as unknown as Profiler, inputs, backend, roofline, told);
    if (typeof taken === "string") return { name, none: taken };
    const { trace, ...measured } = taken;
    const passes = { passesMs: middle(result, "gpu_ms"), executeMs: middle(result, "exec_ms") };
    const profile = profileOf({ row, ...passes, startTs, ...measured });
    return { name, profile, files: await writeProfile(folder, profile, measured.runs, trace) };
  } catch (error) {
    if (error instanceof CancelledError || stop.signal.aborted) throw error;
    return { name, none: messageOf(error) };
  }
}

/** Of the row's passes. */
function middle({ rows }: BenchResult, clock: "gpu_ms" | "exec_ms"): number | null {
  const times = rows.flatMap((row) => row[clock] ?? []);
  return times.length > 0 ? median(times) : null;
}

async function dispatchesOf(
  profiler: Profiler,
  inputs: TensorMap,
  backend: WebGpuBackend,
  roofline: Roofline | undefined,
  told: (run: string) => void,
): Promise<Taken> {
  const began = performance.now();
  const runs: (readonly ProfiledStep[])[] = [];
  while (runs.length === 0 || (runs.length < RUNS && performance.now() - began < PATIENCE)) {
    told(`, run ${runs.length + 1}`);
    const profiled = await profiler.profile(inputs, { signal: stop.signal });
    if (!profiled) return NO_TIMESTAMPS;
    runs.push(profiled);
  }
  const [device, pipelines, target] = [await backend.device(), await backend.pipelines(), await backend.target()];
  return { runs, clock: "GPU timestamps", timerStepMs: await measureTimerStep(device, pipelines, target), roofline };
}

async function nodesOf(profiler: NodeProfiler, inputs: TensorMap, told: (run: string) => void): Promise<Taken> {
  told("");
  const ask = { runs: RUNS, patience: PATIENCE, signal: stop.signal };
  const profiled = await profiler.profileNodes(inputs, ask);
  if (typeof profiled === "string") return profiled;
  // The roofline is that of the WebGPU adapter, and says nothing of ONNX Runtime's processor.
  return { ...profiled, clock: "ONNX Runtime", timerStepMs: MICROSECOND, roofline: undefined };
}

/** So many rows of a table are shown; the file has all. */
const SHOWN = 12;

const numbers: readonly Column<ProfileGroup>[] = [
  {
    key: "calls",
    head: "calls",
    right: true,
    rank: 2,
    value: ({ calls }) => calls,
    about: "dispatches, or runs of nodes, in one run",
  },
  {
    key: "ms",
    head: "ms",
    right: true,
    rank: 0,
    value: ({ ms }) => ms,
    text: ({ ms }) => milliseconds(ms),
    about: "milliseconds by GPU timestamps, or by ONNX Runtime's clock",
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

/** What is known of ONNX Runtime's nodes: work and roofline are not. */
const known = ({ key }: { readonly key: string }): boolean => ["calls", "ms", "share"].includes(key);
const typeColumns: readonly Column<ProfileKernel>[] = [
  { ...kernelColumns[0], head: "node type", about: "the type of the node, and the provider or program that runs it" },
  ...numbers.filter(known),
];
/** A node, as groups are told of. */
type NodeGroup = ProfileGroup & Pick<ProfileDispatch, "label" | "kernel">;
const nodeColumns: readonly Column<NodeGroup>[] = [
  { key: "node", head: "node", rank: 0, shrinks: 24, value: ({ label }) => label, about: "the node's name" },
  { key: "type", head: "type", rank: 1, value: ({ kernel }) => kernel, about: "its type" },
  ...numbers.filter(known),
];

const nodeGroups = ({ dispatches, total_ms }: Profile): NodeGroup[] =>
  dispatches
    .map(({ label, kernel, runs, ms, flops, bytes }) => ({
      ...{ label, kernel, calls: runs, ms, share: total_ms > 0 ? ms / total_ms : 0, flops, bytes },
      ...{ flops_per_second: null, bytes_per_second: null, roofline_share: null },
    }))
    .sort((one, other) => other.ms - one.ms);

function shown<Group extends ProfileGroup>(columns: readonly Column<Group>[], groups: readonly Group[]): string {
  const rest = groups.slice(SHOWN);
  const text = listing(columns, groups.slice(0, SHOWN), "table");
  if (rest.length === 0) return text;
  const share = rest.reduce((sum, one) => sum + one.share, 0);
  return `${text}\n(${rest.length} more: ${(100 * share).toFixed(1)} %)`;
}

/** What the sum of all is of, beside what passes took by the same clock. */
function totalText({ clock, total_ms: total, passes_gpu_ms, passes_exec_ms, profiled_runs: runs }: Profile): string {
  const byRuntime = clock === "ONNX Runtime";
  const passes = byRuntime ? passes_exec_ms : passes_gpu_ms;
  const beside =
    passes === null
      ? ""
      : `, ${signed(total / passes - 1)} beside the ${milliseconds(passes)} ms of passes (${byRuntime ? "exec_ms" : "gpu_ms"})`;
  const what = byRuntime ? "nodes" : "dispatches";
  const how = byRuntime ? "by ONNX Runtime's own profile" : "each in a pass of its own";
  return `${what} took ${milliseconds(total)} ms, ${how}${beside}; ${runs === 1 ? "one run" : `median of ${runs} runs`}, no pass of the row among them`;
}

/** A row's profile for people. */
export function profileText(one: Profiled): string {
  const width = outputWidth();
  if ("none" in one) return wrapped(`${one.name}: ${one.none}`, width, "  ", "");
  const { profile, files } = one;
  const tables =
    profile.clock === "ONNX Runtime"
      ? [shown(typeColumns, profile.kernels), shown(nodeColumns, nodeGroups(profile))]
      : [shown(layerColumns, profile.layers), shown(kernelColumns, profile.kernels)];
  return [
    wrapped(`${one.name}: ${totalText(profile)}`, width, "  ", ""),
    ...tables.flatMap((text) => ["", text]),
    "",
    `figure ${files.figure}`,
    `trace  ${files.trace} (opens in Perfetto)`,
    ...(files.original === undefined ? [] : [`ONNX Runtime's own trace ${files.original}`]),
    `all of it ${files.data}`,
  ].join("\n");
}

const signed = (share: number): string => `${share < 0 ? "−" : "+"}${Math.abs(100 * share).toFixed(0)} %`;
