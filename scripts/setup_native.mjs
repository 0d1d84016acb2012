#!/usr/bin/env node
// Makes everything that the backend `native` needs: `npm run setup:native [-- ENGINE] [--cuda]` (docs/native.md).
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const ENGINES = Object.keys(JSON.parse(readFileSync(path.join(ROOT, "third_party", "pins.json"), "utf8")));
const USAGE = `usage: npm run setup:native -- [${ENGINES.join("|")}] [--cuda]`;
const HELP = `${USAGE}

For all engines, or those that are named: the pinned repository (third_party/fetch.mjs) and the Python environment
(export/setup.mjs). An engine that fails does not stop the other; run again, it continues.
--cuda also installs the CUDA build of the framework and asks it for the device. Needs Linux and an NVIDIA driver.`;

/** @param {string} line */
function say(line) {
  process.stderr.write(`setup:native: ${line}\n`);
}

/**
 * Runs a command with its messages on stderr. @returns its stdout, or null if it failed
 * @param {string} command
 * @param {string[]} args
 */
function run(command, args) {
  const { status, stdout, error } = spawnSync(command, args, {
    cwd: ROOT,
    encoding: "utf8",
    stdio: ["ignore", "pipe", 2],
  });
  if (error) say(`${command}: ${error.message}`);
  return status === 0 ? stdout.trim() : null;
}

/**
 * How a framework gets its CUDA build (`cuda.json` of an engine), at the version that the environment has. PyTorch's CPU build
 * hides the CUDA build of the same version from pip, so it goes first.
 * @typedef {object} CudaBuild
 * @property {string} package asked for its version
 * @property {string} check Python that fails unless the CUDA build is there
 * @property {string[]} remove what is uninstalled first
 * @property {string} install what pip installs, without the version
 * @property {string} device Python that prints the device's name
 */

/**
 * Installs the CUDA build where it is not there, and asks it for a device.
 * @param {string} engine
 * @param {string} python
 * @returns {string | null} what went wrong
 */
function addCuda(engine, python) {
  if (process.platform !== "linux") return "CUDA builds are for Linux";
  const file = path.join(ROOT, "export", "af3_export", "engines", engine, "cuda.json");
  if (!existsSync(file)) return "it has no CUDA build";
  /** @type {CudaBuild} */
  const framework = JSON.parse(readFileSync(file, "utf8"));
  const pip = ["-m", "pip", "--disable-pip-version-check", "--no-input"];
  if (run(python, ["-c", framework.check]) === null) {
    const asked = `import importlib.metadata as m; print(m.version("${framework.package}").split("+")[0])`;
    const version = run(python, ["-c", asked]);
    say(`${engine}: installing ${framework.install}==${version} for CUDA`);
    if (framework.remove.length > 0) run(python, [...pip, "uninstall", "-y", ...framework.remove]);
    if (version === null || run(python, [...pip, "install", `${framework.install}==${version}`]) === null)
      return "pip could not install the CUDA build (its reason is above)";
  }
  const device = run(python, ["-c", framework.device]);
  if (device === null) return "the CUDA build is there and finds no device: is an NVIDIA driver installed?";
  say(`${engine}: ${device}`);
  return null;
}

/**
 * @param {string} engine
 * @param {boolean} cuda
 * @returns {string | null} what went wrong
 */
function setUp(engine, cuda) {
  const node = process.execPath;
  if (run(node, [path.join("third_party", "fetch.mjs"), engine]) === null)
    return `the repository could not be fetched; without a network: node third_party/fetch.mjs ${engine} --from PATH`;
  const python = run(node, [path.join("export", "setup.mjs"), engine]);
  if (python === null) return "the Python environment could not be made (the reason is above)";
  const problem = cuda ? addCuda(engine, python) : null;
  if (problem === null) console.log(`${engine} ${python}`);
  return problem;
}

/** @param {string[]} argv */
function main(argv) {
  /** @type {{ values: { cuda?: boolean, help?: boolean }, positionals: string[] }} */
  let parsed;
  try {
    const options = /** @type {const} */ ({ cuda: { type: "boolean" }, help: { type: "boolean", short: "h" } });
    parsed = parseArgs({ args: argv, allowPositionals: true, options });
  } catch (error) {
    say(`${error instanceof Error ? error.message.split(". ")[0] : error}; ${USAGE}`);
    return 2;
  }
  if (parsed.values.help) {
    console.log(HELP);
    return 0;
  }
  const strange = parsed.positionals.find((name) => !ENGINES.includes(name));
  if (strange !== undefined) {
    say(`there is no engine "${strange}"; ${USAGE}`);
    return 2;
  }
  const engines = parsed.positionals.length > 0 ? [...new Set(parsed.positionals)] : ENGINES;
  const failed = engines.filter((engine) => {
    say(`${engine}:`);
    const problem = setUp(engine, parsed.values.cuda === true);
    if (problem !== null) say(`${engine} is not ready: ${problem}`);
    return problem !== null;
  });
  if (failed.length > 0) say(`not ready: ${failed.join(", ")}; run this again to continue`);
  return failed.length > 0 ? 3 : 0;
}

process.exitCode = main(process.argv.slice(2));
