// The kernels' names, for scripts that take one: read from wgsl/, so that they are known before anything is built.
import { readdirSync } from "node:fs";

const folder = new URL("../wgsl/", import.meta.url);

export const kernelNames = () =>
  readdirSync(folder)
    .filter((name) => name.endsWith(".wgsl"))
    .map((name) => name.replace(/\.wgsl$/, ""));

/** @param {string} name @throws {Error} with the nearest name if there is no such kernel */
export function checkKernelName(name) {
  const known = kernelNames();
  if (!known.includes(name)) throw new Error(`there is no kernel ${name}${meant(name, known)}`);
}

/** What somebody may have meant, as a sentence; all names where none is near. @param {string} given @param {readonly string[]} known */
export function meant(given, known) {
  const distances = known.map((name) => ({ name, distance: edits(given.toLowerCase(), name.toLowerCase()) }));
  const [best] = distances.sort((a, b) => a.distance - b.distance);
  const near = best && best.distance <= Math.min(3, best.name.length / 2);
  return near ? `. Did you mean ${best.name}?` : `; there are ${known.join(", ")}`;
}

/** How many letters must be added, left out or changed to get from one word to the other. @param {string} from @param {string} to */
function edits(from, to) {
  let last = Array.from({ length: to.length + 1 }, (_, at) => at);
  for (let i = 1; i <= from.length; i++) {
    const row = [i];
    for (let j = 1; j <= to.length; j++)
      row.push(Math.min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (from[i - 1] === to[j - 1] ? 0 : 1)));
    last = row;
  }
  return last[to.length];
}

/** The first sentence of what parseArgs says of a wrong option. @param {unknown} error */
export const sentence = (error) => (error instanceof Error ? error.message : String(error)).split(". To specify")[0];
