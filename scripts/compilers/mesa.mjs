// Which Mesa compiles, and how a process is made to see a GPU of it that is not there.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const { UnavailableError } = await import("../../dist/errors.js");
const { cacheFolder } = await import("../../dist/platform/node/folders.js");

const LIBRARIES = "usr/lib/x86_64-linux-gnu";
const SETUP = "npm run setup:compilers";

/**
 * @typedef {object} Mesa
 * @property {string} root where its files are: a folder, or `/` for the system's own
 * @property {string} version
 * @property {boolean} system
 */

/** Where `npm run setup:compilers` puts it. */
export const mesaFolder = () => path.join(cacheFolder(), "compilers", "mesa");

/** @throws {UnavailableError} on machines that no-op DRM shims are not made for */
export function checkMachine() {
  if (process.platform === "linux" && process.arch === "x64") return;
  const here = `${process.platform}-${process.arch}`;
  throw new UnavailableError(`Mesa's compilers can be asked on linux-x64, this is ${here}`, "use such a machine");
}

/**
 * Finds Mesa. @param {string} where `cache`, what `npm run setup:compilers` made; `system`, the distribution's; or a folder
 * @param {boolean} [systemWillDo] whether the distribution's may stand in for a cache that is empty
 * @returns {Mesa} @throws {UnavailableError} with what installs it
 */
export function findMesa(where, systemWillDo = false) {
  checkMachine();
  if (where === "system") return systemMesa();
  const root = where === "cache" ? mesaFolder() : path.resolve(where);
  if (where === "cache" && systemWillDo && !existsSync(root) && hasSystemMesa()) return systemMesa();
  const version = path.join(root, "version");
  if (!existsSync(path.join(root, LIBRARIES)))
    throw new UnavailableError(`there is no Mesa in ${root}`, where === "cache" ? SETUP : `name a folder of ${SETUP}`);
  return { root, version: existsSync(version) ? readFileSync(version, "utf8").trim() : "unknown", system: false };
}

/** Shims are of no use without the drivers, which another package brings. */
const hasSystemMesa = () =>
  ["libamdgpu_noop_drm_shim.so", "../../share/vulkan/icd.d/radeon_icd.json"].every((file) =>
    existsSync(path.join("/", LIBRARIES, file)),
  );

/** @returns {Mesa} */
function systemMesa() {
  const { status, stdout } = spawnSync("dpkg-query", ["--show", "mesa-drm-shim"], { encoding: "utf8" });
  if (status !== 0 || !hasSystemMesa())
    throw new UnavailableError(
      "the system has not both packages mesa-drm-shim and mesa-vulkan-drivers",
      "sudo scripts/install_lavapipe.sh, on Debian from 12 on or Ubuntu",
    );
  return { root: "/", version: stdout.trim().split("\t").at(-1) ?? "unknown", system: true };
}

/**
 * The layer that asks the compilers, built anew when its source is another. @param {Mesa} mesa @returns {string} its folder
 * @throws {UnavailableError} without a C compiler or Vulkan's headers
 */
export function layerFor(mesa) {
  const source = fileURLToPath(new URL("layer.c", import.meta.url));
  const hash = createHash("sha256").update(readFileSync(source)).digest("hex").slice(0, 12);
  const folder = path.join(cacheFolder(), "compilers", `layer-${hash}`);
  const library = path.join(folder, "libaf3_gpu_compilers.so");
  if (existsSync(library)) return folder;
  mkdirSync(folder, { recursive: true });
  const fresh = `${library}.${process.pid}`;
  const headers = path.join(mesa.root, "usr/include");
  const flags = [
    "-std=gnu11",
    "-O1",
    "-shared",
    "-fPIC",
    "-fvisibility=hidden",
    ...(mesa.system ? [] : [`-I${headers}`]),
  ];
  const { status, stderr, error } = spawnSync("gcc", [...flags, "-o", fresh, source], { encoding: "utf8" });
  const install = "sudo apt-get install gcc libc6-dev libvulkan-dev";
  if (error) throw new UnavailableError(`the lab's Vulkan layer needs gcc: ${error.message}`, install);
  if (/vulkan\/\w+\.h: No such file/.test(stderr))
    throw new UnavailableError("the lab's Vulkan layer needs Vulkan's headers", install);
  if (status !== 0)
    throw new UnavailableError(`gcc does not build the lab's Vulkan layer: ${stderr.split("\n")[0]}`, install);
  writeFileSync(
    path.join(folder, "layer.json"),
    JSON.stringify({
      file_format_version: "1.2.0",
      layer: {
        name: "VK_LAYER_AF3_GPU_compilers",
        type: "INSTANCE",
        library_path: "./libaf3_gpu_compilers.so",
        api_version: "1.3.0",
        implementation_version: "1",
        description: "records what the driver's compiler says of each compute pipeline",
      },
    }),
  );
  renameSync(fresh, library); // whoever is first wins
  return folder;
}

/** How a program is started. @typedef {{ command: string, args: string[], env: NodeJS.ProcessEnv }} Command */

/**
 * How to run a script of Node's so that it sees the drivers of a Mesa's list and nothing else.
 * @param {Mesa} mesa @param {string} list the driver's name there @param {readonly string[]} script and its arguments
 * @param {{ shim?: string, environment?: Readonly<Record<string, string>> }} also a no-op DRM shim, and environment
 * @returns {Command}
 */
function withDriver(mesa, list, script, { shim, environment = {} }) {
  const libraries = path.join(mesa.root, LIBRARIES);
  const file = path.join(mesa.root, `usr/share/vulkan/icd.d/${list}_icd.json`);
  const preloaded = shim === undefined ? [] : [path.join(libraries, `lib${shim}_noop_drm_shim.so`)];
  const missing = [...preloaded, file].find((one) => !existsSync(one));
  if (missing) throw new UnavailableError(`this Mesa has no ${missing}`, SETUP);
  const env = {
    ...process.env,
    ...environment,
    VK_DRIVER_FILES: file,
    VK_ICD_FILENAMES: file, // its name in older loaders
  };
  if (mesa.system)
    return { command: process.execPath, args: [...script], env: { ...env, LD_PRELOAD: preloaded.join(":") } };
  // A newer Mesa needs its own libc: its loader runs Node with it, and the system stays as it is.
  const args = ["--library-path", libraries, ...preloaded.flatMap((one) => ["--preload", one])];
  return { command: path.join(libraries, "ld-linux-x86-64.so.2"), args: [...args, process.execPath, ...script], env };
}

/**
 * How to run a script of Node's so that it sees one GPU of a Mesa.
 * @param {Mesa} mesa @param {import("./gpus.mjs").Gpu} gpu @param {string} layer folder of {@link layerFor}
 * @param {string} records the file that the layer appends to @param {readonly string[]} script and its arguments
 */
export const commandFor = (mesa, { driver, environment }, layer, records, script) =>
  withDriver(mesa, driver.name, script, {
    shim: driver.shim,
    environment: {
      ...driver.environment,
      ...environment,
      VK_INSTANCE_LAYERS: "VK_LAYER_AF3_GPU_compilers",
      VK_LAYER_PATH: layer,
      MESA_SHADER_CACHE_DISABLE: "1",
      AF3_GPU_COMPILER_RECORDS: records,
    },
  });

/**
 * How to run a script of Node's on a Mesa's lavapipe, which runs shaders on the CPU.
 * @param {Mesa} mesa @param {readonly string[]} script and its arguments @param {Readonly<Record<string, string>>} [environment]
 */
export const softwareCommand = (mesa, script, environment = {}) => withDriver(mesa, "lvp", script, { environment });
