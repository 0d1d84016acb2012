/** What every connection to a server of somebody else's needs: failures that pass and failures that last, patience, and its end. */
import { CancelledError, messageOf, throwIfAborted } from "../errors.ts";
import { visible } from "../words.ts";

/** Time, so that a test need not wait for it. */
export interface Clock {
  /** Milliseconds since whenever. */
  now(): number;
  /** @throws {CancelledError} if the signal fires meanwhile */
  sleep(ms: number, signal: AbortSignal | undefined): Promise<void>;
}

/** It may work the next time. */
export class Transient extends Error {
  /** Milliseconds that the server asks for. */
  readonly after: number | undefined;
  /** The server is there and well, but does not want to: no failure. */
  readonly busy: boolean;

  constructor(message: string, after?: number, busy = false) {
    super(message);
    this.after = after;
    this.busy = busy;
  }
}

/** The platform's. */
export const realClock: Clock = {
  now: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      throwIfAborted(signal);
      const stopped = (): void => {
        clearTimeout(timer);
        reject(new CancelledError());
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener("abort", stopped);
        resolve();
      }, ms);
      signal?.addEventListener("abort", stopped, { once: true });
    }),
};

/** Errors of connections that no further try mends: a name that there is not, a certificate that is wrong. */
export const LASTING = /ENOTFOUND|CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ERR_TLS|bad port/;

export interface Cause {
  readonly code?: string;
  readonly message?: string;
  readonly cause?: Cause;
}

/** What a failed `fetch` says of its reason, which Node puts behind `cause`. */
export function reasonOf(error: unknown): string {
  const { cause } = error as Cause;
  return visible(cause?.code && !cause.message?.includes(cause.code) ? cause.code : cause?.message || messageOf(error));
}

/** Milliseconds of a header Retry-After, which holds seconds or a date. */
export function retryAfter(header: string | null): number | undefined {
  if (header === null) return undefined;
  if (/^\d{1,9}$/.test(header.trim())) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now());
}

/** Ends a request when nothing has come for a while. */
export class Silence {
  private readonly controller = new AbortController();
  private readonly ms: number;
  private readonly outer: AbortSignal | undefined;
  private readonly stopped = (): void => this.controller.abort();
  over = false;

  constructor(ms: number, outer: AbortSignal | undefined) {
    this.ms = ms;
    this.outer = outer;
    outer?.addEventListener("abort", this.stopped, { once: true });
    if (outer?.aborted) this.stopped();
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  async guard<T>(work: Promise<T>): Promise<T> {
    const timer = setTimeout(() => {
      this.over = true;
      this.controller.abort();
    }, this.ms);
    try {
      return await work;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Ends what is left of it: a body that nobody reads holds its connection. */
  end(): void {
    this.outer?.removeEventListener("abort", this.stopped);
    this.controller.abort();
  }
}
