/**
 * What the program and the process that started it (start.ts) say to each other. JavaScript that computes, and drivers that compile,
 * hear no signal: so the starter does, gives the program a little time to end by itself, and then ends it.
 */
import { writeSync } from "node:fs";
import { Writable } from "node:stream";
import tty from "node:tty";
import type { Temporary } from "../platform/node/temporaries.ts";

/** Set for a program that has a starter. */
export const SUPERVISED = "AF3_GPU_SUPERVISED";

/** The terminal's or the caller's stderr. The program's own is a pipe to the starter, which leaves out what drivers say needlessly. */
export const STDERR_FD = 3;

export type StopSignal = "SIGINT" | "SIGTERM" | "SIGHUP";
export const stopSignals: readonly StopSignal[] = ["SIGINT", "SIGTERM", "SIGHUP"];

/** To the program. */
export interface StopMessage {
  readonly stop: StopSignal;
}

/** To the starter: what it must remove, or which processes it must end, if it ends the program. */
export interface TemporaryMessage {
  readonly temporary: Temporary;
  readonly there: boolean;
}

/** To the starter, from a program that was stopped and has nothing left to say. */
export interface OverMessage {
  readonly over: true;
}

/** What a shell shows for a process that a signal has ended. */
export const exitCodes: Readonly<Record<StopSignal, number>> = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 };

/** How long the program may take to end by itself: with what follows, less than two seconds. */
export const GRACE_MS = 900;

export const STOPPED = "af3-gpu: stopped; what was finished is kept";

export const supervised: boolean = process.send !== undefined && process.env[SUPERVISED] !== undefined;
delete process.env[SUPERVISED]; // processes that the program starts are none of the starter's

/** Where remarks and progress go. */
export const stderr: Writable & { readonly isTTY?: boolean } = supervised ? direct(STDERR_FD) : process.stderr;

/** The same for processes that the program starts: what they say does not take the way past the starter, so it stays in order with ours. */
export const stderrFd: number = supervised ? STDERR_FD : 2;

/** A stream that has written when it returns, as Node's own stderr has. */
function direct(fd: number): typeof stderr {
  if (tty.isatty(fd)) return new tty.WriteStream(fd);
  return new Writable({
    write(bytes: Uint8Array, _, done) {
      for (let at = 0; at < bytes.length; ) {
        try {
          at += writeSync(fd, bytes, at);
        } catch (error) {
          // A full pipe is read sooner or later; where nobody reads any more, there is nobody to tell.
          if ((error as NodeJS.ErrnoException).code !== "EAGAIN") break;
        }
      }
      done();
    },
  });
}
