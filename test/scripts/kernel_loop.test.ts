/** The kernel developer's scripts: what they refuse, and what the ledger keeps. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { summaryOfName } from "../../src/gpu/device/adapter.ts";
import { ErrorLedger } from "../support/ledger.ts";

const root = path.resolve(import.meta.dirname, "../..");

describe("scripts refuse in one sentence", () => {
  it.each([
    ["kernel", ["atention"], /^kernel: there is no kernel atention\. Did you mean attention\?\n$/],
    ["kernel", ["something"], /^kernel: there is no kernel something; there are adaptive_norm, .*\n$/],
    ["kernel", ["attention", "--variat", "shuffle"], /^kernel: Unknown option '--variat'\n$/],
    ["kernel", ["attention", "swiglu"], /^kernel: name one kernel\nusage: /],
    ["kernel", [], /^kernel: name one kernel\nusage: /],
    ["ledger", ["--kernel", "swigluu"], /^ledger: there is no kernel swigluu\. Did you mean swiglu\?\n$/],
    ["ledger", ["--kernle", "swiglu"], /^ledger: Unknown option '--kernle'\n$/],
    ["ledger", ["--kernel"], /^ledger: Option '--kernel <value>' argument missing\n$/],
    ["mutate", ["--kernel", "projct"], /^mutate: there is no kernel projct\. Did you mean project\?\n$/],
  ])("%s %j", (script, args, message) => {
    const { status, stderr } = spawnSync(process.execPath, [`scripts/${script}.mjs`, ...args], {
      cwd: root,
      encoding: "utf8",
    });
    expect([stderr, status]).toEqual([expect.stringMatching(message), 2]);
  });
});

describe("the ledger", () => {
  const adapter = summaryOfName("a card");
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), "ledger-"));
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true });
  });

  /** Judges two errors with a ledger of three entries. @returns what it says of them, and what it holds afterwards */
  function judged(asked: boolean) {
    const file = path.join(folder, "errors.json");
    const entries = { "copy (old) four": 0.5, "copy (plain) four": 0.5, "swiglu (shuffle) ragged": 0.25 };
    writeFileSync(file, JSON.stringify({ "a card / ": entries, "another / ": entries }));
    vi.stubEnv("AF3_GPU_LEDGER", asked ? "1" : "");
    const ledger = new ErrorLedger(adapter, file);
    const refused = [ledger.refuses("copy (plain) four", 3), ledger.refuses("copy (plain) ragged", 3)];
    ledger.save((entry) => entry.startsWith("copy (old)"));
    return { refused, after: JSON.parse(readFileSync(file, "utf8")), entries };
  }

  it("refuses errors that have grown, and is not written unless that is asked for", () => {
    const { refused, after, entries } = judged(false);
    expect(refused).toEqual([expect.stringContaining("has grown past 4 times the accepted 0.5"), undefined]);
    expect(after["a card / "]).toEqual(entries);
  });

  it("takes what was found, keeps the others', and forgets what is gone", () => {
    const { refused, after, entries } = judged(true);
    expect(refused).toEqual([undefined, undefined]);
    expect(after["a card / "]).toEqual({
      "copy (plain) four": 3,
      "copy (plain) ragged": 3,
      "swiglu (shuffle) ragged": 0.25,
    });
    expect(after["another / "]).toEqual(entries);
  });
});
