/** Temporary files of a whole run of tests, and of every process that it starts, lie in one folder, which goes with it. */
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";

/** Vitest calls it before the first file and what it returns behind the last. */
export default function setup(): () => void {
  const folder = mkdtempSync(path.join(os.tmpdir(), "af3-gpu-tests-"));
  chmodSync(folder, 0o1777); // as the system's own: tests run commands as other users
  process.env.TMPDIR = folder;
  return () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
}
