/** Taking a result away: rows for the harness, tensors, and a link with the choices. */
import type { BenchRow } from "af3-gpu/bench";
import { precisionsOf, precisionWords, writeAddress } from "../shared/choices.ts";
import { button, el } from "./dom.ts";
import type { Ran } from "./results.ts";

/** Hands the visitor a file. */
function download(name: string, content: BlobPart, type: string): void {
  const address = URL.createObjectURL(new Blob([content], { type }));
  const link = el("a", { href: address, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

export interface Shared {
  readonly ran: Ran;
  readonly rows: readonly BenchRow[];
  /** The trunk's outputs as safetensors. */
  readonly tensors: Uint8Array<ArrayBuffer> | undefined;
}

/** A row per line, as `af3-gpu bench` writes them. */
export const rowsText = (rows: readonly BenchRow[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join("");

/** The page's address with what was run. */
const linkTo = ({ choices }: Ran): string => new URL(writeAddress(choices), location.href.replace(/[?#].*/, "")).href;

export function shareView({ ran, rows, tensors }: Shared): HTMLElement {
  const [{ engine, seq_len }] = rows;
  const [precision, ...others] = precisionsOf(ran.choices);
  const stem = `af3-gpu-${engine}-trunk-${seq_len}`;
  const link = linkTo(ran);
  const said = el("div", { role: "status", class: "said" });
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(link);
      said.replaceChildren(el("p", {}, "The link has been copied."));
    } catch {
      const field = el("input", { type: "text", readonly: true, value: link, "aria-label": "Link to this result" });
      field.addEventListener("focus", () => field.select());
      said.replaceChildren(
        el("p", {}, "The browser does not let the page copy. Here is the link to copy by hand:"),
        field,
      );
    }
  };
  return el(
    "div",
    {},
    el(
      "p",
      { class: "muted" },
      "The result file has a JSON object per line, as the command line’s own results. The link holds what these results show: engine, size, sequence, seed and precision.",
    ),
    ...(tensors && others.length > 0
      ? [el("p", { class: "muted" }, `The tensors are those of the run in ${precisionWords[precision]}.`)]
      : []),
    ...(ran.file
      ? [el("p", { class: "muted" }, `It cannot hold your file ${ran.file}, so it stands for random weights.`)]
      : []),
    el(
      "div",
      { class: "actions" },
      button("Download result (JSON)", () => download(`${stem}.jsonl`, rowsText(rows), "application/json")),
      ...(tensors
        ? [button("Download tensors", () => download(`${stem}.safetensors`, tensors, "application/octet-stream"))]
        : []),
      button("Copy link", () => void copy()),
    ),
    said,
  );
}
