/** The workflows of .github: what no runner is needed for to see that it is wrong. */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { parse } from "yaml";
import { benchCommand } from "../../src/cli/bench.ts";

const root = path.resolve(import.meta.dirname, "../..");
const folder = path.join(root, ".github", "workflows");
const { scripts } = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8"));

interface Step {
  readonly uses?: string;
  readonly run?: string;
}
interface Job {
  readonly permissions?: Readonly<Record<string, string>>;
  readonly "timeout-minutes"?: number;
  readonly steps: readonly Step[];
}
interface Workflow {
  readonly permissions: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, Job>>;
}

it.each(readdirSync(folder))("%s: pinned actions, least rights, commands that exist", (name) => {
  const { permissions, jobs }: Workflow = parse(readFileSync(path.join(folder, name), "utf8"), { strict: true });
  expect(permissions).toEqual({ contents: "read" });
  for (const job of Object.values(jobs)) {
    expect(job["timeout-minutes"]).toBeGreaterThan(0);
    const writes = Object.values(job.permissions ?? {}).includes("write");
    for (const { uses = "a/b@v1.0.0", run = "" } of job.steps) {
      expect(uses).toMatch(/^[\w-]+\/[\w-]+@v\d+\.\d+\.\d+$/);
      // What comes from outside reaches a shell by its environment alone.
      expect(run).not.toContain("${{");
      for (const [, script] of run.matchAll(/npm run (?:--silent )?([\w:-]+)/g))
        expect(Object.keys(scripts)).toContain(script);
      const [, call = ""] = /-- bench (.*)/.exec(run) ?? [];
      for (const [option] of call.matchAll(/--[\w-]+/g))
        expect(benchCommand().options.map(({ long }) => long)).toContain(option);
      // Whoever may write runs nothing of the pull request.
      if (writes) expect(`${uses} ${run}`).not.toMatch(/checkout|npm|node /);
    }
  }
});
