/** Undone traps: each edit still finds its place, each test that must see it exists, and docs/traps.md has them all. */
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { traps, undoneTexts } from "../../scripts/mutation/traps.mjs";
import { placeOf } from "../support/undo.ts";

const root = path.resolve(import.meta.dirname, "../..");
const rows = readFileSync(path.join(root, "docs/traps.md"), "utf8").matchAll(/^\| ([TQP]\d+) \|.*\| (.*) \|$/gm);
const documented = new Map([...rows].map(([, trap, sees]) => [trap, sees]));

describe.each(traps)("$trap: $undone", ({ edits, facts, weights, by }) => {
  it("can be undone in one way: npm run traps", async () => {
    expect([edits, facts, weights].filter((way) => way !== undefined)).toHaveLength(1);
    expect(() => undoneTexts(root, edits ?? [])).not.toThrow();
    for (const [module, entry, value] of facts ?? []) {
      const { holder, key } = await placeOf(module, entry);
      expect(holder[key], `${module} ${entry}`).not.toEqual(value);
    }
  });

  it("is judged by tests that exist", () => {
    const files = by.map((name) => (name.startsWith("test/") ? name : `cases/${name}/case.json`));
    expect(files.filter((file) => !existsSync(path.join(root, file)))).toEqual([]);
  });
});

describe("docs/traps.md", () => {
  it("has a row for every trap", () => {
    const numbered = (letter: string, count: number): string[] =>
      Array.from({ length: count }, (_, at) => `${letter}${at + 1}`);
    expect([...documented.keys()]).toEqual([...numbered("T", 21), ...numbered("Q", 24), ...numbered("P", 23)]);
  });

  it.each([...documented])("%s: names the tests that must see it, or says why none can", (trap, sees) => {
    const named = new Set(traps.filter((each) => each.trap === trap).flatMap(({ by }) => by));
    expect([...named].filter((test) => !sees.includes(`\`${test}\``))).toEqual([]);
    if (named.size === 0) expect(sees).toMatch(/^nothing can: /);
  });
});
