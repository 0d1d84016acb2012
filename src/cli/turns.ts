/**
 * Working in turns with other processes: whoever has started them lets one at a time work (scripts/perf/lockstep.mjs), so that short
 * stretches of each alternate without starting anything anew. A process begins with the turn; it says that it is through by a line on its
 * stdout, waits for a line on its stdin, and has the turn again.
 */
import { CancelledError } from "../errors.ts";
import { stop } from "./context.ts";
import { write } from "./stdout.ts";

/** Set for a process that works in turns. */
const TURNS = "AF3_GPU_TURNS";
/** What it says when it waits. */
const WAITING = "af3-gpu: waiting for its turn";

/** Gives the turn away and waits until it is back. @throws {CancelledError} if nobody is left to give it, or the command is stopped */
export type NextTurn = () => Promise<void>;

/** How to wait for the next turn; undefined for a process that works alone. */
export function turnsOf(stdin: NodeJS.ReadStream = process.stdin, environment = process.env): NextTurn | undefined {
  if (environment[TURNS] !== "1") return undefined;
  return async () => {
    write(`${WAITING}\n`);
    await new Promise<void>((resolve, reject) => {
      const over = (error?: Error): void => {
        stdin.off("data", given).off("end", gone).pause();
        stdin.unref?.(); // an open pipe keeps no process alive that has nothing left to do
        stop.signal.removeEventListener("abort", gone);
        if (error) reject(error);
        else resolve();
      };
      const given = (): void => over();
      const gone = (): void => over(new CancelledError());
      if (stop.signal.aborted || stdin.readableEnded) return gone();
      stop.signal.addEventListener("abort", gone);
      stdin.on("data", given).on("end", gone);
      stdin.ref?.();
      stdin.resume();
    });
  };
}
