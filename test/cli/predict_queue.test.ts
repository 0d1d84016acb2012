/** Lists of jobs of which some are wrong: those are said, by name, and the others stay in the queue. */
import { existsSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { queueOf } from "../../src/cli/predict/inputs.ts";
import { readEachJob, readJobs } from "../../src/pipeline/input/read.ts";
import { call, cwd, outputs, write } from "../support/predict_inputs.ts";

const right = (name: string) => ({ name, modelSeeds: [1], sequences: [{ ion: { ion: "MG" } }] });
const wrong = (name?: string) => ({ ...right(name ?? ""), name, sequences: [] });
const list = (name: string, ...jobs: readonly object[]): string => write(name, JSON.stringify(jobs));
const random = ["--weights", "random", "--out", "queue"];

describe("a list of which some jobs are wrong", () => {
  const some = list("some.json", right("first"), wrong("second"), right("third"), { ...wrong(), name: 4 });
  const file = path.join(cwd, some);

  it("gives the others, and those by their names or numbers with what is wrong", async () => {
    const { jobs, unreadable } = await queueOf([file], {}, () => {});
    expect(jobs.map(({ name }) => name)).toEqual(["first", "third"]);
    expect(unreadable.map(({ name, file, error }) => [name, file, (error as Error).message])).toEqual([
      ["second", file, `${file}, job "second": [1].sequences is empty: there are no chains`],
      ["4", file, `${file}, job 4: [3].name should be a name, not 4`],
    ]);
  });

  it("is no list of one job", async () => {
    const { code, stderr } = await call(
      ...[list("two.json", right("a"), wrong("b")), "--from-outputs", outputs, "--out", "queue"],
    );
    expect([code, stderr]).toEqual([2, "af3-gpu: --from-outputs has the outputs of one job, and there are 2\n"]);
  });

  it("is an error as a whole where all jobs are asked for, the first one's", async () => {
    const text = JSON.stringify([right("a"), wrong("b"), wrong("c")]);
    await expect(readJobs(text, { file: "x.json" })).rejects.toThrow(
      'x.json, job "b": [1].sequences is empty: there are no chains',
    );
    expect((await readEachJob(text, { file: "x.json" })).wrong.map(({ name }) => name)).toEqual(["b", "c"]);
  });
});

it("a list of nothing but wrong jobs needs no device, says each, and ends with 1", async () => {
  const file = list("none.json", wrong("a"), wrong("b"));
  const { code, stdout, stderr } = await call(file, ...random, "--json", "--device", "no such adapter");
  expect(JSON.parse(stdout).jobs).toEqual(
    ["a", "b"].map((name, at) => ({
      ...{ name, file, state: "failed" },
      error: `none.json, job "${name}": [${at}].sequences is empty: there are no chains`,
    })),
  );
  expect([code, stderr.replace(/^(note|WARNING): .*\n/gm, "").split("\n")]).toEqual([
    1,
    [
      'none.json, job "a": [0].sequences is empty: there are no chains',
      'none.json, job "b": [1].sequences is empty: there are no chains',
      "2 of 2 inputs failed: a, b",
      "",
    ],
  ]);
  expect(existsSync(path.join(cwd, "queue"))).toBe(false);
});

it("a list of one job that is wrong ends with its own code", async () => {
  const { code, stderr } = await call(list("one.json", wrong("a")), ...random);
  expect([code, stderr]).toEqual([2, "af3-gpu: one.json: [0].sequences is empty: there are no chains\n"]);
});
