/** The README's library example runs as it stands. */
import { spawnSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { testDevice } from "../support/device.ts";

const root = path.resolve(import.meta.dirname, "../..");

it("the README's library example loads a component, runs it on tensors and disposes of it", () => {
  const example = /```js\n([\s\S]*?)```/.exec(readFileSync(path.join(root, "README.md"), "utf8"))?.[1];
  expect(example).toContain('from "af3-gpu"');
  // Inside of the package's folder, Node resolves the package's own name.
  const file = path.join(root, `readme-example-${process.pid}.mjs`);
  writeFileSync(file, (example ?? "").replace('device: "auto"', `device: ${JSON.stringify(testDevice)}`));
  try {
    const { status, stdout, stderr } = spawnSync(process.execPath, [file], { encoding: "utf8" });
    expect([status, stderr.replace(/^Warning: max.*\n/gm, "")]).toEqual([0, ""]);
    expect(stdout).toContain("[ 64, 64, 32 ]");
  } finally {
    rmSync(file);
  }
});
