/**
 * What AMD's compilers in Debian's own Mesa say of the heaviest pipelines of both networks, compared with test/compilers.json. They
 * run without a GPU and say the same on every machine; of which Mesa the figures are stands in the table.
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { keptOf, readKept, upstream, worsened } from "../../scripts/compilers/kept.mjs";
import { findMesa, layerFor } from "../../scripts/compilers/mesa.mjs";
import { tested } from "../../scripts/compilers/options.mjs";
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

describe("the compilers of AMD's GPUs", () => {
  it("no pipeline starts to spill, and none multiplies and adds less in its hottest block", { timeout: 600_000 }, ({
    skip,
  }) => {
    const why = missing();
    if (why) skip(why);
    const file = path.join(scratch(), "now.json");
    const args = ["--mesa", "system", "--heaviest", "--gpu", tested.join(","), "--json", file];
    const { status, stderr } = spawnSync(process.execPath, ["scripts/compilers.mjs", ...args], {
      cwd: root,
      encoding: "utf8",
      maxBuffer: 2 ** 26,
    });
    expect([status, stderr]).toEqual([0, expect.stringMatching(/^(compilers: \w+: \d+ pipelines \(\d+ s\)\n)+$/)]);
    const now = keptOf(JSON.parse(readFileSync(file, "utf8")), kept.mesa);
    expect(
      worsened(kept, now),
      "if it must be so: npm run compilers -- --renew, and the message of the commit says why",
    ).toEqual([]);
    // A table that no longer names the pipelines could see nothing.
    const unknown = Object.entries(now.pipelines).flatMap(([gpu, pipelines]) =>
      Object.keys(pipelines).flatMap((key) => (kept.pipelines[gpu]?.[key] ? [] : [`${gpu}: ${key}`])),
    );
    expect(unknown, "pipelines that test/compilers.json does not have: npm run compilers -- --renew").toEqual([]);
  });

  it("are kept for every engine", () => {
    for (const gpu of tested)
      for (const engine of engineNames)
        expect(
          Object.keys(kept.pipelines[gpu] ?? {}).filter((key) => key.startsWith(`${engine} full `)).length,
        ).toBeGreaterThan(20);
  });
});
