/** How one time compares with another: backends that took turns, and results side by side. */

import { groupedBy } from "../../../groups.ts";
import { type Comparison, compareRuns, type Measured, meanRatio } from "../../core/compare.ts";
import { countedInterval, type Interval, LEAST_COUNTED } from "../../core/intervals.ts";
import type { BenchRow } from "../../core/row.ts";
import { warmUpEnd } from "../../core/series.ts";
import { median } from "../../core/stats.ts";
import { measuredBench, measuredKernel } from "../../result_files.ts";
import type { Cell } from "../cells.ts";
import { type Entry, entry, numeric, type Part, type ReportFigure, type ReportTable } from "../document.ts";
import { type Row, rowsFigure } from "../figures/rows.ts";
import type { Run } from "../gather.ts";
import { ratioText, timeText } from "../units.ts";
import { deviceEntry, devicesRemark, MOST_ROWS, nameColumns, nameEntries, rowName, slug } from "./common.ts";

/** A cell beside the first backend of its run. */
interface Turns {
  readonly cell: Cell;
  readonly first: Cell;
  readonly ratio: number;
  readonly interval: Interval | null;
  readonly turns: number;
}

/** What two contenders of a run must have in common. */
const workloadKey = (row: BenchRow): string =>
  JSON.stringify(
    [row.engine, row.component, row.preset, row.mode, row.seq_len, row.recycles, row.steps, row.samples].concat([
      row.memory_limit,
      row.weights,
      row.features,
      row.seed,
    ]),
  );

/** Ratios to the first backend of each run, turn by turn, over all runs that had both. */
export function turnsOf(cells: readonly Cell[]): Turns[] {
  const timed = cells.filter(({ elapsed }) => elapsed !== null);
  const pairs = new Map<string, { cell: Cell; first: Cell; logs: number[] }>();
  for (const run of new Set(timed.flatMap(({ runs }) => runs))) {
    const own = timed.filter(({ runs }) => runs.includes(run));
    const inRun = new Set(run.rows);
    const rowsIn = (cell: Cell): BenchRow[] => cell.rows.filter((row) => inRun.has(row) && row.ok);
    for (const contenders of groupedBy(own, ({ rows }) => workloadKey(rows[0])).values()) {
      const [first, ...others] = contenders;
      for (const cell of others) {
        const key = `${cells.indexOf(first)} ${cells.indexOf(cell)}`;
        const pair = pairs.get(key) ?? { cell, first, logs: [] };
        pair.logs.push(...logRatios(rowsIn(first), rowsIn(cell)));
        pairs.set(key, pair);
      }
    }
  }
  return [...pairs.values()]
    .filter(({ logs }) => logs.length > 0)
    .map(({ cell, first, logs }) => {
      const interval = countedInterval(logs);
      return {
        cell,
        first,
        ratio: Math.exp(median(logs)),
        interval: interval ? { low: Math.exp(interval.low), high: Math.exp(interval.high) } : null,
        turns: logs.length,
      };
    });
}

/** Of passes of one turn each, without those in which either was still warming up. */
function logRatios(first: readonly BenchRow[], second: readonly BenchRow[]): number[] {
  const times = (rows: readonly BenchRow[]): number[] => rows.map(({ elapsed_ms }) => elapsed_ms ?? 0);
  const start = Math.max(warmUpEnd(times(first)), warmUpEnd(times(second)));
  const byPass = new Map(first.map((row) => [row.pass_index, row.elapsed_ms]));
  return second.slice(start).flatMap(({ pass_index, elapsed_ms }) => {
    const other = byPass.get(pass_index);
    return other && elapsed_ms ? [Math.log(elapsed_ms / other)] : [];
  });
}

const ratioColumns = [
  { head: "ratio", name: "ratio", number: true },
  { head: "95 %", name: "interval", number: true },
  { head: "turns", name: "turns", number: true },
] as const;

const ratioEntries = (ratio: number | null, interval: Interval | null, turns: number): Entry[] => [
  numeric(ratio, ratioText),
  entry(interval ? `${ratioText(interval.low)} – ${ratioText(interval.high)}` : ""),
  numeric(turns, String),
];

function turnsTable(all: readonly Turns[]): ReportTable {
  return {
    name: "ratios",
    title: "Ratios to the first backend of the run",
    columns: [...nameColumns, { head: "beside", name: "beside" }, ...ratioColumns],
    rows: all.map(({ cell, first, ratio, interval, turns }) => [
      ...nameEntries(cell),
      entry(first.series.label),
      ...ratioEntries(ratio, interval, turns),
    ]),
  };
}

function turnsFigures(all: readonly Turns[]): ReportFigure[] {
  return [...groupedBy(all, ({ cell }) => cell.workload)].map(([workload, own]) => {
    const rows = own.slice(0, MOST_ROWS).map(({ cell, first, ratio, interval }): Row => {
      const name = rowName(cell);
      const sure = interval ? `, 95 % ${ratioText(interval.low)} to ${ratioText(interval.high)}` : "";
      return {
        label: name,
        index: cell.series.index,
        values: [
          { x: ratio, ...(interval ?? {}), text: `${name}: ${ratioText(ratio)} times ${first.series.label}${sure}` },
        ],
      };
    });
    const spec = {
      alt: `Ratios of times, turn by turn, ${workload}. ${rows.map(({ values }) => values[0].text).join("; ")}.`,
      remark: devicesRemark(own.flatMap(({ cell, first }) => [cell, first])),
      xLabel: "time over the first backend's; whiskers: 95 %",
      format: (ratio: number) => `${Number(ratio.toPrecision(3))} ×`,
      neutral: 1,
      rows,
    };
    const part = own.length > rows.length ? `, ${rows.length} of ${own.length}` : "";
    return {
      name: `ratios-${slug(workload)}`,
      title: `Ratios to the first backend: ${workload}${part}`,
      alt: spec.alt,
      draw: (layout, head) => rowsFigure(spec, layout, head),
    };
  });
}

/** Backends beside each other, as they took turns in one run. */
export function turnsParts(cells: readonly Cell[]): Part[] {
  const all = turnsOf(cells);
  if (all.length === 0) return [];
  return [
    {
      id: "ratios",
      title: "Backends beside each other",
      paragraphs: [
        `Medians over turns of the time beside that of the backend which the run named first; above 1, it took longer. The 95 % interval is found by counting, and needs ${LEAST_COUNTED} turns.`,
      ],
      figures: turnsFigures(all),
      tables: [turnsTable(all)],
    },
  ];
}

const measuredIn = (runs: readonly Run[]): Measured[] =>
  runs.flatMap(({ rows, kernels }) => [
    ...[...groupedBy(rows, ({ engine }) => engine).values()].flatMap((own) => measuredBench(own, "elapsed")),
    ...kernels.map(measuredKernel),
  ]);

/** The folders that were named, each beside the first: what `compare` says of them. */
export function comparisonParts(runs: readonly Run[]): Part[] {
  const [first, ...others] = groupedBy(runs, ({ given }) => given);
  if (first === undefined || others.length === 0) return [];
  const base = measuredIn(first[1]);
  const tables = others.flatMap(([given, own], at): ReportTable[] => {
    const measured = measuredIn(own);
    const compared = compareRuns(base, measured);
    if (compared.length === 0) return [];
    const mean = meanRatio(compared);
    return [
      {
        name: `compare-${at + 1}`,
        title: `${given} beside ${first[0]}${mean === null ? "" : `: geometric mean ${ratioText(mean)}`}`,
        columns: [
          { head: "row", name: "row" },
          { head: "device", name: "device" },
          { head: "first", name: "first_ms", number: true },
          { head: "second", name: "second_ms", number: true },
          ...ratioColumns,
          { head: "change", name: "change" },
          { head: "why unsure", name: "reason" },
        ],
        rows: compared.map((one) => comparisonEntries(one, [...base, ...measured])),
      },
    ];
  });
  if (tables.length === 0) return [];
  return [
    {
      id: "compare",
      title: "Results beside each other",
      paragraphs: [
        "What af3-gpu compare says: the second's time over the first's; above 1, the second is slower. Only runs that were made in turns can be the same; of others, small changes are no changes. Times of two devices are two devices', whatever the verdict says.",
      ],
      figures: [],
      tables,
    },
  ];
}

function comparisonEntries(one: Comparison, all: readonly Measured[]): Entry[] {
  const own = all.filter(({ name, device }) => name === one.name && device !== "");
  const devices = [...new Set(own.map(({ device }) => device))];
  const device = devices.join(" and ");
  const software = devices.some((name) => name.includes("(software)"));
  return [
    entry(one.name),
    devices.length > 1 ? entry(device, "differs") : deviceEntry(device, software),
    numeric(one.first, timeText),
    numeric(one.second, timeText),
    ...ratioEntries(one.ratio, one.interval, one.turns),
    entry(one.change, one.change === "SLOWER" ? "wrong" : one.change === "UNSURE" ? "doubt" : undefined),
    entry(one.reason ?? ""),
  ];
}
