/** Reads result folders back, as what `compare` is about. */
import { readdirSync, statSync } from "node:fs";
import path from "node:path";
import { BadInputError } from "../errors.ts";
import type { Note } from "../formats/config.ts";
import { groupedBy } from "../groups.ts";
import { nodeFiles } from "../platform/node/files.ts";
import { reasonOf } from "../platform/node/reasons.ts";
import type { Measured } from "./core/compare.ts";
import type { BenchRow } from "./core/row.ts";
import { nameOfWorkload } from "./core/row_name.ts";
import { readLines, readRows } from "./core/row_text.ts";
import { type KernelRow, nameOfKernelRow, readKernelRow } from "./kernel_row.ts";
import { KERNELS_FILE } from "./results.ts";

/** Which of a pass's clocks: with upload and read-back, with inputs and outputs resident, or by GPU timestamps. */
export type Clock = "elapsed" | "exec" | "gpu";

/** Result folders lie in folders of them; deeper than this nobody keeps any. */
const DEPTH = 3;

/**
 * Everything that results measured: a result folder, or a folder of them.
 * @param note is told of results in folders beside a result's own rows, which are left alone
 * @throws {BadInputError} if there are none, or a row is not one
 */
export async function measuredIn(folder: string, clock: Clock = "elapsed", note: Note = () => {}): Promise<Measured[]> {
  const files = rowFilesIn(folder, DEPTH, note);
  if (files.length === 0) throw new BadInputError(`${folder} holds no results of bench or kernels (*.jsonl)`);
  const measured: Measured[] = [];
  for (const file of files) {
    if (clock !== "elapsed" && path.basename(file) === KERNELS_FILE)
      throw new BadInputError(`${file}: rows of kernels have one clock; --clock ${clock} is for those of bench`);
    const content = new TextDecoder().decode(await nodeFiles.read(file));
    const rows =
      path.basename(file) === KERNELS_FILE
        ? readLines(content, file, readKernelRow).map(measuredKernel)
        : measuredBench(readRows(content, file), clock);
    measured.push(...rows.map((one) => checkMeasured(one, file)));
  }
  return measured;
}

const beside = (one: string, folder: string): string =>
  `${one} holds results, too, which are not among those of ${folder}`;

function rowFilesIn(folder: string, depth: number, note: Note): string[] {
  let names: string[];
  try {
    names = readdirSync(folder).sort();
  } catch (error) {
    throw new BadInputError(`cannot read results in ${folder}: ${reasonOf(error)}`);
  }
  const paths = names.map((name) => path.join(folder, name));
  const own = paths.filter((one) => one.endsWith(".jsonl") && !isFolder(one));
  if (own.length > 0)
    for (const one of paths) if (isFolder(one) && rowFilesIn(one, 2, () => {}).length > 0) note(beside(one, folder));
  if (own.length > 0 || depth === 1) return own;
  return paths.filter(isFolder).flatMap((one) => rowFilesIn(one, depth - 1, note));
}

/** Links that lead nowhere, or in a circle, are none. */
function isFolder(at: string): boolean {
  try {
    return statSync(at).isDirectory();
  } catch {
    return false;
  }
}

/** @throws {BadInputError} unless a clock and a calendar can have said it */
function checkMeasured(one: Measured, file: string): Measured {
  const wrong = (what: string): BadInputError => new BadInputError(`${file}: ${one.name} has ${what}`);
  if (Number.isNaN(one.start)) throw wrong("a start_ts that is no date");
  if (!one.samples.every((ms) => ms > 0)) throw wrong("times that are not above 0");
  if (!one.others.every((share) => share >= 0 && share <= 1)) throw wrong("an others_cpu that is not from 0 to 1");
  return one;
}

/** A case of a kernel as `compare` takes it. */
export const measuredKernel = (row: KernelRow): Measured => ({
  name: nameOfKernelRow(row),
  device: row.device,
  onProcessor: row.software,
  start: Date.parse(row.start_ts),
  samples: row.batched_ms,
  others: row.others_cpu === null ? [] : [row.others_cpu],
  error: null,
});

/** The rows of one run, by workload. */
export function measuredBench(rows: readonly BenchRow[], clock: Clock): Measured[] {
  return [...groupedBy(rows, nameOfWorkload)].map(([name, own]) => {
    const [first] = own;
    const counting = own.filter(({ ok }) => ok);
    const samples = counting.flatMap((row) => row[`${clock}_ms`] ?? []);
    const without = counting.length > 0 && samples.length === 0 ? `no ${clock} times` : null;
    return {
      name,
      device: first.device,
      onProcessor: first.software || first.backend.includes("cpu") || first.device.startsWith(first.cpu_brand),
      start: Date.parse(first.start_ts),
      samples,
      others: counting.flatMap(({ others_cpu }) => others_cpu ?? []),
      error: own.find(({ ok }) => !ok)?.error ?? without,
    };
  });
}
