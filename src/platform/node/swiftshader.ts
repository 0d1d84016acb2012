/** Loads the SwiftShader Vulkan driver that the npm package `@sparticuz/chromium` carries (linux-x64). */
import { createReadStream, existsSync } from "node:fs";
import { mkdtemp, rename, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import { pipeline } from "node:stream/promises";
import { createBrotliDecompress } from "node:zlib";
import { messageOf, UnavailableError } from "../../errors.ts";
import { cacheFolder, packageFolder } from "./folders.ts";
import { cacheRefused, makeFolder } from "./made_folders.ts";
import { reasonOf } from "./reasons.ts";

const PACKAGE = "@sparticuz/chromium";
const LOADER = "libvulkan.so.1";
const DRIVER = "vk_swiftshader_icd.json";
const RTLD_NODELETE = 0x1000; // not among Node's constants

/** What brings SwiftShader on linux-x64. */
export const SWIFTSHADER_INSTALL = `npm install ${PACKAGE}@147 tar-fs@3`;

const unavailable = (reason: string, cause?: unknown): UnavailableError =>
  new UnavailableError(
    `SwiftShader is not here: ${reason}`,
    `on linux-x64, ${SWIFTSHADER_INSTALL}; elsewhere install a Vulkan, Metal or Direct3D 12 driver`,
    cause === undefined ? undefined : { cause },
  );

/**
 * Makes SwiftShader ready to be found; a Vulkan loader comes with it if the system has none.
 * @returns the environment in which a Vulkan loader finds SwiftShader and nothing else
 * @throws {UnavailableError} on other platforms, or if the package is missing
 */
export async function loadSwiftShader(): Promise<Readonly<Record<string, string>>> {
  if (process.platform !== "linux" || process.arch !== "x64")
    throw unavailable(`it comes for linux-x64, this is ${process.platform}-${process.arch}`);
  const folder = await unpacked();
  const driver = path.join(folder, DRIVER);
  // Dawn opens the loader by its name, through a search path that is fixed when the process starts. A library that is
  // already loaded under that name is found first.
  if (load(LOADER) !== undefined) {
    const missing = load(path.join(folder, LOADER));
    if (missing !== undefined) throw unavailable(messageOf(missing), missing);
  }
  return { VK_DRIVER_FILES: driver, VK_ICD_FILENAMES: driver }; // the second is the name that older loaders read
}

/** Loads a library for the life of the process. @returns why it cannot be loaded */
function load(file: string): unknown {
  // It is no Node addon, so dlopen reports an error; RTLD_NODELETE keeps it loaded all the same.
  try {
    process.dlopen({ exports: {} }, file, os.constants.dlopen.RTLD_NOW | RTLD_NODELETE);
  } catch (error) {
    if (!messageOf(error).includes("self-register")) return error;
  }
  return undefined;
}

async function unpacked(): Promise<string> {
  const bundled = path.join(packageFolder, "swiftshader"); // where `npm run bundle` puts it
  if (existsSync(path.join(bundled, DRIVER))) return bundled;
  let archive: string;
  let version: string;
  try {
    const require = createRequire(import.meta.url);
    const entry = require.resolve(PACKAGE);
    const root = entry.slice(0, entry.lastIndexOf(`${path.sep}build${path.sep}`));
    version = require(path.join(root, "package.json")).version;
    archive = path.join(root, "bin", "swiftshader.tar.br");
  } catch (error) {
    throw unavailable(`the package ${PACKAGE} is not installed`, error);
  }
  const folder = path.join(cacheFolder(), `swiftshader-${version}`);
  if (existsSync(path.join(folder, DRIVER))) return folder;
  const fresh = await freshBeside(folder);
  try {
    const { extract } = await import("tar-fs");
    await pipeline(createReadStream(archive), createBrotliDecompress(), extract(fresh));
    // Whoever is first wins; the others find a full folder.
    await rename(fresh, folder).catch(() => rm(fresh, { recursive: true, force: true }));
    return folder;
  } catch (error) {
    await rm(fresh, { recursive: true, force: true }).catch(() => {});
    throw unavailable(`unpacking to ${folder} failed (${reasonOf(error)})`, error);
  }
}

/** A new empty folder with a longer name than a folder's. @throws {UnavailableError} if the cache cannot be written to */
async function freshBeside(folder: string): Promise<string> {
  const parent = path.dirname(folder);
  try {
    makeFolder(parent);
    return await mkdtemp(`${folder}-`);
  } catch (error) {
    throw cacheRefused(parent, error);
  }
}
