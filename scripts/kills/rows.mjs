// What a sweep that was killed must have in the end: the rows of one that was not.
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";

/**
 * What is left of rows when times and machines are taken away, in order.
 * @param {string} folder of the sweep, with a folder for each case
 * @returns {string[]}
 */
export function rowsOf(folder) {
  return readdirSync(folder, { withFileTypes: true })
    .filter((one) => one.isDirectory() && !one.name.startsWith(".") && one.name !== "report")
    .flatMap(({ name }) =>
      readdirSync(path.join(folder, name))
        .filter((file) => file.endsWith(".jsonl"))
        .flatMap((file) =>
          readFileSync(path.join(folder, name, file), "utf8")
            .trimEnd()
            .split("\n"),
        )
        .map((line) => {
          const { engine, backend, component, seq_len, pass_index, ok, error } = JSON.parse(line);
          return JSON.stringify([name, engine, backend, component, seq_len, pass_index, ok, error]);
        }),
    )
    .sort();
}

/**
 * Says how rows differ; undefined if they do not.
 * @param {readonly string[]} wanted @param {readonly string[]} found
 */
export function differenceOf(wanted, found) {
  const lost = wanted.filter((one) => !found.includes(one));
  const more = found.filter((one, at) => !wanted.includes(one) || found.indexOf(one) !== at);
  if (lost.length === 0 && more.length === 0) return undefined;
  return `lost: ${lost.join(" ") || "none"}; too many: ${more.join(" ") || "none"}`;
}
