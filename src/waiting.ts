/** Waiting that a signal can cut short, and long work of the host that lets others have their turn. */
import { CancelledError, throwIfAborted } from "./errors.ts";

/**
 * Waits for work, or only until the signal fires. The work goes on, and what becomes of it then is nobody's concern.
 * @throws {CancelledError} at once when the signal fires
 */
export function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work;
  return new Promise<T>((resolve, reject) => {
    const stopped = (): void => reject(new CancelledError());
    if (signal.aborted) stopped();
    signal.addEventListener("abort", stopped, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", stopped));
  });
}

/** How long the host may work in one go: signals, progress and a page's input wait as long. */
const STRETCH_MS = 40;

/** Cuts work of the host into pieces. */
export class Pauses {
  private readonly signal: AbortSignal | undefined;
  private since = performance.now();

  constructor(signal?: AbortSignal) {
    this.signal = signal;
  }

  /** A place where the work may be left. @throws {CancelledError} if the signal has fired */
  async here(): Promise<void> {
    throwIfAborted(this.signal);
    if (performance.now() - this.since < STRETCH_MS) return;
    await nextTurn();
    this.since = performance.now();
    throwIfAborted(this.signal);
  }
}

/** Lets everything else that waits have its turn. */
export const nextTurn = (): Promise<void> =>
  new Promise((resolve) => {
    // Node's timers wait a millisecond at the least, a browser's four.
    const { setImmediate: soon = setTimeout } = globalThis as { setImmediate?: (call: () => void) => unknown };
    soon(resolve);
  });
