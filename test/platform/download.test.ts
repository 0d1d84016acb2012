/** Downloads from a server that breaks off, changes its mind, lies, or is well: what is taken up, what is kept, and what is said. */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { BadInputError, CancelledError, UnavailableError } from "../../src/errors.ts";
import { type DownloadOptions, download, fileAddress } from "../../src/platform/node/download.ts";
import { scratch } from "../support/binary.ts";
import { FileServer, type FileServerOptions, type FileTrick, fileTricks } from "../support/file_server.ts";
import { quickly } from "../support/quick_clock.ts";

const { code, cut, endless, silent } = fileTricks;
const content = Uint8Array.from({ length: 200_000 }, (_, at) => (at * 31) % 251);
const digestOf = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const sha256 = digestOf(content);

const servers: FileServer[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function serve(options: Partial<FileServerOptions> = {}): Promise<FileServer> {
  const server = await FileServer.start({ content, etag: '"one"', ...options });
  servers.push(server);
  return server;
}

/** Downloads into a folder of its own, or one that is given. */
async function get(server: FileServer, options: DownloadOptions = {}, folder = scratch()) {
  const notes: string[] = [];
  const file = path.join(folder, "model.pt");
  let error: unknown;
  const slept: number[] = [];
  const done = await download(server.url, file, {
    ...{ ...quickly(slept), silence: 10_000, note: (text: string) => notes.push(text), ...options },
  }).catch((thrown) => {
    error = thrown;
  });
  return { done, error, notes, slept, folder, file, names: readdirSync(folder).sort() };
}

const times = (count: number, trick: FileTrick): FileTrick[] => Array.from({ length: count }, () => trick);

describe("a file", () => {
  it("is there as a whole, with its digest beside it and nothing else", async () => {
    const server = await serve();
    const told: [number, number | undefined][] = [];
    const { done, names, file } = await get(server, { sha256, progress: (...now) => void told.push(now) });
    expect(done).toEqual({ bytes: content.length, sha256, already: false });
    expect(names).toEqual(["model.pt", "model.pt.sha256"]);
    expect(readFileSync(file).equals(content)).toBe(true);
    expect(readFileSync(`${file}.sha256`, "utf8")).toBe(`${sha256}  model.pt\n`);
    expect(told.at(-1)).toEqual([content.length, content.length]);
  });

  it.each<[string, FileTrick[], string[]]>([
    ["breaks off", [cut(50_000)], ["all", 'bytes=50000- if "one"']],
    [
      "breaks off again and again",
      times(3, cut(50_000)),
      ["all", 'bytes=50000- if "one"', 'bytes=100000- if "one"', 'bytes=150000- if "one"'],
    ],
    ["fails inside", [code(500), code(503, { "Retry-After": "7" }), code(429)], ["all", "all", "all", "all"]],
    ["breaks off before anything came", [(response) => void response.destroy()], ["all", "all"]],
    ["has no validator", [cut(50_000, {})], ["all", "all"]],
    ["has a weak one", [cut(50_000, { ETag: 'W/"one"' })], ["all", "all"]],
    ["redirects to itself", [code(302, { Location: "/elsewhere" })], ["all", "all"]],
    ["says that there is no rest", [cut(50_000), code(416)], ["all", 'bytes=50000- if "one"', "all"]],
    [
      "gives another part",
      [cut(50_000), code(206, { ETag: '"one"', "Content-Range": "bytes 1-2/200000" }, "xx")],
      ["all", 'bytes=50000- if "one"', "all"],
    ],
    [
      "gives a part of another file",
      [cut(50_000), code(206, { ETag: '"two"', "Content-Range": "bytes 50000-50001/200000" }, "xx")],
      ["all", 'bytes=50000- if "one"', "all"],
    ],
    [
      "gives a part of another length",
      [cut(50_000), code(206, { ETag: '"one"', "Content-Range": "bytes 50000-50001/50002" }, "xx")],
      ["all", 'bytes=50000- if "one"', "all"],
    ],
  ])("comes although the server %s", async (_, script, asked) => {
    const server = await serve({ script });
    const { done, error } = await get(server, { sha256 });
    expect(error).toBeUndefined();
    expect([done?.sha256, server.asked]).toEqual([sha256, asked]);
  });

  it("comes although the server knows no ranges, or falls silent", async () => {
    const server = await serve({ ranges: false, script: [cut(50_000), silent(70_000)] });
    const { done, notes } = await get(server, { silence: 300 });
    expect([done?.sha256, server.asked.length]).toEqual([sha256, 3]);
    expect(notes[1]).toContain("says nothing for 0.3 s; asking again");
  });

  it("comes where the server does not say how long it is", async () => {
    const server = await serve({ script: [endless()] });
    expect((await get(server)).done?.sha256).toBe(sha256);
  });

  it("waits as long as the server says", async () => {
    const server = await serve({ script: [code(503, { "Retry-After": "7" })] });
    expect((await get(server)).slept).toEqual([7000]);
  });
});

describe("what has come is kept", () => {
  it("when the caller stops, and the next call goes on there", async () => {
    const controller = new AbortController();
    const server = await serve({ script: [silent(80_000)] });
    const first = await get(server, {
      signal: controller.signal,
      progress: (done) => done === 80_000 && controller.abort(),
    });
    expect(first.error).toBeInstanceOf(CancelledError);
    expect(first.names).toEqual(["model.pt.part", "model.pt.part.json"]);
    const second = await get(server, {}, first.folder);
    expect([second.done?.sha256, server.asked]).toEqual([sha256, ["all", 'bytes=80000- if "one"']]);
    expect(second.notes[0]).toMatch(/^going on behind 78\.\d+ KiB of .*model\.pt\.part$/);
    expect(second.names).toEqual(["model.pt", "model.pt.sha256"]);
  });

  it("and begun anew where the file is another one by now", async () => {
    const server = await serve();
    const folder = scratch();
    const kept = path.join(folder, "model.pt.part");
    writeFileSync(kept, content.subarray(0, 60_000));
    writeFileSync(
      `${kept}.json`,
      JSON.stringify({ schema: "af3-gpu-download-1", address: server.url.href, validator: '"one"', total: 200_000 }),
    );
    const other = content.map((byte) => byte ^ 1);
    server.options = { content: other, etag: '"two"' };
    const second = await get(server, {}, folder);
    expect([second.done?.sha256, server.asked]).toEqual([digestOf(other), ['bytes=60000- if "one"']]);
  });

  it.each<[string, string | undefined]>([
    ["nothing says what it is of", undefined],
    [
      "it is of another address",
      JSON.stringify({ schema: "af3-gpu-download-1", address: "http://x/", validator: '"one"', total: 200_000 }),
    ],
    ["its notes are damaged", "{"],
  ])("but not used where %s", async (_, notes) => {
    const folder = scratch();
    writeFileSync(path.join(folder, "model.pt.part"), new Uint8Array(1000));
    if (notes) writeFileSync(path.join(folder, "model.pt.part.json"), notes);
    const server = await serve();
    expect([(await get(server, {}, folder)).done?.sha256, server.asked]).toEqual([sha256, ["all"]]);
  });

  it("until it is given up", async () => {
    const server = await serve({ script: [cut(30_000), ...times(9, code(500))] });
    const { error, names } = await get(server);
    expect(error).toBeInstanceOf(UnavailableError);
    expect((error as UnavailableError).message).toContain("answers with the error 500, 5 times one behind the other");
    expect((error as UnavailableError).fix).toContain("29.3 KiB are kept, and the same command goes on");
    expect(names).toEqual(["model.pt.part", "model.pt.part.json"]);
  });
});

describe("nothing is kept", () => {
  it.each<[string, FileTrick[], DownloadOptions, string]>([
    [
      "another file than its digest says",
      [],
      { sha256: "0".repeat(64) },
      `gives a file of the SHA-256 ${sha256}, expected 000000`,
    ],
    [
      "a web page",
      [code(200, { "Content-Type": "text/html; charset=utf-8" }, "<p>")],
      {},
      "gives a web page in the file's place",
    ],
    ["no file", [code(404)], {}, "has no /models/model.pt (404)"],
    ["a strange status", [code(204)], {}, "answers with 204, which is no file"],
    ["what is packed", [code(200, { "Content-Encoding": "gzip" })], {}, "sends the file packed (gzip)"],
    ["a file that is too large", [], { most: 1000 }, "gives a file of 195.3 KiB, more than 1000 bytes"],
    ["more than is allowed, without saying so", [endless()], { most: 1000 }, "sends more than 1000 bytes"],
    [
      "a file larger than the disk",
      [code(200, { "Content-Length": String(2 ** 49) })],
      { most: 2 ** 50 },
      "cannot write",
    ],
    [
      "another host",
      [code(302, { Location: "http://elsewhere.example/x" })],
      {},
      "redirects to http://elsewhere.example, which is neither encrypted nor the same host",
    ],
    ["an address that is none", [code(302, { Location: "http://[" })], {}, "redirects to no address"],
    ["redirects without end", times(9, code(302, { Location: "/again" })), {}, "redirects without end"],
  ])("of a server that gives %s", async (_, script, options, message) => {
    const server = await serve({ script });
    const { error, names } = await get(server, options);
    expect(error).toBeInstanceOf(BadInputError);
    expect((error as Error).message).toContain(message);
    expect((error as Error).message).not.toMatch(/\n/);
    expect(names).toEqual([]);
  });

  it("of one that refuses", async () => {
    const { error, names } = await get(await serve({ script: [code(403)] }));
    expect([error, names]).toEqual([expect.any(UnavailableError), []]);
  });

  it("where a redirect leads from what is encrypted to what is not", async () => {
    const answers = [
      new Response(null, { status: 302, headers: { Location: "https://b.example/y" } }),
      new Response(null, { status: 302, headers: { Location: "http://b.example/z" } }),
    ];
    const asked: string[] = [];
    const options = {
      fetch: async (address: unknown) => {
        asked.push(String(address));
        return answers.shift() as Response;
      },
    };
    const file = path.join(scratch(), "x");
    await expect(download(new URL("https://a.example/x"), file, options)).rejects.toThrow(
      "redirects to http://b.example",
    );
    expect(asked).toEqual(["https://a.example/x", "https://b.example/y"]);
  });

  it("of a disk that is full: /dev/full says so of every byte", async ({ skip }) => {
    if (!existsSync("/dev/full")) skip("this system has no /dev/full: run it on Linux");
    const folder = scratch();
    symlinkSync("/dev/full", path.join(folder, "model.pt.part"));
    const { error } = await get(await serve(), {}, folder);
    expect(error).toBeInstanceOf(BadInputError);
    expect((error as Error).message).toMatch(/^cannot write .*model\.pt\.part: the disk is full$/);
  });
});

describe("a file that is there", () => {
  it("is never replaced, and known by its digest", async () => {
    const server = await serve();
    const { folder, file } = await get(server);
    const again = await get(server, { sha256: sha256.toUpperCase() }, folder);
    expect(again.done).toEqual({ bytes: content.length, sha256, already: true });
    expect(((await get(server, {}, folder)).error as Error).message).toBe(
      `${file} is there already: remove it, or name another with --out`,
    );
    expect(((await get(server, { sha256: "1".repeat(64) }, folder)).error as Error).message).toContain(
      `is there already, with the SHA-256 ${sha256}`,
    );
    expect(server.asked).toEqual(["all"]);
  });

  it("such as a folder is no place for one", async () => {
    const folder = scratch();
    mkdirSync(path.join(folder, "model.pt"));
    expect(((await get(await serve(), {}, folder)).error as Error).message).toMatch(/it is a folder$/);
  });
});

it.each<[string, string]>([
  ["example.org/model.pt", "--from should be an address such as"],
  ["ftp://example.org/model.pt", "--from should be an address such as"],
  ["https://me:secret@example.org/model.pt", "--from should be an address without a user and a password"],
])("%s is no address", (address, message) => {
  expect(() => fileAddress(address)).toThrow(message);
});
