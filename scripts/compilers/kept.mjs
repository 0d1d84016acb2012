// The small table that tests compare with, test/compilers.json: it is written by `npm run compilers -- --renew` and read by the test.
import { readFileSync, writeFileSync } from "node:fs";
import { leastOf, worse } from "./against.mjs";
import { keysOf } from "./pipelines.mjs";

/** @typedef {import("./lab.mjs").Row} Row */

/**
 * By GPU and pipeline: spills, and what part of the hottest block multiplies and adds, in percent.
 * @typedef {{ mesa: string, pipelines: Record<string, Record<string, [spills: number | null, percent: number | null]>> }} Kept
 */

export const keptFile = new URL("../../test/compilers.json", import.meta.url);

/** @returns {Kept} */
export const readKept = () => JSON.parse(readFileSync(keptFile, "utf8"));

/** Mesa's own version: what a distribution adds behind it does not change what is compiled. @param {string} version of a package */
export const upstream = (version) => version.replace(/^\d+:/, "").replace(/-[^-]*$/, "");

/** @param {readonly Row[]} rows @param {string} mesa its version @returns {Kept} */
export function keptOf(rows, mesa) {
  /** @type {Kept} */
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

/** A line per pipeline, so that a change shows what it changes. @param {readonly Row[]} rows @param {string} mesa */
export function writeKept(rows, mesa) {
  const text = JSON.stringify(keptOf(rows, mesa), null, 1).replace(/\[\s+([^\]]*?),\s+([^\]]*?)\s+\]/g, "[$1, $2]");
  writeFileSync(keptFile, `${text}\n`);
}

/** One sentence for each pipeline that is worse than the table says. @param {Kept} kept @param {Kept} now @returns {string[]} */
export function worsened(kept, now) {
  return Object.entries(now.pipelines).flatMap(([gpu, pipelines]) =>
    Object.entries(pipelines).flatMap(([key, figures]) => {
      const before = kept.pipelines[gpu]?.[key];
      const why = before && worse(figuresOf(before), figuresOf(figures));
      return why ? [`${gpu}: ${key}: ${why}`] : [];
    }),
  );
}

/** @param {[spills: number | null, percent: number | null]} kept @returns {import("./against.mjs").Least} */
const figuresOf = ([spills, percent]) => ({ spills, fma_share: percent === null ? null : percent / 100 });
