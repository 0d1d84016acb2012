#!/usr/bin/env node
// Makes the Python environment of one engine: `npm run setup:python -- ENGINE` (export/README.md).
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

const HERE = path.dirname(fileURLToPath(import.meta.url));
const ENGINES = Object.keys(JSON.parse(fs.readFileSync(path.join(HERE, "..", "third_party", "pins.json"), "utf8")));
const USAGE = `usage: npm run setup:python -- ${ENGINES.join("|")}`;
const CPU_WHEELS = "https://download.pytorch.org/whl/cpu";

/** A failure with a message for people and the exit code that goes with it: 2 bad usage or input, 3 cannot be done here. */
class SetupError extends Error {
  /** @param {2 | 3} code @param {string} message */
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

/** Where the environments live. */
function cacheFolder() {
  if (process.env.AF3_GPU_CACHE) return path.resolve(process.env.AF3_GPU_CACHE);
  return path.join(path.resolve(process.env.XDG_CACHE_HOME || path.join(os.homedir(), ".cache")), "af3-gpu");
}

/**
 * The Python inside an environment.
 * @param {string} folder
 */
function pythonOf(folder) {
  return process.platform === "win32" ? path.join(folder, "Scripts", "python.exe") : path.join(folder, "bin", "python");
}

/**
 * The version of a Python, or null when the command does not run.
 * @param {string} command
 * @returns {[number, number] | null}
 */
function version(command) {
  const result = spawnSync(command, ["-c", "import sys; print(*sys.version_info[:2])"], { encoding: "utf8" });
  if (result.status !== 0) return null;
  const [major = 0, minor = 0] = result.stdout.trim().split(" ").map(Number);
  return [major, minor];
}

/** A Python that is new enough for the pinned packages. */
function findPython() {
  const asked = process.env.AF3_GPU_PYTHON;
  const candidates = asked ? [asked] : ["python3.11", "python3.12", "python3.13", "python3", "python"];
  /** @type {string[]} */
  const tooOld = [];
  for (const command of candidates) {
    const found = version(command);
    if (found === null) continue;
    if (found[0] === 3 && found[1] >= 11) return command;
    tooOld.push(`${command} is ${found.join(".")}`);
  }
  const detail = tooOld.length > 0 ? tooOld.join(", ") : `${candidates.join(", ")} did not run`;
  throw new SetupError(3, `Python 3.11 or newer is needed (${detail}): install one or set AF3_GPU_PYTHON to its path`);
}

/**
 * Runs a command with its output on stderr, so that stdout carries only the result.
 * @param {string} command
 * @param {string[]} args
 */
function runs(command, args) {
  return spawnSync(command, args, { stdio: ["ignore", 2, 2] }).status === 0;
}

/** @param {string} line */
function say(line) {
  process.stderr.write(`setup:python: ${line}\n`);
}

/**
 * Makes the virtual environment unless its Python runs already (an interrupted installation is continued).
 * @param {string} folder
 */
function makeEnvironment(folder) {
  if (version(pythonOf(folder)) !== null) return;
  const python = findPython();
  say(`making ${folder} with ${python} (${version(python)?.join(".")})`);
  if (!runs(python, ["-m", "venv", "--clear", folder])) {
    throw new SetupError(
      3,
      `${python} -m venv failed for ${folder} (is it writable? On Debian and Ubuntu venv is a package of its own)`,
    );
  }
}

/**
 * PyTorch's own index has a build without the CUDA libraries; on macOS and Windows the one on PyPI has none either.
 * @param {string} python
 * @param {string} requirements
 */
function installSmallTorch(python, requirements) {
  const pin = requirements.split("\n").find((line) => line.startsWith("torch=="));
  if (pin === undefined || process.platform !== "linux") return;
  if (spawnSync(python, ["-c", "import torch"]).status === 0) return;
  say(`installing ${pin} for the CPU from ${CPU_WHEELS}`);
  const quick = ["--timeout", "15", "--retries", "1"];
  if (
    runs(python, [
      "-m",
      "pip",
      "install",
      "--disable-pip-version-check",
      "--no-input",
      "--no-deps",
      ...quick,
      "--index-url",
      CPU_WHEELS,
      pin,
    ])
  )
    return;
  say("that index cannot be reached: taking torch from PyPI, which brings CUDA libraries (4.9 GB in all)");
}

/**
 * The packages of lines `# --no-deps <package>==<version>`: what they require would change the other versions (jax2onnx asks
 * for packages that its converter does not import, and for an older one of those that tokamax brings). One file for both
 * kinds, for the file's digest says whether an environment is current.
 * @param {string} requirements
 */
function withoutDependencies(requirements) {
  return [...requirements.matchAll(/^# --no-deps (\S+)$/gm)].map(([, pin = ""]) => pin);
}

/** @param {string[]} argv */
function main(argv) {
  const engine = argv[0] ?? "";
  if (engine === "--help" || engine === "-h") {
    console.log(
      `${USAGE}\n\nMakes the engine's Python environment in ${path.join(cacheFolder(), "venv")} and prints its Python.`,
    );
    return;
  }
  if (argv.length !== 1 || !ENGINES.includes(engine)) {
    throw new SetupError(2, `expected one engine, ${ENGINES.join(" or ")}, found "${argv.join(" ")}"; ${USAGE}`);
  }
  const file = path.join(HERE, "af3_export", "engines", engine, "requirements.txt");
  const requirements = fs.readFileSync(file, "utf8");
  const folder = path.join(cacheFolder(), "venv", engine);
  const stamp = path.join(folder, "af3-gpu-requirements.sha256");
  const digest = createHash("sha256").update(requirements).digest("hex");
  const python = pythonOf(folder);
  if (fs.existsSync(stamp) && fs.readFileSync(stamp, "utf8").trim() === digest && version(python) !== null) {
    say(`${engine} is ready`);
    console.log(python);
    return;
  }
  fs.rmSync(stamp, { force: true });
  makeEnvironment(folder);
  installSmallTorch(python, requirements);
  const alone = withoutDependencies(requirements);
  for (const what of [["-r", file], ...(alone.length > 0 ? [["--no-deps", ...alone]] : [])]) {
    say(`installing ${what.map((word) => path.basename(word)).join(" ")}`);
    if (!runs(python, ["-m", "pip", "install", "--disable-pip-version-check", "--no-input", ...what])) {
      throw new SetupError(3, `pip could not install ${file} (its reason is above); run this again to continue`);
    }
  }
  fs.writeFileSync(stamp, `${digest}\n`);
  say(`${engine} is ready`);
  console.log(python);
}

try {
  main(process.argv.slice(2));
} catch (error) {
  console.error(`setup:python: ${error instanceof Error ? error.message : error}`);
  process.exitCode = error instanceof SetupError ? error.code : 2;
}
