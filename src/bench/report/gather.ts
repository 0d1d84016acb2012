/** Reads result folders for a report: whatever of them can be read, with a note on what cannot. */
import { readdirSync, realpathSync, statSync } from "node:fs";
import path from "node:path";
import { BadInputError, messageOf } from "../../errors.ts";
import { nodeFiles } from "../../platform/node/files.ts";
import { reasonOf } from "../../platform/node/reasons.ts";
import { type Profile, readProfile } from "../core/profile.ts";
import { type BenchRow, readRow } from "../core/row.ts";
import { type KernelRow, readKernelRow } from "../kernel_row.ts";
import { PROFILES } from "../profile_files.ts";
import { KERNELS_FILE } from "../results.ts";
import { csvLines, csvRow } from "./csv_rows.ts";

/** A run, and whether its rows are of `summary.csv`, as those of a sweep's cases are, too. */
interface Read {
  readonly run: Run;
  readonly fromTable: boolean;
}

/** A folder of results. */
export interface Run {
  /** The folder that was named, which this one is or lies in. */
  readonly given: string;
  /** Where it is from there; empty if it is that folder. */
  readonly name: string;
  readonly rows: readonly BenchRow[];
  readonly kernels: readonly KernelRow[];
  /** What environment.json holds. */
  readonly environment: Readonly<Record<string, unknown>> | null;
  /** What `bench --profile` found. */
  readonly profiles: readonly Profile[];
}

export interface Gathered {
  /** Those that hold something, in the order of their names. */
  readonly runs: readonly Run[];
  /** What could not be read: one sentence each, with file and line. */
  readonly notes: readonly string[];
}

/** A sweep's cases lie in folders of their own, a day's in `bench`; deeper than this nobody keeps results. */
const DEPTH = 5;
/** More notes on one file say nothing new. */
const MOST_NOTES = 5;

/**
 * Everything that folders measured: result folders of `bench` or `kernels`, their parents, sweeps, days on a GPU machine.
 * @throws {BadInputError} if one of them cannot be opened, or nothing can be read in any
 */
export async function gather(folders: readonly string[]): Promise<Gathered> {
  const notes: string[] = [];
  const runs: Run[] = [];
  const seen = new Set<string>();
  for (const given of folders) {
    const read: Read[] = [];
    for (const folder of foldersIn(given)) {
      const real = realpathSync(folder);
      if (seen.has(real)) continue;
      seen.add(real);
      read.push(await readRun(given, folder, notes));
    }
    const own = onceEach(read).filter((run) => run.rows.length + run.kernels.length + run.profiles.length > 0);
    runs.push(...own);
    if (own.length === 0 && folders.length > 1)
      notes.push(`${given} ${read.length === 0 ? "is in a folder named before" : "holds no row that can be read"}`);
  }
  if (runs.length === 0)
    throw new BadInputError(
      `${folders.join(", ")}: no row of bench or kernels can be read there (*.jsonl, summary.csv)${notes[0] ? `; ${notes[0]}` : ""}`,
    );
  return { runs, notes };
}

/** A sweep's table repeats the rows of its cases: of tables only what no file of rows has. */
function onceEach(read: readonly Read[]): Run[] {
  const files = new Set(read.flatMap(({ run, fromTable }) => (fromTable ? [] : run.rows.map(passOf))));
  return read.map(({ run, fromTable }) =>
    fromTable ? { ...run, rows: run.rows.filter((row) => !files.has(passOf(row))) } : run,
  );
}

/** Which pass of what a row is: two do not begin in the same millisecond. */
const passOf = (row: BenchRow): string =>
  [
    row.start_ts,
    row.pass_index,
    row.engine,
    row.backend,
    row.variant,
    row.component,
    row.precision,
    row.seq_len,
  ].join();

/** The folder and those in it, by name. @throws {BadInputError} if it cannot be opened */
function foldersIn(given: string): string[] {
  const below = (folder: string, depth: number): string[] => [
    folder,
    ...(depth > 1 ? namesIn(folder) : [])
      .map((name) => path.join(folder, name))
      .filter(isFolder)
      .flatMap((one) => below(one, depth - 1)),
  ];
  try {
    readdirSync(given);
  } catch (error) {
    throw new BadInputError(`cannot read results in ${given}: ${reasonOf(error)}`);
  }
  return below(given, DEPTH);
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return []; // of a folder that nobody may open; the one that was named has been tried
  }
}

function isFolder(at: string): boolean {
  try {
    return statSync(at).isDirectory();
  } catch {
    return false; // a link that leads nowhere
  }
}

async function readRun(given: string, folder: string, notes: string[]): Promise<Read> {
  const names = namesIn(folder);
  const content = async (name: string): Promise<string | undefined> => {
    if (!names.includes(name)) return undefined;
    try {
      return new TextDecoder().decode(await nodeFiles.read(path.join(folder, name)));
    } catch (error) {
      notes.push(`${path.join(folder, name)} cannot be read: ${messageOf(error)}`);
      return undefined;
    }
  };
  const lines = async <Row>(name: string, read: (value: unknown, where: string) => Row): Promise<Row[]> =>
    jsonRows((await content(name)) ?? "", path.join(folder, name), read, notes);
  const rows: BenchRow[] = [];
  for (const name of names.filter((one) => one.endsWith(".jsonl") && one !== KERNELS_FILE))
    rows.push(...(await lines(name, benchRow)));
  const fromTable = rows.length === 0;
  if (fromTable) {
    const table = await content("summary.csv");
    if (table !== undefined) rows.push(...csvRows(table, path.join(folder, "summary.csv"), notes));
  }
  const profiles: Profile[] = [];
  for (const name of namesIn(path.join(folder, PROFILES)).filter((one) => /(?<!\.trace)\.json$/.test(one))) {
    const file = path.join(folder, PROFILES, name);
    try {
      profiles.push(readProfile(JSON.parse(new TextDecoder().decode(await nodeFiles.read(file))), file));
    } catch (error) {
      notes.push(`left out: ${error instanceof BadInputError ? error.message : `${file} is no JSON`}`);
    }
  }
  const run = {
    profiles,
    given,
    name: path.relative(given, folder),
    rows,
    kernels: await lines(KERNELS_FILE, kernelRow),
    environment: environmentOf(await content("environment.json"), path.join(folder, "environment.json"), notes),
  };
  return { run, fromTable };
}

/** Rows of any version, checked for what no clock can have said. */
function benchRow(value: unknown, where: string): BenchRow {
  const first = isObject(value) && value.schema === "af3-gpu-bench/1";
  // The first version knew no variants, and had no versions of what computed.
  const row = readRow(first ? { variant: "", versions: {}, ...value, schema: "af3-gpu-bench/2" } : value, where);
  for (const name of ["elapsed_ms", "exec_ms", "gpu_ms", "compile_ms"] as const)
    if (row[name] !== null && !(row[name] > 0 || (row[name] === 0 && name !== "elapsed_ms")))
      throw new BadInputError(`${where} has a ${name} of ${row[name]}`);
  if (row.others_cpu !== null && !(row.others_cpu >= 0 && row.others_cpu <= 1))
    throw new BadInputError(`${where} has an others_cpu that is not from 0 to 1`);
  return row;
}

function kernelRow(value: unknown, where: string): KernelRow {
  const row = readKernelRow(value, where);
  if (row.batched_ms.length === 0 || ![...row.batched_ms, ...row.cold_ms].every((ms) => ms > 0))
    throw new BadInputError(`${where} has times that are not above 0, or none`);
  return row;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Lines that can be read; a note on each that cannot, which a killed process may have left, or a disk that was full. */
export function jsonRows<Row>(
  content: string,
  file: string,
  read: (value: unknown, where: string) => Row,
  notes: string[],
): Row[] {
  const lines = content.split("\n");
  const wrong: string[] = [];
  const rows = lines.flatMap((line, at): Row[] => {
    const where = `${file}, line ${at + 1},`;
    if (line.trim() === "") return [];
    try {
      return [read(JSON.parse(line), where)];
    } catch (error) {
      const unfinished = at === lines.length - 1 ? "was not finished" : "is no JSON";
      wrong.push(error instanceof BadInputError ? error.message : `${where} ${unfinished}`);
      return [];
    }
  });
  note(wrong, file, notes);
  return rows;
}

function note(wrong: readonly string[], file: string, notes: string[]): void {
  notes.push(...wrong.slice(0, MOST_NOTES).map((one) => `left out: ${one}`));
  if (wrong.length > MOST_NOTES) notes.push(`left out: ${wrong.length - MOST_NOTES} more lines of ${file}`);
}

function csvRows(content: string, file: string, notes: string[]): BenchRow[] {
  const [head = [], ...lines] = csvLines(content);
  const wrong: string[] = [];
  const rows = lines.flatMap((line, at): BenchRow[] => {
    try {
      return [benchRow(csvRow(head, line), `${file}, row ${at + 1},`)];
    } catch (error) {
      wrong.push(messageOf(error));
      return [];
    }
  });
  note(wrong, file, notes);
  return rows;
}

function environmentOf(content: string | undefined, file: string, notes: string[]): Run["environment"] {
  if (content === undefined) return null;
  try {
    const value: unknown = JSON.parse(content);
    if (isObject(value)) return value;
  } catch {
    // Said below.
  }
  notes.push(`left out: ${file} is no JSON of an environment`);
  return null;
}
