/** Names from files and arguments reach the terminal with what it would obey escaped. */
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { table } from "../../src/cli/output.ts";
import { writeNpz } from "../../src/formats/npz_writer.ts";
import { SafeTensors, writeSafetensors } from "../../src/formats/safetensors.ts";
import { float32, type TensorMap } from "../../src/formats/tensor.ts";
import { visible, visibleLines } from "../../src/words.ts";
import { scratch } from "../support/binary.ts";
import { af3gpu } from "../support/inside.ts";

const NAME = "\u001b[31mred\n\u009b2J\u202ex";
const SHOWN = "\\u001b[31mred\\n\\u009b2J\\u202ex";
const OBEYED = /[^\n\P{Cc}]|\u202e/u;

function written(name: string, write: (tensors: TensorMap) => Uint8Array, tensors: TensorMap): string {
  const file = path.join(scratch(), name);
  writeFileSync(file, write(tensors));
  return file;
}

const tensors = new Map([[NAME, float32([2], Float32Array.of(1, Number.NaN))]]);

describe("control characters", () => {
  it("are escaped as in JSON, and all else is left", () => {
    expect([visible(NAME), visible('évoformer 日本 \\ "x"')]).toEqual([SHOWN, 'évoformer 日本 \\ "x"']);
    expect(visibleLines("a\tb\nc\u007f")).toBe("a\\tb\nc\\u007f");
    expect(JSON.parse(visibleLines(JSON.stringify([NAME], null, 2)))).toEqual([NAME]);
  });

  it("do not disturb a table", () => {
    expect(table(["name", "n"], [[NAME, 1]]).split("\n")).toEqual([expect.any(String), `${SHOWN}  1`]);
  });

  it("of a tensor's name are shown by weights inspect, in JSON as well", async () => {
    const file = written("x.safetensors", writeSafetensors, tensors);
    const { code, stdout, stderr } = await af3gpu(["weights", "inspect", file]);
    expect([code, stderr, stdout]).toEqual([0, "", expect.not.stringMatching(OBEYED)]);
    expect(stdout).toContain(`${SHOWN}  [2]`);
    expect(stdout).toContain(`1 value is not finite: ${SHOWN} (1 of 2)\n`);
    const json = (await af3gpu(["weights", "inspect", file, "--json"])).stdout;
    expect([json, JSON.parse(json).tensors[0].name]).toEqual([expect.not.stringMatching(OBEYED), NAME]);
  });

  it("of a tensor that a component lacks are shown where the two are compared", async () => {
    const file = written("x.safetensors", writeSafetensors, tensors);
    const { stdout } = await af3gpu(["weights", "inspect", file, "--engine", "ligo", "--component", "pairformer"]);
    expect(stdout).toContain(`extra (1):\n  ${SHOWN}\n`);
    expect(stdout).not.toMatch(OBEYED);
  });

  it("of a member of an npz are shown in notes and errors", async () => {
    const file = path.join(scratch(), "made.safetensors");
    await af3gpu(["features", "--synthetic", "--engine", "ligo", "--seq-len", "8", "--out", file]);
    const whole = written(
      "more.npz",
      writeNpz,
      new Map([
        ...new SafeTensors(readFileSync(file), file).readAll(),
        ["\u001b[31mred", float32([1], Float32Array.of(1))],
      ]),
    );
    const noted = await af3gpu(["features", whole, "--engine", "ligo"]);
    expect([noted.code, noted.stderr]).toEqual([0, expect.stringContaining("\\u001b[31mred")]);
    expect(noted.stderr + noted.stdout).not.toMatch(OBEYED);
  });

  it.each([
    ["weights", "inspect", NAME],
    ["verify", NAME],
    ["kernels", NAME],
    ["bench", "--preset", NAME],
    ["bench", `--${NAME}`],
    ["run", "x", "--out", NAME],
    [NAME],
  ])("of an argument are shown in what is said about it (%#)", async (...args) => {
    const { code, stdout, stderr } = await af3gpu(args);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(SHOWN);
    expect(stderr).toMatch(/^[^\n]*\n$/);
    expect(stderr).not.toMatch(OBEYED);
  });
});
