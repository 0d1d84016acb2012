/** `af3-gpu cache`: what lies in the cache folder, how large it is, and away with it. */
import { existsSync, readdirSync, statSync } from "node:fs";
import path from "node:path";
import { Command } from "commander";
import { enumerated } from "../engines/core/names.ts";
import { BadInputError } from "../errors.ts";
import { type CacheEntry, type CacheKind, cacheEntries, cacheKinds, clearCache } from "../platform/node/cache.ts";
import { cacheFolder } from "../platform/node/folders.ts";
import { reasonOf } from "../platform/node/reasons.ts";
import { counted, didYouMean, sizeText } from "../words.ts";
import { type Column, listing } from "./listing.ts";
import { print, remark } from "./output.ts";

interface CacheOptions {
  readonly clear?: true | readonly CacheKind[];
  readonly json?: boolean;
}

const names = Object.keys(cacheKinds) as CacheKind[];

/** Kinds with commas. @throws {BadInputError} */
function kinds(text: string): readonly CacheKind[] {
  const given = text.split(",").map((name) => name.trim());
  const unknown = given.find((name) => !names.some((known) => known === name));
  if (unknown !== undefined)
    throw new BadInputError(
      `--clear should be of ${enumerated(names, "or")}, not "${unknown}"${didYouMean(unknown, names)}`,
    );
  return given as CacheKind[];
}

const help = (): string => `
Kinds:
${names.map((name) => `  ${name.padEnd(13)} ${cacheKinds[name]}`).join("\n")}

What a process uses stays, and so does whatever af3-gpu has not made. Compiled pipelines are the driver's own to keep.
Everything comes back when it is needed, or by the command in brackets. AF3_GPU_CACHE names another folder.
Examples:
  af3-gpu cache                          what is there, and how large
  af3-gpu cache --clear tuning,graphs    away with these kinds; without a list, with all`;

export const cacheCommand = (): Command =>
  new Command("cache")
    .description("show what the cache folder holds, or clear it by kind")
    .option("--clear [kinds]", "remove what is of these kinds, or of any", kinds)
    .option("--json", "print what is there, or what became of it, as JSON")
    .addHelpText("after", help())
    .action(cache);

async function cache({ clear, json }: CacheOptions): Promise<void> {
  const folder = path.resolve(cacheFolder());
  try {
    refuseFile(folder);
    await (clear === undefined
      ? list(folder, json === true)
      : empty(folder, clear === true ? names : clear, json === true));
  } catch (error) {
    if (!(error as NodeJS.ErrnoException).code) throw error;
    throw new BadInputError(`cannot read the cache folder ${folder}: ${reasonOf(error)}`);
  }
}

/** @throws the system's error if something else than a folder is there; nothing at all is an empty cache */
function refuseFile(folder: string): void {
  if (existsSync(folder) && !statSync(folder).isDirectory()) readdirSync(folder);
}

const sumOf = (entries: readonly CacheEntry[]): number => entries.reduce((sum, { bytes }) => sum + bytes, 0);

const columns: readonly Column<CacheEntry>[] = [
  { key: "kind", head: "kind", rank: 0, value: ({ kind }) => kind, about: "what it is" },
  { key: "name", head: "name", rank: 0, shrinks: 30, value: ({ name }) => name, about: "where it is" },
  {
    key: "bytes",
    head: "size",
    right: true,
    rank: 0,
    value: ({ bytes }) => bytes,
    text: ({ bytes }) => sizeText(bytes),
    about: "how large it is",
  },
  {
    key: "used",
    head: "state",
    rank: 1,
    value: ({ used }) => String(used),
    text: ({ kind, used }) => (used ? "in use" : kind === "others" ? "not ours: stays" : ""),
    about: "whether it would stay",
  },
];

async function list(folder: string, json: boolean): Promise<void> {
  const entries = await cacheEntries(folder);
  if (json) print(JSON.stringify({ folder, entries }, null, 2));
  else if (entries.length === 0) print(`${folder} is empty`);
  else print(`${listing(columns, entries, "table")}\n\n${sizeText(sumOf(entries))} in ${folder}`);
}

async function empty(folder: string, chosen: readonly CacheKind[], json: boolean): Promise<void> {
  const { removed, left } = await clearCache(chosen, folder);
  if (json) print(JSON.stringify({ folder, removed, left }, null, 2));
  else print(`removed ${counted(removed.length, "entry", "entries")}, ${sizeText(sumOf(removed))}, of ${folder}`);
  for (const { name, why } of left) remark(`${name} stays: ${why}`);
}
