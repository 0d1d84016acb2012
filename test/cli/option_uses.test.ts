/** Options that contradict each other, or that a call has no use for, are refused rather than ignored. */
import type { Command } from "commander";
import { describe, expect, it } from "vitest";
import { benchCommand } from "../../src/cli/bench.ts";
import { exitCodeOf } from "../../src/cli/bench_timed.ts";
import { benchUses, checkBackendUse, checkBenchUse } from "../../src/cli/bench_uses.ts";
import { planCommand } from "../../src/cli/plan.ts";
import { runCommand } from "../../src/cli/run.ts";
import { runUse, runUses } from "../../src/cli/run_uses.ts";
import { verifyCommand } from "../../src/cli/verify.ts";
import { BadInputError, DeviceError, UnavailableError } from "../../src/errors.ts";

/** Reads arguments without doing what they say. */
function parsed(made: Command, line: string): Command {
  const args = line.split(" ").filter((word) => word !== "");
  return made.action(() => {}).parse(args, { from: "user" });
}

const optionsOf = (command: Command): string[] => command.options.map((option) => option.name()).sort();

describe("bench", () => {
  const check = (line: string): void => {
    const command = parsed(benchCommand(), line);
    checkBenchUse(command, command.opts());
  };

  it("has every option in the table of its uses", () => {
    expect([...new Set(Object.values(benchUses).flat())].sort()).toEqual(optionsOf(benchCommand()));
  });

  it.each([
    ["--mode trunk --component msa", "--component and --mode contradict each other"],
    ["--full --component msa", "--component and --full contradict each other"],
    ["--full --mode trunk", "leave out --mode trunk"],
    ["--cold --warmup 2", "--cold and --warmup contradict each other"],
    ["--passes 3 --time 5", "--passes and --time contradict each other"],
    ["--list --dry-run", "--list and --dry-run contradict each other"],
    ["--mode toy --preset tiny", "the mode toy has no use for --preset"],
    ["--mode toy --steps 3 --weights w.safetensors", "the mode toy has no use for --steps, --weights"],
    ["--list --passes 3", "--list has no use for --passes"],
    ["--list --seq-len 64 --notes x", "--list has no use for --seq-len, --notes"],
    ["--dry-run --warmup 1 --out x", "--dry-run has no use for --warmup, --out"],
    ["--dry-run --mode toy --component msa", "--component and --mode contradict each other"],
    ["--dry-run --mode toy --samples 2", "--dry-run --mode toy has no use for --samples"],
    ["--threads 2", "webgpu has no use for it"],
    ["--threads 2 --backend webgpu", "webgpu has no use for it"],
    ["--memory-limit 1GiB --backend onnx-cpu,native", "onnx-cpu and native has no use for it"],
  ])("refuses %s", (line, words) => {
    expect(() => check(line)).toThrow(words);
    expect(() => check(line)).toThrow(BadInputError);
  });

  it.each([
    "",
    "--full --mode full",
    "--list --engine ligo --backend all --device cpu --json",
    "--dry-run --component msa --preset block --seq-len 64-256*2 --memory-limit 1GiB --json",
    "--mode toy --passes 3 --seed 1 --cold --fail-on-error",
    "--threads 2 --backend webgpu,onnx-cpu",
    "--memory-limit 1GiB --backend webgpu,native",
    "--time 60 --warmup 3",
  ])("takes %s", (line) => {
    expect(() => check(line)).not.toThrow();
  });
});

describe("run", () => {
  const use = (line: string, folder?: string) => runUse(parsed(runCommand(), line), folder);

  it("has every option in the table of its uses", () => {
    expect([...new Set(Object.values(runUses).flat())].sort()).toEqual(optionsOf(runCommand()));
  });

  it.each([
    "--engine both --mode toy --device cpu --passes 10 --seq-len 64",
    "--engine ligo --mode trunk --device mps --passes 5 --seq-len 32",
    "--engine both --mode full --device cuda --passes 5 --seq-len 64",
    "--engine both --mode toy --device cpu --passes 2 --seq-len 16 --notes x --out r",
    "--engine deepmind --full --passes 1",
    "--engine ligo",
  ])("does what bench does with the original tool's line %s", (line) => {
    expect(use(line)).toBe("bench");
    const bench = parsed(benchCommand(), line);
    expect(() => checkBenchUse(bench, bench.opts())).not.toThrow();
  });

  it("runs a case, or single files", () => {
    expect(use("--out x.safetensors --device cpu", "case")).toBe("case");
    expect(use("--engine ligo --component msa --config c --weights w --inputs i --out o")).toBe("files");
  });

  it.each([
    ["--out o --passes 3", "case", "a case, which says it all and runs once, has no use for --passes"],
    ["--out o --engine ligo", "case", "has no use for --engine"],
    ["--engine ligo --component msa --mode full", undefined, "one run, has no use for --mode"],
    ["--inputs i --seq-len 3 --notes x", undefined, "has no use for --seq-len, --notes"],
    ["", "case", "run needs --out"],
    ["--out o", undefined, "run needs a case; or --engine"],
  ])("refuses %s with %s", (line, folder, words) => {
    expect(() => use(line, folder)).toThrow(words);
  });
});

it("verify has no memory limit for a backend that keeps none", () => {
  const command = parsed(verifyCommand(), "--backend onnx-cpu --memory-limit 1GiB");
  expect(() => checkBackendUse(command, [command.opts().backend])).toThrow("--memory-limit is kept by webgpu alone");
});

it("plan is of a whole or of a part, at a preset or with a config", async () => {
  const plan = (line: string) => planCommand().parseAsync(line.split(" "), { from: "user" });
  await expect(plan("--mode full --component msa")).rejects.toThrow("--component and --mode contradict each other");
  await expect(plan("--config c.json --preset tiny")).rejects.toThrow("--config and --preset contradict each other");
});

describe("the exit code of bench", () => {
  const timed = { outcome: "timed", cause: undefined } as const;
  const wrong = { outcome: "wrong", cause: undefined } as const;
  const options = { outcome: "failed", cause: new BadInputError("too large") } as const;
  const machine = { outcome: "failed", cause: new UnavailableError("not here", "install it") } as const;
  const crashed = { outcome: "failed", cause: new DeviceError("out-of-memory", "no memory") } as const;

  it.each([
    [[timed, timed], 0],
    [[timed, wrong, machine], 1],
    [[wrong], 1],
    [[timed, options], 0],
    [[timed, machine], 0],
    [[options, options], 2],
    [[machine], 3],
    [[crashed, options], 3],
  ])("of %j is %i", (results, code) => {
    expect(exitCodeOf(results, false)).toBe(code);
  });

  it("is 1 with --fail-on-error if a row could not run", () => {
    expect([exitCodeOf([timed, machine], true), exitCodeOf([timed], true), exitCodeOf([machine], true)]).toEqual([
      1, 0, 3,
    ]);
  });
});
