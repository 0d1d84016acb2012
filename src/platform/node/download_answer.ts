/** What a server answers to a request for a file, or for the rest of one. */
import { BadInputError, UnavailableError } from "../../errors.ts";
import { version } from "../../generated/about.ts";
import { retryAfter, type Silence, Transient } from "../../pipeline/connections.ts";
import { visible } from "../../words.ts";

const MOST_REDIRECTS = 5;

/** What is asked for. */
export interface Wanted {
  /** Bytes that are there. */
  readonly from: number;
  /** What the server said of the file that they are of. */
  readonly validator?: string;
  readonly total?: number | undefined;
}

export interface FileAnswer {
  /** Where its bytes begin in the file. */
  readonly from: number;
  /** An ETag, or when the file was last changed; undefined where the server says neither. */
  readonly validator: string | undefined;
  /** Of the whole file; undefined where the server does not say. */
  readonly total: number | undefined;
  readonly body: ReadableStream<Uint8Array> | null;
  /** How it is not what was asked for; then the next request is for everything. */
  readonly mismatch?: string;
}

/**
 * Asks for a file, or the rest of one if it is still the same.
 * @throws {Transient} if it may work the next time
 * @throws {BadInputError} if it leads to no file, or elsewhere
 */
export async function requestFrom(
  address: URL,
  wanted: Wanted,
  silent: Silence,
  send: typeof fetch,
): Promise<FileAnswer> {
  const range: Record<string, string> =
    wanted.validator !== undefined ? { Range: `bytes=${wanted.from}-`, "If-Range": wanted.validator } : {};
  let url = address;
  for (let redirects = 0; ; redirects++) {
    const response = await silent.guard(
      send(url.href, {
        headers: { "User-Agent": `af3-gpu/${version}`, Accept: "*/*", "Accept-Encoding": "identity", ...range },
        redirect: "manual",
        signal: silent.signal,
      }),
    );
    const next = redirected(response, url, address);
    if (next === undefined) return answerOf(response, wanted, url);
    if (redirects === MOST_REDIRECTS) throw new BadInputError(`${address.host} redirects without end`);
    url = next;
  }
}

/** Where to go on: on the same host, or wherever it is encrypted. */
function redirected({ status, headers }: Response, from: URL, first: URL): URL | undefined {
  if (![301, 302, 303, 307, 308].includes(status)) return undefined;
  const given = headers.get("location") ?? "";
  const to = URL.canParse(given, from) ? new URL(given, from) : undefined;
  if (to && (to.protocol === "https:" || to.origin === from.origin)) return to;
  throw new BadInputError(
    visible(
      `${first.host} redirects to ${to ? to.origin : "no address"}, which is neither encrypted nor the same host`,
    ),
  );
}

function answerOf(response: Response, wanted: Wanted, url: URL): FileAnswer {
  const { status, headers, body } = response;
  checkStatus(status, headers, url);
  if (/^text\/html\b/i.test(headers.get("content-type") ?? ""))
    throw new BadInputError(`${url.host} gives a web page in the file's place`);
  const packing = headers.get("content-encoding") ?? "identity";
  if (packing !== "identity")
    throw new BadInputError(
      visible(`${url.host} sends the file packed (${packing.slice(0, 40)}), which was not asked for`),
    );
  // A weak ETag promises no equal bytes.
  const etag = headers.get("etag");
  const validator = (etag?.startsWith("W/") ? undefined : etag) ?? headers.get("last-modified") ?? undefined;
  if (status === 200) return { from: 0, validator, total: lengthOf(headers.get("content-length")), body };
  const nothing = { from: 0, validator, total: undefined, body: null };
  if (status === 416) return { ...nothing, mismatch: "no rest of the file, which is shorter now" };
  const [, from, last, all] =
    /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15}|\*)$/.exec(headers.get("content-range") ?? "") ?? [];
  const total = lengthOf(all ?? null);
  if (wanted.validator === undefined || Number(from) !== wanted.from)
    return { ...nothing, mismatch: "another part than was asked for" };
  if (validator !== undefined && validator !== wanted.validator)
    return { ...nothing, mismatch: "a part of another file" };
  if (wanted.total !== undefined && total !== undefined && total !== wanted.total)
    return { ...nothing, mismatch: "a part of a file of another length" };
  return { from: wanted.from, validator: wanted.validator, total: wanted.total ?? total ?? Number(last) + 1, body };
}

const lengthOf = (header: string | null): number | undefined =>
  header !== null && /^\d{1,15}$/.test(header) ? Number(header) : undefined;

function checkStatus(status: number, headers: Headers, { host, pathname }: URL): void {
  if (status === 200 || status === 206 || status === 416) return;
  if (status === 429) throw new Transient("limits the rate of requests", retryAfter(headers.get("retry-after")));
  if (status >= 500 || status === 408 || status === 425)
    throw new Transient(`answers with the error ${status}`, retryAfter(headers.get("retry-after")));
  if (status === 404 || status === 410) throw new BadInputError(visible(`${host} has no ${pathname} (${status})`));
  if (status === 401 || status === 403)
    throw new UnavailableError(
      `${host} refuses to give the file (${status})`,
      "ask whoever keeps it, or name another address",
    );
  throw new BadInputError(`${host} answers with ${status}, which is no file`);
}
