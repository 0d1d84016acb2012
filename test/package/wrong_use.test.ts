/** Wrong use of everything that the package exports: each argument of each function, as everything that it should not be. */
import { describe, expect, it } from "vitest";
import * as onnx from "../../src/backends/onnx/index.ts";
import * as bench from "../../src/bench/core/index.ts";
import * as browser from "../../src/browser.ts";
import * as node from "../../src/index.ts";
import { manifestOf, root } from "../support/packed.ts";
import { publicCalls } from "../support/public_calls.ts";
import { complaint, complaintsOf, exportedFunctions, outcome } from "../support/wrong_use.ts";

const modules: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  "src/index.ts": node,
  "src/browser.ts": browser,
  "src/bench/core/index.ts": bench,
  "src/backends/onnx/index.ts": onnx,
};

/** The sources of all that package.json exports; `./script` is a bundle of the browser's. */
function exportedSources(): string[] {
  const files = JSON.stringify(manifestOf(root).exports).match(/dist\/[\w/-]+\.js/g) ?? [];
  return [...new Set(files)]
    .filter((file) => file !== "dist/browser/af3-gpu.js")
    .map((file) => file.replace(/^dist\/(.*)\.js$/, "src/$1.ts"));
}

it("the table knows every module that package.json exports", () => {
  expect(exportedSources().sort()).toEqual(Object.keys(modules).sort());
});

describe.each(Object.keys(modules))("%s", (file) => {
  const calls = exportedFunctions(modules[file]);

  it("has a row for each exported function, and no other", () => {
    expect(Object.keys(publicCalls[file]).sort()).toEqual(calls.map(({ path }) => path).sort());
  });

  it.each(calls.filter(({ path }) => publicCalls[file][path]?.takes.length))("$path", async ({ path, call }) => {
    const { takes, on } = publicCalls[file][path];
    const right = takes.map((kind) => kind.right);
    const fine = await outcome(() => call(on, right));
    const expected = fine === undefined || fine instanceof node.UnavailableError;
    if (!expected && path !== "readManifest" && file !== "src/browser.ts") expect(fine).toBeUndefined();
    expect(await complaintsOf(takes, (args) => call(on, args))).toEqual([]);
  });
});

it("noise refuses what names no sample and no step", async () => {
  const recorded = node.recordedNoise(
    "ligo",
    node.syntheticNoise("ligo", node.syntheticFeatures("ligo", { tokens: 4 }), { samples: 1, steps: 2 }),
  );
  for (const noise of [node.seededNoise("ligo", 0, 4), recorded])
    for (const strange of [undefined, "0", -1, 0.5, Number.NaN] as never[]) {
      expect(complaint(await outcome(() => noise.init(strange)))).toBeUndefined();
      expect(complaint(await outcome(() => noise.step(strange, 0)))).toBeUndefined();
      expect(complaint(await outcome(() => noise.step(0, strange)))).toBeUndefined();
    }
});
