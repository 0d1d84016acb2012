/** Where the time of a run goes: by layer and by kernel, from the time of every dispatch, or of every node of a graph. Pure functions. */
import type { ProfiledStep } from "../../backends/profile.ts";
import { version } from "../../generated/about.ts";
import { groupedBy } from "../../groups.ts";
import { flag, later, listOf, literal, number, orNull, stated, tableOf, text, type ValueOf, whole } from "./field.ts";
import { leastSeconds, type Roofline } from "./roofline.ts";
import type { BenchRow } from "./row.ts";
import { nameOfWorkload } from "./row_name.ts";
import { median } from "./stats.ts";

/** The version of the schema. Another set of fields, or another meaning of one, is another version. */
export const profileSchema = "af3-gpu-profile/2";
/** It knew GPU timestamps alone. */
const EARLIER = ["af3-gpu-profile/1"];

/** What the times of a profile are by: our own kernels' GPU timestamps, or what ONNX Runtime says of its nodes. */
export type ProfileClock = "GPU timestamps" | "ONNX Runtime";

/** Dispatches that are told of together. */
export interface ProfileGroup {
  /** Dispatches in one run of the component: those of sections that repeat count as often. */
  readonly calls: number;
  readonly ms: number;
  /** Of the whole, from 0 to 1. */
  readonly share: number;
  readonly flops: number;
  readonly bytes: number;
  /** Null where no time was seen, or no work is known: of ONNX Runtime's nodes. */
  readonly flops_per_second: number | null;
  readonly bytes_per_second: number | null;
  /** The least time that the roofline allows for each of its dispatches, over the time that they took. */
  readonly roofline_share: number | null;
}

export interface ProfileLayer extends ProfileGroup {
  /** Scopes from the outside in, the section first; blocks of a stack are one layer each kind. */
  readonly layer: string;
}

export interface ProfileKernel extends ProfileGroup {
  readonly kernel: string;
  readonly variant: string;
}

export interface ProfileSection {
  readonly name: string;
  readonly runs: number;
  readonly ms: number;
}

export interface ProfileDispatch {
  readonly section: string;
  readonly label: string;
  readonly kernel: string;
  readonly variant: string;
  /** How often its section ran, and the milliseconds of all these runs. */
  readonly runs: number;
  readonly ms: number;
  /** Of one dispatch. */
  readonly flops: number;
  readonly bytes: number;
}

const group = {
  calls: whole,
  ms: number,
  share: number,
  flops: number,
  bytes: number,
  flops_per_second: orNull(number),
  bytes_per_second: orNull(number),
  roofline_share: orNull(number),
};
const section = { name: text, runs: whole, ms: number };
const dispatch = {
  section: text,
  label: text,
  kernel: text,
  variant: text,
  runs: whole,
  ms: number,
  flops: number,
  bytes: number,
};

/** A file of `profile/`, field by field. */
export const profileFields = {
  schema: later(literal(profileSchema), profileSchema, "the version of these fields"),
  name: stated(text, "the row that it belongs to, as `compare` names it"),
  engine: stated(text, "the engine, as in the row; so are the next nine"),
  component: stated(text, "the component"),
  backend: stated(text, "the backend"),
  variant: stated(text, "its variant"),
  mode: stated(text, "the mode"),
  preset: stated(text, "the preset"),
  precision: stated(text, "the precision"),
  seq_len: stated(whole, "N"),
  device: stated(text, "the adapter"),
  software: stated(flag, "whether a CPU did the work in a GPU's place"),
  start_ts: stated(text, "when profiling began, ISO 8601 in UTC"),
  clock: later(
    text,
    "GPU timestamps",
    "what times are by: `GPU timestamps`, or `ONNX Runtime`, whose nodes are the dispatches, types of nodes the kernels, and providers or a GPU's programs their variants",
  ),
  profiled_runs: stated(whole, "how many runs were timed dispatch by dispatch; a time is the median over them"),
  total_ms: stated(number, "milliseconds of all dispatches by the clock; by GPU timestamps each in a pass of its own"),
  passes_gpu_ms: stated(
    orNull(number),
    "the median of the row's `gpu_ms`: the same work in few passes. The difference is what timing each dispatch adds, and what overlaps",
  ),
  passes_exec_ms: later(orNull(number), null, "the median of the row's `exec_ms`"),
  timer_step_ms: stated(number, "the step of the device's timer; shorter dispatches are not resolved"),
  roofline_flops: stated(orNull(number), "what the adapter's matmul reached, in FLOP/s"),
  roofline_bytes: stated(orNull(number), "what its copy reached, in bytes per second"),
  sections: stated(listOf<ProfileSection>("a list of { name, runs, ms }", section), "the sections, in order"),
  layers: stated(
    listOf<ProfileLayer>("a list of { layer, calls, ms, share, … }", { layer: text, ...group }),
    "by layer, the longest first",
  ),
  kernels: stated(
    listOf<ProfileKernel>("a list of { kernel, variant, calls, ms, share, … }", {
      kernel: text,
      variant: text,
      ...group,
    }),
    "by kernel and variant, the longest first",
  ),
  dispatches: stated(
    listOf<ProfileDispatch>("a list of { section, label, kernel, variant, runs, ms, flops, bytes }", dispatch),
    "every dispatch that the plan holds, in order",
  ),
  af3_gpu_version: later(text, version, "this package's version"),
  af3_gpu_commit: stated(orNull(text), "its commit"),
} as const;

/** Where the time of a row's runs goes; {@link profileFields} says what each field means. */
export type Profile = { readonly [Name in keyof typeof profileFields]: ValueOf<(typeof profileFields)[Name]> };

const table = tableOf(profileFields);

/**
 * Reads a profile from what JSON held.
 * @param where names the file in complaints
 * @throws {BadInputError} that names the first field that is missing or no such value
 */
export const readProfile = (value: unknown, where: string): Profile => table.read(value, where, profileSchema, EARLIER);

/** What has been measured. */
export interface Profiling {
  /** A row of the workload, and the median of its passes by GPU timestamps, if they have any. */
  readonly row: BenchRow;
  readonly passesMs: number | null;
  /** The same with inputs and outputs resident. */
  readonly executeMs?: number | null;
  /** GPU timestamps, unless it says otherwise. */
  readonly clock?: ProfileClock;
  /** The dispatches, as often as they were timed; of equal lengths. */
  readonly runs: readonly (readonly ProfiledStep[])[];
  readonly startTs: string;
  readonly timerStepMs: number;
  readonly roofline: Roofline | undefined;
}

/** The dispatches with the medians of their times, each run of their section on its own. @param runs of equal lengths */
export const middleOf = (runs: Profiling["runs"]): ProfiledStep[] =>
  runs[0].map((step, at) => {
    const times = step.times.map((_, run) => median(runs.map((all) => all[at].times[run])));
    return { ...step, times, ms: times.reduce((sum, time) => sum + time, 0) };
  });

/** Sums up what has been measured. */
export function profileOf(profiling: Profiling): Profile {
  const { row, passesMs, executeMs = null, clock = "GPU timestamps", runs, startTs, timerStepMs, roofline } = profiling;
  const steps = middleOf(runs);
  const total = steps.reduce((sum, { ms }) => sum + ms, 0);
  const { engine, component, backend, variant, mode, preset, precision, seq_len, device, software } = row;
  const grouped = (key: (step: ProfiledStep) => string) => groupsOf(steps, key, total, roofline);
  return {
    schema: profileSchema,
    name: nameOfWorkload(row),
    ...{ engine, component, backend, variant, mode, preset, precision, seq_len, device, software },
    start_ts: startTs,
    clock,
    profiled_runs: runs.length,
    total_ms: total,
    passes_gpu_ms: passesMs,
    passes_exec_ms: executeMs,
    timer_step_ms: timerStepMs,
    roofline_flops: roofline?.flops ?? null,
    roofline_bytes: roofline?.bytes ?? null,
    sections: [...new Set(steps.map((step) => step.section))].map((name) => {
      const own = steps.filter((step) => step.section === name);
      return { name, runs: own[0].times.length, ms: own.reduce((sum, { ms }) => sum + ms, 0) };
    }),
    layers: grouped(layerOf).map(({ first, sums }) => ({ layer: layerOf(first), ...sums })),
    kernels: grouped(({ kernel, variant }) => `${kernel} ${variant}`).map(({ first, sums }) => ({
      kernel: first.kernel,
      variant: first.variant,
      ...sums,
    })),
    dispatches: steps.map(({ section, label, kernel, variant, times, ms, flops, bytes }) => ({
      ...{ section, label, kernel, variant, ms, flops, bytes },
      runs: times.length,
    })),
    af3_gpu_version: version,
    af3_gpu_commit: row.af3_gpu_commit,
  };
}

/** A dispatch's scopes without its kernel, blocks of a stack by their kind alone. */
export const scopesOf = ({ label }: Pick<ProfiledStep, "label">): string[] =>
  label
    .split("/")
    .slice(0, -1)
    .map((scope) => scope.replace(/^block \d+$/, "block"));

/** The layer that a dispatch belongs to: its scopes, of which those of blocks say nothing. */
const layerOf = (step: ProfiledStep): string => {
  const scopes = scopesOf(step).filter((scope) => scope !== "block");
  return scopes.join("/") || "(no layer)";
};

function groupsOf(
  steps: readonly ProfiledStep[],
  key: (step: ProfiledStep) => string,
  total: number,
  roofline: Roofline | undefined,
): { readonly first: ProfiledStep; readonly sums: ProfileGroup }[] {
  return [...groupedBy(steps, key).values()]
    .map((own) => ({ first: own[0], sums: sumsOf(own, total, roofline) }))
    .sort((one, other) => other.sums.ms - one.sums.ms);
}

function sumsOf(steps: readonly ProfiledStep[], total: number, roofline: Roofline | undefined): ProfileGroup {
  let [calls, ms, flops, bytes, floor] = [0, 0, 0, 0, 0];
  for (const step of steps) {
    const runs = step.times.length;
    calls += runs;
    ms += step.ms;
    flops += runs * step.flops;
    bytes += runs * step.bytes;
    if (roofline) floor += 1000 * runs * leastSeconds(step, roofline);
  }
  const perSecond = (work: number): number | null => (ms > 0 && work > 0 ? (1000 * work) / ms : null);
  return {
    calls,
    ms,
    share: total > 0 ? ms / total : 0,
    flops,
    bytes,
    flops_per_second: perSecond(flops),
    bytes_per_second: perSecond(bytes),
    roofline_share: roofline && ms > 0 ? floor / ms : null,
  };
}
