// Writing a folder as .tar.gz: the same files give the same bytes.
import { createWriteStream, readdirSync } from "node:fs";
import path from "node:path";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { Problem } from "./problem.mjs";

/** tar-fs is a development package: it may be missing. */
export async function tarFs() {
  try {
    return (await import("tar-fs")).default;
  } catch {
    throw new Problem(3, "the package tar-fs is not installed; run npm ci");
  }
}

/** npm's date for everything: it stays with no clock, and tar warns about dates of 1970. */
const DATE = new Date("1985-10-26T08:15:00.000Z");

/** All files below a folder, sorted, with forward slashes. @param {string} folder */
export const filesBelow = (folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)).replaceAll("\\", "/"))
    .sort();

/**
 * gzip, for a bare machine can unpack it: tar calls gzip, which every distribution installs; xz and zstd are often absent.
 * @param {string} folder what to pack
 * @param {string} top the one folder that unpacking makes
 * @param {readonly string[]} executable paths below the folder
 * @param {string} file where to write
 */
export async function writeArchive(folder, top, executable, file) {
  const tar = await tarFs();
  const pack = tar.pack(folder, {
    entries: filesBelow(folder),
    map: (header) => ({
      ...header,
      name: `${top}/${header.name}`,
      mode: executable.includes(header.name) ? 0o755 : 0o644,
      mtime: DATE,
      uid: 0,
      gid: 0,
    }),
  });
  await pipeline(pack, createGzip({ level: 9 }), createWriteStream(file));
}
