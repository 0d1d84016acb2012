// Builds what is older than its sources, for scripts that use dist/.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../", import.meta.url));

/** @param {readonly string[]} args */
const run = (...args) => spawnSync(process.execPath, args, { cwd: root, stdio: "inherit" }).status === 0;

/** @returns {Promise<boolean>} whether dist/ is as new as the sources now */
export async function built() {
  const age = new URL("../dist/platform/node/build_age.js", import.meta.url);
  if (existsSync(age) && (await import(age.href)).changedSince(root) === undefined) return true;
  return (
    run("scripts/generate.mjs") &&
    run("node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json") &&
    run("scripts/cli_bundle.mjs")
  );
}
