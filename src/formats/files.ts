/** Reading files, wherever they are: the platform decides. Writing is the command line's business alone. */
import { givenParts, givenText } from "./given.ts";

export interface Files {
  /** The whole file. @throws {BadInputError} with the path if it cannot be read */
  read(path: string): Promise<Uint8Array>;
  /** The file's bytes in order, in pieces of any size. @throws {BadInputError} with the path if it cannot be read */
  stream(path: string): AsyncIterable<Uint8Array>;
  /** The file's length in bytes, where it is known beforehand. @throws {BadInputError} with the path if it cannot be read */
  size?(path: string): Promise<number>;
  /** Bytes of the file from a position on, fewer only where it ends; where only parts can be read. @throws {BadInputError} with the path if it cannot be read */
  range?(path: string, at: number, length: number): Promise<Uint8Array>;
  /** Whether there is such a file. */
  exists(path: string): Promise<boolean>;
  /** Names of the files in a folder; undefined if it is no folder, as nothing is where there are only addresses. */
  list(path: string): Promise<readonly string[] | undefined>;
}

/** @throws {BadInputError} unless it reads files in all the ways that are needed */
export function givenFiles(value: unknown, ...needed: readonly (keyof Files)[]): void {
  givenParts(
    "files",
    "nodeFiles, fetchFiles or the like",
    value,
    Object.fromEntries(needed.map((way) => [way, "function"])),
  );
}

/** @throws {BadInputError} unless it may be a path or an address */
export function givenPath(value: unknown): asserts value is string {
  givenText("the path", "a text", value);
}

/** Joins a folder and a name with a slash, which works in paths and addresses alike. */
export const joinPath = (folder: string, name: string): string => `${folder.replace(/\/+$/, "")}/${name}`;
