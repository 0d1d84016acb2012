/** The library's examples for Node, of README.md and docs/library.md, run as they stand. */
import { spawnSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import ts from "typescript-5.9";
import { expect, it } from "vitest";
import { noiseFilter } from "../../src/cli/noise.ts";
import { testDevice } from "../support/device.ts";
import { examples } from "../support/examples.ts";

const root = path.resolve(import.meta.dirname, "../..");

/** What each prints, and what it tells on the way. */
const prints: Readonly<Record<string, { readonly stdout: RegExp; readonly stderr: RegExp }>> = {
  readme: { stdout: /^\[ 64, 64, 32 \]\n$/, stderr: /^$/ },
  node: { stdout: /^s 16 × \d+\nz 16 × 16 × \d+\n$/, stderr: /^( \d+ of \d+\n)+$/ },
};

const inNode = examples().filter(({ where }) => where.includes("node"));

it("the documents have an example for each of these", () => {
  expect(inNode.map(({ name }) => name)).toEqual(Object.keys(prints));
});

it.each(inNode)("the example $name loads a component, runs it on tensors and disposes of it", ({ name, code }) => {
  expect(code).toContain('device: "auto"');
  // Node 20 takes no types; nothing else is changed.
  const { outputText } = ts.transpileModule(code, {
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
  });
  // Inside of the package's folder, Node resolves the package's own name.
  const file = path.join(root, `example-${name}-${process.pid}.mjs`);
  writeFileSync(file, outputText.replace('device: "auto"', `device: ${JSON.stringify(testDevice)}`));
  try {
    const { status, stdout, stderr } = spawnSync(process.execPath, [file], { encoding: "utf8" });
    expect([status, stdout]).toEqual([0, expect.stringMatching(prints[name].stdout)]);
    // What the command keeps away: the library alone lets Dawn say it.
    const isNoise = noiseFilter();
    const said = stderr.split(/(?<=[\r\n])/).filter((line) => !isNoise(line));
    expect(said.join("")).toMatch(prints[name].stderr);
  } finally {
    rmSync(file);
  }
});
