/** The server of the demo: files of one folder, and nothing else. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import http from "node:http";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type StaticServer, serveFolder } from "../../src/platform/node/static_server.ts";

let folder: string;
let server: StaticServer;
beforeAll(async () => {
  folder = mkdtempSync(path.join(os.tmpdir(), "af3-gpu-site-"));
  mkdirSync(path.join(folder, "site/assets"), { recursive: true });
  writeFileSync(path.join(folder, "secret.txt"), "secret");
  writeFileSync(path.join(folder, "site/index.html"), "<p>page</p>");
  writeFileSync(path.join(folder, "site/assets/a b.wasm"), "wasm");
  symlinkSync(path.join(folder, "secret.txt"), path.join(folder, "site/link.txt"));
  server = await serveFolder(path.join(folder, "site"), 0);
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

/** Asks as it is written: fetch would tidy the path. */
const ask = (target: string, method = "GET"): Promise<{ status: number | undefined; type: string; text: string }> =>
  new Promise((resolve, reject) => {
    const request = http.request({ host: "127.0.0.1", port: server.port, path: target, method }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (piece) => {
        text += piece;
      });
      response.on("end", () =>
        resolve({ status: response.statusCode, type: response.headers["content-type"] ?? "", text }),
      );
    });
    request.on("error", reject);
    request.end();
  });

it("serves files with their types, and index.html for a folder", async () => {
  expect(await ask("/")).toEqual({ status: 200, type: "text/html; charset=utf-8", text: "<p>page</p>" });
  expect(await ask("/?engine=ligo")).toMatchObject({ status: 200, text: "<p>page</p>" });
  expect(await ask("/assets/a%20b.wasm")).toEqual({ status: 200, type: "application/wasm", text: "wasm" });
  expect(await ask("/", "HEAD")).toMatchObject({ status: 200, text: "" });
});

it.each([
  "/../secret.txt",
  "/%2e%2e/secret.txt",
  "/assets/..%2f..%2fsecret.txt",
  "/..%5csecret.txt",
  "/link.txt",
  "/assets",
  "/assets/",
  "/missing",
  "/%zz",
  "/%00",
])("has nothing at %s", async (target) => {
  expect(await ask(target)).toMatchObject({ status: 404, text: "there is no such file\n" });
});

it("only reads", async () => {
  expect(await ask("/", "POST")).toMatchObject({ status: 405 });
});

it("says that its port is taken", async () => {
  await expect(serveFolder(folder, server.port)).rejects.toMatchObject({
    name: "UnavailableError",
    message: `cannot listen on port ${server.port}: something else uses it`,
    fix: expect.stringContaining("--port 0"),
  });
});
