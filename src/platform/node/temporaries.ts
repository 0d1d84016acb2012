/** What must go if the process is ended in the middle: files under a temporary name, and processes that it has started. */
import type { ChildProcess } from "node:child_process";

/** A file or folder, by its path, or a process with all that it has started, by its process group: one that runs, or one that is about to. */
export type Temporary = string | { readonly group: number | "starting" };

let listener: (what: Temporary, there: boolean) => void = () => {};

/** Calls back whenever something temporary is about to be made, and when it is gone. There is one listener. */
export function watchTemporaries(changed: (what: Temporary, there: boolean) => void): void {
  listener = changed;
}

/** Runs work that makes something temporary, and renames, removes or ends it before it ends itself. */
export async function withTemporary<T>(what: Temporary, work: () => Promise<T>): Promise<T> {
  listener(what, true);
  try {
    return await work();
  } finally {
    listener(what, false);
  }
}

/**
 * Starts a process in a group of its own and waits for its end. It is announced before it is started: whoever ends this process
 * between the two would know of none.
 */
export async function withProcess<T>(
  start: () => ChildProcess,
  ended: (child: ChildProcess) => Promise<T>,
): Promise<T> {
  listener({ group: "starting" }, true);
  try {
    const child = start();
    const { pid } = child;
    if (pid === undefined) return ended(child);
    return withTemporary({ group: pid }, () => ended(child));
  } finally {
    listener({ group: "starting" }, false);
  }
}
