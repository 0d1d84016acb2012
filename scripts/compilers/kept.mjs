// The small table that tests compare with, test/compilers.json: it is written by `npm run compilers -- --renew` and read by the test.
import { readFileSync, writeFileSync } from "node:fs";
import { leastOf, worse } from "./against.mjs";
import { keysOf } from "./pipelines.mjs";

/** @typedef {import("./lab.mjs").Row} Row */

/**
 * By GPU and pipeline: spills, and what part of the hottest block multiplies and adds, in percent.
 * @typedef {{ mesa: string, pipelines: Record<string, Record<string, [spills: number | null, percent: number | null]>> }} Table
 */

/**
 * Of the plans in mixed precision, those that multiply by matrix units: spills, products of matrices in the hottest block, and loads from
 * workgroup memory for each.
 * @typedef {Record<string, Record<string, [spills: number | null, products: number, loads: number | null]>>} Matrices
 */

/** @typedef {Table & { matrices: Matrices }} Kept */

export const keptFile = new URL("../../test/compilers.json", import.meta.url);

/** @returns {Kept} */
export const readKept = () => JSON.parse(readFileSync(keptFile, "utf8"));

/** Mesa's own version: what a distribution adds behind it does not change what is compiled. @param {string} version of a package */
export const upstream = (version) => version.replace(/^\d+:/, "").replace(/-[^-]*$/, "");

/** @param {readonly Row[]} rows @param {string} mesa its version @returns {Table} */
export function keptOf(rows, mesa) {
  /** @type {Table} */
  const kept = { mesa: upstream(mesa), pipelines: {} };
  for (const gpu of new Set(rows.map((row) => row.gpu))) {
    const own = rows.filter((row) => row.gpu === gpu);
    const entries = keysOf(own).map((key, at) => {
      const { spills, fma_share } = leastOf(own[at]);
      return [key, [spills, fma_share === null ? null : Math.round(1000 * fma_share) / 10]];
    });
    kept.pipelines[gpu] = Object.fromEntries(entries);
  }
  return kept;
}

/** @param {readonly Row[]} rows of plans in mixed precision @returns {Matrices} */
export function matricesOf(rows) {
  const units = rows.filter(({ variant }) => variant === "matrix");
  return Object.fromEntries(
    [...new Set(units.map(({ gpu }) => gpu))].map((gpu) => {
      const own = units.filter((row) => row.gpu === gpu);
      const entries = keysOf(own).map((key, at) => {
        const { spills, hot } = own[at];
        return [key, [spills, hot?.mma ?? 0, hot?.workgroup_loads_per_product ?? null]];
      });
      return [gpu, Object.fromEntries(entries)];
    }),
  );
}

/**
 * A line per pipeline, so that a change shows what it changes.
 * @param {readonly Row[]} rows @param {readonly Row[]} mixed those of plans in mixed precision @param {string} mesa
 */
export function writeKept(rows, mixed, mesa) {
  const kept = { ...keptOf(rows, mesa), matrices: matricesOf(mixed) };
  const text = JSON.stringify(kept, null, 1).replace(
    /\[\s+([^\]]*?)\s+\]/g,
    (_, values) => `[${values.replace(/\s+/g, " ")}]`,
  );
  writeFileSync(keptFile, `${text}\n`);
}

/** One sentence for each pipeline that is worse than the table says. @param {Table} kept @param {Table} now @returns {string[]} */
export function worsened(kept, now) {
  return Object.entries(now.pipelines).flatMap(([gpu, pipelines]) =>
    Object.entries(pipelines).flatMap(([key, figures]) => {
      const before = kept.pipelines[gpu]?.[key];
      const why = before && worse(figuresOf(before), figuresOf(figures));
      return why ? [`${gpu}: ${key}: ${why}`] : [];
    }),
  );
}

/** One sentence for each pipeline on matrix units that is worse than the table says. @param {Matrices} kept @param {Matrices} now @returns {string[]} */
export function matricesWorsened(kept, now) {
  return Object.entries(now).flatMap(([gpu, pipelines]) =>
    Object.entries(pipelines).flatMap(([key, [spills, products, loads]]) => {
      const before = kept[gpu]?.[key];
      if (!before) return [];
      const [spilled, had, loaded] = before;
      if (!spilled && spills) return [`${gpu}: ${key}: starts to spill (${spills})`];
      if (had > 0 && products === 0)
        return [`${gpu}: ${key}: no products of matrices in its hottest block, where ${had} were`];
      if ((loads ?? 0) > (loaded ?? Number.POSITIVE_INFINITY))
        return [`${gpu}: ${key}: ${loads} loads for each product of matrices in place of ${loaded}`];
      return [];
    }),
  );
}

/** @param {[spills: number | null, percent: number | null]} kept @returns {import("./against.mjs").Least} */
const figuresOf = ([spills, percent]) => ({ spills, fma_share: percent === null ? null : percent / 100 });
