/** Puts a report together from what folders hold. */
import { counted } from "../../words.ts";
import { cellsOf } from "./cells.ts";
import type { Part, Report, ReportTable } from "./document.ts";
import type { Gathered } from "./gather.ts";
import { environmentParts, errorParts, failureParts, publishedParts } from "./parts/facts.ts";
import { firstRunParts } from "./parts/first_runs.ts";
import { profileParts } from "./parts/profiles.ts";
import { comparisonParts, turnsParts } from "./parts/ratios.ts";
import { timeParts } from "./parts/times.ts";
import { kernelParts, sectionParts } from "./parts/where.ts";

const distinct = (values: readonly string[]): string[] => [...new Set(values.filter((one) => one !== ""))];

/** @param title of the page; a sentence of what it is of, else */
export function reportOf({ runs, notes }: Gathered, title = "af3-gpu: what was measured"): Report {
  const cells = cellsOf(runs);
  const rows = [...runs.flatMap((run) => run.rows), ...runs.flatMap(({ kernels }) => kernels)];
  const devices = [...rows, ...runs.flatMap(({ profiles }) => profiles)];
  const software = distinct(devices.flatMap((row) => (row.software ? [row.device] : [])));
  const times = rows.map(({ start_ts }) => start_ts).sort();
  const days = distinct([times[0] ?? "", times[times.length - 1] ?? ""].map((one) => one.slice(0, 10)));
  const versions = distinct(
    rows.map(({ af3_gpu_version, af3_gpu_commit }) => [af3_gpu_version, af3_gpu_commit?.slice(0, 7)].join(" ").trim()),
  );
  const parts: Part[] = [
    ...timeParts(cells),
    ...firstRunParts(cells),
    ...turnsParts(cells),
    ...comparisonParts(runs),
    ...sectionParts(cells),
    ...profileParts(runs),
    ...kernelParts(runs),
    ...errorParts(cells),
    ...failureParts(cells),
    ...environmentParts(runs),
    ...publishedParts(cells),
  ];
  return {
    title,
    warnings: software.map(
      (device) => `${device} is a software adapter: a CPU did a GPU's work. Its times say nothing about GPUs.`,
    ),
    facts: [
      ["measured", days.join(" to ")],
      ["on", distinct(devices.map(({ device }) => device)).join("; ")],
      ["with af3-gpu", versions.join("; ")],
      ["from", `${counted(runs.length, "result folder")}, ${counted(rows.length, "row")}`],
      ["notes", distinct(rows.map((row) => row.notes)).join("; ")],
    ].filter((fact): fact is [string, string] => fact[1] !== ""),
    parts: withNames(parts),
    notes,
  };
}

/** Files are named after figures and tables: no two have the same name, whatever workloads are called. */
function withNames(parts: readonly Part[]): Part[] {
  const taken = new Set<string>();
  const fresh = <T extends { readonly name: string }>(kind: string, one: T): T => {
    let name = one.name;
    for (let count = 2; taken.has(kind + name); count++) name = `${one.name}-${count}`;
    taken.add(kind + name);
    return { ...one, name };
  };
  return parts.map((part) => ({
    ...part,
    figures: part.figures.map((figure) => fresh("figure ", figure)),
    tables: part.tables.map((table) => deviceLast(fresh("table ", table))),
  }));
}

/** Devices have long names, which on a phone would stand between a row's name and its numbers. */
function deviceLast(table: ReportTable): ReportTable {
  const at = table.columns.findIndex(({ name }) => name === "device");
  const moved = <T>(all: readonly T[]): T[] => [...all.slice(0, at), ...all.slice(at + 1), all[at]];
  return at < 0 ? table : { ...table, columns: moved(table.columns), rows: table.rows.map(moved) };
}
