/** Figures of a predicted structure: confidence along its chains, and aligned errors between all of its tokens. */
import { scaleLinear } from "d3-scale";
import type { Layout, ReportFigure } from "../../bench/report/document.ts";
import { faint, grid, ink, looks } from "../../bench/report/figures/palette.ts";
import { element, headOf, label, line, svg, WIDTH } from "../../bench/report/figures/svg.ts";
import type { Prediction } from "../../pipeline/outputs/prediction.ts";
import { BANDS } from "./page_view.ts";

/** Where AlphaFold's colours of confidence change. */
const BOUNDS = BANDS.map(({ above }) => above).filter(Number.isFinite);
const LEFT = 40;
const HEIGHT: Readonly<Record<Layout, number>> = { wide: 220, narrow: 180 };

/** The mean confidence of every residue, in the order of the file. */
export function residueConfidences({ structure }: Prediction): { readonly chain: string; readonly value: number }[] {
  const sums = new Map<unknown, { readonly chain: string; sum: number; count: number }>();
  structure.atoms.forEach(({ chain, residue }, at) => {
    const found = sums.get(residue) ?? { chain: chain.id, sum: 0, count: 0 };
    found.sum += structure.plddt[at];
    found.count++;
    sums.set(residue, found);
  });
  return [...sums.values()].map(({ chain, sum, count }) => ({ chain, value: sum / count }));
}

/** Confidence along all chains, one behind the other. */
export function confidenceFigure(prediction: Prediction): ReportFigure {
  const residues = residueConfidences(prediction);
  const mean = residues.reduce((sum, { value }) => sum + value, 0) / residues.length;
  const alt = `pLDDT of ${residues.length} residues and ligands in the order of the file, from 0 to 100; their mean is ${mean.toFixed(1)}`;
  const draw = (layout: Layout, title?: string): string => {
    const [head, top] = headOf({ title, legend: [], above: "pLDDT, mean over the atoms of a residue" }, layout);
    const bottom = top + HEIGHT[layout];
    const x = scaleLinear([0, residues.length], [LEFT, WIDTH[layout] - 12]);
    const y = scaleLinear([0, 100], [bottom, top + 12]);
    const starts = residues.flatMap(({ chain }, at) => (chain === residues[at - 1]?.chain ? [] : [at]));
    const chains = starts.map((from, index) => {
      const points = residues.slice(from, starts[index + 1]).flatMap(({ value }, at) => {
        if (!Number.isFinite(value)) return [];
        return [`${x(from + at).toFixed(1)} ${y(value).toFixed(1)}H${x(from + at + 1).toFixed(1)}`];
      });
      const { colour } = looks(0);
      return element("path", { d: `M${points.join("L")}`, fill: "none", stroke: colour, "stroke-width": 1.6 });
    });
    // Names of short chains would lie upon each other.
    let free = 0;
    const names = starts.flatMap((at) => {
      if (x(at) < free) return [];
      free = x(at) + 28;
      return [
        line(x(at), top + 12, x(at), bottom, grid.light),
        label(residues[at].chain, x(at) + 2, bottom + 18, { fill: faint.light }),
      ];
    });
    return svg(layout, bottom + 28, alt, [
      ...head,
      ...[0, ...BOUNDS, 100].flatMap((value) => [
        line(LEFT, y(value), WIDTH[layout] - 12, y(value), grid.light, BOUNDS.includes(value) ? "4 3" : ""),
        label(String(value), LEFT - 6, y(value) + 4, { anchor: "end", fill: faint.light }),
      ]),
      ...names,
      ...chains,
    ]);
  };
  return { name: "confidence", title: "Confidence along the chains", alt, draw };
}

/** Cells on a side of the map, and steps of its colours. */
const [MOST_CELLS, STEPS, MOST_ERROR] = [96, 16, 32];

/** The mean errors of blocks of tokens, rows aligned to; NaN where there is none. */
export function coarseErrors({ full }: Prediction): number[][] {
  const { values, stride } = full.pae;
  const tokens = full.tokenChainIds.length;
  const cells = Math.min(tokens, MOST_CELLS);
  const from = (cell: number): number => Math.floor((cell * tokens) / cells);
  return Array.from({ length: cells }, (_, row) =>
    Array.from({ length: cells }, (_, column) => {
      let [sum, count] = [0, 0];
      for (let i = from(row); i < from(row + 1); i++)
        for (let j = from(column); j < from(column + 1); j++) {
          sum += values[i * stride + j];
          count++;
        }
      return sum / count;
    }),
  );
}

const stepOf = (error: number): number => Math.min(STEPS - 1, Math.max(0, Math.floor((error * STEPS) / MOST_ERROR)));
/** From dark green to white: the same in the dark, where a map is a picture. */
const shade = scaleLinear<string>([0, STEPS - 1], ["#00451c", "#f4fbf5"]);

/** Aligned errors of all pairs of tokens, as a map. */
export function errorsFigure(prediction: Prediction): ReportFigure {
  const errors = coarseErrors(prediction);
  const tokens = prediction.full.tokenChainIds;
  const alt = `Predicted aligned error of ${tokens.length} tokens by ${tokens.length}, from 0 to ${MOST_ERROR} ångström, dark where it is small; the least between chains stands in the table of pairs`;
  const draw = (layout: Layout, title?: string): string => {
    const [head, top] = headOf(
      { title, legend: [], above: "Row: aligned to this token. Column: error of this one" },
      layout,
    );
    const side = Math.min(WIDTH[layout] - LEFT - 12, 420);
    const place = (cell: number): number => (cell * side) / errors.length;
    // One path per colour, of runs of cells along a row.
    const paths = Array.from({ length: STEPS }, () => [] as string[]);
    errors.forEach((row, at) => {
      for (let start = 0; start < row.length; ) {
        let end = start + 1;
        while (end < row.length && stepOf(row[end]) === stepOf(row[start])) end++;
        if (!Number.isNaN(row[start]))
          paths[stepOf(row[start])].push(
            `M${(LEFT + place(start)).toFixed(1)} ${(top + 12 + place(at)).toFixed(1)}h${place(end - start).toFixed(1)}v${(place(1) + 0.3).toFixed(1)}h${(-place(end - start)).toFixed(1)}z`,
          );
        start = end;
      }
    });
    const starts = tokens.flatMap((chain, at) => (chain === tokens[at - 1] ? [] : [at]));
    let free = 0;
    const chains = starts.flatMap((at) => {
      const offset = (at * side) / tokens.length;
      if (offset < free) return [];
      free = offset + 18;
      return [
        label(tokens[at], LEFT + offset + 2, top + side + 28, { fill: faint.light }),
        label(tokens[at], LEFT - 6, top + 24 + offset, { anchor: "end", fill: faint.light }),
        ...(at === 0
          ? []
          : [
              line(LEFT + offset, top + 12, LEFT + offset, top + 12 + side, ink.light),
              line(LEFT, top + 12 + offset, LEFT + side, top + 12 + offset, ink.light),
            ]),
      ];
    });
    const key = top + side + 44;
    return svg(layout, key + 42, alt, [
      ...head,
      ...paths.flatMap((cells, step) =>
        cells.length > 0 ? [element("path", { d: cells.join(""), fill: shade(step) })] : [],
      ),
      ...chains,
      ...Array.from({ length: STEPS }, (_, step) =>
        element("rect", { x: LEFT + step * 12, y: key, width: 12.5, height: 12, fill: shade(step) }),
      ),
      label("0", LEFT, key + 28, { fill: faint.light }),
      label(`${MOST_ERROR} Å and more`, LEFT + STEPS * 12, key + 28, { anchor: "middle", fill: faint.light }),
    ]);
  };
  return { name: "aligned-errors", title: "Predicted aligned error", alt, draw };
}
