/**
 * What AMD's compilers in Debian's own Mesa say of the heaviest pipelines of both networks, compared with test/compilers.json. They
 * run without a GPU and say the same on every machine; of which Mesa the figures are stands in the table.
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { keptOf, matricesOf, matricesWorsened, readKept, upstream, worsened } from "../../scripts/compilers/kept.mjs";
import { findMesa, layerFor } from "../../scripts/compilers/mesa.mjs";
import { tested, testedMixed } from "../../scripts/compilers/options.mjs";
import { engineNames } from "../../src/engines/index.ts";
import { scratch } from "../support/binary.ts";

const root = path.resolve(import.meta.dirname, "../..");
const kept = readKept();

/** Why the compilers cannot be asked, or undefined. */
function missing(): string | undefined {
  try {
    const mesa = findMesa("system");
    layerFor(mesa);
    if (upstream(mesa.version) === kept.mesa) return undefined;
    return `Mesa ${mesa.version} may compile otherwise than ${kept.mesa}, which test/compilers.json is of; npm run compilers -- --renew makes it anew`;
  } catch (error) {
    const { message, fix } = error as Error & { fix?: string };
    return `${message}: ${fix}`;
  }
}

/** What the compilers say. @param args of `npm run compilers` */
function told(args: readonly string[]) {
  const file = path.join(scratch(), "now.json");
  const all = ["scripts/compilers.mjs", "--mesa", "system", "--heaviest", "--json", file, ...args];
  const { status, stderr } = spawnSync(process.execPath, all, { cwd: root, encoding: "utf8", maxBuffer: 2 ** 26 });
  expect([status, stderr]).toEqual([0, expect.stringMatching(/^(compilers: \w+: \d+ pipelines \(\d+ s\)\n)+$/)]);
  return JSON.parse(readFileSync(file, "utf8"));
}

/** Pipelines that the table does not name: it could see nothing of them. */
const unknown = (now: Readonly<Record<string, object>>, known: Readonly<Record<string, object>>) =>
  Object.entries(now).flatMap(([gpu, pipelines]) =>
    Object.keys(pipelines).flatMap((key) => (key in (known[gpu] ?? {}) ? [] : [`${gpu}: ${key}`])),
  );
const renewed = "pipelines that test/compilers.json does not have: npm run compilers -- --renew";
const meant = "if it must be so: npm run compilers -- --renew, and the message of the commit says why";

describe("the compilers of AMD's GPUs", () => {
  it("no pipeline starts to spill, and none multiplies and adds less in its hottest block", { timeout: 600_000 }, ({
    skip,
  }) => {
    const why = missing();
    if (why) skip(why);
    const now = keptOf(told(["--gpu", tested.join(",")]), kept.mesa);
    expect(worsened(kept, now), meant).toEqual([]);
    expect(unknown(now.pipelines, kept.pipelines), renewed).toEqual([]);
  });

  it("in mixed precision no pipeline on matrix units starts to spill, loses its products of matrices, or loads more for each", {
    timeout: 600_000,
  }, ({ skip }) => {
    const why = missing();
    if (why) skip(why);
    const now = matricesOf(told(["--precision", "mixed", "--gpu", testedMixed.join(",")]));
    expect(matricesWorsened(kept.matrices, now), meant).toEqual([]);
    expect(unknown(now, kept.matrices), renewed).toEqual([]);
  });

  it("spill in no pipeline on matrix units, and multiply matrices in every hottest block", () => {
    for (const gpu of testedMixed) {
      const own = Object.entries(kept.matrices[gpu] ?? {});
      expect(own.length).toBeGreaterThan(30);
      for (const [key, [spills, products]] of own) expect([key, spills, products > 0]).toEqual([key, 0, true]);
    }
  });

  it("are kept for every engine", () => {
    for (const gpu of tested)
      for (const engine of engineNames)
        expect(
          Object.keys(kept.pipelines[gpu] ?? {}).filter((key) => key.startsWith(`${engine} full `)).length,
        ).toBeGreaterThan(20);
  });
});
