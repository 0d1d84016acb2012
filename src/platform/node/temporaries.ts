/** What stands on disk under a temporary name, and must go if the process is ended in the middle. */

let listener: (file: string, there: boolean) => void = () => {};

/** Calls back whenever a temporary file or folder is about to be made, and when it is gone. There is one listener. */
export function watchTemporaries(changed: (file: string, there: boolean) => void): void {
  listener = changed;
}

/** Runs work that makes something under a temporary name, and renames or removes it before it ends. */
export async function withTemporary<T>(file: string, work: () => Promise<T>): Promise<T> {
  listener(file, true);
  try {
    return await work();
  } finally {
    listener(file, false);
  }
}
