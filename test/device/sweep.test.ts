/** A sweep of real runs: cases that end well, that are ended, that cannot begin; going on; single cases; Ctrl-C. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { readRows } from "../../src/bench/core/row_text.ts";
import { af3gpu, scratch, start } from "../support/binary.ts";
import { af3gpu as inside } from "../support/inside.ts";

const folder = scratch();
const file = (name: string, text: string): void => writeFileSync(path.join(folder, name), text);
const at = (...names: string[]): string => path.join(folder, "results", ...names);
const sweep = (...args: string[]) => af3gpu(["sweep", ...args], { cwd: folder });

describe("a sweep", () => {
  file("toy.yaml", "engine: ligo\nmode: toy\npasses: 2\nwarmup: 1\nseq-len: [4, 8]\n");

  it("runs every case in a process of its own, and makes one table of them", async () => {
    const { code, stdout, stderr } = await sweep("toy.yaml");
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^engine .*\nligo +toy .* 4 .*\nligo +toy .* 8 .*\n$/)]);
    expect(stderr).toMatch(/^2 cases into results\/toy, in an order drawn with the seed \d+\n/);
    expect(stderr).toMatch(
      /\n\[1\/2\] ligo-toy-n\d-\S+: .* ms \(.* s\); about .* left\n\[2\/2\] .*\nresults: results\/toy /,
    );
    const rows = readFileSync(at("toy", "summary.csv"), "utf8").trimEnd().split("\n").slice(1);
    expect(rows.map((row) => [row.split(",")[1], row.split(",")[5]])).toEqual([
      ["0", "4"],
      ["1", "4"],
      ["0", "8"],
      ["1", "8"],
    ]);
    const [one] = readdirSync(at("toy")).filter((name) => name.startsWith("ligo-toy-n4"));
    expect(readdirSync(at("toy", one)).sort()).toEqual(
      ["case.json", "case.log", "environment.json", "ligo.jsonl", "summaries.json", "summary.csv"].sort(),
    );
    expect(readRows(readFileSync(at("toy", one, "ligo.jsonl"), "utf8"), one)).toHaveLength(2);
    expect(readdirSync(at("toy", ".making"))).toEqual([]);
  });

  it("has nothing to do the second time, also as single cases, and others compare it", async () => {
    const again = await inside(["sweep", "toy.yaml", "--json"], { cwd: folder });
    expect(again.stderr).toMatch(/; 2 finished by an earlier start\nresults: /);
    const { cases } = JSON.parse(again.stdout);
    expect(cases.map(({ outcome, rows }: { outcome: string; rows: number }) => [outcome, rows])).toEqual([
      ["done", 2],
      ["done", 2],
    ]);
    const single = await inside(["sweep", "toy.yaml", "--case", cases[0].key, "--json"], { cwd: folder });
    expect(JSON.parse(single.stdout)).toMatchObject({ key: cases[0].key, started: cases[0].started });
    const dry = await inside(["sweep", "toy.yaml", "--dry-run"], { cwd: folder });
    expect([dry.code, dry.stderr]).toEqual([0, "all 2 cases are finished\n"]);
    expect((await inside(["sweep", "toy.yaml", "--case", "ligo-toy-n4-0"], { cwd: folder })).stderr).toMatch(
      /the sweep has no case ligo-toy-n4-0.*; --list-cases prints them\n$/,
    );
  });

  it("has rows of cases that are ended and of those that bench refuses", async () => {
    file("late.yaml", "engine: ligo\npreset: paper\nseq-len: 64\nlimits: {seconds: 0.3}\n");
    const late = await sweep("late.yaml");
    expect([late.code, late.stdout]).toEqual([
      3,
      expect.stringMatching(/ timeout\n\n.*: timeout: not done after 0.3 s/),
    ]);
    file("absent.yaml", "engine: ligo\nmode: toy\nweights: nowhere.safetensors\n");
    expect((await sweep("absent.yaml")).stderr).toMatch(/the mode toy has no use for --weights/);
    file("absent.yaml", "engine: ligo\nweights: nowhere.safetensors\n");
    const absent = await sweep("absent.yaml");
    expect([absent.code, absent.stdout]).toEqual([3, expect.stringMatching(/ refused\n\n.*: cannot read nowhere/)]);
    for (const name of ["late", "absent"])
      expect(readFileSync(at(name, "summary.csv"), "utf8").split("\n")[1]).toMatch(
        /^ligo,0,.*,64,.*,false,"?(timeout|cannot read)/,
      );
  });

  it("keeps what is finished when it is stopped, and leaves nothing else", async () => {
    file("long.yaml", "engine: ligo\nmode: toy\npasses: 100000000\nseq-len: [4, 8]\n");
    const running = start(["sweep", "long.yaml"], { cwd: folder });
    await running.shows("2 cases into");
    setTimeout(() => running.interrupt(), 1500);
    const { code, stderr } = await running.ended;
    expect([code, stderr]).toEqual([
      130,
      expect.stringMatching(
        /0 cases of 2 finished in results\/long; the same command goes on\n(?:.*\n)*af3-gpu: stopped; what was finished is kept\n$/,
      ),
    ]);
    expect(readdirSync(at("long")).filter((name) => name !== ".making")).toEqual(["sweep.json"]);
    expect(readdirSync(at("long", ".making"))).toEqual([]);
  });
});
