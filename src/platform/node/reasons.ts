/** Why a file operation failed, in words. */
import { lstatSync, readlinkSync, type Stats, statSync } from "node:fs";
import path from "node:path";
import { messageOf } from "../../errors.ts";

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  EISDIR: "it is a folder",
  EACCES: "permission denied",
  EPERM: "permission denied",
  ENOTDIR: "a part of the path is a file, not a folder",
  EEXIST: "a file is in the way",
  ELOOP: "its symbolic links lead in a circle",
  ENAMETOOLONG: "its name is too long",
  EROFS: "the file system is read-only",
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
  EFBIG: "the file would be larger than allowed here",
  EIO: "the disk or device reports an error",
  EMFILE: "too many files are open",
  ENFILE: "too many files are open",
  EBUSY: "something else uses it",
  ENXIO: "it is a device or pipe that nothing serves",
};

/** Why reading or another file operation failed. */
export function reasonOf(error: unknown): string {
  const { code, path: at } = error as NodeJS.ErrnoException;
  if (code === "ENOTDIR" || code === "EEXIST") {
    const inTheWay = at === undefined ? undefined : ancestors(at).find((part) => kindOf(part) === "file");
    if (inTheWay !== undefined && inTheWay !== at) return `${inTheWay} is a file, not a folder`;
    if (inTheWay !== undefined && code === "ENOTDIR") return "it is a file, not a folder";
  }
  if (code === "ENOENT" && at !== undefined && isLink(at))
    return `it is a symbolic link to ${readlinkSync(at)}, which does not exist`;
  return (code && REASONS[code]) || messageOf(error);
}

/** Why a file, or a folder for it, could not be made. */
export function writeReasonOf(error: unknown, file: string): string {
  const { code } = error as NodeJS.ErrnoException;
  const folder = ancestors(path.resolve(file)).find((part) => kindOf(part) === "folder");
  if (code === "EACCES" || code === "EPERM") return `the folder ${folder} is read-only for this user`;
  if (code === "EROFS") return `the folder ${folder} is on a read-only file system`;
  if (code === "ENOENT" && !isLink(file)) return `nothing can be made in the folder ${folder}`;
  return reasonOf(error);
}

/** What is no regular file, in words; undefined for a regular one. */
export function otherThanFile(found: Stats): string | undefined {
  if (found.isFile()) return undefined;
  if (found.isDirectory()) return REASONS.EISDIR;
  if (found.isFIFO()) return "it is a pipe, expected a file";
  if (found.isSocket()) return "it is a socket, expected a file";
  return "it is a device, expected a file";
}

/** The folder that something would be made in: the nearest one that is there. @throws with ENOTDIR if a file is in the way */
export function nearestFolder(file: string): string {
  const found = ancestors(path.dirname(path.resolve(file))).find((part) => kindOf(part) !== "none") ?? path.sep;
  if (kindOf(found) === "file")
    throw Object.assign(new Error(`${found} is a file`), { code: "ENOTDIR", path: path.resolve(file) });
  return found;
}

/** A path and the folders that it lies in, the nearest first. */
function ancestors(at: string): string[] {
  const parent = path.dirname(at);
  return parent === at ? [at] : [at, ...ancestors(parent)];
}

function kindOf(at: string): "file" | "folder" | "none" {
  try {
    return statSync(at).isDirectory() ? "folder" : "file";
  } catch {
    return "none";
  }
}

function isLink(at: string): boolean {
  try {
    return lstatSync(at).isSymbolicLink();
  } catch {
    return false;
  }
}
