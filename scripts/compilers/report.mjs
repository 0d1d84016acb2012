// The lab's rows as tables: for a terminal, and for docs/compilers.md.
import { gpus } from "./gpus.mjs";

const { table } = await import("../../dist/cli/output.js");

/** @typedef {import("./lab.mjs").Row} Row */

const NONE = "–";

/** @param {number | null | undefined} value @param {(value: number) => string} [text] */
const cell = (value, text = String) => (value === null || value === undefined ? NONE : text(value));

/** @param {number} value */
const percent = (value) => `${(100 * value).toFixed(0)}`;
/** @param {number} value */
const two = (value) => value.toFixed(2);

/** A table per GPU, by the FLOP of each engine's plan. @param {readonly Row[]} rows */
export function terminalTable(rows) {
  const names = [...new Set(rows.map(({ gpu }) => gpu))];
  return names
    .map((name) => {
      const own = rows.filter(({ gpu }) => gpu === name);
      const { says, driver } = gpus[name];
      return `${name}: ${says}; ${driver.says}\n${tableOf(own)}`;
    })
    .join("\n\n");
}

/** @param {readonly Row[]} rows */
function tableOf(rows) {
  const head = [
    "engine",
    ">% FLOP",
    "kernel",
    ">registers",
    ">spills",
    ">waves",
    ">workgroup B",
    ">hot",
    ">fma",
    ">mma",
    ">loads/mma",
  ];
  return table(
    [...head, ">fma %", ">B/fma", ">bits", "label"],
    rows.map(({ engine, plan, share, kernel, registers, spills, waves, workgroup_bytes, hot, label }) => [
      plan === "full" ? engine : `${engine} ${plan}`,
      (100 * share).toFixed(2),
      kernel,
      ...[registers, spills, waves, workgroup_bytes].map((value) => cell(value)),
      ...[hot?.instructions, hot?.fma, hot?.mma].map((value) => cell(value)),
      cell(hot?.workgroup_loads_per_product, two),
      cell(hot?.fma_share, percent),
      cell(hot?.workgroup_bytes_per_fma, two),
      cell(hot?.widest_load),
      label,
    ]),
  );
}

/** One GPU's figures in a cell: registers / spills / percent of multiply-adds / bytes from workgroup memory for each. @param {Row | undefined} row */
function short(row) {
  if (!row) return NONE;
  const { registers, spills, hot } = row;
  const share = cell(hot?.fma_share, percent);
  return `${cell(registers)} / ${spills ? `**${spills}**` : cell(spills)} / ${share} / ${cell(hot?.workgroup_bytes_per_fma, two)}`;
}

/** A Markdown table: the heaviest pipeline of each kernel of an engine, its figures on each GPU. @param {readonly Row[]} rows @param {string} engine */
export function markdownTable(rows, engine) {
  const own = rows.filter((row) => row.engine === engine && row.plan === "full");
  const names = [...new Set(own.map(({ gpu }) => gpu))];
  const kernels = [...new Set(own.map(({ kernel }) => kernel))];
  /** @param {string} kernel @param {string} gpu the rows of a GPU are ranked */
  const heaviest = (kernel, gpu) => own.find((row) => row.kernel === kernel && row.gpu === gpu);
  /** @param {string} kernel all its pipelines */
  const share = (kernel) =>
    own.reduce((sum, row) => sum + (row.kernel === kernel && row.gpu === names[0] ? row.share : 0), 0);
  const ranked = kernels.sort((a, b) => share(b) - share(a));
  return [
    `| ${engine} | % FLOP | ${names.join(" | ")} |`,
    `|---|---|${names.map(() => "---|").join("")}`,
    ...ranked.map(
      (kernel) =>
        `| ${kernel} | ${(100 * share(kernel)).toFixed(1)} | ${names.map((gpu) => short(heaviest(kernel, gpu))).join(" | ")} |`,
    ),
  ].join("\n");
}
