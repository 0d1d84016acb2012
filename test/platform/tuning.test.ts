/** Tuning tables in the cache folder: what is read, what is ignored and why, and that nothing is half written. */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { TableKeeper } from "../../src/cli/tune_table.ts";
import { BadInputError } from "../../src/errors.ts";
import type { AdapterSummary } from "../../src/gpu/device/adapter.ts";
import { add } from "../../src/kernels/add.ts";
import { candidatesOf } from "../../src/kernels/tune/candidates.ts";
import { type OwnRow, rowsOf } from "../../src/kernels/tune/own_rows.ts";
import { ownTuning, tuningChoice, tuningFile, writeTuning } from "../../src/platform/node/tuning.ts";
import { scratch } from "../support/binary.ts";
import { target } from "../support/target.ts";

const before = process.env.AF3_GPU_CACHE;
const folder = scratch();
process.env.AF3_GPU_CACHE = folder;
afterAll(() => {
  if (before === undefined) delete process.env.AF3_GPU_CACHE;
  else process.env.AF3_GPU_CACHE = before;
});

const adapter: AdapterSummary = {
  vendor: "amd",
  architecture: "rdna-3",
  device: "Radeon RX 7900 XTX",
  description: "radv: Mesa 25.0.7",
  software: false,
  subgroupMinSize: 32,
  subgroupMaxSize: 64,
};
const call = { sizes: { x_rows: 96, C: 32, z_rows: 96, mask_rows: 0 }, scalars: { rows: 96 } };
const { incumbent, others } = candidatesOf(add, target, call);
const found = [{ kernel: add, call, winner: others[0] }];
const rows: readonly OwnRow[] = rowsOf(found, {}, { kind: "measured", on: "it", see: "a test" });
const file = tuningFile(adapter);
const now = new Date("2026-11-26T12:00:00Z");

/** Changes the table on disk. */
function change(make: (table: Record<string, unknown>) => unknown): void {
  writeFileSync(file, JSON.stringify(make(JSON.parse(readFileSync(file, "utf8")))));
}

beforeEach(async () => {
  rmSync(path.dirname(file), { recursive: true, force: true });
  await writeTuning(adapter, rows, now);
});

describe("a table", () => {
  it("is read as it was written", async () => {
    expect(await ownTuning(adapter)).toEqual({ kind: "own", rows, file, written: now.toISOString(), notes: [] });
    expect(readdirSync(path.dirname(file))).toEqual([path.basename(file)]);
    expect(path.basename(file)).toMatch(/^amd-radeon-rx-7900-xtx-[0-9a-f]{16}\.json$/);
  });

  it("is of one adapter and driver", async () => {
    for (const other of [{ description: "radv: Mesa 25.1.0" }, { device: "Radeon 780M" }, { subgroupMaxSize: 32 }]) {
      const elsewhere = { ...adapter, ...other };
      expect(tuningFile(elsewhere)).not.toBe(file);
      expect(await ownTuning(elsewhere)).toEqual({ kind: "reviewed", rows: [], notes: [] });
    }
  });

  it("that was copied under another adapter's name is ignored", async () => {
    const elsewhere = { ...adapter, description: "amdvlk" };
    writeFileSync(tuningFile(elsewhere), readFileSync(file));
    expect(await ownTuning(elsewhere)).toEqual({
      kind: "reviewed",
      rows: [],
      notes: [`your tuning table ${tuningFile(elsewhere)} is ignored: it is of another adapter, driver or Dawn`],
    });
  });

  const ignored: readonly (readonly [what: string, spoil: () => void, reason: string | RegExp])[] = [
    ["is cut off", () => truncateSync(file, 100), "it is no JSON"],
    ["is empty", () => truncateSync(file, 0), "it is no JSON"],
    ["is no object", () => change(() => 3), /^its schema is undefined/],
    ["is null", () => change(() => null), /^its schema is undefined/],
    [
      "is of another schema",
      () => change((all) => ({ ...all, schema: "af3-gpu-tuning/9" })),
      'its schema is "af3-gpu-tuning/9", this version reads "af3-gpu-tuning/1"',
    ],
    ["has no rows", () => change((all) => ({ ...all, rows: {} })), "parts of it are missing"],
    ["has no fingerprints", () => change((all) => ({ ...all, fingerprints: null })), "parts of it are missing"],
    ["is huge", () => truncateSync(file, 5 * 2 ** 20), "it is larger than any table"],
  ];
  it.each(ignored)("that %s is ignored, in a sentence", async (_, spoil, reason) => {
    spoil();
    const { kind, rows: left, notes } = await ownTuning(adapter);
    expect([kind, left]).toEqual(["reviewed", []]);
    expect(notes).toHaveLength(1);
    const said = notes[0].replace(`your tuning table ${file} is ignored: `, "");
    if (typeof reason === "string") expect(said).toBe(reason);
    else expect(said).toMatch(reason);
    expect(existsSync(file)).toBe(true);
  });

  it("that is a folder or leads nowhere is no table", async () => {
    rmSync(file);
    mkdirSync(file);
    expect((await ownTuning(adapter)).kind).toBe("reviewed");
    rmSync(file, { recursive: true });
    symlinkSync("nowhere", file);
    expect((await ownTuning(adapter)).kind).toBe("reviewed");
  });

  it("whose kernels changed says nothing of them any more", async () => {
    change((all) => ({ ...all, fingerprints: { add: "0123456789abcdef" } }));
    expect(await ownTuning(adapter)).toEqual({
      kind: "reviewed",
      rows: [],
      notes: [`your tuning table ${file} says nothing any more of add, which changed since: af3-gpu tune renews it`],
    });
  });

  it("with a row about nothing keeps the others", async () => {
    change((all) => ({
      ...all,
      rows: [{ ...rows[0], kernel: "addd" }, { ...rows[0], params: { LANES: 1e9 } }, ...rows],
    }));
    const { rows: left, notes } = await ownTuning(adapter);
    expect(left).toEqual(rows);
    expect(notes).toEqual([
      `row 1 of your tuning table ${file} is ignored: there is no kernel "addd"`,
      `row 2 of your tuning table ${file} is ignored: tune tries add as lanes with no such parameters`,
    ]);
  });
});

describe("a run of tune", () => {
  const said: string[] = [];
  const open = () => TableKeeper.open(adapter, (text) => said.push(text));
  const job = { kernel: add, call, cost: { flops: 1, bytes: 1 }, runs: 1, share: 1, label: "a step" };
  const base = { job, incumbent, tried: [], left: 0 };
  const final = { verdict: "faster", ratio: 0.9, error: 0.01, rounds: 7, holder: 10, challenger: 9 } as const;

  it("writes each winner at once, in the place of what was said of the same call", async () => {
    const table = await open();
    await table.add({ ...base, winner: others[1], final });
    const { rows: left } = await ownTuning(adapter);
    expect(left).toEqual(table.rows);
    expect(left).toMatchObject([{ params: others[1].dims.LANES ? { LANES: others[1].dims.LANES } : {} }]);
    expect(left[0].origin.see).toMatch(/^af3-gpu tune of 20..-..-..: 0\.900 ± 0\.010 of the time of lanes$/);
    expect(left[0].origin.on).toBe("Radeon RX 7900 XTX, radv: Mesa 25.0.7");
  });

  it("takes a row back that wins no more, and leaves one alone that it had no time for", async () => {
    const table = await open();
    await table.add({ ...base, winner: undefined, final: undefined, left: 2 });
    expect((await ownTuning(adapter)).rows).toEqual(rows);
    await table.add({ ...base, winner: undefined, final: undefined });
    expect((await ownTuning(adapter)).rows).toEqual([]);
  });

  it("keeps what is no table under another name before it writes its own", async () => {
    writeFileSync(file, "{ my notes");
    said.length = 0;
    const table = await open();
    await table.add({ ...base, winner: others[1], final });
    expect(readFileSync(`${file}.old`, "utf8")).toBe("{ my notes");
    expect(said).toEqual([
      `note: your tuning table ${file} is ignored: it is no JSON`,
      `note: it is kept as ${file}.old`,
    ]);
    expect((await ownTuning(adapter)).rows).toEqual(table.rows);
  });
});

describe("AF3_GPU_TUNING", () => {
  it("is own or reviewed", () => {
    expect(tuningChoice("")).toBe(ownTuning);
    expect(tuningChoice("own")).toBe(ownTuning);
    expect(tuningChoice("reviewed")).toBeUndefined();
    expect(() => tuningChoice("none")).toThrow(
      new BadInputError('AF3_GPU_TUNING should be own or reviewed, not "none"'),
    );
  });
});
