// The tables of docs/compilers.md, between marks that name the engine.
import { readFileSync, writeFileSync } from "node:fs";
import { markdownTable } from "./report.mjs";

const file = new URL("../../docs/compilers.md", import.meta.url);

/** @param {readonly import("./lab.mjs").Row[]} rows @param {string} mesa its version @param {import("./lab.mjs").Work} work */
export function writeTables(rows, mesa, { engines, preset, tokens }) {
  let text = readFileSync(file, "utf8");
  const tables = engines.map((engine) => markdownTable(rows, engine)).join("\n\n");
  const head = `Mesa ${mesa}, preset ${preset}, N = ${tokens}:`;
  text = text.replace(
    /(<!-- tables: npm run compilers -- --docs -->\n)[\s\S]*?(<!-- end of tables -->)/,
    (_, begin, end) => `${begin}${head}\n\n${tables}\n${end}`,
  );
  writeFileSync(file, text);
}
