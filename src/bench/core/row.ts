/**
 * A row of results, the same in Node's files and the page's. The table of fields is its one schema: type, CSV columns, the row
 * before a measurement, reading and the table in docs/benchmarking.md follow from it.
 */
import type { BackendName, RunTimes } from "../../backends/backend.ts";
import type { EngineName } from "../../engines/core/component.ts";
import { findEngine } from "../../engines/index.ts";
import { givenFields } from "../../formats/given.ts";
import { version } from "../../generated/about.ts";
import {
  type Field,
  flag,
  later,
  listOf,
  literal,
  named,
  notInCsv,
  number,
  numbers,
  orNull,
  stated,
  tableOf,
  text,
  type ValueOf,
  whole,
} from "./field.ts";

/** The version of the schema. Another set of fields, or another meaning of one, is another version. */
export const rowSchema = "af3-gpu-bench/4";

/** Earlier versions that can be read. */
const EARLIER = ["af3-gpu-bench/2", "af3-gpu-bench/3"];

/** A section's share of a pass: milliseconds over all its runs. */
export interface SectionRow {
  readonly name: string;
  readonly runs: number;
  readonly exec_ms: number;
  readonly gpu_ms: number | null;
}

const sectionList = listOf<SectionRow>("a list of { name, runs, exec_ms, gpu_ms }", {
  name: text,
  runs: whole,
  exec_ms: number,
  gpu_ms: orNull(number),
});

/** One pass, or the failure of a workload, in the order of summary.csv: nine columns that consumers rely on, then the rest; new ones at the end. */
export const rowFields = {
  engine: stated(text, "the engine"),
  pass_index: later(whole, 0, "counts from 0 within one workload on one backend"),
  start_ts: stated(text, "when the pass began, ISO 8601 in UTC"),
  elapsed_ms: later(orNull(number), null, "milliseconds of the pass by the wall clock, with upload and read-back"),
  device: stated(text, "the adapter's or device's name; `(software)` where a CPU does a GPU's work"),
  seq_len: stated(whole, "N, the number of tokens"),
  commit: stated(text, "the pinned commit of the engine's repository"),
  notes: stated(text, "`--notes`"),
  cpu_brand: stated(text, "the CPU's name"),
  ok: later(flag, true, "whether the pass counts; false in the one row of a workload that is wrong or could not run"),
  error: later(orNull(text), null, "why it does not; `wrong: …` if outputs are"),
  backend: stated(text, "the backend"),
  mode: stated(text, "`toy`, `trunk`, `full`, or `component` for a part"),
  component: stated(text, "the engine's own name of what ran"),
  preset: stated(text, "the preset of its size"),
  precision: stated(text, "in which products are computed: `f32`, `mixed` (operands as halves), or the variant's own"),
  compile_ms: later(
    orNull(number),
    null,
    "milliseconds that loading took, and the first run beyond the next ones; the same on all rows of a workload. With `--cold`, of the pass's own loading alone",
  ),
  exec_ms: later(
    orNull(number),
    null,
    "milliseconds with inputs and outputs resident, summed over the sections; with transfers where a backend cannot do without",
  ),
  gpu_ms: later(orNull(number), null, "milliseconds by GPU timestamps, summed"),
  warmup: later(whole, 0, "runs before the first pass, the checked one included"),
  warmup_ms: later(numbers, [], "their elapsed milliseconds"),
  weights: stated(text, "`random`, or the file"),
  features: stated(text, "`synthetic`, or the file"),
  seed: stated(whole, "`--seed`, of weights, inputs and noise"),
  check: later(orNull(text), null, "how outputs were judged before anything was timed"),
  worst_error: later(orNull(number), null, "the largest error found then"),
  software: stated(flag, "whether a CPU did the work in a GPU's place"),
  flops: later(orNull(number), null, "floating-point operations of a pass, counted by our plan for every backend"),
  traffic_bytes: later(orNull(number), null, "bytes that its kernels read and write, counted the same way"),
  weights_bytes: later(orNull(number), null, "the plan's bytes of weights on the device"),
  activation_bytes: later(orNull(number), null, "the plan's bytes of everything else there"),
  af3_gpu_version: later(text, version, "this package's version"),
  af3_gpu_commit: later(orNull(text), null, "its commit, `-dirty` if files had changed"),
  schema: later(literal(rowSchema), rowSchema, "the version of these fields"),
  recycles: later(orNull(whole), null, "`--recycles`; null where the preset's own count ran, as for the next two"),
  steps: later(orNull(whole), null, "`--steps`"),
  samples: later(orNull(whole), null, "`--samples`"),
  memory_limit: later(orNull(whole), null, "`--memory-limit` in bytes"),
  device_peak_bytes: later(
    orNull(number),
    null,
    "the most bytes of buffers on the device during the pass, counted as they were made and destroyed",
  ),
  process_peak_bytes: later(
    orNull(number),
    null,
    "the process's largest resident set so far; a software adapter's buffers are in it, and whatever ran before",
  ),
  variant: stated(text, "the variant of the backend; empty if there is one only"),
  settings: later(
    named<string | number | boolean>("an object of values by name", "string", "number", "boolean"),
    {},
    "what else was set for the run: threads, TF32, graph capture",
  ),
  versions: stated(named<string>("an object of texts by name", "string"), "versions of what computed"),
  sections: notInCsv(
    later(sectionList, [], "by section, how often it ran in the pass and what that took; empty if there is one only"),
  ),
  others_cpu: later(
    orNull(number),
    null,
    "the share of the machine's processor time, from 0 to 1, that others had during the pass and short ones before it; null where there is no telling",
  ),
  device_clock: later(
    orNull(number),
    null,
    "at which share of its highest clock, from 0 to 1, the device was in the middle of the pass; null where there is no telling",
  ),
} as const;

type Fields = typeof rowFields;

/** One pass, or the failure of a workload; {@link rowFields} says what each field means. */
export type BenchRow = { readonly [Name in keyof Fields]: ValueOf<Fields[Name]> };

const table = tableOf(rowFields);

/** The columns of summary.csv, in order. */
export const csvColumns = table.columns;

type StatedNames = { [Name in keyof Fields]: Fields[Name] extends Field<unknown, true> ? Name : never }[keyof Fields];
/** What follows from the rest. */
type Derived = "commit" | "start_ts";

/** What is said when a row begins; whatever else is left out is as that of a workload without overrides. */
export type Stated = Pick<BenchRow, Exclude<StatedNames, Derived>> & {
  readonly engine: EngineName;
  readonly backend: BackendName;
} & Partial<BenchRow>;

/**
 * A row that says what is to be measured, without a measurement.
 * @throws {BadInputError} naming the first field that is missing or no such value
 */
export function blankRow(stated: Stated): BenchRow {
  givenFields("the row", "an object with what is to be measured: engine, backend, …", stated);
  const row: BenchRow = {
    ...(table.before as Omit<BenchRow, StatedNames>),
    start_ts: new Date().toISOString(),
    commit: findEngine(stated.engine).source?.commit ?? "",
    ...stated,
  };
  table.check(row, "the row");
  return row;
}

/**
 * Reads a row from what JSON held. Fields of later versions are left alone.
 * @param where names the row in complaints
 * @throws {BadInputError} that names the first field that is missing or no such value
 */
export function readRow(value: unknown, where: string): BenchRow {
  return table.read(value, where, rowSchema, EARLIER);
}

/** The sections of a pass, in a row's words; none if there is one only, which has nothing to add. */
export const sectionRows = (sections: RunTimes["sections"]): readonly SectionRow[] =>
  sections.length < 2
    ? []
    : sections.map(({ name, runs, execute, gpu }) => ({ name, runs, exec_ms: execute, gpu_ms: gpu ?? null }));
