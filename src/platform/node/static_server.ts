/** Serves the files of one folder on this machine, as any static host would. */
import { createReadStream } from "node:fs";
import { realpath, stat } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { pipeline } from "node:stream/promises";
import { UnavailableError } from "../../errors.ts";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".wasm": "application/wasm",
};

/** Isolated pages may share memory between threads, which ONNX Runtime's WebAssembly needs to use more than one. */
const HEADERS = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
  "X-Content-Type-Options": "nosniff",
  "Cache-Control": "no-cache",
};

export interface StaticServer {
  readonly port: number;
  readonly address: string;
  close(): Promise<void>;
}

/**
 * Listens on the loopback interface only.
 * @param port 0 for any that is free
 * @param change what to do to a file's text before it is sent; for tests that inject failures
 * @throws {UnavailableError} if the port is taken
 */
export async function serveFolder(
  folder: string,
  port: number,
  change?: (file: string) => ((text: string) => string) | undefined,
): Promise<StaticServer> {
  const root = await realpath(folder);
  const server = createServer((request, response) => {
    answer(root, request, response, change).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const why = error.code === "EADDRINUSE" ? "something else uses it" : error.message;
      reject(
        new UnavailableError(
          `cannot listen on port ${port}: ${why}`,
          "choose another with --port, or any with --port 0",
        ),
      );
    });
    server.listen(port, "127.0.0.1", resolve);
  });
  const taken = (server.address() as AddressInfo).port;
  return {
    port: taken,
    address: `http://localhost:${taken}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

type Change = Parameters<typeof serveFolder>[2];

async function answer(root: string, request: IncomingMessage, response: ServerResponse, change: Change): Promise<void> {
  const refuse = (status: number, text: string): void => {
    response.writeHead(status, { ...HEADERS, "Content-Type": "text/plain; charset=utf-8" }).end(`${text}\n`);
  };
  if (request.method !== "GET" && request.method !== "HEAD") return refuse(405, "only GET and HEAD");
  const file = await fileOf(root, request.url ?? "/");
  if (file === undefined) return refuse(404, "there is no such file");
  const type = TYPES[path.extname(file.path)] ?? "application/octet-stream";
  const changed = change?.(path.relative(root, file.path));
  const headers = { ...HEADERS, "Content-Type": type, ...(!changed && { "Content-Length": file.size }) };
  response.writeHead(200, headers);
  if (request.method === "HEAD") response.end();
  else if (changed) response.end(changed(await textOf(file.path)));
  else await pipeline(createReadStream(file.path), response);
}

async function textOf(file: string): Promise<string> {
  let text = "";
  for await (const piece of createReadStream(file, "utf8")) text += piece;
  return text;
}

/** The file that an address names; undefined if it is none below the root, wherever links lead. */
async function fileOf(
  root: string,
  url: string,
): Promise<{ readonly path: string; readonly size: number } | undefined> {
  try {
    const { pathname } = new URL(url, "http://localhost");
    const name = decodeURIComponent(pathname);
    if (name.includes("\0")) return undefined;
    const asked = path.join(root, name.endsWith("/") ? `${name}index.html` : name);
    const found = await realpath(asked);
    if (!found.startsWith(root + path.sep)) return undefined;
    const { size } = await stat(found).then((entry) => (entry.isFile() ? entry : Promise.reject(new Error("no file"))));
    return { path: found, size };
  } catch {
    return undefined; // malformed, missing, or a folder without an index
  }
}
