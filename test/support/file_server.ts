/** A server of one file on the loopback interface, which knows ranges and validators unless a test says what it does instead. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What happens instead of what should. */
export type FileTrick = (response: ServerResponse, request: IncomingMessage, content: Uint8Array) => void;

export interface FileServerOptions {
  content: Uint8Array;
  etag?: string | undefined;
  /** Whether it gives parts. */
  ranges?: boolean;
  /** What it does with the next requests; behind these it behaves. */
  script?: FileTrick[];
}

/** Tricks by name. */
export const fileTricks = {
  code:
    (code: number, headers: Readonly<Record<string, string>> = {}, text = ""): FileTrick =>
    (response) => {
      response.writeHead(code, headers);
      response.end(text);
    },
  /** Sends so much of what was asked for, and breaks the connection off. */
  cut:
    (bytes: number, headers: Readonly<Record<string, string>> = { ETag: '"one"' }): FileTrick =>
    (response, request, content) => {
      const from = fromOf(request);
      response.writeHead(from > 0 ? 206 : 200, {
        ...headers,
        "Content-Length": String(content.length - from),
        ...(from > 0 && { "Content-Range": `bytes ${from}-${content.length - 1}/${content.length}` }),
      });
      // What has come is lost to a reader whose connection breaks off in the same moment.
      response.write(content.subarray(from, from + bytes), () => setTimeout(() => response.destroy(), 100));
    },
  /** Sends everything, and does not say how much that is. */
  endless: (): FileTrick => (response, _, content) => {
    response.write(content.subarray(0, 10));
    response.end(content.subarray(10));
  },
  /** Sends so much, and then nothing more. */
  silent:
    (bytes: number): FileTrick =>
    (response, _, content) => {
      response.writeHead(200, { ETag: '"one"', "Content-Length": String(content.length) });
      response.write(content.subarray(0, bytes));
    },
};

const fromOf = ({ headers }: IncomingMessage): number => Number(/^bytes=(\d+)-$/.exec(headers.range ?? "")?.[1] ?? 0);

export class FileServer {
  /** The range and the validator that each request asked for. */
  readonly asked: string[] = [];
  options: FileServerOptions;
  private readonly server = createServer((request, response) => this.answer(request, response));

  private constructor(options: FileServerOptions) {
    this.options = options;
  }

  static async start(options: FileServerOptions): Promise<FileServer> {
    const server = new FileServer(options);
    await new Promise<void>((resolve) => server.server.listen(0, "127.0.0.1", resolve));
    return server;
  }

  get url(): URL {
    return new URL(`http://127.0.0.1:${(this.server.address() as AddressInfo).port}/models/model.pt`);
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    const { range = "all", "if-range": validator } = request.headers;
    this.asked.push(validator === undefined ? range : `${range} if ${validator}`);
    const { content, etag, ranges = true, script = [] } = this.options;
    const trick = script.shift();
    if (trick) {
      trick(response, request, content);
      return;
    }
    const from = ranges && validator === etag ? fromOf(request) : 0;
    response.writeHead(from > 0 ? 206 : 200, {
      ...(etag !== undefined && { ETag: etag }),
      "Content-Length": String(content.length - from),
      ...(from > 0 && { "Content-Range": `bytes ${from}-${content.length - 1}/${content.length}` }),
    });
    response.end(content.subarray(from));
  }
}
