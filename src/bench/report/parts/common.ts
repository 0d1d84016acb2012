/** What several parts of a report share: columns that say what a row is of, and whose times they are. */
import type { Cell } from "../cells.ts";
import { type Column, type Entry, entry } from "../document.ts";

/** A figure of lines shows no more series. */
export const MOST_SERIES = 8;
/** Figures with a row per thing have no more of them. */
export const MOST_ROWS = 20;

/** The first columns of every table of cells. */
export const nameColumns: readonly Column[] = [
  { head: "workload", name: "workload" },
  { head: "series", name: "series" },
  { head: "N", name: "seq_len", number: true },
  { head: "device", name: "device" },
];

/** A device, marked where a CPU did a GPU's work. */
export const deviceEntry = (device: string, software: boolean): Entry =>
  software ? entry(device.includes("(software)") ? device : `${device} (software)`, "software") : entry(device);

export const nameEntries = (cell: Cell): Entry[] => [
  entry(cell.workload),
  entry(cell.series.label),
  { text: String(cell.seq_len), value: cell.seq_len },
  deviceEntry(cell.device, cell.software),
];

/** A remark names no more devices of a kind. */
const MOST_DEVICES = 4;

/**
 * Whose times a figure shows, below its title: nothing else would tell whoever sees the picture alone. Backends spell a GPU's name in their
 * own ways; one of them is said.
 */
export function devicesRemark(
  devices: readonly { readonly device: string; readonly software: boolean }[],
): string | undefined {
  const named = (software: boolean): string => {
    const own = devices.filter((one) => one.device && one.software === software).map(({ device }) => device);
    const names = [...new Map(own.toReversed().map((name) => [slug(name), name])).values()].toReversed();
    const more = names.length - MOST_DEVICES;
    return [...names.slice(0, MOST_DEVICES), ...(more > 0 ? [`${more} more`] : [])].join("; ");
  };
  const [hardware, software] = [named(false), named(true)];
  const texts = [
    ...(hardware ? [`On ${hardware}`] : []),
    ...(software ? [`Software adapter, a CPU in a GPU's place: ${software}`] : []),
  ];
  return texts.join(". ") || undefined;
}

/** A row of a figure, its size first: what is cut off where there is no room is the end of a name. */
export const rowName = (cell: Cell): string => `N = ${cell.seq_len}, ${cell.series.label}`;

/** A name for files and links, of what people read. */
export const slug = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "")
    .slice(0, 60) || "x";
