/** Reads result folders back, as what `compare` is about. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { BadInputError } from "../errors.ts";
import { reasonOf } from "../platform/node/reasons.ts";
import type { Measured } from "./core/compare.ts";
import type { BenchRow } from "./core/row.ts";
import { readLines, readRows } from "./core/row_text.ts";
import { type KernelRow, readKernelRow } from "./kernel_row.ts";
import { KERNELS_FILE } from "./results.ts";

/** Which of a pass's clocks: with upload and read-back, with inputs and outputs resident, or by GPU timestamps. */
export type Clock = "elapsed" | "exec" | "gpu";

/** Result folders lie in folders of them; deeper than this nobody keeps any. */
const DEPTH = 3;

/**
 * Everything that results measured: a result folder, or a folder of them.
 * @throws {BadInputError} if there are none, or a row is not one
 */
export function measuredIn(folder: string, clock: Clock = "elapsed"): Measured[] {
  const files = rowFilesIn(folder, DEPTH);
  if (files.length === 0) throw new BadInputError(`${folder} holds no results of bench or kernels (*.jsonl)`);
  return files.flatMap((file) => {
    const content = readFileSync(file, "utf8");
    return path.basename(file) === KERNELS_FILE
      ? readLines(content, file, readKernelRow).map(ofKernel)
      : ofBench(readRows(content, file), clock);
  });
}

function rowFilesIn(folder: string, depth: number): string[] {
  let names: string[];
  try {
    names = readdirSync(folder).sort();
  } catch (error) {
    throw new BadInputError(`cannot read results in ${folder}: ${reasonOf(error)}`);
  }
  const paths = names.map((name) => path.join(folder, name));
  const isFolder = (one: string): boolean => statSync(one, { throwIfNoEntry: false })?.isDirectory() === true;
  const own = paths.filter((one) => one.endsWith(".jsonl") && !isFolder(one));
  if (own.length > 0 || depth === 1) return own;
  return paths.filter(isFolder).flatMap((one) => rowFilesIn(one, depth - 1));
}

const ofKernel = (row: KernelRow): Measured => ({
  name: `${row.kernel} (${row.variant}) ${row.case}${row.precision === "f32" ? "" : `, ${row.precision}`}`,
  device: row.device,
  onProcessor: row.software,
  start: Date.parse(row.start_ts),
  samples: row.batched_ms,
  others: row.others_cpu === null ? [] : [row.others_cpu],
  error: null,
});

/** The rows of one run, by workload. */
function ofBench(rows: readonly BenchRow[], clock: Clock): Measured[] {
  const byName = new Map<string, BenchRow[]>();
  for (const row of rows) byName.set(nameOf(row), [...(byName.get(nameOf(row)) ?? []), row]);
  return [...byName].map(([name, own]) => {
    const [first] = own;
    const counting = own.filter(({ ok }) => ok);
    return {
      name,
      device: first.device,
      onProcessor: first.software || first.backend.includes("cpu") || first.device.startsWith(first.cpu_brand),
      start: Date.parse(first.start_ts),
      samples: counting.flatMap((row) => row[`${clock}_ms`] ?? []),
      others: counting.flatMap(({ others_cpu }) => others_cpu ?? []),
      error: own.find(({ ok }) => !ok)?.error ?? null,
    };
  });
}

/** What makes a workload another one, in a line. */
function nameOf(row: BenchRow): string {
  const own = (name: string, value: unknown): string[] => (value === null ? [] : [`${name} ${value}`]);
  return [
    row.engine,
    row.component,
    row.variant === "" ? row.backend : `${row.backend}:${row.variant}`,
    ...(row.mode === "toy" ? [] : [row.preset]),
    `N=${row.seq_len}`,
    ...(row.precision === "f32" || row.variant !== "" ? [] : [row.precision]),
    ...own("recycles", row.recycles),
    ...own("steps", row.steps),
    ...own("samples", row.samples),
    ...own("memory limit", row.memory_limit),
    ...(row.weights === "random" ? [] : [path.basename(row.weights)]),
    ...(row.features === "synthetic" ? [] : [path.basename(row.features)]),
    ...own("threads", row.settings.threads ?? null),
  ].join(" ");
}
