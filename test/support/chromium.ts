/** Headless Chromium with WebGPU on SwiftShader, from the npm package `@sparticuz/chromium` (linux-x64). */
import { createReadStream, createWriteStream, existsSync, mkdirSync } from "node:fs";
import { copyFile, mkdir, mkdtemp, readdir, rename, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import { pipeline } from "node:stream/promises";
import { createBrotliDecompress } from "node:zlib";
import { type Browser, chromium } from "playwright-core";
import { extract } from "tar-fs";
import { cacheFolder } from "../../src/platform/node/folders.ts";

const FLAGS = [
  "--no-sandbox", // containers run as root
  "--enable-unsafe-webgpu",
  "--use-webgpu-adapter=swiftshader",
  "--font-render-hinting=none",
  "--disable-dev-shm-usage", // containers have little
];

/** The folder of the package's archives and its version; undefined where it is not installed. */
function archives(): { readonly folder: string; readonly version: string } | undefined {
  if (process.platform !== "linux" || process.arch !== "x64") return undefined;
  try {
    const require = createRequire(import.meta.url);
    const entry = require.resolve("@sparticuz/chromium");
    const root = entry.slice(0, entry.lastIndexOf(`${path.sep}build${path.sep}`));
    return { folder: path.join(root, "bin"), version: require(path.join(root, "package.json")).version };
  } catch {
    return undefined;
  }
}

/** Why there is no browser here, and what helps; undefined where there is one. */
export const noBrowser: string | undefined = archives()
  ? undefined
  : "Chromium comes from npm for linux-x64 only: run npm ci && npx vitest run --project browser there";

/** Unpacks once per version and machine. */
async function unpacked(): Promise<string> {
  const found = archives();
  if (!found) throw new Error(noBrowser);
  const folder = path.join(cacheFolder(), `chromium-${found.version}`);
  if (existsSync(path.join(folder, "chromium"))) return folder;
  await mkdir(path.dirname(folder), { recursive: true });
  const fresh = await mkdtemp(`${folder}-`);
  const archive = (name: string) => createReadStream(path.join(found.folder, name));
  await pipeline(
    archive("chromium.br"),
    createBrotliDecompress(),
    createWriteStream(path.join(fresh, "chromium"), { mode: 0o755 }),
  );
  for (const name of ["al2023", "swiftshader", "fonts"])
    await pipeline(archive(`${name}.tar.br`), createBrotliDecompress(), extract(path.join(fresh, name)));
  // Chromium looks for the driver beside itself.
  for (const name of await readdir(path.join(fresh, "swiftshader")))
    await copyFile(path.join(fresh, "swiftshader", name), path.join(fresh, name));
  // Whoever is first wins; the others find a full folder.
  await rename(fresh, folder).catch(() => rm(fresh, { recursive: true, force: true }));
  return folder;
}

/** A folder of its own for what Chromium wants to be there: a runtime folder, and a list of fonts. */
async function surroundings(folder: string): Promise<Record<string, string>> {
  const runtime = path.join(os.tmpdir(), `af3-gpu-runtime-${process.getuid?.() ?? 0}`);
  mkdirSync(runtime, { recursive: true, mode: 0o700 });
  const fonts = path.join(runtime, "fonts.conf");
  // The same font on every machine, so that pages look the same.
  const config = `<?xml version="1.0"?><fontconfig><dir>${path.join(folder, "fonts", "fonts")}</dir><cachedir>${path.join(runtime, "fonts")}</cachedir></fontconfig>`;
  await writeFile(fonts, config);
  return { XDG_RUNTIME_DIR: runtime, FONTCONFIG_FILE: fonts };
}

/** Starts the browser. The caller closes it. */
export async function launchChromium(): Promise<Browser> {
  const folder = await unpacked();
  const executablePath = path.join(folder, "chromium");
  const env = { ...(process.env as Record<string, string>), ...(await surroundings(folder)) };
  try {
    return await chromium.launch({ executablePath, args: FLAGS, env });
  } catch (error) {
    if (!String(error).includes("shared libraries")) throw error;
    // The system lacks libraries that come with the package; where it has them, its own are the better ones.
    const LD_LIBRARY_PATH = path.join(folder, "al2023", "lib");
    return chromium.launch({ executablePath, args: FLAGS, env: { ...env, LD_LIBRARY_PATH } });
  }
}
