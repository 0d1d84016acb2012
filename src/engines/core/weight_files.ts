/** Opens files of weights by what their names say: safetensors, the `af3.bin[.zst]` of google-deepmind/alphafold3, or torch's checkpoints. */
import { BadInputError } from "../../errors.ts";
import { Af3Bin, type Af3Record, readAf3Records, valuesOf } from "../../formats/af3_bin.ts";
import { openSource } from "../../formats/byte_source.ts";
import { type Files, givenFiles, givenPath, joinPath } from "../../formats/files.ts";
import { SafeTensors } from "../../formats/safetensors.ts";
import { type HostTensor, shapeText } from "../../formats/tensor.ts";
import { TorchCheckpoint } from "../../formats/torch_checkpoint.ts";
import { entryText } from "../../formats/torch_entries.ts";
import { torchValues } from "../../formats/torch_types.ts";
import { unpackZstd } from "../../formats/zstd.ts";
import { StoredCheckpoint } from "./stored_checkpoint.ts";
import { type WeightFile, weightTensor } from "./weights.ts";

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
 * Opens weights. An `af3.bin` or a checkpoint is read as a stream, and its arrays are kept as they are stored; a file's type follows from
 * its name, and what has no known one is taken for safetensors.
 * @param path a file, or a folder with the parts of one `af3.bin[.zst]`
 * @throws {BadInputError} if it cannot be read or is malformed
 */
export async function openWeights(files: Files, path: string): Promise<WeightFile> {
  givenFiles(files, "read", "stream", "exists", "list");
  givenPath(path);
  const source = await af3Source(files, path);
  if (source) return Af3Bin.open(readSource(files, source, path), path);
  if (isCheckpoint(path)) return StoredCheckpoint.open(await openCheckpoint(files, path));
  return new SafeTensors(await files.read(path), path);
}

const openCheckpoint = async (files: Files, path: string, entry?: string): Promise<TorchCheckpoint> =>
  TorchCheckpoint.open(await openSource(files, path), path, entry);

/** A tensor of a file of weights, without its values. */
export interface ListedWeight {
  readonly name: string;
  readonly shape: readonly number[];
  /** As which it is read; undefined for what is neither. */
  readonly dtype: HostTensor["dtype"] | undefined;
  /** The file's own word for the type of its elements. */
  readonly stored: string;
}

/** A file of weights that is read one tensor at a time, as often as it is wanted. */
export interface WeightStream {
  /** Its name, for messages. */
  readonly file: string;
  readonly listed: readonly ListedWeight[];
  /** Where in the file they were found, for a note; undefined where there is nothing to say. */
  readonly note: string | undefined;
  /** All that can be read, one behind the other. @throws {BadInputError} if the file is damaged, or changed meanwhile */
  tensors(): AsyncIterable<{ readonly name: string; readonly tensor: HostTensor }>;
}

interface StreamOptions {
  /** Which entry of a checkpoint the weights are; found by itself by default. */
  readonly entry?: string | undefined;
  /** Called between two tensors; what it throws ends the reading. */
  readonly between?: () => void;
}

/**
 * Opens weights for reading them one by one: what openWeights reads, without holding it. Of safetensors alone the whole file is held.
 * @throws {BadInputError} if it cannot be read or is malformed
 */
export async function streamWeights(files: Files, path: string, options: StreamOptions = {}): Promise<WeightStream> {
  const { entry, between = () => {} } = options;
  const source = await af3Source(files, path);
  if (!source && isCheckpoint(path)) {
    const opened = await openCheckpoint(files, path, entry);
    const listed = [...opened.tensors].map(([name, { type, shape }]) => ({
      ...{ name, shape, dtype: type.as, stored: type.name },
    }));
    return {
      ...{ file: path, listed, note: entryText(opened.entry) },
      async *tensors() {
        for (const [name, { type, shape }] of opened.tensors) {
          between();
          if (type.as) yield { name, tensor: torchValues(type, shape, await opened.bytes(name), `${path}: ${name}`) };
        }
      },
    };
  }
  if (entry !== undefined) throw new BadInputError(`${path} is no torch checkpoint, and has no entry ${entry}`);
  if (!source) return streamOfFile(new SafeTensors(await files.read(path), path), between);
  return streamOfRecords(() => readSource(files, source, path), path, between);
}

function streamOfFile(file: SafeTensors, between: () => void): WeightStream {
  const listed = file.names.map((name) => {
    const { dtype, shape } = file.describe(name) as { dtype: string; shape: readonly number[] };
    const as = dtype === "I32" ? "int32" : ["F32", "F16", "BF16"].includes(dtype) ? "float32" : undefined;
    return { name, shape, dtype: as, stored: dtype } as const;
  });
  return {
    ...{ file: file.file, listed, note: undefined },
    async *tensors() {
      for (const { name, dtype } of listed) {
        between();
        if (dtype) yield { name, tensor: weightTensor(file, name) };
      }
    },
  };
}

/** Records have no directory: they are read once to list them, and again each time for their values. */
async function streamOfRecords(
  records: () => AsyncIterable<Af3Record>,
  path: string,
  between: () => void,
): Promise<WeightStream> {
  const listed: ListedWeight[] = [];
  for await (const { name, dtype, shape } of records()) {
    between();
    listed.push({ name, shape, dtype: dtype === "uint8" ? undefined : "float32", stored: dtype });
  }
  const shapes = new Map(listed.map(({ name, shape }) => [name, shapeText(shape)]));
  return {
    ...{ file: path, listed, note: undefined },
    async *tensors() {
      let count = 0;
      for await (const record of records()) {
        between();
        if (shapes.get(record.name) !== shapeText(record.shape)) throw changed(path);
        count++;
        if (record.dtype !== "uint8") yield { name: record.name, tensor: valuesOf(record) };
      }
      if (count !== listed.length) throw changed(path);
    },
  };
}

const changed = (path: string): BadInputError => new BadInputError(`${path} changed while it was read`);

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
  const name = nameIn(path);
  if (
    PARTS.some(({ pattern }) => pattern.test(name)) &&
    (await files.exists(path)) &&
    (await files.list(folderOf(path)))
  )
    throw new BadInputError(`${path} is one part of several: name their folder`);
  const model = MODELS.find(({ pattern }) => pattern.test(name));
  return model && { paths: [path], packed: model.packed };
}

/** The last part of a path or an address. */
const nameIn = (path: string): string => path.replace(/^(https?:[^?#]*)[?#].*$/, "$1").replace(/^.*[/\\]/, "");

const isCheckpoint = (path: string): boolean => CHECKPOINT.test(nameIn(path));

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
