/** A figure of lines over N, both axes logarithmic: measured series, their floors, published points. */
import { line as path } from "d3-shape";
import type { Layout } from "../document.ts";
import { bottomAxis, leftAxis, logScale, marksOf } from "./axes.ts";
import { faint, looks } from "./palette.ts";
import { element, headOf, LETTER, type LegendEntry, label, line, mark, svg, WIDTH } from "./svg.ts";

export interface Point {
  readonly x: number;
  readonly y: number;
  /** Where its value may lie. */
  readonly low?: number;
  readonly high?: number;
  /** What it says, with units. */
  readonly text: string;
}

export interface Line {
  readonly label: string;
  /** Of the series, which has its looks; others count on behind the last series. */
  readonly index: number;
  readonly points: readonly Point[];
  /** `bound`: computed, not measured: dashed and without marks. `published`: others' figures, hollow marks. */
  readonly kind: "measured" | "bound" | "published";
}

export interface LinesSpec {
  readonly alt: string;
  readonly remark?: string | undefined;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly format: (y: number) => string;
  readonly base: 2 | 10;
  /** What all lines of the kind `bound` are. */
  readonly bound: string;
  readonly lines: readonly Line[];
}

const HEIGHT: Readonly<Record<Layout, number>> = { wide: 340, narrow: 280 };

export function linesFigure(spec: LinesSpec, layout: Layout, title?: string): string {
  const lines = spec.lines.filter(({ points }) => points.length > 0);
  const legend = legendOf(spec, lines);
  const [head, end] = headOf({ title, remark: spec.remark, legend, above: spec.yLabel }, layout);
  const top = end - 24;
  const points = lines.flatMap((one) => one.points);
  const bottom = top + 14 + HEIGHT[layout];
  const ys = points.flatMap(({ y, low = y, high = y }) => [low, high, y]);
  const y = logScale(ys, [bottom, top + 24], 1.25);
  const widest = Math.max(...marksOf(y, 7, spec.base).map((value) => spec.format(value).length));
  const box = { left: 16 + widest * LETTER, right: WIDTH[layout] - 12, top: top + 24, bottom };
  const x = logScale(
    points.map((point) => point.x),
    [box.left, box.right],
    1.12,
  );
  const sizes = [...new Set(points.map((point) => point.x))].sort((a, b) => a - b);
  return svg(layout, bottom + 46, spec.alt, [
    ...head,
    ...leftAxis(y, box, spec.format, spec.base),
    ...bottomAxis(x, box, String, sizes),
    label(spec.xLabel, (box.left + box.right) / 2, bottom + 38, { anchor: "middle", fill: faint.light }),
    ...lines.filter(({ kind }) => kind === "bound").map((one) => drawn(one, x, y)),
    ...lines.filter(({ kind }) => kind !== "bound").map((one) => drawn(one, x, y)),
  ]);
}

function drawn({ index, points, kind }: Line, x: (value: number) => number, y: (value: number) => number): string {
  const { colour, dash } = looks(index);
  const sorted = [...points].sort((a, b) => a.x - b.x);
  const course = path<Point>()
    .x((point) => x(point.x))
    .y((point) => y(point.y))
    .digits(1)(sorted);
  const strokes = { measured: dash, bound: "3 4", published: "1 4" };
  const curve = element("path", {
    d: course ?? "",
    fill: "none",
    stroke: colour,
    "stroke-dasharray": strokes[kind],
    "stroke-width": kind === "measured" ? 2 : 1.4,
  });
  if (kind === "bound") return curve;
  const marks = sorted.flatMap((point) => {
    const [at, low, high] = [x(point.x), point.low, point.high];
    const whisker = low !== undefined && high !== undefined ? [line(at, y(low), at, y(high), colour, "", 1.4)] : [];
    return [...whisker, mark(at, y(point.y), index, point.text, kind === "published")];
  });
  return [curve, ...marks].join("");
}

function legendOf({ bound }: LinesSpec, lines: readonly Line[]): LegendEntry[] {
  const named = lines.filter(({ kind }) => kind !== "bound");
  const entries = named.map(({ label: text, index, kind }): LegendEntry => {
    const { colour, dash } = looks(index);
    const stroke = kind === "measured" ? dash : "1 4";
    return {
      label: text,
      key: (x, y) => line(x - 13, y, x + 13, y, colour, stroke, 2) + mark(x, y, index, "", kind === "published"),
    };
  });
  if (named.length < lines.length)
    entries.push({ label: bound, key: (x, y) => line(x - 13, y, x + 13, y, faint.light, "3 4", 2) });
  return entries;
}
