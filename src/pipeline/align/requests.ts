/** Requests to a server that may be slow, busy, away, or another one than it says: each is tried a few times, and none reads without end. */
import { BadInputError, CancelledError, throwIfAborted, UnavailableError } from "../../errors.ts";
import { joined } from "../../formats/byte_stream.ts";
import { version } from "../../generated/about.ts";
import { counted, visible } from "../../words.ts";
import {
  type Cause,
  type Clock,
  LASTING,
  realClock,
  reasonOf,
  retryAfter,
  Silence,
  Transient,
} from "../connections.ts";
import { serverAddress } from "./address.ts";
import type { AlignOptions, Answer, Fetch } from "./options.ts";

/** Failures of one request, one behind the other, until it is given up. */
const MOST_FAILURES = 5;
const MOST_REDIRECTS = 5;
const SILENCE_MS = 60_000;
const MINUTES = 60;
/** The first wait, of which each is half as long again as the one before, and the longest. */
const FIRST_MS = 5_000;
const LONGEST_MS = 60_000;

const FORM = { "Content-Type": "application/x-www-form-urlencoded;charset=UTF-8" };

export class Requests {
  readonly server: URL;
  private readonly fetch: Fetch;
  private readonly clock: Clock;
  private readonly random: () => number;
  private readonly silence: number;
  private readonly minutes: number;
  private readonly until: number;
  readonly signal: AbortSignal | undefined;

  constructor(server: string, options: AlignOptions) {
    this.server = serverAddress(server);
    this.fetch = options.fetch ?? ((address, request) => globalThis.fetch(address, request));
    this.clock = options.clock ?? realClock;
    this.random = options.random ?? Math.random;
    this.silence = options.silence ?? SILENCE_MS;
    this.minutes = options.minutes ?? MINUTES;
    this.until = this.clock.now() + this.minutes * 60_000;
    this.signal = options.signal;
  }

  /**
   * Waits before something is tried again, a little longer than it must, so that many do not come at once.
   * @param times how often it has been waited for
   * @param least milliseconds that the server asks for
   * @throws {UnavailableError} if the time is over before
   */
  async pause(times: number, what: string, least?: number): Promise<void> {
    const wait = (least ?? Math.min(LONGEST_MS, FIRST_MS * 1.5 ** Math.max(0, times))) * (1 + this.random() / 4);
    if (this.clock.now() + wait > this.until)
      throw new UnavailableError(
        `${this.server.host} ${what}, and would not be done within ${counted(this.minutes, "minute")}`,
        "try again later, which goes on with the same search, allow more time, or name another server",
      );
    await this.clock.sleep(wait, this.signal);
  }

  /** Tries until it works, or fails for good. @throws {UnavailableError} if it fails too often */
  async retried<T>(once: () => Promise<T>): Promise<T> {
    for (let failures = 0, busy = 0; ; ) {
      throwIfAborted(this.signal);
      try {
        return await once();
      } catch (error) {
        throwIfAborted(this.signal);
        if (!(error instanceof Transient)) throw error;
        if (!error.busy && ++failures === MOST_FAILURES)
          throw new UnavailableError(
            `${this.server.host} ${error.message}, ${failures} times one behind the other`,
            "check the address and the connection, try again later, or name another server",
          );
        await this.pause(error.busy ? busy++ : failures - 1, error.message, error.after);
      }
    }
  }

  /**
   * Sends one request and reads what comes back.
   * @param form is posted; without it the address is got
   * @param most bytes that are read
   * @returns the status, which is a success or a refusal of the kind 400 or 404, and the body
   */
  async send(place: string, form: Readonly<Record<string, string>> | undefined, most: number): Promise<Received> {
    let url = new URL(place, this.server);
    for (let redirects = 0; ; redirects++) {
      const silent = new Silence(this.silence, this.signal);
      try {
        const response = await silent.guard(
          this.fetch(url.href, {
            method: form ? "POST" : "GET",
            headers: { "User-Agent": `af3-gpu/${version}`, Accept: "*/*", ...(form ? FORM : {}) },
            ...(form ? { body: new URLSearchParams(form).toString() } : {}),
            redirect: "manual",
            signal: silent.signal,
          }),
        );
        const next = this.redirect(response, url, form !== undefined);
        if (next === undefined) return await this.received(response, silent, most);
        if (redirects === MOST_REDIRECTS) throw new Transient("redirects without end");
        url = next;
      } catch (error) {
        throw this.failed(error, silent);
      } finally {
        silent.end();
      }
    }
  }

  /** Where to go on; nowhere else than to the server that was named, for what is sent is meant for that one. */
  private redirect({ status, type, headers }: Answer, from: URL, posted: boolean): URL | undefined {
    if (type !== "opaqueredirect" && ![301, 302, 303, 307, 308].includes(status)) return undefined;
    const given = headers.get("location") ?? "";
    const to = URL.canParse(given, from) ? new URL(given, from) : undefined;
    if (to?.origin === from.origin && (!posted || status >= 307)) return to;
    const where = to === undefined || to.origin === from.origin ? "elsewhere" : `to ${to.origin}`;
    throw new BadInputError(
      visible(
        `${this.server.host} redirects ${where}, where nothing is sent: name the right address of the server if you trust it`,
      ),
    );
  }

  private async received(response: Answer, silent: Silence, most: number): Promise<Received> {
    const { status, headers } = response;
    if (status === 429)
      throw new Transient("limits the rate of requests", retryAfter(headers.get("retry-after")), true);
    if (status >= 500 || status === 408 || status === 425)
      throw new Transient(`answers with the error ${status}`, retryAfter(headers.get("retry-after")));
    if (status === 401 || status === 403)
      throw new UnavailableError(
        `${this.server.host} refuses to answer (${status})`,
        "ask whoever runs the server, or name another one",
      );
    const tooLarge = new BadInputError(`${this.server.host} sends more than ${most} bytes, which is no answer`);
    if (Number(headers.get("content-length")) > most) throw tooLarge;
    const pieces: Uint8Array[] = [];
    let length = 0;
    const reader = response.body?.getReader();
    while (reader) {
      const { done, value } = await silent.guard(reader.read());
      if (done || value === undefined) break;
      length += value.length;
      if (length > most) throw tooLarge;
      pieces.push(value);
    }
    return { status, body: joined(pieces) };
  }

  private failed(error: unknown, silent: Silence): unknown {
    if (this.signal?.aborted) return new CancelledError();
    if (silent.over) return new Transient(`says nothing for ${this.silence / 1000} s`);
    if (error instanceof Transient || error instanceof BadInputError || error instanceof UnavailableError) return error;
    const reason = reasonOf(error);
    if (!LASTING.test(`${reason} ${(error as Cause).cause?.code}`))
      return new Transient(`cannot be reached, or breaks off (${reason})`);
    return new UnavailableError(
      `${this.server.host} cannot be reached (${reason})`,
      "check the address, or name another server",
    );
  }
}

export interface Received {
  readonly status: number;
  readonly body: Uint8Array;
}
