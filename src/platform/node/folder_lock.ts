/** A file that says who works in a folder, so that two do not at once. One whose owner has ended is recognised, and replaced. */
import { randomBytes } from "node:crypto";
import { linkSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import os from "node:os";
import { BadInputError } from "../../errors.ts";
import { processRuns } from "./process_runs.ts";
import { writeReasonOf } from "./reasons.ts";

interface Owner {
  readonly pid: number;
  readonly host: string;
  /** When the process began, as its system counts it; ids are given again. */
  readonly began: string;
  readonly token: string;
}

/** The owner touches the file so often. */
const BEAT_MS = 20_000;
/** Of another machine nothing else is known: so long without a touch, and its owner has ended. */
const STALE_MS = 6 * BEAT_MS;

const isErrno = (error: unknown, code: string): boolean => (error as NodeJS.ErrnoException).code === code;

/**
 * Takes the lock.
 * @param what names what is locked in the complaint
 * @returns what gives it back
 * @throws {BadInputError} if another process has it, or the file cannot be made
 */
export function takeLock(file: string, what: string): () => void {
  const taken = freeLock(file, what);
  if (typeof taken === "string") throw new BadInputError(taken);
  return taken;
}

/**
 * Takes the lock if nobody has it.
 * @returns what gives it back, or who has it, in words
 * @throws {BadInputError} if the file cannot be made
 */
export function freeLock(file: string, what: string): string | (() => void) {
  const own: Owner = {
    pid: process.pid,
    host: os.hostname(),
    began: beganOf(process.pid) ?? "",
    token: randomBytes(8).toString("hex"),
  };
  while (!make(file, own)) {
    const found = read(file);
    if (found === undefined) continue; // it was given back just now
    if (isAlive(found.owner, found.age)) return takenBy(found.owner, file, what);
    putAside(file, found.text);
  }
  const beat = setInterval(() => touch(file), BEAT_MS);
  beat.unref();
  return () => {
    clearInterval(beat);
    if (read(file)?.owner?.token === own.token) rmSync(file, { force: true });
  };
}

const takenBy = (owner: Owner | undefined, file: string, what: string): string =>
  owner
    ? `${what} is in use by process ${owner.pid} on ${owner.host}; wait for its end, or remove ${file} if that machine is gone`
    : `${what} is in use, as ${file} says`;

/** Makes the file with its content at once: nobody sees it empty. @returns whether there was none */
function make(file: string, own: Owner): boolean {
  const temporary = `${file}.${own.token}`;
  try {
    writeFileSync(temporary, JSON.stringify(own), { flag: "wx" });
  } catch (error) {
    throw new BadInputError(`cannot write ${file}: ${writeReasonOf(error, file)}`);
  }
  try {
    linkSync(temporary, file);
    return true;
  } catch (error) {
    // Whoever has it tidies up, and may take ours for something that was left.
    if (isErrno(error, "EEXIST") || isErrno(error, "ENOENT")) return false;
    if (isErrno(error, "EPERM") || isErrno(error, "ENOTSUP")) return makeWithoutLinks(file, own);
    throw new BadInputError(`cannot write ${file}: ${writeReasonOf(error, file)}`);
  } finally {
    rmSync(temporary, { force: true });
  }
}

/** Where a file system has no links. */
function makeWithoutLinks(file: string, own: Owner): boolean {
  try {
    writeFileSync(file, JSON.stringify(own), { flag: "wx" });
    return true;
  } catch (error) {
    if (isErrno(error, "EEXIST")) return false;
    throw new BadInputError(`cannot write ${file}: ${writeReasonOf(error, file)}`);
  }
}

interface Found {
  readonly text: string;
  /** Undefined if the file does not say. */
  readonly owner: Owner | undefined;
  /** Milliseconds since its last touch. */
  readonly age: number;
}

function read(file: string): Found | undefined {
  try {
    const text = readFileSync(file, "utf8");
    const age = Date.now() - statSync(file).mtimeMs;
    return { text, owner: ownerIn(text), age };
  } catch (error) {
    if (isErrno(error, "ENOENT")) return undefined;
    throw new BadInputError(`cannot read ${file}: ${writeReasonOf(error, file)}`);
  }
}

function ownerIn(text: string): Owner | undefined {
  try {
    const owner = JSON.parse(text) as Partial<Owner> | null;
    return owner && Number.isInteger(owner.pid) && typeof owner.host === "string" && typeof owner.token === "string"
      ? { pid: Number(owner.pid), host: owner.host, began: String(owner.began ?? ""), token: owner.token }
      : undefined;
  } catch {
    return undefined;
  }
}

/** Of this machine it is asked; of another, or of nobody, the file's last touch tells. */
function isAlive(owner: Owner | undefined, age: number): boolean {
  if (owner?.host !== os.hostname()) return age < STALE_MS;
  if (!processRuns(owner.pid)) return false;
  const began = beganOf(owner.pid);
  return began === undefined || owner.began === "" || began === owner.began;
}

/** When a process of this machine began; undefined where there is no telling. */
function beganOf(pid: number): string | undefined {
  try {
    // The name in brackets may hold spaces; the start is the 22nd field, the 20th behind it.
    return readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ")[19];
  } catch {
    return undefined;
  }
}

/** Takes a file away whose owner has ended. Whoever was quicker has his back. */
function putAside(file: string, text: string): void {
  const aside = `${file}.${randomBytes(8).toString("hex")}`;
  try {
    renameSync(file, aside);
    if (readFileSync(aside, "utf8") !== text) linkSync(aside, file);
  } catch {} // another has taken it away, or made a new one
  rmSync(aside, { force: true });
}

function touch(file: string): void {
  try {
    utimesSync(file, new Date(), new Date());
  } catch {} // the medium is gone, which the next row says
}
