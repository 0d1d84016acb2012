/** As test/cli/stdout.test.ts, for what computes on a device first. */
import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { af3gpu } from "../support/binary.ts";
import { testDevice } from "../support/device.ts";
import { verbsWithDevice } from "../support/verbs.ts";

const noFull = existsSync("/dev/full") ? false : "this system has no /dev/full; run the tests on Linux";

describe.each(Object.entries(verbsWithDevice))("%s", (_, args) => {
  it("to a full stdout says so and exits with 2", async ({ skip }) => {
    if (noFull) skip(noFull);
    const { code, stderr } = await af3gpu([...args, "--device", testDevice], { stdout: "full" });
    expect([code, stderr.trimEnd().split("\n").at(-1)]).toEqual([
      2,
      "af3-gpu: cannot write to the standard output: the disk is full",
    ]);
    expect(stderr).not.toMatch(/^ +at /m);
  });

  it("to a closed pipe ends silently with 0", async ({ skip }) => {
    if (args[0] === "doctor") skip("once through all kernels is enough; it prints as the others do");
    const { code, stderr } = await af3gpu([...args, "--device", testDevice], { stdout: "closed" });
    expect([code, stderr]).toEqual([0, expect.not.stringMatching(/af3-gpu:|^ +at /m)]);
  });
});
