// What goes into the bundle, laid out in a folder as it will be unpacked.
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  createReadStream,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { pipeline } from "node:stream/promises";
import { createBrotliDecompress } from "node:zlib";
import { tarFs } from "./archive.mjs";
import { messageOf, Problem } from "./problem.mjs";

const DEMO = "demo/dist";
const CASES = "cases";
/** Of the packages that users may leave out, the one that a bundle cannot do without. */
const DAWN = "webgpu";
const SWIFTSHADER = "@sparticuz/chromium";
const DRIVER = ["libvulkan.so.1", "libvk_swiftshader.so", "vk_swiftshader_icd.json"];

/** What is run, by its path in the bundle. */
export const EXECUTABLE = ["af3-gpu", "gpu-day", "bin/node"];

/** Scripts that run on machines without a clone. */
const SCRIPTS = ["scripts/gpu_day.mjs", "scripts/gpu_day", "scripts/bundle/problem.mjs"];

/** Types, maps and manuals: what a running app never opens. Licences stay. @param {string} name */
const needless = (name) => /\.(ts|mts|cts|map|md)$/i.test(name) && !/^licen[cs]e/i.test(path.basename(name));

/** Dawn for other platforms. @param {string} name */
const foreign = (name) => /^dist\/(?!linux-x64\/)/.test(name);

/** Copies the files below a folder that pass. @param {string} from @param {string} to @param {(name: string) => boolean} keep */
function copyTree(from, to, keep) {
  for (const entry of readdirSync(from, { recursive: true, withFileTypes: true })) {
    const name = path.relative(from, path.join(entry.parentPath, entry.name)).replaceAll("\\", "/");
    if (!entry.isFile() || !keep(name)) continue;
    mkdirSync(path.dirname(path.join(to, name)), { recursive: true });
    copyFileSync(path.join(from, name), path.join(to, name));
  }
}

/** @param {string} file */
const readJson = (file) => JSON.parse(readFileSync(file, "utf8"));

/**
 * The folders of all packages that the app needs when it runs, by their path below the root.
 * @param {string} root
 */
function productionPackages(root) {
  /** @type {Set<string>} */
  const found = new Set();
  /** @param {string} from @param {string} name @param {boolean} optional */
  const visit = (from, name, optional) => {
    let at = from;
    while (!existsSync(path.join(root, at, "node_modules", name, "package.json"))) {
      if (at === "" && optional) return;
      if (at === "") throw new Problem(3, `the package ${name} is not installed; run npm ci first`);
      at = at.slice(0, Math.max(0, at.lastIndexOf("node_modules/") - 1));
    }
    const folder = path.posix.join(at, "node_modules", name);
    if (found.has(folder)) return;
    found.add(folder);
    const { dependencies = {}, optionalDependencies = {} } = readJson(path.join(root, folder, "package.json"));
    for (const next of Object.keys(dependencies)) visit(folder, next, next in optionalDependencies);
    for (const next of Object.keys(optionalDependencies)) visit(folder, next, true);
  };
  const { dependencies } = readJson(path.join(root, "package.json"));
  for (const name of [...Object.keys(dependencies), DAWN]) visit("", name, false);
  return [...found].sort();
}

/** The app and its packages. Returns what they are. @param {string} root @param {string} app */
function stageApp(root, app) {
  const { files } = readJson(path.join(root, "package.json"));
  const whole = files.filter((/** @type {string} */ name) => !name.startsWith("!")); // patterns of what npm leaves out
  for (const name of ["package.json", "LICENSE", CASES, ...SCRIPTS, ...whole]) {
    if (name === DEMO && !existsSync(path.join(root, name))) continue; // `npm run bundle` builds it; the app runs without
    if (statSync(path.join(root, name)).isDirectory())
      copyTree(path.join(root, name), path.join(app, name), (at) => !needless(at));
    else {
      mkdirSync(path.dirname(path.join(app, name)), { recursive: true });
      copyFileSync(path.join(root, name), path.join(app, name));
    }
  }
  return productionPackages(root).map((folder) => {
    const keep = folder.endsWith("/webgpu") ? (/** @type {string} */ name) => !foreign(name) : () => true;
    const own = (/** @type {string} */ name) => !name.startsWith("node_modules/") && !needless(name) && keep(name);
    copyTree(path.join(root, folder), path.join(app, folder), own);
    const { name, version, license } = readJson(path.join(root, folder, "package.json"));
    const text = readdirSync(path.join(app, folder)).find((file) => /^licen[cs]e/i.test(file));
    if (!text) throw new Problem(3, `the package ${name} brings no licence text, so a bundle must not carry it`);
    return { name, version, license, text: `app/${folder}/${text}` };
  });
}

/** SwiftShader and the Vulkan loader, unpacked: a bundle need not write anything to run. @param {string} root @param {string} to */
async function stageSwiftShader(root, to) {
  try {
    const entry = createRequire(path.join(root, "package.json")).resolve(SWIFTSHADER);
    const folder = entry.slice(0, entry.lastIndexOf(`${path.sep}build${path.sep}`));
    const archive = createReadStream(path.join(folder, "bin", "swiftshader.tar.br"));
    const unpack = (await tarFs()).extract(to, { ignore: (name) => !DRIVER.includes(path.basename(name)) });
    await pipeline(archive, createBrotliDecompress(), unpack);
    const missing = DRIVER.filter((name) => !existsSync(path.join(to, name)));
    if (missing.length) throw new Error(`its archive lacks ${missing.join(", ")}`);
    const { version } = readJson(path.join(folder, "package.json"));
    return `${SWIFTSHADER} ${version}`;
  } catch (error) {
    throw new Problem(
      3,
      `the Vulkan loader comes from the npm package ${SWIFTSHADER}, which cannot be read (${messageOf(error)}); run npm ci`,
    );
  }
}

/** The commit that the app was built from, for the results of record that a bundle writes. @param {string} root */
function gitState(root) {
  try {
    const git = (/** @type {string[]} */ ...args) =>
      execFileSync("git", args, { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
    const top = git("rev-parse", "--show-prefix");
    return top === "" ? { commit: git("rev-parse", "HEAD"), dirty: git("status", "--porcelain", "-uno") !== "" } : null;
  } catch {
    return null; // sources without a repository
  }
}

/**
 * Lays out the bundle in a folder.
 * @param {string} root the project's folder, built
 * @param {string} to an empty folder
 * @param {import("./node_binary.mjs").NodeBinary} node
 */
export async function stage(root, to, node) {
  const own = path.join(root, "scripts", "bundle");
  const app = path.join(to, "app");
  mkdirSync(path.join(to, "bin"));
  for (const name of ["af3-gpu", "gpu-day"]) copyFileSync(path.join(own, "af3-gpu.sh"), path.join(to, name));
  copyFileSync(path.join(own, "vulkan.cjs"), path.join(to, "bin", "vulkan.cjs"));
  copyFileSync(node.file, path.join(to, "bin", "node"));
  if (node.license) copyFileSync(node.license, path.join(to, "bin", "LICENSE"));
  for (const name of EXECUTABLE) chmodSync(path.join(to, name), 0o755);
  mkdirSync(app);
  const packages = stageApp(root, app);
  const driver = await stageSwiftShader(root, path.join(app, "swiftshader"));
  const about = {
    schema: "af3-gpu-bundle/1",
    platform: "linux-x64",
    git: gitState(root),
    node: { version: node.version, sha256: node.sha256, source: node.source },
    vulkan_loader_and_swiftshader: driver,
    packages: Object.fromEntries(packages.map(({ name, version }) => [name, version])),
  };
  writeFileSync(path.join(app, "bundle.json"), `${JSON.stringify(about, null, 2)}\n`);
  writeFileSync(path.join(to, "LICENSES.txt"), licenses(node, driver, packages));
}

/**
 * Who made what, and where its terms stand.
 * @param {import("./node_binary.mjs").NodeBinary} node
 * @param {string} driver
 * @param {{ name: string, version: string, license: string, text: string }[]} packages
 */
function licenses(node, driver, packages) {
  const nodeText = node.license
    ? "bin/LICENSE"
    : `not found beside the program that was bundled: for your own use only; before passing it on, add
https://github.com/nodejs/node/blob/v${node.version}/LICENSE`;
  return `What is in this folder, and under which terms

af3-gpu: Apache-2.0, app/LICENSE and app/NOTICE

Node.js ${node.version} (bin/node): MIT, and those of its parts: ${nodeText}

Vulkan loader (app/swiftshader/libvulkan.so.1): Apache-2.0, the text of app/LICENSE
Copyright The Khronos Group Inc., Valve Corporation, LunarG Inc.; as built by the Chromium project, from npm ${driver}

SwiftShader (app/swiftshader/libvk_swiftshader.so): Apache-2.0, the text of app/LICENSE; parts: see
https://github.com/google/swiftshader/tree/master/third_party
Copyright The SwiftShader Authors; as built by the Chromium project, from npm ${driver}

Packages from npm (webgpu holds Dawn):
${packages.map(({ name, version, license, text }) => `${name} ${version}: ${license}, ${text}`).join("\n")}
`;
}
