/** What is kept of answers and searches: the next call, of whatever process, asks for nothing twice. */
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { CancelledError } from "../../src/errors.ts";
import { alignJob } from "../../src/pipeline/align/align.ts";
import type { AlignOptions } from "../../src/pipeline/align/options.ts";
import type { Polymer } from "../../src/pipeline/input/job.ts";
import { readJobs } from "../../src/pipeline/input/read.ts";
import { keptAlignments } from "../../src/platform/node/alignments.ts";
import { cacheEntries, clearCache } from "../../src/platform/node/cache.ts";
import { scratch } from "../support/binary.ts";
import { MsaServer, tricks } from "../support/msa_server.ts";
import { quickly } from "../support/quick_clock.ts";

let server: MsaServer;
let cache: string;
let notes: string[];
beforeEach(async () => {
  server = await MsaServer.start();
  cache = path.join(scratch(), "cache");
  notes = [];
  vi.stubEnv("AF3_GPU_CACHE", cache);
});
afterEach(() => {
  server.close();
  vi.unstubAllEnvs();
});

async function align(fasta: string, options: AlignOptions = {}) {
  const [job] = await readJobs(fasta, { file: "x.fasta" });
  const store = keptAlignments((text) => notes.push(text));
  const made = await alignJob(job, server.url, { ...quickly(), store, ...options });
  return made.entities.map((entity) => (entity as Polymer).unpairedMsa);
}

const submitted = () =>
  server.asked.filter(({ body }) => body).map(({ body }) => new URLSearchParams(body).get("q") ?? "");
const files = () => readdirSync(path.join(cache, "alignments")).sort();
const ONE = ">A|protein\nGSHMKT\n";
const OTHER = ">B|protein\nWYVKLM\n";

it("answers are kept by sequence, and pairs by all of theirs", async () => {
  const [first] = await align(ONE);
  expect(await align(ONE)).toEqual([first]);
  expect(server.log).toHaveLength(3);
  const both = await align(ONE + OTHER);
  expect(both[0]).toBe(first);
  expect(submitted()).toEqual([">101\nGSHMKT\n", ">101\nWYVKLM\n", ">101\nGSHMKT\n>102\nWYVKLM\n"]);
  expect(await align(ONE + OTHER)).toEqual(both);
  expect(server.log).toHaveLength(9);
  // Another database is another answer.
  await align(ONE, { databases: "uniref" });
  expect(server.log).toHaveLength(12);
  expect(files().map((name) => name.replace(/[0-9a-f]{32}/, "…"))).toEqual(Array(4).fill("answer-….json.gz"));
});

it("what is kept is listed and cleared; damaged, it is as if it were not there", async () => {
  await align(ONE);
  expect(await cacheEntries(cache)).toMatchObject([{ kind: "alignments", used: false }]);
  writeFileSync(path.join(cache, "alignments", files()[0]), "damaged");
  await align(ONE);
  expect(server.log).toHaveLength(6);
  await clearCache(["alignments"], cache);
  expect(files()).toEqual([]);
});

it("a search that was left is taken up again, and submitted anew if the server has lost it", async () => {
  const controller = new AbortController();
  const leave = (response: Parameters<ReturnType<typeof tricks.status>>[0]): void => {
    controller.abort();
    response.destroy();
  };
  server.script = { status: [leave] };
  await expect(align(ONE, { signal: controller.signal })).rejects.toThrow(CancelledError);
  expect(files()).toEqual([expect.stringMatching(/^ticket-/)]);
  await align(ONE);
  expect(server.log.slice(1)).toEqual(["GET /ticket/msa-1", "GET /ticket/msa-1", "GET /result/download/msa-1"]);
  expect(files()).toEqual([expect.stringMatching(/^answer-/)]);

  await clearCache(["alignments"], cache);
  const store = keptAlignments(() => {});
  await store.keepTicket(server.url, { endpoint: "msa", mode: "env", sequences: ["GSHMKT"] }, "gone");
  server.script = { status: [tricks.status("UNKNOWN", "gone")] };
  await align(ONE);
  expect(server.log.slice(4, 6)).toEqual(["GET /ticket/gone", "POST /ticket/msa"]);
});

it("of two at once one asks, and the other has the answer", async () => {
  const [first, second] = await Promise.all([align(ONE), align(ONE)]);
  expect(first).toEqual(second);
  expect(server.log).toHaveLength(3);
  expect(notes).toEqual([expect.stringMatching(/^waiting, for one search runs at a time: the server is in use by/)]);
  expect(files()).toHaveLength(1);
});

it("where nothing can be kept, that is said, and the search goes on", async () => {
  writeFileSync(cache, "a file in the way");
  expect((await align(ONE))[0]).toContain("UniRef100_A");
  expect(notes).toEqual([expect.stringMatching(/^nothing is kept for the next time: /)]);
  expect(existsSync(path.join(cache, "alignments"))).toBe(false);
});
