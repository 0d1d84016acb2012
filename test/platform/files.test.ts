/** Files on disk and over the network. */
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { type AddressInfo, createServer as createSocketServer } from "node:net";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BadInputError, CancelledError } from "../../src/errors.ts";
import { fetchFiles } from "../../src/platform/browser/files.ts";
import { nodeFiles } from "../../src/platform/node/files.ts";
import { reasonOf } from "../../src/platform/node/reasons.ts";
import { type Part, writeParts, writeWhole } from "../../src/platform/node/written_files.ts";
import { scratch } from "../support/binary.ts";
import { collect, concat } from "../support/records.ts";

const content = Uint8Array.from({ length: 3_000_000 }, (_, at) => at % 251);
const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

describe("on disk", () => {
  it("are streamed in order, and listed", async () => {
    const folder = scratch();
    const file = path.join(folder, "file");
    writeFileSync(file, content);
    mkdirSync(path.join(folder, "below"));
    expect(same(concat(...(await collect(nodeFiles.stream(file)))), content)).toBe(true);
    expect(await nodeFiles.list(folder)).toEqual(["file"]);
    expect(await nodeFiles.list(file)).toBeUndefined();
    expect(await nodeFiles.list(path.join(folder, "none"))).toBeUndefined();
  });

  it("that are missing are named", async () => {
    await expect(collect(nodeFiles.stream("/none/such"))).rejects.toThrow(
      "cannot read /none/such: there is no such file",
    );
    await expect(collect(nodeFiles.stream(scratch()))).rejects.toThrow("it is a folder");
  });
});

describe.runIf(process.platform !== "win32")("what is no regular file", () => {
  const folder = scratch();
  const at = (name: string): string => path.join(folder, name);
  const socket = createSocketServer();
  beforeAll(async () => {
    mkdirSync(at("folder"));
    execFileSync("mkfifo", [at("pipe")]);
    symlinkSync(at("pipe"), at("link to a pipe"));
    symlinkSync(at("loop"), at("loop"));
    writeFileSync(at("file"), "content");
    await new Promise<void>((ready) => socket.listen(at("socket"), ready));
  });
  afterAll(() => socket.close());

  it.each([
    ["/dev/zero", "it is a device, expected a file"],
    ["/dev/null", "it is a device, expected a file"],
    ["folder", "it is a folder"],
    ["pipe", "it is a pipe, expected a file"],
    ["link to a pipe", "it is a pipe, expected a file"],
    ["socket", "it is a socket, expected a file"],
    ["loop", "its symbolic links lead in a circle"],
    ["none", "there is no such file"],
    ["file/below", "FILE is a file, not a folder"],
    ["x".repeat(256), "its name is too long"],
  ])("%s is refused at once, whether it is read whole or as a stream", async (name, reason) => {
    const file = path.resolve(folder, name);
    const message = `cannot read ${file}: ${reason.replace("FILE", at("file"))}`;
    await expect(nodeFiles.read(file)).rejects.toThrow(new BadInputError(message));
    await expect(collect(nodeFiles.stream(file))).rejects.toThrow(new BadInputError(message));
    await expect(nodeFiles.size?.(file)).rejects.toThrow(new BadInputError(message));
  });

  it("a file without permission is said to be one", () => {
    expect(reasonOf(Object.assign(new Error("EACCES: …"), { code: "EACCES" }))).toBe("permission denied");
  });

  it.each([
    ["pipe", "it is a pipe, expected a file"],
    ["folder", "it is a folder"],
    ["/dev/null", "it is a device, expected a file"],
  ])("%s is never replaced by a file that is written", async (name, reason) => {
    const file = path.resolve(folder, name);
    await expect(writeWhole(file, "content")).rejects.toThrow(new BadInputError(`cannot write ${file}: ${reason}`));
    await expect(nodeFiles.read(file)).rejects.toThrow(reason);
    expect(readdirSync(folder).filter((found) => found.endsWith(".tmp"))).toEqual([]);
  });

  it("a file larger than memory is refused before anything is read, others are read whole", async () => {
    truncateSync(at("file"), 2 ** 43); // no block of it is on the disk
    await expect(nodeFiles.read(at("file"))).rejects.toThrow(
      `cannot read ${at("file")}: it has 8 TiB, more than can be held in memory`,
    );
    writeFileSync(at("file"), content);
    expect(same(await nodeFiles.read(at("file")), content)).toBe(true);
    expect(await nodeFiles.size?.(at("file"))).toBe(content.length);
    writeFileSync(at("file"), "");
    expect((await nodeFiles.read(at("file"))).length).toBe(0);
    if (process.platform === "linux") expect((await nodeFiles.read("/proc/self/status")).length).toBeGreaterThan(9);
  });
});

describe("written part by part", () => {
  it("hold every part where it belongs, in whatever order they come", async () => {
    const file = path.join(scratch(), "deep", "file");
    const part = (at: number, end: number): Part => ({ at, bytes: content.subarray(at, end) });
    await writeParts(file, [part(2_000_000, 3_000_000), part(0, 7), part(7, 2_000_000)]);
    expect(same(readFileSync(file), content)).toBe(true);
    expect(readdirSync(path.dirname(file))).toEqual(["file"]);
  });

  it("are not there at all if making a part fails, and the failure is what is thrown", async () => {
    const folder = scratch();
    function* parts(): Generator<Part> {
      yield { at: 0, bytes: content };
      throw new CancelledError();
    }
    await expect(writeParts(path.join(folder, "file"), parts())).rejects.toThrow(CancelledError);
    expect(readdirSync(folder)).toEqual([]);
    await expect(writeParts(folder, [])).rejects.toThrow(BadInputError);
  });
});

describe("over the network", () => {
  const server = createServer((request, response) => {
    if (request.url === "/file") response.end(content);
    else if (request.url === "/cut")
      response.writeHead(200, { "content-length": 99 }).write("x", () => response.destroy());
    else response.writeHead(404, "nothing here").end();
  });
  let address = "";
  beforeAll(async () => {
    await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => server.close());

  it("are streamed in order", async () => {
    expect(same(concat(...(await collect(fetchFiles.stream(`${address}/file`)))), content)).toBe(true);
    expect(same(await fetchFiles.read(`${address}/file`), content)).toBe(true);
    expect(await fetchFiles.list(address)).toBeUndefined();
  });

  it("that are missing or break off are an error", async () => {
    await expect(collect(fetchFiles.stream(`${address}/none`))).rejects.toThrow("404 nothing here");
    for (const get of [(at: string) => collect(fetchFiles.stream(at)), fetchFiles.read])
      await expect(get(`${address}/cut`)).rejects.toThrow(BadInputError);
  });

  it("can be left before their end", async () => {
    for await (const piece of fetchFiles.stream(`${address}/file`)) {
      expect(piece.length).toBeGreaterThan(0);
      break;
    }
  });
});
