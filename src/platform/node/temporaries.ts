/** What must go if the process is ended in the middle: files under a temporary name, and processes that it has started. */

/** A file or folder, by its path, or a process with all that it has started, by its process group. */
export type Temporary = string | { readonly group: number };

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
