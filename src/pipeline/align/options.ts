/** What searching for alignments needs from outside: a server, and what stands for the network, the clock and the disk. */
import type { Note } from "../../formats/config.ts";
import {
  givenFields,
  givenFunction,
  givenName,
  givenNumber,
  givenParts,
  givenSignal,
  knownFields,
} from "../../formats/given.ts";
import type { Clock } from "../connections.ts";

/** A request, as the platform's `fetch` takes it. */
export interface Request {
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body?: string;
  readonly redirect: "manual";
  readonly signal: AbortSignal;
}

/** What is read of an answer: the platform's `Response` is one. */
export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly headers: { get(name: string): string | null };
  readonly body: {
    getReader(): { read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }> };
  } | null;
}

/** Sends a request, as the platform's `fetch` does. */
export type Fetch = (address: string, request: Request) => Promise<Answer>;

/** One search: what is asked, of which sequences. */
export interface Search {
  /** `msa` searches for each sequence alone, `pair` for rows of all sequences that belong together. */
  readonly endpoint: "msa" | "pair";
  readonly mode: string;
  readonly sequences: readonly string[];
}

/** What outlives a call: answers by their searches, and tickets of searches that were left. */
export interface AlignmentStore {
  /** The a3m of each sequence of a search, if they are there. */
  read(server: string, search: Search): Promise<readonly string[] | undefined>;
  write(server: string, search: Search, alignments: readonly string[]): Promise<void>;
  ticket(server: string, search: Search): Promise<string | undefined>;
  /** @param id undefined forgets it */
  keepTicket(server: string, search: Search, id: string | undefined): Promise<void>;
  /** Runs work while nobody else asks the same server. */
  alone<T>(server: string, work: () => Promise<T>, signal: AbortSignal | undefined): Promise<T>;
}

export interface AlignOptions {
  /** Which rows are paired: `greedy` (default; rows of a species that some chains have), `complete` (only what all have), or `none`. */
  readonly pairing?: "greedy" | "complete" | "none" | undefined;
  /** What is searched: UniRef and environmental sequences (`all`, default), or `uniref` alone. */
  readonly databases?: "all" | "uniref" | undefined;
  /** Minutes until the wait for the server ends; 60 unless it is given. */
  readonly minutes?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Told what is sent and to whom before it is, what is left as it is, and why. */
  readonly note?: Note | undefined;
  /** Told what the server does, such as `PENDING`. */
  readonly progress?: ((state: string) => void) | undefined;
  readonly store?: AlignmentStore | undefined;
  /** Sends requests; the platform's own unless it is given. */
  readonly fetch?: Fetch | undefined;
  readonly clock?: Clock | undefined;
  /** From 0 to 1; spreads the requests of many callers. */
  readonly random?: (() => number) | undefined;
  /** Milliseconds that a connection may be silent. */
  readonly silence?: number | undefined;
}

const OPTIONS = [
  ...["pairing", "databases", "minutes", "signal", "note", "progress", "store", "fetch", "clock", "random", "silence"],
];

/** @throws {BadInputError} unless they are options of a search */
export function givenAlignOptions(value: unknown): void {
  givenFields("the options", "an object such as { note, signal }", value);
  knownFields("the options", value, OPTIONS);
  const { pairing, databases, minutes, silence, store, clock } = value;
  if (pairing !== undefined) givenName("pairing", pairing, ["greedy", "complete", "none"]);
  if (databases !== undefined) givenName("databases", databases, ["all", "uniref"]);
  if (minutes !== undefined) givenNumber("minutes", minutes, 0);
  if (silence !== undefined) givenNumber("silence", silence, 0);
  for (const name of ["note", "progress", "fetch", "random"]) givenFunction(name, value[name]);
  givenSignal("signal", value.signal);
  const way = "function";
  if (clock !== undefined) givenParts("the clock", "an object such as { now, sleep }", clock, { now: way, sleep: way });
  if (store !== undefined)
    givenParts("the store", "keptAlignments(note) or the like", store, {
      ...{ read: way, write: way, ticket: way, keepTicket: way, alone: way },
    });
}
