/** What a report is made of: the rows of one workload on one backend, and the series that they belong to. Pure functions. */
import path from "node:path";
import { backendText } from "../../backends/backend.ts";
import { groupedBy } from "../../groups.ts";
import { medianInterval } from "../core/intervals.ts";
import { leastSeconds, type Roofline } from "../core/roofline.ts";
import type { BenchRow } from "../core/row.ts";
import { type Warning, warmUpEnd, warningsOf } from "../core/series.ts";
import { type BenchSummary, summaryOf } from "../core/summary.ts";
import type { Run } from "./gather.ts";
import { bytesText } from "./units.ts";

/** A workload of one size on one backend, with all passes of the runs that had it. */
export interface Cell extends Omit<BenchSummary, "ratio"> {
  readonly mode: string;
  /** What ran, but for its size: figures are of one of these each. */
  readonly workload: string;
  readonly series: Series;
  /** What tells series apart, by name: `cold` and `device` among them; empty where there is nothing to say. */
  readonly attributes: ReadonlyMap<string, string>;
  /** How many passes count, of how many runs. */
  readonly passes: number;
  /** Their milliseconds, in order. */
  readonly times: readonly number[];
  readonly runs: readonly Run[];
  readonly flops: number | null;
  readonly traffic_bytes: number | null;
  /** The least time in milliseconds that the measured roofline of its run allows. */
  readonly floor_ms: number | null;
  readonly rows: readonly BenchRow[];
}

/** What is the same in all sizes of a line: its name, its colour, its mark. */
export interface Series {
  /** Short, and unlike any other's in the report. */
  readonly label: string;
  /** Counts from 0 through the report: the same series has the same looks in all figures. */
  readonly index: number;
  readonly software: boolean;
}

type Attribute = readonly [name: string, of: (row: BenchRow, run: Run) => string];

const optional = (word: string, value: unknown): string =>
  value === null || value === undefined ? "" : `${word} ${value}`;

/** What tells series apart: the first two are in every name, the others where names would be equal without. */
const attributes: readonly Attribute[] = [
  ["engine", (row) => row.engine],
  ["backend", ({ backend, variant }) => backendText({ name: backend, variant })],
  ["precision", (row) => (row.variant !== "" ? "" : row.precision)],
  ["diffusion", (row) => optional("diffusion", row.settings.diffusion_precision)],
  ["recycles", (row) => optional("recycles", row.recycles)],
  ["steps", (row) => optional("steps", row.steps)],
  ["samples", (row) => optional("samples", row.samples)],
  ["memory limit", (row) => optional("limit", row.memory_limit && bytesText(row.memory_limit))],
  ["threads", (row) => optional("threads", row.settings.threads)],
  ["weights", (row) => path.basename(row.weights)],
  ["features", (row) => path.basename(row.features)],
  ["cold", (row) => (row.warmup === 0 && row.ok ? "cold" : "")],
  ["device", (row) => row.device.replace(" (software)", "").slice(0, 24)],
  ["given", (_, run) => run.given],
  ["notes", (row) => row.notes],
  ["commit", (row) => (row.af3_gpu_commit ?? row.af3_gpu_version).slice(0, 14)],
  ["processor", (row) => row.cpu_brand],
  ["tuning", (_, run) => tuningOf(run)],
];

function tuningOf({ environment }: Run): string {
  const tuning = environment?.tuning;
  const kind = typeof tuning === "object" && tuning !== null && "kind" in tuning ? tuning.kind : undefined;
  return typeof kind === "string" ? `${kind} tuning` : "";
}

/** A row's workload without its size. */
const workloadOf = (row: BenchRow): string => [row.component, ...(row.mode === "toy" ? [] : [row.preset])].join(" ");

interface Group {
  /** Of its values. */
  readonly key: string;
  readonly values: readonly string[];
  readonly workload: string;
  readonly tokens: number;
  /** By run, its rows in order. */
  readonly runs: Map<Run, BenchRow[]>;
}

/** All cells of runs, in the order of the rows. */
export function cellsOf(runs: readonly Run[]): Cell[] {
  const groups = new Map<string, Group>();
  for (const run of runs)
    for (const row of run.rows) {
      const values = attributes.map(([, of]) => of(row, run));
      const workload = workloadOf(row);
      const key = JSON.stringify([values, workload, row.mode, row.seq_len]);
      const group = groups.get(key) ?? {
        key: JSON.stringify(values),
        values,
        workload,
        tokens: row.seq_len,
        runs: new Map(),
      };
      groups.set(key, group);
      const rows = group.runs.get(run);
      if (rows) rows.push(row);
      else group.runs.set(run, [row]);
    }
  const series = seriesOf([...groups.values()]);
  return [...groups.values()].map((group) => cellOf(group, series.get(keyOf(group)) as Series));
}

const keyOf = ({ key }: Group): string => key;

/** What a row that could not run does not know. */
const UNKNOWN_TO_FAILED = ["cold", "device"];

/** Names that say as little as they can and still differ. */
function seriesOf(groups: readonly Group[]): Map<string, Series> {
  const all = new Map(groups.map((group) => [keyOf(group), group]));
  const ran = new Set(groups.filter((group) => rowsOf(group).some(({ ok }) => ok)).map(keyOf));
  const names = new Map([...all].map(([key, { values }]) => [key, values.slice(0, 2).join(" ")]));
  for (const [at, [attribute]] of attributes.entries()) {
    if (at < 2) continue;
    for (const keys of groupedBy([...all.keys()], (key) => names.get(key) ?? "").values()) {
      const telling = UNKNOWN_TO_FAILED.includes(attribute) ? keys.filter((key) => ran.has(key)) : keys;
      const differ = differIn(groups, new Set(telling), at);
      for (const key of keys) {
        const value = all.get(key)?.values[at] ?? "";
        // What is not float32, or was not warm, is said, whatever else there is.
        const always = (attribute === "precision" && value !== "f32") || attribute === "cold";
        if ((differ || always) && value !== "") names.set(key, `${names.get(key)} ${value}`);
      }
    }
  }
  const labels = [...new Set(names.values())];
  const software = new Set(
    groups.filter((group) => rowsOf(group).some((row) => row.software)).map((group) => names.get(keyOf(group))),
  );
  const made = new Map(labels.map((label, index) => [label, { label, index, software: software.has(label) }]));
  return new Map([...names].map(([key, label]) => [key, made.get(label) as Series]));
}

const rowsOf = ({ runs }: Group): BenchRow[] => [...runs.values()].flat();

/** Whether series that have one name so far differ in an attribute, in a workload that both have: only there a reader would mix them up. */
function differIn(groups: readonly Group[], keys: ReadonlySet<string>, at: number): boolean {
  const own = groups.filter((group) => keys.has(group.key));
  return [...groupedBy(own, ({ workload }) => workload).values()].some(
    (some) => new Set(some.map(({ values }) => values[at])).size > 1,
  );
}

function cellOf(group: Group, series: Series): Cell {
  const { workload, tokens, runs } = group;
  const all = rowsOf(group);
  const counting = [...runs.values()].map((rows) => rows.filter(({ ok, elapsed_ms }) => ok && elapsed_ms !== null));
  const steady = counting.map((rows) => rows.slice(warmUpEnd(elapsed(rows))));
  const rows = steady.flat();
  const failed = all.find(({ ok }) => !ok);
  const row = rows[0] ?? failed ?? all[0];
  const outcome = rows.length > 0 ? "timed" : failed?.error?.startsWith("wrong") ? "wrong" : "failed";
  const names = { engine: row.engine, component: row.component, tokens, preset: row.preset, mode: row.mode };
  const measured = [...runs.keys()].map(rooflineOf).find((roofline) => roofline !== null) ?? null;
  const summary = summaryOf(
    {
      rows: rows.length > 0 ? rows : all,
      outcome,
      workload: names as Parameters<typeof summaryOf>[0]["workload"],
      backend: row.backend,
      variant: row.variant,
    },
    measured ?? undefined,
  );
  const { flops, traffic_bytes } = row;
  const known = measured && flops !== null && traffic_bytes !== null && row.backend.includes("webgpu");
  return {
    ...summary,
    // Of several runs one may have failed; its error stands beside the others' times.
    error: failed?.error ?? null,
    median_interval: medianInterval(elapsed(rows)) ?? null,
    warnings: distinct(counting.flatMap(warningsIn)),
    mode: row.mode,
    workload: row.mode === "toy" ? workload.replace(/ .*/, "") : workload,
    series,
    attributes: new Map(attributes.map(([name], at) => [name, group.values[at]])),
    passes: rows.length,
    times: elapsed(rows),
    runs: [...runs.keys()],
    flops,
    traffic_bytes,
    floor_ms: known ? 1000 * leastSeconds({ flops, bytes: traffic_bytes }, measured) : null,
    rows: all,
  };
}

const elapsed = (rows: readonly BenchRow[]): number[] => rows.flatMap(({ elapsed_ms }) => elapsed_ms ?? []);

const warningsIn = (rows: readonly BenchRow[]): Warning[] =>
  warningsOf(
    elapsed(rows),
    rows.flatMap(({ others_cpu }) => others_cpu ?? []),
    rows.flatMap(({ device_clock }) => device_clock ?? []),
  );

/** One of each doubt: ten runs on a busy machine need no ten sentences. */
const distinct = (warnings: readonly Warning[]): Warning[] => [
  ...new Map(warnings.map((warning) => [warning.doubt, warning])).values(),
];

/** What `bench` measured beside its rows, or `kernels` before one of its. */
export function rooflineOf({ environment, kernels }: Run): Roofline | null {
  const roofline = environment?.roofline as Partial<Roofline> | null | undefined;
  if (roofline && Number(roofline.flops) > 0 && Number(roofline.bytes) > 0)
    return { flops: Number(roofline.flops), bytes: Number(roofline.bytes) };
  const [first] = kernels;
  return first ? { flops: first.roofline_flops, bytes: first.roofline_bytes } : null;
}
