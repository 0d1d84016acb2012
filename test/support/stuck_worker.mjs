// In the place of scripts/fuzz/worker.mjs: one input never ends, and one takes all memory.
import { parentPort, workerData } from "node:worker_threads";

const at = new Int32Array(workerData.at);
for (let number = workerData.from; number < workerData.to; number++) {
  Atomics.store(at, 0, number);
  if (number === 1) for (;;);
  /** @type {number[][]} */
  const held = [];
  if (number === 3) for (;;) held.push(new Array(2 ** 20).fill(number));
}
parentPort?.postMessage({ done: true, read: 2 });
