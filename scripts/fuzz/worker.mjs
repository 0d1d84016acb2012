// Runs damaged inputs in a thread that can be ended: says which one it is at, and what was wrong.
import { parentPort, workerData } from "node:worker_threads";
import { caseOf, MODULES, outcomeOf, targets } from "./targets.mjs";

/** @type {any[]} */
const modules = [];
for (const name of MODULES) modules.push(await import(new URL(`../../dist/${name}.js`, import.meta.url).href));
/** @type {import("./targets.mjs").Library} */
const library = Object.assign({}, ...modules);
const all = targets(library);

/** The number that it is at, and for whom it looks. */
const at = new Int32Array(workerData.at);
const { kind, seed, from, to } = workerData;
let read = 0;
for (let number = from; number < to; number++) {
  Atomics.store(at, 0, number);
  const start = performance.now();
  const one = caseOf(all, kind, seed, number);
  const outcome = await outcomeOf(one, library);
  const wrong = typeof outcome === "string" ? undefined : outcome.wrong;
  if (outcome === "read") read++;
  const ms = performance.now() - start;
  if (wrong !== undefined || ms > workerData.slow) parentPort?.postMessage({ number, ms, wrong, content: one.content });
}
parentPort?.postMessage({ done: true, read });
