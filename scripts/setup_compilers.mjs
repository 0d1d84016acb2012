#!/usr/bin/env node
// `npm run setup:compilers`: puts a Mesa that has the compilers of many GPUs, with the C library that it needs, into a folder of the
// user's cache. It comes from the Debian mirror among apt's own sources; the system stays as it is, and root is not needed.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { sentence } from "./kernel_names.mjs";

const USAGE = `usage: npm run setup:compilers [-- --again]

Unpacks Mesa's drivers, its no-op DRM shims and Vulkan's headers of Debian 13's backports into the user's cache folder, and builds the
layer that asks the compilers. Needs linux-x64, apt with a Debian mirror among its sources (of any release), and gcc.
--again  replaces what is there`;

const RELEASE = "trixie";
const PACKAGES = ["mesa-vulkan-drivers", "mesa-drm-shim", "libvulkan1", "libvulkan-dev", "libstdc++6"];

/** What this machine lacks. */
class Missing extends Error {}

/** @param {string} command @param {readonly string[]} args @returns {string} stdout */
function run(command, args) {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    encoding: "utf8",
    maxBuffer: 2 ** 26,
    env: { ...process.env, LC_ALL: "C" },
  });
  if (error) throw new Missing(`${command} is not here: use Debian or Ubuntu`);
  const why = stderr.split("\n").find((line) => /^(E|W|dpkg-deb): /.test(line)) ?? stderr.trim().split("\n").at(-1);
  if (status !== 0) throw new Missing(`${command} failed: ${why}`);
  return stdout;
}

/** The mirror that apt takes Debian's own packages from. */
function mirror() {
  const format = "$(ORIGIN) $(REPO_URI)";
  const lines = run("apt-get", ["indextargets", "--format", format, "Created-By: Packages"]).split("\n");
  // Security updates have a mirror of their own, without releases.
  const found = lines.flatMap((line) => /^Debian (\S+)$/.exec(line)?.[1] ?? []).find((uri) => !/security/.test(uri));
  if (!found) throw new Missing("apt has no list of a Debian mirror: add one to its sources and run apt-get update");
  return found;
}

/** Downloads the packages and all that they need into `folder`, with apt's state kept there too. @param {string} folder */
function download(folder) {
  const sources = path.join(folder, "sources.list");
  for (const part of ["lists/partial", "archives/partial"]) mkdirSync(path.join(folder, part), { recursive: true });
  writeFileSync(path.join(folder, "status"), ""); // as if nothing were installed
  const uri = mirror();
  const keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";
  const signed = existsSync(keyring) ? `[signed-by=${keyring}] ` : "";
  writeFileSync(
    sources,
    [RELEASE, `${RELEASE}-backports`].map((suite) => `deb ${signed}${uri} ${suite} main\n`).join(""),
  );
  const settings = Object.entries({
    "Dir::Etc::sourcelist": sources,
    "Dir::Etc::sourceparts": "/dev/null",
    "Dir::Etc::preferencesparts": "/dev/null",
    "Dir::State": folder,
    "Dir::State::lists": path.join(folder, "lists"),
    "Dir::State::status": path.join(folder, "status"),
    "Dir::Cache": folder,
    "Dir::Cache::archives": path.join(folder, "archives"),
    "APT::Sandbox::User": "",
    "APT::Architecture": "amd64",
    "Acquire::Languages": "none",
    "Debug::NoLocking": "1",
  }).flatMap(([name, value]) => ["-o", `${name}=${value}`]);
  run("apt-get", [...settings, "-q", "update"]);
  const asked = ["install", "-q", "-y", "--download-only", "--no-install-recommends", "-t", `${RELEASE}-backports`];
  run("apt-get", [...settings, ...asked, ...PACKAGES]);
  return path.join(folder, "archives");
}

/** @param {string} folder @param {string} work */
function unpack(folder, work) {
  const archives = download(work);
  const root = path.join(work, "root");
  mkdirSync(root);
  const packages = readdirSync(archives).filter((name) => name.endsWith(".deb"));
  for (const name of packages) run("dpkg-deb", ["-x", path.join(archives, name), root]);
  const version = packages.flatMap((name) => /^mesa-drm-shim_([^_]+)_/.exec(name)?.[1] ?? [])[0] ?? "unknown";
  writeFileSync(path.join(root, "version"), `${decodeURIComponent(version)}\n`);
  rmSync(folder, { recursive: true, force: true });
  renameSync(root, folder);
}

async function main() {
  const options = /** @type {const} */ ({ again: { type: "boolean" }, help: { type: "boolean", short: "h" } });
  let again = false;
  try {
    const { values } = parseArgs({ options });
    if (values.help) return void console.log(USAGE);
    again = values.again ?? false;
  } catch (error) {
    console.error(`setup:compilers: ${sentence(error)}`);
    process.exitCode = 2;
    return;
  }
  const { built } = await import("./built.mjs");
  if (!(await built())) throw new Missing("the project does not build (the reason is above)");
  const { checkMachine, findMesa, layerFor, mesaFolder } = await import("./compilers/mesa.mjs");
  checkMachine();
  const folder = mesaFolder();
  if (again || !existsSync(path.join(folder, "version"))) {
    const work = `${folder}-${process.pid}`;
    try {
      console.error("setup:compilers: downloading Mesa for other GPUs (80 MB; 400 MB on disk)");
      mkdirSync(work, { recursive: true });
      unpack(folder, work);
    } finally {
      rmSync(work, { recursive: true, force: true });
    }
  }
  const mesa = findMesa("cache");
  layerFor(mesa);
  console.log(`Mesa ${mesa.version} in ${folder}`);
}

main().catch((error) => {
  const fix = typeof error?.fix === "string" ? `; ${error.fix}` : "";
  console.error(`setup:compilers: ${error instanceof Error ? error.message : error}${fix}`);
  process.exitCode = 3;
});
