/** Where Node finds the Python of the shims, and how it runs them: one process each, with a folder for its tensors. */
import { createHash, randomBytes } from "node:crypto";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import type { Missing, ShimHost, ShimProcess } from "../../../backends/native/host.ts";
import type { EngineName } from "../../../engines/core/component.ts";
import { BadInputError } from "../../../errors.ts";
import { nodeFiles } from "../files.ts";
import { cacheFolder, packageFolder } from "../folders.ts";
import { cacheRefused, makeFolder } from "../made_folders.ts";
import { processRuns } from "../process_runs.ts";
import { writeParts } from "../written_files.ts";
import { ChildLines } from "./lines.ts";

const MODULE = "af3_export.shims";
const TIMEOUT = "AF3_GPU_SHIM_TIMEOUT";
const DEFAULT_TIMEOUT = 1800; // seconds

/** A command that speaks the shims' protocol. */
export interface ShimCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** The shims of this package's Python side (export/), in the environments that `npm run setup:native` makes. */
export const pythonShims = (): ShimHost => ({
  missing: async (engine) => missingOf(engine),
  start: (engine) => startShim(engine, pythonCommand(engine)),
});

/** The Python of an engine's environment: the same place as export/setup.mjs says. Paths are whole, for shims run in another folder. */
function pythonOf(engine: EngineName): string {
  const folder = environmentOf(engine);
  return process.platform === "win32" ? path.join(folder, "Scripts", "python.exe") : path.join(folder, "bin", "python");
}

const environmentOf = (engine: EngineName): string => path.resolve(cacheFolder(), "venv", engine);

function missingOf(engine: EngineName): Missing | undefined {
  const source = path.join(packageFolder, "export");
  const fix = `run \`npm run setup:native -- ${engine}\``;
  if (!existsSync(path.join(source, ...MODULE.split("."), "__main__.py")))
    return {
      reason: "this installation has no Python side: the npm package comes without export/",
      fix: "clone the repository and run `npm run setup:native` in it",
    };
  const python = pythonOf(engine);
  if (!existsSync(python)) return { reason: `${engine} has no Python environment (${python})`, fix };
  const requirements = readFileSync(path.join(source, "af3_export", "engines", engine, "requirements.txt"));
  const stamp = path.join(environmentOf(engine), "af3-gpu-requirements.sha256");
  const installed = existsSync(stamp) && readFileSync(stamp, "utf8").trim();
  if (installed !== createHash("sha256").update(requirements).digest("hex"))
    return { reason: `${engine}'s Python environment was made for other packages, or not in full`, fix };
  const checkout = path.join(checkoutsFolder(), engine);
  return existsSync(checkout) ? undefined : { reason: `the ${engine} repository is not there (${checkout})`, fix };
}

const checkoutsFolder = (): string =>
  path.resolve(process.env.AF3_GPU_THIRD_PARTY || path.join(packageFolder, "third_party", "checkouts"));

function pythonCommand(engine: EngineName): ShimCommand {
  const cwd = path.join(packageFolder, "export");
  const { PYTHONPATH } = process.env;
  const env = {
    PYTHONPATH: PYTHONPATH ? `${cwd}${path.delimiter}${PYTHONPATH}` : cwd,
    PYTHONUNBUFFERED: "1",
    PYTHONDONTWRITEBYTECODE: "1",
    AF3_GPU_THIRD_PARTY: checkoutsFolder(), // relative paths are the user's, who is in another folder
  };
  return { command: pythonOf(engine), args: ["-m", MODULE, engine], cwd, env };
}

/** Milliseconds that a shim may take for an answer. @throws {BadInputError} if the variable is no number of seconds */
function timeoutOf(): number {
  const text = process.env[TIMEOUT];
  const seconds = text ? Number(text) : DEFAULT_TIMEOUT;
  if (!(seconds > 0)) throw new BadInputError(`${TIMEOUT} should be a number of seconds above 0, not "${text}"`);
  return 1000 * seconds;
}

/** Starts a shim with a folder of its own below the cache. @throws {UnavailableError} if the folder cannot be made, {BadInputError} if the timeout is no number */
export async function startShim(engine: EngineName, { command, args, cwd, env }: ShimCommand): Promise<ShimProcess> {
  timeoutOf();
  const folder = await ownFolder();
  const child = new ChildLines({
    command,
    args,
    cwd,
    // What torch.compile keeps on disk would make the next process's compiling look fast.
    env: { ...process.env, ...env, TORCHINDUCTOR_CACHE_DIR: path.join(folder, "inductor") },
    what: `the ${engine} shim`,
    timeout: timeoutOf,
    patience: `${TIMEOUT} gives it longer`,
  });
  const at = (name: string): string => path.join(folder, name);
  return {
    get alive() {
      return child.alive;
    },
    ask: (request, signal) => child.ask(request, signal),
    path: at,
    write: (name, parts) => writeParts(at(name), parts),
    read: (name) => nodeFiles.read(at(name)),
    remove: (name) => rm(at(name), { force: true }).catch(() => {}),
    async close() {
      await child.end();
      await removeFolder(folder);
    },
  };
}

/** Folders of this process, which go with it however it ends; those of a killed one go when the next shim starts. */
const folders = new Set<string>();
process.on("exit", () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

const ownMark = `${os.hostname()}.${process.pid}.`;

async function ownFolder(): Promise<string> {
  const root = path.resolve(cacheFolder(), "native");
  const folder = path.join(root, `${ownMark}${randomBytes(6).toString("hex")}`);
  try {
    makeFolder(folder, 0o700);
  } catch (error) {
    throw cacheRefused(folder, error);
  }
  folders.add(folder);
  await removeAbandoned(root).catch(() => {}); // somebody else's leavings are no reason to fail
  return folder;
}

async function removeFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true }).catch(() => {});
  folders.delete(folder);
}

/** Removes the folders of processes of this machine that are no more. */
async function removeAbandoned(root: string): Promise<void> {
  for (const name of await readdir(root)) {
    const pid = name.startsWith(`${os.hostname()}.`) ? Number(name.split(".").at(-2)) : Number.NaN;
    if (Number.isInteger(pid) && !processRuns(pid)) await rm(path.join(root, name), { recursive: true, force: true });
  }
}
