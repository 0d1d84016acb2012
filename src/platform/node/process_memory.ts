/** How much memory a process and all that it has started have resident. */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";

const run = promisify(execFile);

/**
 * Resident bytes of a process with all that it has started, pages that they share counted in each; undefined where there is no telling
 * (Windows), or the process has ended.
 */
export async function residentBytes(pid: number): Promise<number | undefined> {
  if (process.platform === "linux") return ofLinux(pid);
  return process.platform === "win32" ? undefined : ofPs(pid);
}

/** Whether this system tells it. */
export const tellsResident = process.platform !== "win32";

function ofLinux(pid: number): number | undefined {
  let total: number | undefined;
  const visit = (at: number): void => {
    try {
      const [, own] = /^VmRSS:\s*(\d+) kB/m.exec(readFileSync(`/proc/${at}/status`, "utf8")) ?? [];
      if (own !== undefined) total = (total ?? 0) + 1024 * Number(own);
      // Node starts processes on its first thread.
      const children = readFileSync(`/proc/${at}/task/${at}/children`, "utf8").trim();
      for (const child of children.split(" ").filter(Boolean)) visit(Number(child));
    } catch {} // it has ended meanwhile
  };
  visit(pid);
  return total;
}

async function ofPs(pid: number): Promise<number | undefined> {
  const { stdout } = await run("ps", ["-axo", "pid=,ppid=,rss="]).catch(() => ({ stdout: "" }));
  const rows = stdout
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number));
  const below = new Set([pid]);
  // Processes are listed by their ids, which need not grow: until nothing is added.
  for (let before = 0; before < below.size; ) {
    before = below.size;
    for (const [own, parent] of rows) if (below.has(parent)) below.add(own);
  }
  const found = rows.filter(([own]) => below.has(own));
  return found.length > 0 ? found.reduce((sum, [, , kib]) => sum + 1024 * kib, 0) : undefined;
}
