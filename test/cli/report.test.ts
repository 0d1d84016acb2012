/** `af3-gpu report`: its exit code and its one sentence where there is nothing to report on. */
import { chmodSync, existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { scratch } from "../support/binary.ts";
import { af3gpu } from "../support/inside.ts";
import { folderOf, rowLines } from "../support/report_folders.ts";

const [line] = rowLines([5]);
const damaged = { "ligo.jsonl": ["nonsense\n", '{"engine":"li'] };
const NOTHING = "no row of bench or kernels can be read there (*.jsonl, summary.csv)";

/** What makes the folder `given` in `cwd`, and what the command says of it. */
const refused: readonly (readonly [what: string, make: (cwd: string) => unknown, says: string])[] = [
  ["is not there", () => {}, "cannot read results in given: there is no such file"],
  ["is a file", (cwd) => writeFileSync(path.join(cwd, "given"), line), "cannot read results in given: "],
  ["is empty", (cwd) => mkdirSync(path.join(cwd, "given")), `given: ${NOTHING}`],
  [
    "holds other files",
    (cwd) => folderOf(path.join(cwd, "given"), { "a.txt": line, "a.json": "{}", "environment.json": "{}" }),
    `given: ${NOTHING}`,
  ],
  [
    "holds folders without results",
    (cwd) => folderOf(path.join(cwd, "given", "case-1", "run"), { "a.txt": "" }),
    `given: ${NOTHING}`,
  ],
  [
    "has a damaged file of rows",
    (cwd) => folderOf(path.join(cwd, "given"), damaged),
    `given: ${NOTHING}; left out: given/ligo.jsonl, line 1, is no JSON`,
  ],
  [
    "has a file of rows of bytes that are no text",
    (cwd) => {
      folderOf(path.join(cwd, "given"), {});
      writeFileSync(path.join(cwd, "given", "ligo.jsonl"), Uint8Array.of(0, 255, 254, 10, 128));
    },
    `given: ${NOTHING}; left out: given/ligo.jsonl, line 1, is no JSON`,
  ],
  [
    "has rows of another schema",
    (cwd) =>
      folderOf(path.join(cwd, "given"), { "ligo.jsonl": line.replace(/"af3-gpu-bench\/\d+"/, '"af3-gpu-bench/99"') }),
    `given: ${NOTHING}; left out: given/ligo.jsonl, line 1, has the schema "af3-gpu-bench/99"`,
  ],
  [
    "has a damaged table",
    (cwd) => folderOf(path.join(cwd, "given"), { "summary.csv": "engine,backend\nligo\n" }),
    `given: ${NOTHING}; left out: given/summary.csv, row 1`,
  ],
  [
    "has a file of rows that cannot be read",
    (cwd) => mkdirSync(path.join(cwd, "given", "ligo.jsonl"), { recursive: true }),
    `given: ${NOTHING}; given/ligo.jsonl cannot be read: `,
  ],
  [
    "is a link that leads nowhere",
    (cwd) => symlinkSync("nowhere", path.join(cwd, "given")),
    "cannot read results in given: ",
  ],
];

describe("report exits with 2 and one sentence, and writes nothing, if a folder", () => {
  it.each(refused)("%s", async (_, make, says) => {
    const cwd = scratch();
    make(cwd);
    const before = readdirSync(cwd, { recursive: true }).sort();
    for (const more of [[], ["--json"], ["--out", "page"]]) {
      const { code, stdout, stderr } = await af3gpu(["report", "given", ...more], { cwd });
      expect([code, stdout]).toEqual([2, ""]);
      expect(stderr).toContain(says);
      expect(stderr.trimEnd()).not.toContain("\n");
    }
    expect(readdirSync(cwd, { recursive: true }).sort()).toEqual(before);
  });

  it("may not be opened", async ({ skip }) => {
    if (process.platform === "win32" || process.getuid?.() === 0) skip("this user may open every folder");
    const cwd = scratch();
    const given = folderOf(path.join(cwd, "given"), { "ligo.jsonl": line });
    chmodSync(given, 0);
    try {
      const { code, stderr } = await af3gpu(["report", "given"], { cwd });
      expect([code, stderr.trimEnd()]).toEqual([
        2,
        expect.stringMatching(/^[^\n]*cannot read results in given: [^\n]+$/),
      ]);
    } finally {
      chmodSync(given, 0o700);
    }
  });

  it("of several is not there, though others hold results", async () => {
    const cwd = scratch();
    folderOf(path.join(cwd, "good"), { "ligo.jsonl": line });
    const { code, stderr } = await af3gpu(["report", "good", "given"], { cwd });
    expect([code, stderr]).toEqual([2, expect.stringContaining("cannot read results in given: ")]);
    expect(existsSync(path.join(cwd, "good", "report"))).toBe(false);
  });
});

it("exits with 2 where the report would take the place of something else, and of wrong options", async () => {
  const cwd = scratch();
  folderOf(path.join(cwd, "good"), { "ligo.jsonl": line });
  folderOf(path.join(cwd, "mine"), { "thesis.tex": "" });
  for (const [args, says] of [
    [["good", "--out", "mine"], "mine holds something else than a report"],
    [["good", "--out", "good"], "good holds something else than a report"],
    [["good", "--format", "pdf"], "--format"],
    [["good", "--json", "--format", "md"], "--format needs --out beside it"],
    [[], "folders"],
  ] as const) {
    const { code, stdout, stderr } = await af3gpu(["report", ...args], { cwd });
    expect([code, stdout, stderr]).toEqual([2, "", expect.stringContaining(says)]);
  }
  expect(readdirSync(path.join(cwd, "mine"))).toEqual(["thesis.tex"]);
});

it("exits with 0 if some rows can be read, and says on stderr which cannot", async () => {
  const cwd = scratch();
  folderOf(path.join(cwd, "given"), { "ligo.jsonl": [line, "nonsense\n"] });
  folderOf(path.join(cwd, "empty"), {});
  const { code, stdout, stderr } = await af3gpu(["report", "given", "empty", "--format", "md"], { cwd });
  expect([code, stdout]).toEqual([0, `${path.join("given", "report", "report.md")} (2 files)\n`]);
  expect(stderr).toContain("note: left out: given/ligo.jsonl, line 2, is no JSON");
  expect(stderr).toContain("note: empty holds no row that can be read");
});
