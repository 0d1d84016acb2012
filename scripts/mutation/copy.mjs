// A copy of the project in which files may be edited, and programs that run in it.
import { spawn } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../../", import.meta.url));

const PARTS = [
  "src",
  "wgsl",
  "test",
  "cases",
  "presets",
  "scripts",
  "third_party/pins.json",
  "package.json",
  "vitest.config.ts",
  "tsconfig.json",
  "tsconfig.build.json",
];

/** Copies what tests need. @returns {string} the copy's folder */
export function makeCopy() {
  const copy = mkdtempSync(path.join(os.tmpdir(), "af3-gpu-mutants-"));
  for (const name of PARTS)
    cpSync(path.join(root, name), path.join(copy, name), {
      recursive: true,
      filter: (from) => !from.includes("checkouts"),
    });
  symlinkSync(path.join(root, "node_modules"), path.join(copy, "node_modules"));
  return copy;
}

/**
 * Runs a program in the copy, and ends it and its children when it takes too long.
 * @param {string} copy @param {readonly string[]} args @param {{ env?: NodeJS.ProcessEnv, timeoutMs: number }} options
 * @returns {Promise<{ code: number | null, output: string }>}
 */
export function runNode(copy, args, { env = {}, timeoutMs }) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { cwd: copy, detached: true, env: { ...process.env, ...env } });
    let output = "";
    child.stdout.on("data", (data) => (output += data));
    child.stderr.on("data", (data) => (output += data));
    const timer = setTimeout(() => process.kill(-(/** @type {number} */ (child.pid)), "SIGKILL"), timeoutMs);
    child.on("close", (code) => {
      clearTimeout(timer);
      resolve({ code, output });
    });
  });
}

/**
 * Does something while files of the copy have other texts, and puts the old ones back.
 * @template T @param {string} copy @param {ReadonlyMap<string, string>} texts by file @param {() => Promise<T>} act
 * @returns {Promise<T>}
 */
export async function withTexts(copy, texts, act) {
  const originals = new Map([...texts.keys()].map((file) => [file, readFileSync(path.join(copy, file), "utf8")]));
  for (const [file, text] of texts) writeFileSync(path.join(copy, file), text);
  try {
    return await act();
  } finally {
    for (const [file, text] of originals) writeFileSync(path.join(copy, file), text);
  }
}
