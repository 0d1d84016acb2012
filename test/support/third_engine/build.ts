/** Builds main.ts, since Node reads no TypeScript before version 22: the sources as they are, packages from node_modules. */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import path from "node:path";
import { build, type Plugin } from "vite";

/** Three folders below the package, as the command line itself is: the sources find their package by that. */
const parent = path.resolve(import.meta.dirname, "../../../node_modules/.cache");

/** A command line is its side effects, and package.json says that the package has none. */
const commandLine: Plugin = {
  name: "command line",
  enforce: "pre",
  async resolveId(source, importer, options) {
    const found = await this.resolve(source, importer, { ...options, skipSelf: true });
    return found && { ...found, moduleSideEffects: true };
  },
};

/** @returns the script, and what removes it */
export async function buildThird(): Promise<{ readonly script: string; readonly remove: () => void }> {
  mkdirSync(parent, { recursive: true });
  const folder = mkdtempSync(path.join(parent, "af3-gpu-third-"));
  await build({
    configFile: false,
    logLevel: "error",
    build: {
      ssr: path.join(import.meta.dirname, "main.ts"),
      outDir: folder,
      target: "es2023",
      rolldownOptions: { output: { entryFileNames: "[name].mjs", codeSplitting: false } },
    },
    plugins: [commandLine],
  });
  return { script: path.join(folder, "main.mjs"), remove: () => rmSync(folder, { recursive: true, force: true }) };
}
