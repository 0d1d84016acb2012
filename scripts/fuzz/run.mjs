// Damaged inputs one behind the other in a thread, which is ended where one takes too long or too much memory, and begun anew behind it.
import { Worker } from "node:worker_threads";

/** Slower ones are counted. */
const SLOW_MS = 500;
const MEMORY_MB = 1024;

/**
 * @typedef {{ number: number, ms: number, wrong?: string, content?: string | Uint8Array }} Outcome
 * @typedef {{ kind: string, seed: number, from: number, to: number, limit: number }} Range `limit`: milliseconds for one
 * @param {Range} range
 * @param {(outcome: Outcome) => void} tell
 * @param {URL} file what the thread runs
 * @returns {Promise<number>} how many were read; others were refused
 */
export async function run({ kind, seed, from, to, limit }, tell, file = new URL("worker.mjs", import.meta.url)) {
  let read = 0;
  for (let next = from; next < to; ) {
    const shared = new SharedArrayBuffer(4);
    const at = new Int32Array(shared);
    at[0] = -1;
    const worker = new Worker(file, {
      workerData: { kind, seed, from: next, to, at: shared, slow: SLOW_MS },
      resourceLimits: { maxOldGenerationSizeMb: MEMORY_MB },
    });
    /** @type {string | undefined} why it ended before its time */
    const ended = await new Promise((resolve) => {
      let [last, since] = [-1, performance.now()];
      const watch = setInterval(() => {
        const now = Atomics.load(at, 0);
        if (now !== last) [last, since] = [now, performance.now()];
        else if (now >= 0 && performance.now() - since > limit) end(`takes longer than ${limit / 1000} s`);
      }, 100);
      const end = (/** @type {string | undefined} */ why) => {
        clearInterval(watch);
        void worker.terminate();
        resolve(why);
      };
      worker.on("message", (message) => {
        if (!message.done) return tell(message);
        read += message.read;
        end(undefined);
      });
      worker.on("error", (error) => end(error instanceof Error ? error.message : String(error)));
    });
    if (ended === undefined) break;
    const number = Atomics.load(at, 0);
    if (number < 0) throw new Error(`nothing could be run: ${ended}`);
    tell({ number, ms: limit, wrong: ended });
    next = number + 1;
  }
  return read;
}
