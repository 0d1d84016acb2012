/** Taking a result away: rows for the harness, tensors, and a link with the choices. */
import type { BenchRow } from "af3-gpu/bench";
import { button, el } from "./dom.ts";

/** Hands the visitor a file. */
function download(name: string, content: BlobPart, type: string): void {
  const address = URL.createObjectURL(new Blob([content], { type }));
  const link = el("a", { href: address, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

export interface Shared {
  readonly rows: readonly BenchRow[];
  /** The trunk's outputs as safetensors. */
  readonly tensors: Uint8Array<ArrayBuffer> | undefined;
}

/** A row per line, as `af3-gpu bench` writes them. */
export const rowsText = (rows: readonly BenchRow[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join("");

export function shareView({ rows, tensors }: Shared, say: (text: string) => void): HTMLElement {
  const [{ engine, seq_len }] = rows;
  const stem = `af3-gpu-${engine}-trunk-${seq_len}`;
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(location.href);
      say("The link has been copied.");
    } catch {
      say("The browser does not let the page copy: take the link from the address bar.");
    }
  };
  return el(
    "div",
    {},
    el(
      "p",
      { class: "muted" },
      "The result file has a JSON object per line, in the schema af3-gpu-bench/1 of the command line’s own results. The link holds the choices.",
    ),
    el(
      "div",
      { class: "actions" },
      button("Download result (JSON)", () => download(`${stem}.jsonl`, rowsText(rows), "application/json")),
      ...(tensors
        ? [button("Download tensors", () => download(`${stem}.safetensors`, tensors, "application/octet-stream"))]
        : []),
      button("Copy link", () => void copy()),
    ),
  );
}
