/** One search on a ColabFold-type server (MMseqs2-App's tickets): submit, wait, fetch. */
import { BadInputError, UnavailableError } from "../../errors.ts";
import { joined } from "../../formats/byte_stream.ts";
import { gunzipped, isGzip, UnpacksTooFarError } from "../../formats/gzip.ts";
import { tarFiles } from "../../formats/tar.ts";
import { counted, sizeText, visible } from "../../words.ts";
import { Transient } from "../connections.ts";
import type { AlignmentStore, Search } from "./options.ts";
import type { Requests } from "./requests.ts";

/** Queries are numbered from here. */
export const FIRST_QUERY = 101;
const MOST_STATUS_BYTES = 2 ** 16;
/** Of the archive, packed and unpacked: a thousand times what one protein has. */
const MOST_PACKED = 2 ** 28;
const MOST_UNPACKED = 2 ** 29;
/** How often a search that the server lost or that failed there is submitted again. */
const MOST_SUBMISSIONS = 3;

/** What a server says of a ticket. */
interface Ticket {
  readonly status: string;
  readonly id: string | undefined;
}

/** Ids become a part of an address. */
const ID = /^[\w-]{1,200}$/;

async function ticketOf(requests: Requests, place: string, form?: Record<string, string>): Promise<Ticket> {
  return requests.retried(async () => {
    const { status: code, body } = await requests.send(place, form, MOST_STATUS_BYTES);
    const text = new TextDecoder().decode(body);
    if (code >= 400) {
      // Of a ticket that it does not have, a server says so.
      if (!form) return { status: "UNKNOWN", id: undefined };
      if (code === 404 || code === 405)
        throw new BadInputError(`${requests.server.href} is no ColabFold-type MSA server: it has no ${place}`);
      throw new UnavailableError(
        visible(`${requests.server.host} does not take the search (${code}: ${text.trim().slice(0, 200)})`),
        "check that the sequences are proteins, or name another server",
      );
    }
    let answer: unknown;
    try {
      answer = JSON.parse(text);
    } catch {
      throw new Transient(visible(`answers with what is no JSON (${JSON.stringify(text.trim().slice(0, 40))})`));
    }
    const { status, id } = (typeof answer === "object" && answer !== null ? answer : {}) as Record<string, unknown>;
    if (typeof status !== "string")
      throw new BadInputError(`${requests.server.href} is no ColabFold-type MSA server: its answer has no status`);
    return { status, id: typeof id === "string" && ID.test(id) ? id : undefined };
  });
}

/** The archive of a finished search. */
async function filesOf(requests: Requests, id: string): Promise<Map<string, Uint8Array>> {
  const name = `the answer of ${requests.server.host}`;
  const plain = await requests.retried(async () => {
    const { status, body } = await requests.send(`result/download/${id}`, undefined, MOST_PACKED);
    if (status >= 400 || !isGzip(body))
      throw new Transient(
        status >= 400 ? `does not give the answer (${status})` : "gives an answer that is no archive",
      );
    try {
      return await unpacked(body, name);
    } catch (error) {
      if (error instanceof UnpacksTooFarError || !(error instanceof BadInputError)) throw error;
      throw new Transient(`gives a damaged answer (${error.message})`); // a connection that was cut, perhaps
    }
  });
  return tarFiles(plain, name);
}

async function unpacked(packed: Uint8Array, name: string): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  const whole = async function* () {
    yield packed;
  };
  for await (const piece of gunzipped(whole(), name)) {
    length += piece.length;
    if (length > MOST_UNPACKED) throw new UnpacksTooFarError(`${name} unpacks to more than ${sizeText(MOST_UNPACKED)}`);
    pieces.push(new Uint8Array(piece));
  }
  return joined(pieces);
}

/**
 * The files that a server makes for a search. A ticket that is kept is taken up again.
 * @throws {UnavailableError} if the server fails, or takes too long
 * @throws {CancelledError} if the signal fires; the ticket is kept
 */
export async function filesOfSearch(
  requests: Requests,
  search: Search,
  store: AlignmentStore | undefined,
  progress: (state: string) => void,
): Promise<Map<string, Uint8Array>> {
  const { endpoint, mode, sequences } = search;
  const server = requests.server.href;
  const query = sequences.map((sequence, index) => `>${FIRST_QUERY + index}\n${sequence}\n`).join("");
  let id = await store?.ticket(server, search);
  const keep = async (given: string | undefined): Promise<void> => {
    if (given === id) return;
    id = given;
    await store?.keepTicket(server, search, given);
  };
  for (let submissions = 0, waits = 0; ; ) {
    if (id === undefined && submissions++ === MOST_SUBMISSIONS)
      throw new UnavailableError(
        `${requests.server.host} fails to search for ${counted(sequences.length, "sequence")}, submitted ${submissions - 1} times`,
        "check that the sequences are proteins, try again later, or name another server",
      );
    const submitted = id === undefined;
    const ticket: Ticket = submitted
      ? await ticketOf(requests, `ticket/${endpoint}`, { q: query, mode })
      : await ticketOf(requests, `ticket/${id}`);
    const { status } = ticket;
    const given = submitted ? ticket.id : id;
    progress(status);
    if (status === "COMPLETE" || status === "PENDING" || status === "RUNNING") {
      if (given === undefined)
        throw new BadInputError(`${server} is no ColabFold-type MSA server: it gives no ticket's name`);
      await keep(given);
      if (status === "COMPLETE") return filesOf(requests, given);
      await requests.pause(waits++, status === "PENDING" ? "has the search waiting" : "is still searching");
    } else if (status === "RATELIMIT" || status === "MAINTENANCE") {
      // Neither taken nor lost.
      if (submitted) submissions--;
      await requests.pause(
        1 + waits++,
        status === "RATELIMIT" ? "limits the rate of requests" : "is under maintenance",
      );
    } else if (status === "UNKNOWN" || status === "ERROR") {
      await keep(undefined);
      await requests.pause(waits++, status === "ERROR" ? "fails to search" : "does not know the search");
    } else
      throw new BadInputError(
        visible(`${server} is no ColabFold-type MSA server: its status is ${JSON.stringify(status.slice(0, 40))}`),
      );
  }
}
