/** A ColabFold-type server on the loopback interface, which behaves unless a test says what it does instead. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "fflate";
import { tar } from "../../scripts/fuzz/tar.mjs";

/** Queries by their numbers. */
const queriesOf = (q: string): (readonly [number: string, sequence: string])[] =>
  [...q.matchAll(/>(\d+)\n([A-Z]+)\n/g)].map(([, number, sequence]) => [number, sequence]);

const alanines = (sequence: string): string => `A${sequence.slice(1)}`;

/** What a search finds: of each sequence one with A in front, with an insertion in UniRef, and environmental ones. */
function found(endpoint: string, mode: string, q: string): Uint8Array {
  const each = (rows: (sequence: string, at: number) => string): string =>
    queriesOf(q)
      .map(([number, sequence], at) => `>${number}\n${sequence}\n${rows(sequence, at)}\0`)
      .join("");
  if (endpoint === "pair")
    return tar([
      [
        "pair.a3m",
        each((sequence, at) => {
          const gaps = "-".repeat(sequence.length);
          return `>UniRef100_P${at}\n${alanines(sequence)}\n>DUMMY\n${at === 0 ? gaps : sequence}\n>UniRef100_Q${at}\nC${sequence.slice(1)}\n`;
        }),
      ],
      ["pair.sh", "#!/bin/sh"],
    ]);
  const environmental = each((sequence) => `>SRR1\n${alanines(sequence)}\n>SRR2\n${sequence.slice(0, -1)}-\n`);
  return tar([
    ["uniref.a3m", each((sequence) => `>UniRef100_A\t100\t0.9\nAa${sequence.slice(1)}\n`)],
    ...(mode === "env" ? [["bfd.mgnify30.metaeuk30.smag30.a3m", environmental] as const] : []),
    ["msa.sh", "#!/bin/sh"],
  ]);
}

export interface Asked {
  readonly url: string;
  readonly agent: string | undefined;
  readonly body: string;
}

/** What happens instead of what should. */
export type Trick = (response: ServerResponse, request: IncomingMessage) => void;

const json =
  (value: unknown, code = 200, headers: Readonly<Record<string, string>> = {}): Trick =>
  (response) => {
    response.writeHead(code, { "Content-Type": "application/json", ...headers });
    response.end(JSON.stringify(value));
  };

/** Tricks by name. */
export const tricks = {
  json,
  status: (status: string, id = "ticket_1") => json({ id, status }),
  code:
    (code: number, text = "", headers: Readonly<Record<string, string>> = {}): Trick =>
    (response) => {
      response.writeHead(code, headers);
      response.end(text);
    },
  /** Breaks the connection off, before or in the middle of an answer. */
  cut:
    (begun = ""): Trick =>
    (response) => {
      if (begun === "") response.destroy();
      else {
        response.writeHead(200, { "Content-Length": "1000" });
        response.write(begun, () => response.destroy());
      }
    },
  /** Says nothing, or nothing more. */
  silent:
    (begun = ""): Trick =>
    (response) => {
      if (begun !== "") response.write(begun);
    },
  bytes:
    (bytes: Uint8Array): Trick =>
    (response) => {
      response.end(bytes);
    },
  packed: (files: Parameters<typeof tar>[0]) => tricks.bytes(gzipSync(tar(files))),
};

/** What it does with the next requests of a kind; behind these it behaves. */
export interface Script {
  submit?: Trick[];
  status?: Trick[];
  download?: Trick[];
}

export class MsaServer {
  readonly asked: Asked[] = [];
  script: Script;
  private readonly searches = new Map<string, Uint8Array>();
  private readonly server = createServer((request, response) => void this.answer(request, response));

  private constructor(script: Script) {
    this.script = script;
  }

  static async start(script: Script = {}): Promise<MsaServer> {
    const server = new MsaServer(script);
    await new Promise<void>((resolve) => server.server.listen(0, "127.0.0.1", resolve));
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/`;
  }

  /** Requests, short. */
  get log(): string[] {
    return this.asked.map(({ url }) => url);
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method, url = "", headers } = request;
    let body = "";
    for await (const piece of request) body += piece;
    this.asked.push({ url: `${method} ${url}`, agent: headers["user-agent"], body });
    const [, first, second, third] = url.replace(/\?.*/, "").split("/");
    const kind = method === "POST" ? "submit" : first === "result" ? "download" : "status";
    const trick = this.script[kind]?.shift();
    if (trick) return trick(response, request);
    if (kind === "submit") {
      const form = new URLSearchParams(body);
      const id = `${second}-${this.searches.size + 1}`;
      this.searches.set(id, found(second, form.get("mode") ?? "", form.get("q") ?? ""));
      return json({ id, status: "PENDING" })(response, request);
    }
    if (kind === "status") return json({ id: second, status: "COMPLETE" })(response, request);
    response.end(gzipSync(this.searches.get(third) ?? new Uint8Array()));
  }
}
