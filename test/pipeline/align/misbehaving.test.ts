/** A server that is busy, away, slow, hostile, or none at all: what is tried again, for how long, and what is said. */
import { gzipSync } from "fflate";
import { afterEach, describe, expect, it } from "vitest";
import { tar } from "../../../scripts/fuzz/tar.mjs";
import { BadInputError, CancelledError, UnavailableError } from "../../../src/errors.ts";
import { alignJob } from "../../../src/pipeline/align/align.ts";
import type { AlignOptions } from "../../../src/pipeline/align/options.ts";
import type { Polymer } from "../../../src/pipeline/input/job.ts";
import { readJobs } from "../../../src/pipeline/input/read.ts";
import { MsaServer, type Script, type Trick, tricks } from "../../support/msa_server.ts";
import { quickly } from "../../support/quick_clock.ts";

const servers: MsaServer[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

const { bytes, code, cut, json, packed, silent, status } = tricks;

/** What comes of a search, the requests that it took, and the waits between them in seconds. */
async function search(script: Script, options: AlignOptions = {}) {
  const server = await MsaServer.start(script);
  servers.push(server);
  const slept: number[] = [];
  const [job] = await readJobs(">A|protein\nGSHMKT\n", { file: "x.fasta" });
  let error: unknown;
  const made = await alignJob(job, server.url, { ...quickly(slept), silence: 10_000, ...options }).catch((thrown) => {
    error = thrown;
  });
  const unpaired = made && (made.entities[0] as Polymer).unpairedMsa;
  return { server, error, unpaired, waits: slept.map((ms) => Math.round(ms) / 1000), requests: server.log.length };
}

const times = (count: number, trick: Trick): Trick[] => Array.from({ length: count }, () => trick);

describe("is asked again", () => {
  it.each<[string, Script, number[]]>([
    [
      "waits longer each time, to a minute",
      { status: [...times(8, status("PENDING")), status("RUNNING")] },
      [5, 7.5, 11.25, 16.875, 25.313, 37.969, 56.953, 60, 60, 60],
    ],
    ["limits the rate, and says for how long", { submit: [code(429, "", { "Retry-After": "70" })] }, [70, 5]],
    [
      "limits the rate by its status",
      { submit: times(2, json({ status: "RATELIMIT", reason: "too many" }, 200)) },
      [7.5, 11.25, 11.25],
    ],
    ["is under maintenance", { submit: [status("MAINTENANCE", "")] }, [7.5, 7.5]],
    [
      "fails inside",
      { submit: times(4, code(500)), status: [code(502, "<html>")], download: [code(503)] },
      [5, 7.5, 11.25, 16.875, 5, 5, 5],
    ],
    ["says when it is back", { submit: [code(503, "", { "Retry-After": "20" })] }, [20, 5]],
    ["breaks off", { submit: [cut()], status: [cut('{"status":')], download: [cut("\x1f\x8b")] }, [5, 5, 5, 5]],
    ["answers with a page", { submit: [code(200, "<html>hello</html>")] }, [5, 5]],
    [
      "does not know what it was given",
      { submit: [status("UNKNOWN")], status: [status("UNKNOWN")] },
      [5, 7.5, 11.25, 16.875],
    ],
    ["fails to search once", { status: [status("ERROR")] }, [5, 7.5, 11.25]],
    [
      "gives a damaged archive once",
      { download: [bytes(gzipSync(tar([["uniref.a3m", "x"]])).slice(0, 40)), code(200, "<html>")] },
      [5, 5, 7.5],
    ],
  ])("if it %s", async (_, script, waits) => {
    const found = await search(script);
    expect(found.error).toBeUndefined();
    expect(found.unpaired).toContain("UniRef100_A");
    expect(found.waits).toEqual(waits);
  });

  it("if it says nothing for a while", async () => {
    const found = await search({ submit: [silent()], download: [silent("\x1f\x8b")] }, { silence: 150 });
    expect(found.unpaired).toContain("UniRef100_A");
    expect(found.requests).toBe(5);
  });

  it("at times that differ between callers", async () => {
    const found = await search({ status: [status("PENDING")] }, { random: () => 0.8 });
    expect(found.waits).toEqual([6, 9]);
  });

  it("where it redirects to itself", async () => {
    const found = await search({
      submit: [code(307, "", { Location: "/ticket/msa?again" })],
      status: [code(302, "", { Location: "/ticket/x" })],
    });
    expect(found.error).toBeUndefined();
    expect(found.server.log.slice(0, 2)).toEqual(["POST /ticket/msa", "POST /ticket/msa?again"]);
  });
});

const A3M = ">101\nGSHMKT\n\0";
const ENV = ["bfd.mgnify30.metaeuk30.smag30.a3m", A3M] as const;
const answer = (uniref: string): Script => ({ download: [packed([["uniref.a3m", uniref], ENV])] });

describe("is given up", () => {
  it.each<[string, Script, string]>([
    [
      "never ends",
      { status: times(200, status("PENDING")) },
      "has the search waiting, and would not be done within 60 minutes",
    ],
    [
      "runs for ever",
      { status: times(200, status("RUNNING")) },
      "is still searching, and would not be done within 60 minutes",
    ],
    [
      "limits the rate for ever",
      { submit: times(200, code(429)) },
      "limits the rate of requests, and would not be done within 60 minutes",
    ],
    [
      "wants to be left alone for a day",
      { submit: [code(429, "", { "Retry-After": "86400" })] },
      "limits the rate of requests, and would not be done within 60 minutes",
    ],
    [
      "is under maintenance for ever",
      { submit: times(200, status("MAINTENANCE")) },
      "is under maintenance, and would not be done",
    ],
    ["fails to search", { status: times(9, status("ERROR")) }, "fails to search for 1 sequence, submitted 3 times"],
    [
      "forgets whatever it is given",
      { status: times(9, code(400, "no such ticket")) },
      "fails to search for 1 sequence, submitted 3 times",
    ],
    ["fails inside", { submit: times(9, code(500)) }, "answers with the error 500, 5 times one behind the other"],
    [
      "is a web page",
      { submit: times(9, code(200, "<!doctype html>\n<p>")) },
      'answers with what is no JSON ("<!doctype html>\\n<p>"), 5 times',
    ],
    ["always breaks off", { submit: times(9, cut()) }, "cannot be reached, or breaks off ("],
    ["refuses", { submit: [code(403, "Forbidden")] }, "refuses to answer (403)"],
    [
      "does not take the sequences",
      { submit: [code(400, "bad\u001b[31m query")] },
      "does not take the search (400: bad\\u001b[31m query)",
    ],
    ["gives no archive", { download: times(9, code(200, "<html>")) }, "gives an answer that is no archive, 5 times"],
    [
      "gives a truncated archive",
      { download: times(9, bytes(gzipSync(tar([["uniref.a3m", A3M]])).slice(0, 60))) },
      "gives a damaged answer (",
    ],
  ])("if it %s", async (_, script, message) => {
    const { error } = await search(script);
    expect(error).toBeInstanceOf(UnavailableError);
    expect((error as Error).message).toContain(message);
    expect((error as Error).message).not.toMatch(/\n/);
  });

  it.each<[string, Script, string]>([
    ["has no such search", { submit: [code(404)] }, "is no ColabFold-type MSA server: it has no ticket/msa"],
    ["has no status", { submit: [json([1])] }, "is no ColabFold-type MSA server: its answer has no status"],
    ["has a status of its own", { submit: [status("SEARCHING\n")] }, 'its status is "SEARCHING\\n"'],
    ["gives no ticket", { submit: [json({ status: "PENDING" })] }, "it gives no ticket's name"],
    ["gives a ticket that leads elsewhere", { submit: [status("PENDING", "../admin")] }, "it gives no ticket's name"],
    [
      "redirects to another host",
      { submit: [code(307, "", { Location: "https://elsewhere.example/ticket/msa" })] },
      "redirects to https://elsewhere.example, where nothing is sent",
    ],
    ["redirects what is posted to what is got", { submit: [code(302, "", { Location: "/x" })] }, "redirects elsewhere"],
    [
      "sends too much at once",
      { submit: [code(200, "x".repeat(2 ** 17))] },
      "sends more than 65536 bytes, which is no answer",
    ],
    [
      "says that it sends too much",
      { download: [code(200, "", { "Content-Length": String(2 ** 30) })] },
      "sends more than 268435456 bytes",
    ],
    ["sends a bomb", { download: [bytes(gzipSync(new Uint8Array(2 ** 27), { level: 9 }))] }, "unpacks to more than"],
    [
      "sends no tar",
      { download: [bytes(gzipSync(new TextEncoder().encode("x".repeat(2000))))] },
      "is no valid tar archive: the header at byte 0 has another checksum",
    ],
    [
      "sends a tar that ends early",
      { download: [bytes(gzipSync(tar([["uniref.a3m", A3M]]).slice(0, 520)))] },
      "is no valid tar archive: it ends early",
    ],
    [
      "sends a file twice",
      {
        download: [
          packed([
            ["uniref.a3m", A3M],
            ["uniref.a3m", A3M],
          ]),
        ],
      },
      "has the file uniref.a3m twice",
    ],
    [
      "sends files elsewhere",
      {
        download: [
          packed([
            ["../uniref.a3m", A3M],
            ["/etc/uniref.a3m", A3M],
          ]),
        ],
      },
      "it has no uniref.a3m",
    ],
    ["sends a link", { download: [packed([["uniref.a3m", "", "2"]])] }, "it has no uniref.a3m"],
    ["searched fewer databases", { download: [packed([["uniref.a3m", A3M]])] }, `it has no ${ENV[0]}`],
    [
      "searched for something else",
      answer(">101\nGSHMKK\n\0"),
      "uniref.a3m has another sequence as query 101 than was sent",
    ],
    ["searched for more", answer(`${A3M}>102\nGSH\n\0`), 'uniref.a3m has rows of "102", which was not asked for'],
    ["found nothing", answer("\0"), "uniref.a3m has no rows of query 101"],
    [
      "found what does not fit",
      answer(">101\nGSHMKT\n>x\nGSHMK\n\0"),
      "has 5 columns in row 2 of query 101, expected 6",
    ],
    ["found no letters", answer(">101\nGSHMKT\n>x\nGS\u0007MKT\n\0"), "in row 2 of query 101"],
    [
      "writes no text",
      {
        download: [
          bytes(
            gzipSync(
              new Uint8Array(Buffer.from(tar([["uniref.a3m", "\u00ff"], ENV]))).map((byte) =>
                byte === 0xc3 ? 0xff : byte,
              ),
            ),
          ),
        ],
      },
      "uniref.a3m is no text",
    ],
  ])("as no server of the kind if it %s", async (_, script, message) => {
    const { error } = await search(script);
    expect(error).toBeInstanceOf(BadInputError);
    expect((error as Error).message).toContain(message);
    expect((error as Error).message).not.toMatch(/\n/);
  });

  it("at once if its name or its port leads nowhere for good", async () => {
    const [job] = await readJobs(">A|protein\nGSHMKT\n", { file: "x.fasta" });
    const slept: number[] = [];
    const failing = Object.assign(new TypeError("fetch failed"), {
      cause: { code: "ENOTFOUND", message: "getaddrinfo ENOTFOUND nowhere.invalid" },
    });
    const options = { ...quickly(slept), fetch: () => Promise.reject(failing) };
    await expect(alignJob(job, "http://nowhere.invalid", options)).rejects.toThrow(
      "cannot be reached (getaddrinfo ENOTFOUND nowhere.invalid)",
    );
    expect(slept).toEqual([]);
  });

  it("when the caller stops", async () => {
    const controller = new AbortController();
    const stopping: Trick = (response, request) => {
      controller.abort();
      status("PENDING")(response, request);
    };
    expect((await search({ status: [stopping] }, { signal: controller.signal })).error).toBeInstanceOf(CancelledError);
  });
});

it.each<[string, string]>([
  ["msa.example.org", "should be an address such as https://msa.example.org"],
  ["ftp://msa.example.org", "should be an address"],
  ["https://", "should be an address"],
  ["https://me:secret@msa.example.org", "should be named without a user and a password"],
  ["https://msa.example.org/?key=1", 'should be an address without "?" and "#"'],
])("%s is no server", async (server, message) => {
  const [job] = await readJobs(">A|protein\nGSHMKT\n", { file: "x.fasta" });
  await expect(alignJob(job, server)).rejects.toThrow(message);
});
