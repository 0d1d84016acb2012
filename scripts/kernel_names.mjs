// The kernels' names, for scripts that take one: read from wgsl/, so that they are known before anything is built.
import { readdirSync } from "node:fs";

/** Of the build before, where there is one. */
const { didYouMean } = await import("../dist/words.js").catch(() => ({ didYouMean: () => "" }));

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
  return didYouMean(given, known) || `; there are ${known.join(", ")}`;
}

/** The first sentence of what parseArgs says of a wrong option. @param {unknown} error */
export const sentence = (error) => (error instanceof Error ? error.message : String(error)).split(". To specify")[0];
