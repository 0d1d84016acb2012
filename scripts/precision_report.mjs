// What docs/precision.md shows of docs/precision.json: the figure of errors over depth, and the tables over depth and scales.

/**
 * The largest error of an output against the same network in float32. f16, bf16: of the reference, with rounded operands; mixed: ours.
 * @typedef {{ engine: string, preset: string, tokens: number, depth: number, scale: number, output: string, f16: number, bf16: number,
 *   mixed?: number, largest_half?: number }} Row
 */

/** The bound of recorded cases in mixed precision. */
const BOUND = 2e-2;

const [WIDTH, HEIGHT] = [760, 360];
const PANEL = { top: 74, bottom: HEIGHT - 46, width: 290 };
const ERRORS = /** @type {const} */ ([5e-4, 0.4]);
const MARK = 4;

const SERIES = /** @type {const} */ ([
  { field: "bf16", name: "reference, bfloat16" },
  { field: "f16", name: "reference, float16" },
  { field: "mixed", name: "ours, mixed" },
]);

/** Light, and dark where the reader prefers that. */
const STYLE = `
  text { font: 13px system-ui, sans-serif; fill: #1d2733 } .small { font-size: 12px; fill: #556274 } .head { font-weight: 600 }
  .ground { fill: #fff } .grid { stroke: #d9dfe7 } .bound { stroke: #556274; stroke-dasharray: 2 4 }
  .line { fill: none; stroke-width: 2 } .single { stroke-dasharray: 7 4 }
  .bf16 { stroke: #b3441e; fill: #b3441e } .f16 { stroke: #0b7a5f; fill: #0b7a5f } .mixed { stroke: #1f5bc4; fill: #1f5bc4 }
  @media (prefers-color-scheme: dark) {
    .ground { fill: #0e141b } text { fill: #e4eaf1 } .small { fill: #a3b0c0 } .grid { stroke: #2b3644 } .bound { stroke: #a3b0c0 }
    .bf16 { stroke: #f0956f; fill: #f0956f } .f16 { stroke: #4cc9a4; fill: #4cc9a4 } .mixed { stroke: #7fb0ff; fill: #7fb0ff }
  }
  .line { fill: none }`;

/** @param {number} value */
const round = (value) => Number(value.toFixed(1));

/** Where an error lies, from top to bottom. @param {number} error */
function heightOf(error) {
  const [least, most] = ERRORS.map(Math.log);
  return round(PANEL.bottom - ((Math.log(error) - least) / (most - least)) * (PANEL.bottom - PANEL.top));
}

/** @param {typeof SERIES[number]["field"]} field @param {number} x @param {number} y */
function mark(field, x, y) {
  if (field === "mixed") return `<circle class="${field}" cx="${x}" cy="${y}" r="${MARK}"/>`;
  if (field === "f16")
    return `<rect class="${field}" x="${x - MARK}" y="${y - MARK}" width="${2 * MARK}" height="${2 * MARK}"/>`;
  return `<path class="${field}" d="M${x} ${y - MARK - 1}l${MARK + 1} ${2 * MARK}h${-2 * MARK - 2}z"/>`;
}

/** @param {readonly Row[]} rows of an engine @param {string} engine @param {number} left */
function panel(rows, engine, left) {
  const depths = [...new Set(rows.map(({ depth }) => depth))].sort((a, b) => a - b);
  const most = Math.log(depths[depths.length - 1]);
  const across = (/** @type {number} */ depth) => round(left + 14 + (Math.log(depth) / most) * (PANEL.width - 28));
  const grid = [1e-3, 1e-2, 1e-1].flatMap((error) => [
    `<line class="grid" x1="${left}" x2="${left + PANEL.width}" y1="${heightOf(error)}" y2="${heightOf(error)}"/>`,
    `<text class="small" x="${left - 8}" y="${heightOf(error) + 4}" text-anchor="end">${error}</text>`,
  ]);
  const under = depths.map(
    (depth) => `<text class="small" x="${across(depth)}" y="${PANEL.bottom + 20}" text-anchor="middle">${depth}</text>`,
  );
  const outputs = [...new Set(rows.map(({ output }) => output))];
  const lines = SERIES.flatMap(({ field }) =>
    outputs.flatMap((output) => {
      const own = rows.filter((row) => row.output === output).sort((a, b) => a.depth - b.depth);
      const points = own.flatMap(({ depth, [field]: error }) =>
        error === undefined ? [] : [/** @type {const} */ ([across(depth), heightOf(error)])],
      );
      const kind = isSingle(output) ? "line single" : "line";
      return [
        `<polyline class="${field} ${kind}" points="${points.map((point) => point.join(",")).join(" ")}"/>`,
        ...points.map(([x, y]) => mark(field, x, y)),
      ];
    }),
  );
  return [
    `<text class="head" x="${left}" y="${PANEL.top - 8}">${engine}</text>`,
    ...grid,
    `<line class="bound" x1="${left}" x2="${left + PANEL.width}" y1="${heightOf(BOUND)}" y2="${heightOf(BOUND)}"/>`,
    ...under,
    `<text class="small" x="${left + PANEL.width / 2}" y="${PANEL.bottom + 38}" text-anchor="middle">blocks</text>`,
    ...lines,
  ];
}

/** Of the two representations. @param {string} output */
const isSingle = (output) => output.startsWith("s");

/** Rows with inputs as they are. @param {readonly Row[]} rows */
const overDepth = (rows) => rows.filter(({ scale }) => scale === 1);

/** The engines, in the order of the rows. @param {readonly Row[]} rows */
const enginesOf = (rows) => [...new Set(rows.map(({ engine }) => engine))];

/** Errors over depth, a panel for each engine, as SVG. @param {readonly Row[]} rows */
export function depthFigure(rows) {
  const legend = SERIES.flatMap(({ field, name }, at) => {
    const x = 62 + 165 * at;
    return [
      `<line class="${field} line" x1="${x}" x2="${x + 26}" y1="20" y2="20"/>`,
      mark(field, x + 13, 20),
      `<text x="${x + 34}" y="24">${name}</text>`,
    ];
  });
  const bound = `<line class="bound" x1="560" x2="586" y1="20" y2="20"/><text x="594" y="24">bound of recorded cases</text>`;
  const kinds = `<text class="small" x="62" y="44">largest error against float32; solid: pair representation, dashed: single; published widths, ${rows[0].tokens} tokens</text>`;
  const panels = enginesOf(rows).flatMap((engine, at) =>
    panel(
      overDepth(rows).filter((row) => row.engine === engine),
      engine,
      62 + at * (PANEL.width + 70),
    ),
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img" aria-label="Errors over depth: bfloat16 costs the references about eight times what halves cost them and us">
<style>${STYLE}
</style>
<rect class="ground" width="${WIDTH}" height="${HEIGHT}"/>
${[...legend, bound, kinds, ...panels].join("\n")}
</svg>
`;
}

/** @param {number | undefined} error */
const text = (error) => (error === undefined ? "–" : error.toExponential(1));

/** A table of both outputs in each of the columns. @param {readonly Row[]} rows @param {string} head @param {(row: Row) => number} by */
function errorTable(rows, head, by) {
  const keys = [...new Set(rows.map(by))].sort((a, b) => a - b);
  const lines = enginesOf(rows).flatMap((engine) =>
    keys.map((key) => {
      const own = rows.filter((row) => row.engine === engine && by(row) === key);
      const [single, pair] = [own.find(({ output }) => isSingle(output)), own.find(({ output }) => !isSingle(output))];
      const cells = SERIES.slice()
        .reverse()
        .map(({ field }) => `${text(single?.[field])} · ${text(pair?.[field])}`);
      return `| ${engine} | ${key.toLocaleString("en", { maximumSignificantDigits: 3 })} | ${cells.join(" | ")} | ${own[0].largest_half ?? "–"} |`;
    }),
  );
  return [
    `| | ${head} | ours, mixed: single · pair | reference, float16 | reference, bfloat16 | our largest half |`,
    "|---|---|---|---|---|---|",
    ...lines,
  ].join("\n");
}

/** @param {readonly Row[]} rows */
export const depthTable = (rows) => errorTable(overDepth(rows), "blocks", ({ depth }) => depth);

/** @param {readonly Row[]} rows */
export function scaleTable(rows) {
  const least = Math.min(...rows.map(({ depth }) => depth));
  return errorTable(
    rows.filter(({ depth }) => depth === least),
    "inputs ×",
    ({ scale }) => scale,
  );
}

/** The document with its tables written anew. @param {string} document @param {readonly Row[]} rows */
export const withTables = (document, rows) =>
  document
    .replace(/^\| \| blocks \|[\s\S]*?\n(?!\|)/m, () => `${depthTable(rows)}\n`)
    .replace(/^\| \| inputs × \|[\s\S]*?\n(?!\|)/m, () => `${scaleTable(rows)}\n`);
