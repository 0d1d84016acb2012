/** Opens files of weights by what their names say: safetensors, or the `af3.bin[.zst]` of google-deepmind/alphafold3. */
import { BadInputError, UnavailableError } from "../../errors.ts";
import { Af3Bin, type Af3Record, readAf3Records } from "../../formats/af3_bin.ts";
import { type Files, givenFiles, givenPath, joinPath } from "../../formats/files.ts";
import { SafeTensors } from "../../formats/safetensors.ts";
import { unpackZstd } from "../../formats/zstd.ts";
import type { WeightFile } from "./weights.ts";

/**
 * How the real loader finds a model in a folder; the first pattern that matches a file wins. Several files are the parts of
 * one, sorted as text. It has a sixth pattern, meant for `NAME.bin.<n>`, that can match nothing.
 */
const MODELS: readonly { readonly pattern: RegExp; readonly packed: boolean }[] = [
  { pattern: /^(.*)\.[0-9]+\.bin\.zst$/, packed: true },
  { pattern: /^(.*)\.bin\.zst\.[0-9]+$/, packed: true },
  { pattern: /^(.*)\.[0-9]+\.bin$/, packed: false },
  { pattern: /^(.*)\.bin\.zst$/, packed: true },
  { pattern: /^(.*)\.bin$/, packed: false },
];
const PARTS = MODELS.slice(0, 3);

const CHECKPOINT = /\.(pt|pth|ckpt)$/i;

/** The records of an `af3.bin`, which may be packed and in parts. */
interface Af3Source {
  readonly paths: readonly string[];
  readonly packed: boolean;
}

/**
 * Opens weights. An `af3.bin` is read as a stream and its arrays are kept as they are stored; a file's type follows from its
 * name, and what has no known one is taken for safetensors.
 * @param path a file, or a folder with the parts of one `af3.bin[.zst]`
 * @throws {BadInputError} if it cannot be read or is malformed
 * @throws {UnavailableError} for a torch checkpoint, with the command that converts it
 */
export async function openWeights(files: Files, path: string): Promise<WeightFile> {
  givenFiles(files, "read", "stream", "exists", "list");
  givenPath(path);
  const source = await af3Source(files, path);
  if (source) return Af3Bin.open(readSource(files, source, path), path);
  return new SafeTensors(await files.read(path), path);
}

/**
 * The records of an `af3.bin[.zst]`, one by one: what openWeights reads, without holding it.
 * @throws {BadInputError} if it is something else, cannot be read or is malformed
 */
export async function* weightRecords(files: Files, path: string): AsyncGenerator<Af3Record> {
  const source = await af3Source(files, path);
  if (!source) throw new BadInputError(`${path} is no af3.bin, af3.bin.zst or folder of such`);
  yield* readSource(files, source, path);
}

async function* readSource(files: Files, { paths, packed }: Af3Source, path: string): AsyncGenerator<Af3Record> {
  const bytes = inTurn(files, paths);
  yield* readAf3Records(packed ? unpackZstd(bytes, path, await sizeOf(files, paths)) : bytes, path);
}

/** How long files are together, where that is known beforehand. */
async function sizeOf(files: Files, paths: readonly string[]): Promise<number | undefined> {
  let sum = 0;
  for (const path of paths) {
    const size = await files.size?.(path);
    if (size === undefined) return undefined;
    sum += size;
  }
  return sum;
}

async function* inTurn(files: Files, paths: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const path of paths) yield* files.stream(path);
}

async function af3Source(files: Files, path: string): Promise<Af3Source | undefined> {
  const names = await files.list(path);
  if (names) return modelIn(path, names);
  const name = path.replace(/^(https?:[^?#]*)[?#].*$/, "$1").replace(/^.*[/\\]/, "");
  if (CHECKPOINT.test(name)) {
    if (!(await files.exists(path))) await files.read(path); // says what is wrong with it
    throw new UnavailableError(
      `${path} is a torch checkpoint, which only torch reads`,
      `convert it in Python (export/README.md): python -m af3_export convert-checkpoint ${path} --out weights.safetensors`,
    );
  }
  if (
    PARTS.some(({ pattern }) => pattern.test(name)) &&
    (await files.exists(path)) &&
    (await files.list(folderOf(path)))
  )
    throw new BadInputError(`${path} is one part of several: name their folder`);
  const model = MODELS.find(({ pattern }) => pattern.test(name));
  return model && { paths: [path], packed: model.packed };
}

const folderOf = (path: string): string => (/[/\\]/.test(path) ? path.replace(/[/\\][^/\\]*$/, "") || "/" : ".");

function modelIn(folder: string, names: readonly string[]): Af3Source {
  for (const { pattern, packed } of MODELS) {
    const parts = names.filter((name) => pattern.test(name)).sort();
    const models = new Set(parts.map((name) => pattern.exec(name)?.[1]));
    if (models.size > 1)
      throw new BadInputError(`${folder} holds more than one model (${[...models].join(", ")}): name a file`);
    if (models.size === 1) return { paths: parts.map((name) => joinPath(folder, name)), packed };
  }
  throw new BadInputError(`${folder} is a folder without an af3.bin or af3.bin.zst`);
}
