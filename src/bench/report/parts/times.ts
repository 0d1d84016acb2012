/** Times against N, per pair of tokens, compile against execution, memory: a figure of each workload, and the tables. */
import { groupedBy } from "../../../groups.ts";
import type { Cell, Series } from "../cells.ts";
import type { Part, ReportFigure } from "../document.ts";
import { type Line, linesFigure, type Point } from "../figures/lines.ts";
import { rowsFigure } from "../figures/rows.ts";
import { published } from "../published.ts";
import { axisTimeText, bytesText, timeText } from "../units.ts";
import { devicesRemark, MOST_ROWS, MOST_SERIES, rowName, slug } from "./common.ts";
import { compileTable, doubtsTable, isTimed, memoryTable, timesTable } from "./time_tables.ts";

/** Cells of one workload; where its figures would have too many series, those of each engine. */
function figureGroups(cells: readonly Cell[]): [string, Cell[]][] {
  return [...groupedBy(cells, ({ workload }) => workload)].flatMap(([workload, own]): [string, Cell[]][] =>
    new Set(own.map(({ series }) => series)).size <= MOST_SERIES
      ? [[workload, own]]
      : [...groupedBy(own, ({ engine }) => engine)].map(([engine, some]) => [`${workload} of ${engine}`, some]),
  );
}

interface Curve {
  readonly name: string;
  readonly title: string;
  readonly yLabel: string;
  readonly bound: string;
  readonly format: (value: number) => string;
  /** Of the axis: 2 for bytes, whose round numbers are powers of two. */
  readonly base: 2 | 10;
  readonly point: (cell: Cell) => Omit<Point, "x"> | undefined;
  /** What is computed and not measured. */
  readonly limit: (cell: Cell) => number | null;
}

const time: Curve = {
  name: "time",
  title: "Time against N",
  yLabel: "median of a pass, with upload and read-back; whiskers: 95 %",
  bound: "least time by the measured roofline",
  format: axisTimeText,
  base: 10,
  limit: ({ floor_ms }) => floor_ms,
  point: (cell) =>
    isTimed(cell)
      ? {
          y: cell.elapsed.median,
          ...(cell.median_interval ?? {}),
          text: pointText(cell, timeText(cell.elapsed.median)),
        }
      : undefined,
};

const perPair: Curve = {
  name: "per-pair",
  title: "Time / N²",
  yLabel: "median of a pass over N²: level where time grows with the pairs",
  bound: time.bound,
  format: time.format,
  base: 10,
  limit: ({ floor_ms, seq_len }) => floor_ms && floor_ms / seq_len ** 2,
  point: (cell) => {
    if (!isTimed(cell)) return undefined;
    const y = cell.elapsed.median / cell.seq_len ** 2;
    return { y, text: pointText(cell, `${timeText(y)} per pair`) };
  },
};

const memory: Curve = {
  name: "memory",
  title: "Memory against N",
  yLabel: "most bytes of buffers on the device",
  bound: "what the planner says",
  format: bytesText,
  base: 2,
  limit: ({ memory_bytes }) => memory_bytes,
  point: (cell) =>
    isTimed(cell) && cell.device_peak_bytes
      ? { y: cell.device_peak_bytes, text: pointText(cell, bytesText(cell.device_peak_bytes)) }
      : undefined,
};

const pointText = (cell: Cell, value: string): string => `${cell.series.label}, N = ${cell.seq_len}: ${value}`;

/** A figure of a curve; none where no series has two sizes, which the tables say as well. */
function curveFigure(curve: Curve, workload: string, cells: readonly Cell[], seriesCount: number): ReportFigure[] {
  const groups = [...groupedBy(cells, ({ series }) => series)];
  const lines = groups.flatMap(([series, own]) => linesOf(curve, series, own)).slice(0, 2 * MOST_SERIES);
  const measured = lines.filter(({ kind }) => kind === "measured");
  if (!measured.some(({ points }) => new Set(points.map(({ x }) => x)).size > 1)) return [];
  const others = curve === time ? publishedLines(cells, seriesCount) : [];
  const more = new Set(groups.map(([series]) => series)).size - MOST_SERIES;
  const spec = {
    alt: `${curve.title}, ${workload}, both axes logarithmic. ${measured.map((one) => courseText(one, curve.format)).join("; ")}.`,
    remark: devicesRemark(cells),
    xLabel: "N, tokens",
    yLabel: curve.yLabel,
    format: curve.format,
    base: curve.base,
    bound: curve.bound,
    lines: [...lines, ...others],
  };
  const title = `${curve.title}: ${workload}${more > 0 ? `, ${MOST_SERIES} of ${more + MOST_SERIES} series` : ""}`;
  return [
    {
      name: `${curve.name}-${slug(workload)}`,
      title,
      alt: spec.alt,
      draw: (layout, head) => linesFigure(spec, layout, head),
    },
  ];
}

const courseText = ({ label, points }: Line, format: (value: number) => string): string => {
  const sorted = [...points].sort((a, b) => a.x - b.x);
  const [first, last] = [sorted[0], sorted[sorted.length - 1]];
  const at = (point: Point): string => `${format(point.y)} at N = ${point.x}`;
  return `${label}: ${first === last ? at(first) : `${at(first)} to ${at(last)}`}`;
};

function linesOf(curve: Curve, { label, index }: Series, cells: readonly Cell[]): Line[] {
  const points = cells.flatMap((cell) => {
    const point = curve.point(cell);
    return point ? [{ ...point, x: cell.seq_len }] : [];
  });
  if (points.length === 0) return [];
  const limits = cells.flatMap((cell) => {
    const y = curve.limit(cell);
    return y ? [{ x: cell.seq_len, y, text: "" }] : [];
  });
  return [
    { label, index, points, kind: "measured" },
    ...(limits.length > 0 ? [{ label: "", index, points: limits, kind: "bound" as const }] : []),
  ];
}

/** Others' times of the same work, with looks behind those of all series. */
function publishedLines(cells: readonly Cell[], seriesCount: number): Line[] {
  const { component, preset } = cells[0];
  return published
    .filter(({ beside }) => beside?.component === component && beside.preset === preset)
    .map(({ what, hardware, seconds }, at) => ({
      label: `${what} on ${hardware} (published)`,
      index: seriesCount + at,
      kind: "published",
      points: Object.entries(seconds).map(([tokens, value]) => ({
        x: Number(tokens),
        y: 1000 * value,
        text: `published: ${what} on ${hardware}, N = ${tokens}: ${value} s`,
      })),
    }));
}

/** Compile beside execution, a row each. */
function compileFigure(workload: string, cells: readonly Cell[]): ReportFigure[] {
  const all = cells.filter((cell) => isTimed(cell) && cell.exec_ms && cell.compile_ms);
  if (all.length === 0) return [];
  // The largest sizes say most where there is no room for all.
  const kept = new Set([...all].sort((a, b) => b.seq_len - a.seq_len).slice(0, MOST_ROWS));
  const rows = all
    .filter((cell) => kept.has(cell))
    .map((cell) => ({
      label: rowName(cell),
      index: cell.series.index,
      values: [
        { x: cell.exec_ms ?? 1, text: pointText(cell, `execution ${timeText(cell.exec_ms ?? 0)}`) },
        { x: cell.compile_ms ?? 1, text: pointText(cell, `compile ${timeText(cell.compile_ms ?? 0)}`), hollow: true },
      ],
    }));
  const alt = `Compile and execution, ${workload}. ${rows.map(({ values }) => values[0].text.replace("execution", "executes in")).join("; ")}.`;
  const spec = {
    alt,
    remark: devicesRemark(cells),
    xLabel: "time, logarithmic",
    format: axisTimeText,
    kinds: ["execution, inputs and outputs resident", "compile: loading, and the first run's extra"] as const,
    rows,
  };
  const part = rows.length < all.length ? `, the ${MOST_ROWS} largest of ${all.length}` : "";
  return [
    {
      name: `compile-${slug(workload)}`,
      title: `Compile against execution: ${workload}${part}`,
      alt,
      draw: (layout, head) => rowsFigure(spec, layout, head),
    },
  ];
}

/** The parts on times and memory. */
export function timeParts(cells: readonly Cell[]): Part[] {
  const groups = figureGroups(cells);
  const count = new Set(cells.map(({ series }) => series)).size;
  const figures = (curve: Curve): ReportFigure[] =>
    groups.flatMap(([workload, own]) => curveFigure(curve, workload, own, count));
  const timed = cells.filter(isTimed);
  if (timed.length === 0) return [];
  return [
    {
      id: "times",
      title: "Times",
      paragraphs: [
        "Medians of passes by the wall clock, with upload and read-back; the 95 % interval is that of the median. A row with a doubt is to be measured again before anything follows from it.",
      ],
      figures: [...figures(time), ...figures(perPair)],
      tables: [timesTable(timed), doubtsTable(timed)].filter(({ rows }) => rows.length > 0),
    },
    {
      id: "compile",
      title: "Compile against execution",
      paragraphs: [
        "What is paid once, beside what is paid for every pass. Execution has inputs and outputs on the device where the backend can keep them there.",
      ],
      figures: groups.flatMap(([workload, own]) => compileFigure(workload, own)),
      tables: [compileTable(timed)],
    },
    {
      id: "memory",
      title: "Work and memory",
      paragraphs: [
        "Rates are the plan's work over the execution time. The planner's figure is what a plan says before it runs; the device's peak was counted buffer by buffer.",
      ],
      figures: figures(memory),
      tables: [memoryTable(timed)],
    },
  ];
}
