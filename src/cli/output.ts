/** What the commands print: results on stdout, everything else on stderr; of foreign text nothing that a terminal would obey. */
import Table from "cli-table3";
import yoctoSpinner from "yocto-spinner";
import { visible, visibleLines } from "../words.ts";
import { write } from "./stdout.ts";
import { stderr } from "./supervised.ts";

/** Writes a result line to stdout. @throws {BadInputError} if stdout is a file that cannot take it */
export function print(text: string): void {
  write(`${visibleLines(text)}\n`);
}

/** Writes a remark to stderr. */
export function remark(text: string): void {
  stderr.write(`${visibleLines(text)}\n`);
}

/** Tells each different text once, as a note on stderr. */
export function noteOnce(): (text: string) => void {
  const told = new Set<string>();
  return (text) => {
    if (told.has(text)) return;
    told.add(text);
    remark(`note: ${visible(text)}`);
  };
}

/** The same notes about a part of what is worked at, which they name. @param part undefined where there is but one */
export const notesOf = (note: (text: string) => void, part: string | undefined): ((text: string) => void) =>
  part === undefined ? note : (text) => note(`${part}: ${text}`);

/** Progress of long work: a moving line on a terminal, one plain line per finished item elsewhere. */
export interface Progress {
  /** What is being done now; shown on a terminal only. */
  doing(text: string): void;
  /** What has been finished. */
  done(text: string): void;
  stop(): void;
}

export function progress(): Progress {
  if (!stderr.isTTY) return { doing: () => {}, done: remark, stop: () => {} };
  const spinner = yoctoSpinner({ stream: stderr });
  return {
    doing(text) {
      spinner.text = visible(text);
      if (!spinner.isSpinning) spinner.start();
    },
    done(text) {
      if (spinner.isSpinning) spinner.stop();
      remark(text);
    },
    stop() {
      if (spinner.isSpinning) spinner.stop();
    },
  };
}

const BARE = {
  top: "",
  "top-mid": "",
  "top-left": "",
  "top-right": "",
  bottom: "",
  "bottom-mid": "",
  "bottom-left": "",
  "bottom-right": "",
  left: "",
  "left-mid": "",
  mid: "",
  "mid-mid": "",
  right: "",
  "right-mid": "",
  middle: "  ",
};

/** A table without lines; columns whose name starts with `>` are aligned to the right. */
export function table(columns: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const grid = new Table({
    head: columns.map((column) => column.replace(/^>/, "")),
    colAligns: columns.map((column) => (column.startsWith(">") ? "right" : "left")),
    chars: BARE,
    style: { head: [], border: [], "padding-left": 0, "padding-right": 0 },
  });
  grid.push(...rows.map((row) => row.map((cell) => visible(String(cell)))));
  return grid
    .toString()
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n");
}

const PREFIXES: readonly (readonly [number, string])[] = [
  [1e12, "T"],
  [1e9, "G"],
  [1e6, "M"],
  [1e3, "k"],
  [1, ""],
];

/** A rate with a metric prefix, such as `23.4 GFLOP/s`. */
export function rate(perSecond: number, unit: string): string {
  const [factor, prefix] = PREFIXES.find(([size]) => perSecond >= size) ?? [1, ""];
  return `${(perSecond / factor).toPrecision(3)} ${prefix}${unit}`;
}

/** Bytes in binary units. */
export function bytes(count: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  const power = count < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(count) / 10));
  return `${power === 0 ? count : (count / 2 ** (10 * power)).toPrecision(3)} ${units[power]}`;
}

export const milliseconds = (ms: number): string => (ms >= 1000 ? ms.toFixed(0) : ms.toPrecision(3));
/** A time in the unit that fits: `8.45us`, `12.3ms`, `1.20s`, `734s`. */
export function seconds(ms: number): string {
  if (ms >= 1000) return `${ms >= 100_000 ? (ms / 1000).toFixed(0) : (ms / 1000).toPrecision(3)}s`;
  return ms >= 1 || ms === 0 ? `${ms.toPrecision(3)}ms` : `${(1000 * ms).toPrecision(3)}us`;
}
