#!/usr/bin/env node
// Fetches the pinned public repositories (third_party/README.md). Plain Node and git, and pip for a pin with a wheel: it must run before `npm install`.
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { FetchError } from "./fetch_error.mjs";
import { isWheelFolder, unpackWheel, wheelDefect } from "./wheel.mjs";

/** @typedef {{ repo: string, url: string, commit: string, licence: string, why: string, paths: string[], wheel?: import("./wheel.mjs").Wheel }} Pin */
/** @typedef {{ status: number | null, stdout: string, stderr: string }} GitResult */

const HERE = path.dirname(fileURLToPath(import.meta.url));
const USAGE = "usage: node third_party/fetch.mjs [ENGINE|all] [--from PATH]";

/**
 * Git without the caller's repository variables (a hook exports them) and without prompts.
 * @returns {NodeJS.ProcessEnv}
 */
function gitEnvironment() {
  const foreign = new Set(["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR"]);
  const kept = Object.entries(process.env).filter(([key]) => !foreign.has(key));
  return { ...Object.fromEntries(kept), GIT_TERMINAL_PROMPT: "0", LC_ALL: "C" };
}

/**
 * @param {string[]} args
 * @returns {GitResult}
 */
function tryGit(args) {
  const result = spawnSync("git", args, { encoding: "utf8", env: gitEnvironment(), maxBuffer: 1 << 26 });
  if (result.error) {
    const missing = /** @type {NodeJS.ErrnoException} */ (result.error).code === "ENOENT";
    throw new FetchError(3, missing ? "git was not found: install git 2.25 or newer" : `git: ${result.error.message}`);
  }
  return result;
}

/**
 * Runs git in a checkout and returns its output; a failure becomes one sentence.
 * @param {string} directory
 * @param {string[]} args
 * @param {string} doing what failed, for the message
 */
function git(directory, args, doing) {
  const gitDir = path.join(directory, ".git");
  const result = tryGit([`--git-dir=${gitDir}`, `--work-tree=${directory}`, ...args]);
  if (result.status !== 0) throw new FetchError(3, `${doing}: ${reason(result)}`);
  return result.stdout.trim();
}

/**
 * The telling line of git's complaint: the last `fatal:` or `error:`, else the last line.
 * @param {GitResult} result
 */
function reason(result) {
  const lines = result.stderr
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean);
  const telling = lines.filter((line) => /^(fatal|error):/.test(line));
  return (telling.at(-1) ?? lines.at(-1) ?? `git ended with status ${result.status}`).replace(/^(fatal|error): /, "");
}

/** @returns {Record<string, Pin>} */
function readPins() {
  return JSON.parse(fs.readFileSync(path.join(HERE, "pins.json"), "utf8"));
}

/**
 * Why a folder is not the pinned, unmodified source, or null when it is.
 * @param {string} directory
 * @param {Pin} pin
 * @returns {import("./wheel.mjs").Defect | null}
 */
function defect(directory, pin) {
  if (!fs.existsSync(directory)) return { kind: "absent", detail: "it does not exist" };
  if (pin.wheel && isWheelFolder(directory, pin.wheel)) return wheelDefect(directory, pin.wheel, pin.paths);
  const gitDir = path.join(directory, ".git");
  // Without an explicit --git-dir, git would find the repository around third_party and answer for that one.
  const head = tryGit([`--git-dir=${gitDir}`, "rev-parse", "--verify", "--quiet", "HEAD"]);
  if (head.status !== 0) return { kind: "other", detail: "it is not a git checkout" };
  const status = tryGit([
    `--git-dir=${gitDir}`,
    `--work-tree=${directory}`,
    "status",
    "--porcelain",
    "--untracked-files=no",
  ]);
  if (status.status !== 0) return { kind: "other", detail: reason(status) };
  const changed = status.stdout.trim();
  if (changed) return { kind: "modified", detail: `${changed.split("\n").length} file(s) differ from the commit` };
  const found = head.stdout.trim();
  return found === pin.commit ? null : { kind: "other", detail: `it is at commit ${found}` };
}

/**
 * The git directory of a local clone: PATH itself when bare, PATH/.git for a work tree.
 * @param {string} source
 */
function localGitDir(source) {
  const looksBare = ["HEAD", "objects", "refs"].every((name) => fs.existsSync(path.join(source, name)));
  const candidate = looksBare ? source : path.join(source, ".git");
  if (!fs.existsSync(candidate)) throw new FetchError(2, `--from ${source}: not a git directory or work tree`);
  // `.git` is a file in linked work trees: let git resolve it.
  const common = looksBare
    ? tryGit([`--git-dir=${candidate}`, "rev-parse", "--git-common-dir"])
    : tryGit(["-C", source, "rev-parse", "--git-common-dir"]);
  if (common.status !== 0) throw new FetchError(2, `--from ${source}: ${reason(common)}`);
  return path.resolve(looksBare ? process.cwd() : source, common.stdout.trim());
}

/**
 * Makes a folder and its parents, one at a time: Node's own recursive mkdir never returns under /proc.
 * @param {string} directory
 */
function makeFolders(directory) {
  if (fs.existsSync(directory)) {
    if (!fs.statSync(directory).isDirectory()) throw new FetchError(2, `${directory} is a file, a folder was expected`);
    return;
  }
  makeFolders(path.dirname(directory));
  try {
    fs.mkdirSync(directory);
  } catch (error) {
    throw new FetchError(2, `cannot make the folder ${directory}: ${error instanceof Error ? error.message : error}`);
  }
}

/**
 * Hard-links a file, or copies it across file systems.
 * @param {string} from
 * @param {string} to
 */
function linkOrCopy(from, to) {
  try {
    fs.linkSync(from, to);
  } catch {
    fs.copyFileSync(from, to);
  }
}

/**
 * Gives the checkout the objects of a local git directory, as they are. `git clone` would repack a shallow or partial source
 * and stop at the first object it lacks, even one that the checkout never needs.
 * @param {string} gitDir
 * @param {string} directory
 */
function shareObjects(gitDir, directory) {
  const from = path.join(gitDir, "objects");
  const to = path.join(directory, ".git", "objects");
  for (const entry of fs.readdirSync(from, { recursive: true, withFileTypes: true })) {
    // Node 20 calls the folder of a recursive entry `path`, later versions `parentPath`.
    const folder = entry.parentPath ?? entry.path;
    const relative = path.relative(from, path.join(folder, entry.name));
    if (!entry.isFile() || relative.startsWith(`info${path.sep}`) || entry.name.startsWith("tmp_")) continue;
    fs.mkdirSync(path.dirname(path.join(to, relative)), { recursive: true });
    linkOrCopy(path.join(from, relative), path.join(to, relative));
  }
  const alternates = path.join(from, "info", "alternates");
  if (fs.existsSync(alternates)) {
    const absolute = fs
      .readFileSync(alternates, "utf8")
      .split("\n")
      .filter(Boolean)
      .map((line) => path.resolve(from, line));
    fs.mkdirSync(path.join(to, "info"), { recursive: true });
    fs.writeFileSync(path.join(to, "info", "alternates"), `${absolute.join("\n")}\n`);
  }
  const shallow = path.join(gitDir, "shallow");
  if (fs.existsSync(shallow)) fs.copyFileSync(shallow, path.join(directory, ".git", "shallow"));
}

/**
 * Puts the pin's source into an empty directory.
 * @param {Pin} pin
 * @param {string} directory
 * @param {string | undefined} from
 */
function populate(pin, directory, from) {
  const init = tryGit(["init", "--quiet", "--template=", directory]);
  if (init.status !== 0) throw new FetchError(2, `cannot create ${directory}: ${reason(init)}`);
  git(directory, ["remote", "add", "origin", pin.url], "git remote");
  // Line endings as committed: a conversion would make the source differ from the pin.
  git(directory, ["config", "core.autocrlf", "false"], "git config");
  git(directory, ["config", "core.sparseCheckout", "true"], "git config");
  fs.mkdirSync(path.join(directory, ".git", "info"), { recursive: true });
  fs.writeFileSync(path.join(directory, ".git", "info", "sparse-checkout"), `${pin.paths.join("\n")}\n`);
  if (from === undefined) {
    const doing = `cannot fetch ${pin.url} (without a network, pass --from PATH of a local clone)`;
    git(directory, ["config", "remote.origin.promisor", "true"], "git config");
    git(directory, ["config", "remote.origin.partialclonefilter", "blob:none"], "git config");
    git(directory, ["fetch", "--quiet", "--depth=1", "--filter=blob:none", "--no-tags", "origin", pin.commit], doing);
  } else {
    const gitDir = localGitDir(from);
    const held = tryGit([`--git-dir=${gitDir}`, "cat-file", "-e", `${pin.commit}^{tree}`]);
    if (held.status !== 0) throw new FetchError(2, `--from ${from}: has no commit ${pin.commit} of ${pin.repo}`);
    shareObjects(gitDir, directory);
  }
  git(
    directory,
    ["-c", "advice.detachedHead=false", "checkout", "--quiet", "--detach", pin.commit],
    `cannot restore ${pin.paths[0]} of ${pin.repo}`,
  );
}

/**
 * Makes `third_party/checkouts/<engine>` the pinned source; leaves it alone when it is already.
 * @param {string} engine
 * @param {Pin} pin
 * @param {string} root
 * @param {string | undefined} from
 */
function fetchEngine(engine, pin, root, from) {
  const target = path.join(root, engine);
  const before = defect(target, pin);
  if (before === null) {
    console.log(`${engine}: already at ${pin.commit} in ${target}`);
    return;
  }
  if (before.kind === "modified") {
    throw new FetchError(2, `${target}: ${before.detail}; delete the folder and run this again`);
  }
  const temporary = path.join(root, `.${engine}.${process.pid}.tmp`);
  makeFolders(root);
  try {
    if (pin.wheel && (from === undefined || from.endsWith(".whl")))
      unpackWheel(pin.wheel, pin.paths, makeFolders, temporary, from);
    else populate(pin, temporary, from);
    const after = defect(temporary, pin);
    if (after !== null) throw new FetchError(3, `${pin.repo}: ${after.detail}, expected commit ${pin.commit}`);
    fs.rmSync(target, { recursive: true, force: true });
    fs.renameSync(temporary, target);
  } finally {
    fs.rmSync(temporary, { recursive: true, force: true });
  }
  console.log(`${engine}: ${pin.repo} at ${pin.commit} in ${target}`);
}

/** @param {string[]} argv */
function main(argv) {
  /** @type {{ values: { from?: string, help?: boolean }, positionals: string[] }} */
  let parsed;
  try {
    parsed = parseArgs({
      args: argv,
      allowPositionals: true,
      options: { from: { type: "string" }, help: { type: "boolean", short: "h" } },
    });
  } catch (error) {
    throw new FetchError(2, `${error instanceof Error ? error.message.split(". ")[0] : error}; ${USAGE}`);
  }
  if (parsed.values.help) {
    console.log(
      `${USAGE}\n\nPuts the pinned source of each engine into third_party/checkouts (or AF3_GPU_THIRD_PARTY).\n` +
        "--from PATH takes it from a local clone (bare or work tree), or from a wheel where the pin names one, instead of the\n" +
        "network; one engine at a time.",
    );
    return;
  }
  const pins = readPins();
  const [engine = "all", ...rest] = parsed.positionals;
  if (rest.length > 0) throw new FetchError(2, `one engine at a time, found also ${rest.join(" ")}; ${USAGE}`);
  if (engine !== "all" && !Object.hasOwn(pins, engine)) {
    throw new FetchError(2, `unknown engine "${engine}": expected ${Object.keys(pins).join(", ")} or all; ${USAGE}`);
  }
  const { from } = parsed.values;
  if (from !== undefined && engine === "all") {
    throw new FetchError(2, `--from holds one repository: name its engine, ${Object.keys(pins).join(" or ")}`);
  }
  const root = path.resolve(process.env.AF3_GPU_THIRD_PARTY || path.join(HERE, "checkouts"));
  const wanted = engine === "all" ? Object.keys(pins) : [engine];
  for (const name of wanted)
    fetchEngine(name, /** @type {Pin} */ (pins[name]), root, from === undefined ? undefined : path.resolve(from));
}

try {
  main(process.argv.slice(2));
} catch (error) {
  const known = error instanceof FetchError;
  // What is left are file system errors (unwritable folder, full disk): Node's message names the path.
  console.error(`third_party/fetch: ${error instanceof Error ? error.message : error}`);
  process.exitCode = known ? error.code : 2;
}
