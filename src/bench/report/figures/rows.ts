/** Figures with a row per thing: marks on a logarithmic axis, such as ratios with their intervals, or bars of shares. */
import type { Layout } from "../document.ts";
import { bottomAxis, logScale } from "./axes.ts";
import { faint, grid, ground, ink, looks } from "./palette.ts";
import { element, escaped, fitting, headOf, LETTER, type LegendEntry, label, line, mark, svg, WIDTH } from "./svg.ts";

/** A value of a row. */
export interface Value {
  readonly x: number;
  readonly low?: number;
  readonly high?: number;
  readonly text: string;
  /** The second kind of value of a row, which a hollow mark is. */
  readonly hollow?: boolean;
}

export interface Row {
  readonly label: string;
  /** Of its series. */
  readonly index: number;
  readonly values: readonly Value[];
}

export interface RowsSpec {
  readonly alt: string;
  readonly remark?: string | undefined;
  readonly xLabel: string;
  readonly format: (x: number) => string;
  /** What filled and hollow marks are, if there are both. */
  readonly kinds?: readonly [filled: string, hollow: string];
  /** Where nothing has changed. */
  readonly neutral?: number;
  readonly rows: readonly Row[];
}

/** Where labels stand: at the left where there is room, else above. */
const frame = (layout: Layout, labels: readonly string[]) => {
  const widest = Math.max(...labels.map((text) => [...text].length));
  const left = layout === "wide" ? Math.min(330, 20 + LETTER * widest) : 8;
  return { left, right: WIDTH[layout] - (layout === "wide" ? 24 : 16), height: layout === "wide" ? 26 : 42 };
};

const rowLabel = (text: string, layout: Layout, left: number, y: number): string =>
  layout === "wide"
    ? label(fitting(text, left - 16), left - 12, y + 4, { anchor: "end" })
    : label(fitting(text, WIDTH[layout] - 12), 4, y - 14);

export function rowsFigure(spec: RowsSpec, layout: Layout, title?: string): string {
  const { kinds } = spec;
  const legend: LegendEntry[] = kinds
    ? [
        { label: kinds[0], key: (x, y) => element("circle", { cx: x, cy: y, r: 4.5, fill: ink.light }) },
        {
          label: kinds[1],
          key: (x, y) =>
            element("circle", { cx: x, cy: y, r: 4.5, fill: ground.light, stroke: ink.light, "stroke-width": 1.8 }),
        },
      ]
    : [];
  const [head, top] = headOf({ title, remark: spec.remark, legend }, layout);
  const { left, right, height } = frame(
    layout,
    spec.rows.map((row) => row.label),
  );
  const box = { left, right, top, bottom: top + 8 + spec.rows.length * height };
  const values = spec.rows.flatMap((row) => row.values);
  const ends = values.flatMap(({ x, low = x, high = x }) => [x, low, high]);
  const x = logScale([...ends, ...(spec.neutral ? [spec.neutral] : [])], [left + 8, right - 8], 1.08);
  const yOf = (at: number): number => top + 4 + (at + (layout === "wide" ? 0.5 : 0.7)) * height;
  const neutral = spec.neutral ? [line(x(spec.neutral), top, x(spec.neutral), box.bottom, faint.light, "", 2)] : [];
  return svg(layout, box.bottom + 46, spec.alt, [
    ...head,
    ...bottomAxis(x, box, spec.format),
    ...neutral,
    label(spec.xLabel, right, box.bottom + 38, { anchor: "end", fill: faint.light }),
    ...spec.rows.map((row, at) => rowLabel(row.label, layout, left, yOf(at)) + drawn(row, x, yOf(at))),
  ]);
}

function drawn({ values, index }: Row, x: (value: number) => number, y: number): string {
  const { colour } = looks(index);
  const xs = values.map((value) => x(value.x));
  const span = values.length > 1 ? [line(Math.min(...xs), y, Math.max(...xs), y, grid.light, "", 3)] : [];
  const marks = values.map(({ x: value, low, high, text, hollow }) => {
    const whisker = low !== undefined && high !== undefined ? line(x(low), y, x(high), y, colour, "", 2) : "";
    return whisker + mark(x(value), y, index, text, hollow);
  });
  return [...span, ...marks].join("");
}

/** A row of parts that make a whole. */
export interface Stack {
  readonly label: string;
  readonly parts: readonly { readonly name: string; readonly share: number; readonly text: string }[];
}

export interface StacksSpec {
  readonly alt: string;
  readonly remark?: string | undefined;
  readonly xLabel: string;
  readonly stacks: readonly Stack[];
}

/** Bars whose parts add up to the whole width. */
export function stacksFigure(spec: StacksSpec, layout: Layout, title?: string): string {
  const names = [...new Set(spec.stacks.flatMap(({ parts }) => parts.map(({ name }) => name)))];
  const bar = (x: number, y: number, width: number, high: number, at: number, text = ""): string =>
    element(
      "rect",
      { x, y: y - high / 2, width, height: high, fill: looks(at).colour, stroke: ground.light },
      ...(text === "" ? [] : [element("title", {}, escaped(text))]),
    );
  const legend = names.map((name, at): LegendEntry => ({ label: name, key: (x, y) => bar(x - 8, y, 16, 12, at) }));
  const [head, top] = headOf({ title, remark: spec.remark, legend }, layout);
  const { left, right, height } = frame(
    layout,
    spec.stacks.map((stack) => stack.label),
  );
  const yOf = (at: number): number => top + 4 + (at + (layout === "wide" ? 0.5 : 0.7)) * height;
  const bottom = top + 8 + spec.stacks.length * height;
  const x = (share: number): number => left + share * (right - left);
  const bars = spec.stacks.map(({ label: text, parts }, at) => {
    let done = 0;
    const drawnParts = parts.map(({ name, share, text: said }) => {
      done += share;
      return bar(x(done - share), yOf(at), share * (right - left), 18, names.indexOf(name), said);
    });
    return rowLabel(text, layout, left, yOf(at)) + drawnParts.join("");
  });
  const marks = [0, 0.25, 0.5, 0.75, 1].map(
    (share) =>
      line(x(share), top, x(share), bottom, grid.light) +
      label(`${100 * share} %`, x(share), bottom + 18, {
        anchor: share === 0 ? "start" : share === 1 ? "end" : "middle",
        fill: faint.light,
      }),
  );
  return svg(layout, bottom + 46, spec.alt, [
    ...head,
    ...marks,
    ...bars,
    label(spec.xLabel, right, bottom + 38, { anchor: "end", fill: faint.light }),
  ]);
}
