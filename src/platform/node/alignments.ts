/** Alignments that servers gave, and tickets of searches that were left, in the cache folder: for the next call, of any process. */
import { createHash } from "node:crypto";
import { readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import { throwIfAborted } from "../../errors.ts";
import type { Note } from "../../formats/config.ts";
import { givenFunction } from "../../formats/given.ts";
import type { AlignmentStore, Search } from "../../pipeline/align/options.ts";
import { unlessAborted } from "../../waiting.ts";
import { freeLock } from "./folder_lock.ts";
import { cacheFolder } from "./folders.ts";
import { makeFolder } from "./made_folders.ts";
import { writeReasonOf } from "./reasons.ts";
import { writeWhole } from "./written_files.ts";

/** Another one whenever what is written, or how an answer is read, changes. */
const SCHEMA = "af3-gpu-alignments-1";
/** Unpacked: beyond this a file is none of ours. */
const MOST_BYTES = 2 ** 29;
/** How long until it is looked again whether another process is done. */
const LOOK_MS = 500;

interface Kept {
  readonly schema: string;
  readonly server: string;
  readonly search: Search;
  readonly alignments?: readonly string[];
  readonly ticket?: string;
}

const digest = (...parts: readonly unknown[]): string =>
  createHash("sha256")
    .update(JSON.stringify([SCHEMA, ...parts]))
    .digest("hex")
    .slice(0, 32);

const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((item) => typeof item === "string");

/**
 * Answers and tickets in the cache folder, a file each, which appear as a whole. Damaged ones are as if there were none. Of each server
 * one process asks at a time.
 * @param note told if nothing can be kept, and while another process asks
 */
export function keptAlignments(note: Note = () => {}): AlignmentStore {
  givenFunction("note", note);
  const folder = path.join(path.resolve(cacheFolder()), "alignments");
  const place = (kind: string, server: string, search: Search): string =>
    path.join(folder, `${kind}-${digest(server, search)}.json.gz`);
  let told = false;
  const cannot = (error: unknown): void => {
    if (!told) note(`nothing is kept for the next time: ${writeReasonOf(error, folder)}`);
    told = true;
  };

  async function read(kind: string, server: string, search: Search): Promise<Kept | undefined> {
    try {
      const packed = readFileSync(place(kind, server, search));
      const text = (await promisify(gunzip)(packed, { maxOutputLength: MOST_BYTES })).toString();
      const kept = JSON.parse(text) as Kept;
      const same = JSON.stringify([kept.schema, kept.server, kept.search]) === JSON.stringify([SCHEMA, server, search]);
      return same ? kept : undefined;
    } catch {
      return undefined; // there is none, or what is there is damaged
    }
  }

  async function write(kind: string, server: string, search: Search, content: Partial<Kept>): Promise<void> {
    const text = JSON.stringify({ schema: SCHEMA, server, search, ...content });
    try {
      await writeWhole(place(kind, server, search), await promisify(gzip)(text));
    } catch (error) {
      cannot(error);
    }
  }

  return {
    async read(server, search) {
      const alignments = (await read("answer", server, search))?.alignments;
      return isTexts(alignments) ? alignments : undefined;
    },
    write: (server, search, alignments) => write("answer", server, search, { alignments }),
    async ticket(server, search) {
      const ticket = (await read("ticket", server, search))?.ticket;
      return typeof ticket === "string" && /^[\w-]{1,200}$/.test(ticket) ? ticket : undefined;
    },
    async keepTicket(server, search, ticket) {
      if (ticket !== undefined) await write("ticket", server, search, { ticket });
      else
        try {
          rmSync(place("ticket", server, search), { force: true });
        } catch (error) {
          cannot(error);
        }
    },
    async alone(server, work, signal) {
      const file = path.join(folder, `server-${digest(server)}.lock`);
      const release = await lock(file, signal);
      try {
        return await work();
      } finally {
        release();
      }
    },
  };

  /** Waits until nobody else has it. Where no file can be made, everyone has. */
  async function lock(file: string, signal: AbortSignal | undefined): Promise<() => void> {
    for (let waits = 0; ; waits++) {
      throwIfAborted(signal);
      let taken: string | (() => void);
      try {
        makeFolder(folder);
        taken = freeLock(file, "the server");
      } catch (error) {
        cannot(error);
        return () => {};
      }
      if (typeof taken !== "string") return taken;
      if (waits === 0) note(`waiting, for one search runs at a time: ${taken}`);
      await unlessAborted(new Promise((resolve) => setTimeout(resolve, LOOK_MS)), signal);
    }
  }
}
