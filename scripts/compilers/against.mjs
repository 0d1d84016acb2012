// Two runs of the lab compared: what became better or worse.
import { keysOf } from "./pipelines.mjs";

const { table } = await import("../../dist/cli/output.js");
const { BadInputError } = await import("../../dist/errors.js");

/** What `fma_share` may lose before a pipeline counts as worse: compilers trade a few instructions for nothing. */
const POINTS = 0.05;

/** Enough of a row to compare: of the lab's JSON, or of the table that tests keep. @typedef {{ spills: number | null, fma_share: number | null }} Least */

/**
 * Why a pipeline is worse than it was, or undefined. @param {Least} before @param {Least} after
 * @returns {string | undefined}
 */
export function worse(before, after) {
  const [spilled, spills] = [before.spills ?? 0, after.spills ?? 0];
  if (spilled === 0 && spills > 0) return `starts to spill (${spills})`;
  const [had, has] = [before.fma_share, after.fma_share];
  // Percentages are stored with one digit behind the point: half of the last one is no loss.
  if (had !== null && has !== null && had - has > POINTS + 1e-3 / 2)
    return `multiply-adds fall from ${(100 * had).toFixed(1)} to ${(100 * has).toFixed(1)} % of the hottest block`;
  return undefined;
}

/** @typedef {import("./lab.mjs").Row} Row */

/** @param {Row} row @returns {Least} */
export const leastOf = ({ spills, hot }) => ({ spills, fma_share: hot?.fma_share ?? null });

/** Rows by what they are about. @param {readonly Row[]} rows @returns {Map<string, Row>} */
function byKey(rows) {
  const names = [...new Set(rows.map(({ gpu }) => gpu))];
  return new Map(
    names.flatMap((gpu) => {
      const own = rows.filter((row) => row.gpu === gpu);
      return keysOf(own).map((key, at) => /** @type {[string, Row]} */ ([`${gpu} ${key}`, own[at]]));
    }),
  );
}

/** Reads what `--json` wrote. @param {string} text @param {string} file @returns {Row[]} @throws {BadInputError} */
export function readRows(text, file) {
  let rows;
  try {
    rows = JSON.parse(text);
  } catch {
    throw new BadInputError(`${file} is no JSON`);
  }
  const fields = ["gpu", "engine", "plan", "kernel", "label"];
  /** @param {unknown} row */
  const good = (row) => typeof row === "object" && row !== null && fields.every((name) => name in row);
  if (!Array.isArray(rows) || !rows.every(good))
    throw new BadInputError(`${file} is no table that npm run compilers -- --json wrote`);
  return rows;
}

/**
 * @param {readonly Row[]} before @param {readonly Row[]} after
 * @returns {{ text: string, worse: number }} a table of what changed, and how many are worse
 */
export function compare(before, after) {
  const [old, fresh] = [byKey(before), byKey(after)];
  /** @type {string[][]} */
  const lines = [];
  let count = 0;
  let same = 0;
  for (const [key, row] of fresh) {
    const was = old.get(key);
    if (!was) continue;
    const changed = changes(was, row);
    const why = worse(leastOf(was), leastOf(row));
    if (why) count++;
    if (changed.length === 0) same++;
    else lines.push([row.gpu, row.engine, row.kernel, why ? "WORSE" : "", changed.join(", "), row.label]);
  }
  const only = [...fresh.keys()].filter((key) => !old.has(key)).length;
  const gone = [...old.keys()].filter((key) => !fresh.has(key)).length;
  const sum = `${same} the same, ${lines.length} changed, ${count} worse, ${only} new, ${gone} no more`;
  const head = ["gpu", "engine", "kernel", "", "changed", "label"];
  return { text: lines.length ? `${table(head, lines)}\n${sum}` : sum, worse: count };
}

/** @param {Row} was @param {Row} is @returns {string[]} */
function changes(was, is) {
  /** @param {number | null | undefined} value @param {number} factor @param {number} digits */
  const text = (value, factor, digits) =>
    value === null || value === undefined ? "–" : (factor * value).toFixed(digits);
  /** @type {[string, number | null | undefined, number | null | undefined, number, number][]} */
  const figures = [
    ["registers", was.registers, is.registers, 1, 0],
    ["spills", was.spills, is.spills, 1, 0],
    ["waves", was.waves, is.waves, 1, 0],
    ["workgroup bytes", was.workgroup_bytes, is.workgroup_bytes, 1, 0],
    ["hot", was.hot?.instructions, is.hot?.instructions, 1, 0],
    ["fma %", was.hot?.fma_share, is.hot?.fma_share, 100, 0],
    ["B/fma", was.hot?.workgroup_bytes_per_fma, is.hot?.workgroup_bytes_per_fma, 1, 2],
    ["bits", was.hot?.widest_load, is.hot?.widest_load, 1, 0],
  ];
  return figures.flatMap(([name, before, after, factor, digits]) => {
    const [a, b] = [text(before, factor, digits), text(after, factor, digits)];
    return a === b ? [] : [`${name} ${a} → ${b}`];
  });
}
