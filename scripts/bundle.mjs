// `npm run bundle`: one archive with Node, Dawn, a Vulkan loader and the app, for linux-x64 machines that have a GPU driver
// and nothing else (docs/bundle.md).
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { filesBelow, writeArchive } from "./bundle/archive.mjs";
import { EXECUTABLE, stage } from "./bundle/contents.mjs";
import { messageOf, Problem } from "./bundle/problem.mjs";

const MIB = 2 ** 20;
const LIMIT = 60 * MIB;
const root = fileURLToPath(new URL("../", import.meta.url));
const { version, engines } = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8"));
const top = `af3-gpu-${version}-linux-x64`;
const standard = path.join(root, "dist-bundle", `${top}.tar.gz`);
const USAGE = `usage: npm run bundle -- [--out FILE.tar.gz] [--node FILE]

Writes one archive that runs af3-gpu on a linux-x64 machine with a GPU driver, without Node and network.
  --out FILE   where to write (dist-bundle/${top}.tar.gz)
  --node FILE  put in this Node for linux-x64 instead of the pinned one, which npm fetches once`;

/** @returns {{ out: string, node: string | undefined }} */
function readOptions() {
  let values;
  try {
    ({ values } = parseArgs({
      options: { out: { type: "string" }, node: { type: "string" }, help: { type: "boolean" } },
    }));
  } catch (error) {
    throw new Problem(2, `${messageOf(error)}\n${USAGE}`);
  }
  if (values.help) {
    console.log(USAGE);
    process.exit(0);
  }
  const out = path.resolve(values.out ?? standard);
  if (!/\.(tar\.gz|tgz)$/.test(out)) throw new Problem(2, `--out should end in .tar.gz, not "${values.out}"`);
  return { out, node: values.node && path.resolve(values.node) };
}

/** What is made on the way, and goes whatever happens. @type {string[]} */
const temporary = [];
const cleanUp = () => {
  for (const at of temporary.splice(0)) rmSync(at, { recursive: true, force: true });
};

/** A folder that goes at the end. @param {string} prefix @param {(reason: string) => string} sentence */
function temporaryFolder(prefix, sentence) {
  try {
    const folder = mkdtempSync(prefix);
    temporary.push(folder);
    return folder;
  } catch (error) {
    throw new Problem(2, sentence(messageOf(error)));
  }
}

/** Every module that the app imports at its start is there, with nothing from this machine. @param {string} folder */
function tryIt(folder) {
  if (process.platform !== "linux" || process.arch !== "x64") return;
  const { status, stdout, stderr } = spawnSync(path.join(folder, "af3-gpu"), ["--version"], {
    env: { PATH: "", HOME: "" },
    encoding: "utf8",
  });
  if (status !== 0 || stdout.trim() !== version)
    throw new Problem(3, `the bundle does not start (exit code ${status}): ${stderr.trim() || stdout.trim()}`);
}

/** @param {string} folder @param {number} size @param {string} out */
function report(folder, size, out) {
  /** @type {Map<string, number>} */
  const sizes = new Map();
  for (const file of filesBelow(folder)) {
    const part = /^(app\/(?:node_modules\/(?:@[^/]+\/)?)?[^/]+|bin\/node)/.exec(file)?.[0] ?? "the rest";
    sizes.set(part, (sizes.get(part) ?? 0) + statSync(path.join(folder, file)).size);
  }
  const mib = (/** @type {number} */ bytes) => `${(bytes / MIB).toFixed(1).padStart(7)} MiB`;
  const [large, small] = [
    [...sizes].filter(([, bytes]) => bytes > MIB),
    [...sizes].filter(([, bytes]) => bytes <= MIB),
  ];
  for (const [part, bytes] of large.sort(([, a], [, b]) => b - a)) console.log(`${mib(bytes)}  ${part}`);
  console.log(`${mib(small.reduce((sum, [, bytes]) => sum + bytes, 0))}  everything smaller`);
  console.log(`${mib(size)}  ${out}`);
}

async function main() {
  const { out, node } = readOptions();
  if (!existsSync(path.join(root, "dist", "cli", "main.js")))
    throw new Problem(2, "there is no dist/cli/start.js; build first: npm run build");
  if (out === standard) mkdirSync(path.dirname(out), { recursive: true });
  // Beside the result, so that renaming cannot fail; a folder that cannot be written is found before the work.
  const beside = temporaryFolder(`${out}-`, (reason) => `cannot write ${out}: ${reason}`);
  const folder = path.join(
    temporaryFolder(path.join(os.tmpdir(), "af3-gpu-bundle-"), (reason) => reason),
    top,
  );
  mkdirSync(folder);
  const { ownNode, pinnedNode } = await import("./bundle/node_binary.mjs"); // reads dist
  const binary = node ? await ownNode(node, engines.node) : await pinnedNode(console.error);
  if (!binary.license)
    console.error(
      "there is no licence beside --node: the bundle is for your own use; LICENSES.txt in it says what to add",
    );
  await stage(root, folder, binary);
  tryIt(folder);
  const archive = path.join(beside, path.basename(out));
  await writeArchive(folder, top, EXECUTABLE, archive);
  const { size } = statSync(archive);
  report(folder, size, path.relative(process.cwd(), out));
  if (size > LIMIT) throw new Problem(3, `the archive should have at most ${LIMIT / MIB} MiB; it is not kept`);
  renameSync(archive, out);
}

for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM"]))
  process.on(signal, () => {
    cleanUp();
    process.exit(130);
  });
try {
  await main();
} catch (error) {
  console.error(`bundle: ${messageOf(error)}`);
  process.exitCode = error instanceof Problem ? error.code : 1;
} finally {
  cleanUp();
}
