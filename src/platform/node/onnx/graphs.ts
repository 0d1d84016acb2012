/** The cache of exported graphs, and the folders in which one lies beside a file of weights. */
import { createHash } from "node:crypto";
import { constants, createReadStream } from "node:fs";
import { copyFile, link, mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { canonical } from "../../../backends/onnx/find.ts";
import type { OnnxModel, StoredGraph, WeightPart } from "../../../backends/onnx/host.ts";
import { type OnnxManifest, readManifest } from "../../../backends/onnx/manifest.ts";
import { BadInputError } from "../../../errors.ts";
import { nodeFiles } from "../files.ts";
import { cacheFolder } from "../folders.ts";
import { cacheRefused, makeFolder } from "../made_folders.ts";
import { processRuns } from "../process_runs.ts";
import { reasonOf, writeReasonOf } from "../reasons.ts";
import { type Part, writeParts } from "../written_files.ts";

const MODEL_FILE = "model.onnx";
const MANIFEST_FILE = "manifest.json";
/** The name that every exported graph looks for beside itself. */
const WEIGHTS_FILE = "weights.bin";

/** Folders of unfinished or running work; no graph's name begins so. */
const STAGED = ".staged-";

/** Where exported graphs lie. */
export const graphsFolder = (): string => path.join(path.resolve(cacheFolder()), "onnx");

/** The name of a graph's folder. */
export function graphKey({ engine, component, variant, config, widths, sizes }: OnnxManifest): string {
  const digest = createHash("sha256").update(canonical({ config, widths, sizes })).digest("hex");
  return `${engine}-${component}-${variant}-${digest.slice(0, 12)}`;
}

/** Reads a graph's manifest. @throws {BadInputError} if it cannot be read or is malformed */
export async function readGraph(folder: string): Promise<OnnxManifest> {
  const file = path.join(folder, MANIFEST_FILE);
  return readManifest(await nodeFiles.read(file), file);
}

/** The graphs whose folders begin with a prefix, in the order of their names. */
export async function storedGraphs(prefix: string, root = graphsFolder()): Promise<StoredGraph[]> {
  const entries = await readdir(root, { withFileTypes: true }).catch(() => []);
  const names = entries.filter((entry) => entry.isDirectory() && entry.name.startsWith(prefix)).map(({ name }) => name);
  return Promise.all(
    names.sort().map(async (name) => {
      const folder = path.join(root, name);
      try {
        return { folder, manifest: await readGraph(folder) };
      } catch (error) {
        if (error instanceof BadInputError) return { folder, broken: error };
        throw error;
      }
    }),
  );
}

/**
 * Makes sure that a graph's model is the one that its manifest is about.
 * @throws {BadInputError} if it is missing, truncated or another
 */
export async function checkModel(folder: string, { model, engine, component }: OnnxManifest): Promise<void> {
  const file = path.join(folder, MODEL_FILE);
  const damaged = (what: string): BadInputError =>
    new BadInputError(
      `${file} ${what}: export it again with af3-gpu export onnx --engine ${engine} --component ${component} --force`,
    );
  const found = await stat(file).catch((error: unknown) => {
    throw damaged(`cannot be read (${reasonOf(error)})`);
  });
  if (found.size !== model.bytes) throw damaged(`has ${found.size} bytes, its manifest says ${model.bytes}`);
  const hash = createHash("sha256");
  for await (const piece of createReadStream(file)) hash.update(piece);
  const digest = hash.digest("hex");
  if (digest !== model.sha256)
    throw damaged(`has the sha256 ${digest.slice(0, 12)}…, its manifest says ${model.sha256.slice(0, 12)}…`);
}

const partsOf = function* (weights: Iterable<WeightPart>): Generator<Part> {
  for (const { at, values } of weights)
    yield { at, bytes: new Uint8Array(values.buffer, values.byteOffset, values.byteLength) };
};

/**
 * Lays a model beside its weights in a folder of its own, next to the cached graphs.
 * @returns the model's path; the caller removes its folder
 * @throws {BadInputError} if the model is damaged or the folder cannot be written
 */
export async function stage(
  model: OnnxModel,
  weights: () => Iterable<WeightPart>,
  root = graphsFolder(),
): Promise<string> {
  if ("folder" in model) await checkModel(model.folder, model.manifest);
  const folder = await freshFolder(root);
  try {
    const file = path.join(folder, MODEL_FILE);
    if ("bytes" in model) await writeFile(file, model.bytes);
    else await linkOrCopy(path.join(model.folder, MODEL_FILE), file);
    await writeParts(path.join(folder, WEIGHTS_FILE), partsOf(weights()));
    return file;
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    if (error instanceof BadInputError || !(error as NodeJS.ErrnoException).code) throw error;
    throw new BadInputError(`cannot write ${folder}: ${writeReasonOf(error, folder)}`);
  }
}

/**
 * A new empty folder, named after this process.
 * @throws {BadInputError} if the given folder cannot be written to
 * @throws {UnavailableError} if that is the cache
 */
export async function freshFolder(root = graphsFolder()): Promise<string> {
  try {
    makeFolder(root);
    await sweep(root);
    return await mkdtemp(path.join(root, `${STAGED}${process.pid}-`));
  } catch (error) {
    if (root === graphsFolder()) throw cacheRefused(root, error);
    throw new BadInputError(`cannot write to ${root}: ${writeReasonOf(error, root)}`);
  }
}

/** Hard links take no room; file systems without them get a copy. */
async function linkOrCopy(from: string, to: string): Promise<void> {
  await link(from, to).catch(() => copyFile(from, to, constants.COPYFILE_FICLONE));
}

/** Removes what processes left that were killed. */
async function sweep(root: string): Promise<void> {
  for (const name of await readdir(root)) {
    const pid = name.startsWith(STAGED) ? Number.parseInt(name.slice(STAGED.length), 10) : Number.NaN;
    if (Number.isNaN(pid) || processRuns(pid)) continue;
    await rm(path.join(root, name), { recursive: true, force: true }).catch(() => {}); // another user's, perhaps
  }
}
