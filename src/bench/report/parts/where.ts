/** Where the time goes: sections of passes, and kernels beside their roofline. */

import { groupedBy } from "../../../groups.ts";
import { leastSeconds } from "../../core/roofline.ts";
import { warningsOf } from "../../core/series.ts";
import { median } from "../../core/stats.ts";
import { type KernelRow, nameOfKernelRow } from "../../kernel_row.ts";
import type { Cell } from "../cells.ts";
import { entry, numeric, type Part, type ReportFigure, type ReportTable } from "../document.ts";
import { rowsFigure, type Stack, stacksFigure } from "../figures/rows.ts";
import type { Run } from "../gather.ts";
import { axisTimeText, percentText, rateText, timeText } from "../units.ts";
import { deviceEntry, devicesRemark, MOST_ROWS, nameColumns, nameEntries, rowName, slug } from "./common.ts";

/** A figure has no more kinds of parts: beyond, colours would come again. */
const MOST_PARTS = 7;

/** A bar to be, and what it is made of. */
interface Shares {
  readonly label: string;
  readonly parts: readonly { readonly name: string; readonly ms: number }[];
}

/** Bars of parts by their share, in one order and with the same parts apart in all of them; the small ones are together. */
export function stacksOf(bars: readonly Shares[]): Stack[] {
  const summed = bars.map(({ label, parts }) => {
    const whole = parts.reduce((sum, { ms }) => sum + ms, 0);
    const sums = new Map<string, { ms: number; share: number }>();
    for (const [name, own] of groupedBy(parts, (part) => part.name)) {
      const ms = own.reduce((sum, part) => sum + part.ms, 0);
      sums.set(name, { ms, share: whole > 0 ? ms / whole : 0 });
    }
    return { label, sums };
  });
  const names = [...new Set(summed.flatMap(({ sums }) => [...sums.keys()]))];
  const weight = (name: string): number => summed.reduce((sum, { sums }) => sum + (sums.get(name)?.share ?? 0), 0);
  const weights = new Map(names.map((name) => [name, weight(name)]));
  const apart = names.sort((a, b) => (weights.get(b) ?? 0) - (weights.get(a) ?? 0)).slice(0, MOST_PARTS);
  return summed.map(({ label, sums }) => {
    const shown = apart.flatMap((name) => {
      const own = sums.get(name);
      return own ? [{ name, ...own }] : [];
    });
    const rest = [...sums].filter(([name]) => !apart.includes(name)).map(([, own]) => own);
    const sumOf = (key: "ms" | "share"): number => rest.reduce((sum, own) => sum + own[key], 0);
    if (sumOf("ms") > 0) shown.push({ name: "the rest", ms: sumOf("ms"), share: sumOf("share") });
    const parts = shown.map(({ name, ms, share }) => ({
      ...{ name, share },
      text: `${name}: ${timeText(ms)}, ${percentText(share)}`,
    }));
    return { label, parts };
  });
}

/** The sections of whole networks. */
export function sectionParts(cells: readonly Cell[]): Part[] {
  const own = cells.filter(({ sections }) => sections.length > 1);
  if (own.length === 0) return [];
  const figures = [...groupedBy(own, ({ workload }) => workload)].map(([workload, some]): ReportFigure => {
    const stacks = stacksOf(
      some.slice(0, MOST_ROWS).map((cell) => ({
        label: rowName(cell),
        parts: cell.sections.map(({ name, exec_ms }) => ({ name, ms: exec_ms })),
      })),
    );
    const alt = `Where the time goes, ${workload}. ${stacks
      .map(
        ({ label, parts }) => `${label}: ${parts.map(({ name, share }) => `${name} ${percentText(share)}`).join(", ")}`,
      )
      .join("; ")}.`;
    const spec = { alt, remark: devicesRemark(some), xLabel: "share of the execution time", stacks };
    return {
      name: `sections-${slug(workload)}`,
      title: `Where the time goes: ${workload}${stacks.length < some.length ? `, ${stacks.length} of ${some.length}` : ""}`,
      alt,
      draw: (layout, head) => stacksFigure(spec, layout, head),
    };
  });
  const table: ReportTable = {
    name: "sections",
    title: "Sections of a pass",
    columns: [
      ...nameColumns,
      { head: "section", name: "section" },
      { head: "runs", name: "runs", number: true },
      { head: "execution", name: "exec_ms", number: true },
      { head: "share", name: "share", number: true },
    ],
    rows: own.flatMap((cell) => {
      const whole = cell.sections.reduce((sum, { exec_ms }) => sum + exec_ms, 0);
      return cell.sections.map(({ name, runs, exec_ms }) => [
        ...nameEntries(cell),
        entry(name),
        numeric(runs, String),
        numeric(exec_ms, timeText),
        numeric(whole > 0 ? exec_ms / whole : null, percentText),
      ]);
    }),
  };
  return [
    {
      id: "sections",
      title: "Where the time goes",
      paragraphs: ["Sections of a pass by their execution time, medians over passes."],
      figures,
      tables: [table],
    },
  ];
}

const leastOf = ({ flops, traffic_bytes, roofline_flops, roofline_bytes }: KernelRow): number =>
  1000 * leastSeconds({ flops, bytes: traffic_bytes }, { flops: roofline_flops, bytes: roofline_bytes });

/** What `kernels` timed. */
export function kernelParts(runs: readonly Run[]): Part[] {
  const rows = runs.flatMap(({ kernels }) => kernels);
  if (rows.length === 0) return [];
  const table: ReportTable = {
    name: "kernels",
    title: "Kernels",
    columns: [
      { head: "kernel", name: "kernel" },
      { head: "variant", name: "variant" },
      { head: "case", name: "case" },
      { head: "precision", name: "precision" },
      { head: "device", name: "device" },
      { head: "batched", name: "batched_ms", number: true },
      { head: "cold", name: "cold_ms", number: true },
      { head: "FLOP/s", name: "flops_per_second", number: true },
      { head: "B/s", name: "bytes_per_second", number: true },
      { head: "least time", name: "floor_ms", number: true },
      { head: "roofline", name: "roofline_share", number: true },
      { head: "doubt", name: "doubts" },
    ],
    rows: rows.map((row) => {
      const ms = median(row.batched_ms);
      const doubts = warningsOf(row.batched_ms, row.others_cpu === null ? [] : [row.others_cpu]);
      const names = doubts.map(({ doubt }) => doubt).join(", ");
      return [
        ...[row.kernel, row.variant, row.case, row.precision].map((text) => entry(text)),
        deviceEntry(row.device, row.software),
        numeric(ms, timeText),
        numeric(row.cold_ms.length > 0 ? median(row.cold_ms) : null, timeText),
        numeric((1000 * row.flops) / ms, rateText("FLOP/s")),
        numeric((1000 * row.traffic_bytes) / ms, rateText("B/s")),
        numeric(leastOf(row), timeText),
        numeric(leastOf(row) / ms, percentText),
        names === "" ? entry("") : entry(names, "doubt"),
      ];
    }),
  };
  const longest = [...rows].sort((a, b) => median(b.batched_ms) - median(a.batched_ms)).slice(0, MOST_ROWS);
  const names = [...new Set(rows.map(({ kernel }) => kernel))];
  const figureRows = longest.map((row) => {
    const [ms, least] = [median(row.batched_ms), leastOf(row)];
    const name = nameOfKernelRow(row);
    return {
      label: name,
      index: names.indexOf(row.kernel),
      values: [
        { x: ms, text: `${name}: ${timeText(ms)}, ${percentText(least / ms)} of the roofline` },
        ...(least > 0 ? [{ x: least, text: `${name}: least time ${timeText(least)}`, hollow: true }] : []),
      ],
    };
  });
  const alt = `Times of kernels beside the least time by the roofline. ${figureRows.map(({ values }) => values[0].text).join("; ")}.`;
  const spec = {
    alt,
    remark: devicesRemark(rows),
    xLabel: "time of a dispatch, logarithmic",
    format: axisTimeText,
    kinds: ["median, batched", "least time by the roofline that was measured just before"] as const,
    rows: figureRows,
  };
  const part = longest.length < rows.length ? `, the ${longest.length} longest of ${rows.length}` : "";
  return [
    {
      id: "kernels",
      title: "Kernels",
      paragraphs: [
        "Single dispatches: batched, back to back in one pass; cold, over inputs that no cache holds. The nearer the two marks of a row, the nearer the kernel is to what the adapter can do.",
      ],
      figures: [
        { name: "kernels", title: `Kernels${part}`, alt, draw: (layout, head) => rowsFigure(spec, layout, head) },
      ],
      tables: [table],
    },
  ];
}
