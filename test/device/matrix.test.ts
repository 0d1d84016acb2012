/**
 * The variant that multiplies by matrix units, computed: on the lavapipe of the Mesa that `npm run setup:compilers` unpacks, in a process of
 * its own. `npm run test:matrix` does the same with all cases of all kernels, which takes minutes.
 */
import { spawnSync } from "node:child_process";
import path from "node:path";
import { expect, it } from "vitest";
import { findMesa } from "../../scripts/compilers/mesa.mjs";
import { only } from "../support/device.ts";

const root = path.resolve(import.meta.dirname, "../..");

/** A product as it is, one with rows that are normalised, an attention, and two products in one; or what `npm run mutate` is about. */
const kernels = only.kernel ? [only.kernel] : ["matmul", "project", "attention", "transition"];

/** Why it cannot be computed, or undefined. */
function missing(): string | undefined {
  try {
    findMesa("cache");
    return undefined;
  } catch (error) {
    const { message, fix } = error as Error & { fix?: string };
    return `${message}: ${fix}`;
  }
}

it("is right at sizes that fill no tile, with float32 and with halves", { timeout: 600_000 }, ({ skip }) => {
  const why = missing();
  if (why) skip(why);
  const args = ["scripts/matrix.mjs", ...kernels, "--case", "ragged", "--bail", "--json"];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: "utf8" });
  const found: { kind: string; name: string; reason?: string }[] = stdout.startsWith("[") ? JSON.parse(stdout) : [];
  expect(
    found.filter(({ kind }) => kind !== "passed"),
    stderr,
  ).toEqual([]);
  expect([status, found[0]?.name]).toEqual([0, "the test before plans take it"]);
  for (const kernel of only.kernel ? [] : kernels)
    expect(found.filter(({ name }) => name.startsWith(`${kernel} (matrix) `)).length).toBeGreaterThan(1);
});
