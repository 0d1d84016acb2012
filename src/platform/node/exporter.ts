/** Runs the Python exporters of `export/` in their engines' environments. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { rename, rm } from "node:fs/promises";
import path from "node:path";
import type { OnnxManifest } from "../../backends/onnx/manifest.ts";
import type { EngineName } from "../../engines/core/component.ts";
import { BadInputError, CancelledError, UnavailableError } from "../../errors.ts";
import { cacheFolder, packageFolder } from "./folders.ts";
import { makeFolder } from "./made_folders.ts";
import { checkModel, freshFolder, graphKey, readGraph } from "./onnx/graphs.ts";
import { writeReasonOf } from "./reasons.ts";
import { withProcess, withTemporary } from "./temporaries.ts";

/** The Python of an engine's environment, by the rule of export/setup.mjs. @throws {UnavailableError} with what makes it */
function pythonOf(engine: EngineName): { readonly python: string; readonly cwd: string } {
  const cwd = path.join(packageFolder, "export");
  if (!existsSync(path.join(cwd, "af3_export")))
    throw new UnavailableError(
      "the exporters are not part of the npm package",
      "run this from a clone of the repository (export/README.md)",
    );
  const inside = process.platform === "win32" ? ["Scripts", "python.exe"] : ["bin", "python"];
  const python = path.join(path.resolve(cacheFolder()), "venv", engine, ...inside);
  if (!existsSync(python))
    throw new UnavailableError(
      `the Python environment of ${engine} is not there (${python})`,
      `node third_party/fetch.mjs ${engine} && npm run setup:python -- ${engine}`,
    );
  return { python, cwd };
}

/** How long Python may take to stop. */
const PATIENCE_MS = 600;

export interface ExporterOptions {
  /** Ends Python when it fires. */
  readonly signal: AbortSignal;
  /** The file descriptor for its progress and its errors. */
  readonly stderr: number;
}

/**
 * Runs `python -m af3_export`.
 * @returns what it printed
 * @throws {BadInputError} or {UnavailableError} if it ends so; its reason has been printed
 * @throws {CancelledError} if the signal fires; Python has then removed what was half-written
 */
export async function runExporter(
  engine: EngineName,
  args: readonly string[],
  { signal, stderr }: ExporterOptions,
): Promise<string> {
  const { python, cwd } = pythonOf(engine);
  // A group of its own, so that what it has started ends with it, and a terminal's Ctrl-C does not reach it a second time.
  const detached = process.platform !== "win32";
  const start = (): ChildProcess =>
    spawn(python, ["-m", "af3_export", ...args], { cwd, stdio: ["ignore", "pipe", stderr], detached });
  let printed = "";
  const end = await withProcess(start, async (child) => {
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      printed += text;
    });
    // Python's own way to stop: it cleans up behind itself. Libraries that compute hear nothing, so it has a limit.
    let late: NodeJS.Timeout | undefined;
    const onAbort = (): void => {
      child.kill("SIGINT");
      late = setTimeout(() => endWithAll(child), PATIENCE_MS);
    };
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      return await new Promise<number | NodeJS.Signals>((resolve, reject) => {
        child.on("error", reject);
        child.on("close", (code, ending) => resolve(code ?? ending ?? 1));
      });
    } finally {
      signal.removeEventListener("abort", onAbort);
      clearTimeout(late);
    }
  });
  if (end === 0) return printed;
  if (signal.aborted || end === 130 || end === "SIGINT") throw new CancelledError();
  const what = `python -m af3_export ${args.join(" ")}`;
  if (end === 2) throw new BadInputError(`${what} refuses; its reason is above`);
  if (end === 3)
    throw new UnavailableError(
      `${what} cannot run here; its reason is above`,
      `node third_party/fetch.mjs ${engine} && npm run setup:python -- ${engine}`,
    );
  throw new Error(`${what} failed (${typeof end === "number" ? `exit code ${end}` : end}); its last words are above`);
}

/** Ends a process, and what it has started and left running. */
function endWithAll(child: ChildProcess): void {
  try {
    process.kill(-(child.pid as number), "SIGKILL");
  } catch {
    child.kill("SIGKILL"); // there is no group, or no more
  }
}

export interface ExportedGraph {
  readonly folder: string;
  readonly manifest: OnnxManifest;
}

/**
 * Exports one graph into a folder of graphs. It appears there whole and checked, or not at all.
 * @param args what `python -m af3_export onnx` takes, without --out
 * @throws as {@link runExporter}, and {BadInputError} if the folder cannot be written
 */
export async function exportGraph(
  engine: EngineName,
  args: readonly string[],
  root: string,
  options: ExporterOptions,
): Promise<ExportedGraph> {
  pythonOf(engine); // before anything is written
  const fresh = await freshFolder(root);
  return withTemporary(fresh, () => exportInto(fresh, engine, args, root, options));
}

async function exportInto(
  fresh: string,
  engine: EngineName,
  args: readonly string[],
  root: string,
  options: ExporterOptions,
): Promise<ExportedGraph> {
  try {
    const made = path.join(fresh, "graph");
    await runExporter(engine, ["onnx", ...args, "--out", made], options);
    const manifest = await readGraph(made);
    await checkModel(made, manifest);
    const folder = path.join(root, graphKey(manifest));
    await replace(made, folder, path.join(fresh, "previous"));
    return { folder, manifest };
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
}

/** Puts a folder in another's place; the old one is back if that fails. */
async function replace(made: string, folder: string, aside: string): Promise<void> {
  try {
    makeFolder(path.dirname(folder));
    const had = await rename(folder, aside).then(
      () => true,
      () => false,
    );
    await rename(made, folder).catch(async (error: unknown) => {
      if (had) await rename(aside, folder);
      throw error;
    });
  } catch (error) {
    throw new BadInputError(`cannot write ${folder}: ${writeReasonOf(error, folder)}`);
  }
}
