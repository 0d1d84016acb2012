/** What the archive of the package holds, and what it lets others import. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { installPacked, type Manifest, manifestOf, type Packed, root } from "../support/packed.ts";

vi.setConfig({ testTimeout: 300_000 });
let packed: Packed;
let manifest: Manifest;
beforeAll(async () => {
  packed = await installPacked();
  manifest = manifestOf(packed.folder);
}, 300_000);

/** All files that a tree of conditions names. */
const targets = (value: unknown): string[] =>
  typeof value === "string" ? [value] : Object.values(value as Record<string, unknown>).flatMap(targets);

describe("the archive", () => {
  it("has every file that package.json names", () => {
    const { exports, main, types, bin } = manifest;
    const named = [...targets(exports), main, types, ...Object.values(bin)].map((file) => path.posix.normalize(file));
    expect(named.length).toBeGreaterThan(8);
    expect(named.filter((file) => !packed.files.includes(file))).toEqual([]);
    expect({ main, types }).toEqual({
      main: targets(exports["."]).find((file) => file.endsWith(".js")),
      types: targets(exports["."])[0],
    });
  });

  it("has declarations for every export that is code", () => {
    const entries = Object.entries(manifest.exports).filter(([name]) => !name.endsWith(".json"));
    for (const [name, entry] of entries)
      expect([name, targets(entry).some((file) => file.endsWith(".d.ts"))]).toEqual([name, true]);
  });

  it("pleases publint", async () => {
    const { messages, pkg } = await publint({ pkgDir: packed.folder, level: "suggestion", strict: true, pack: false });
    expect(messages.map((message) => formatMessage(message, pkg, { color: false }))).toEqual([]);
  });

  it("has the command in one file, beside generated texts: hundreds of modules would take longer to load than most verbs work", () => {
    const imported = [...read("dist/cli/main.js").matchAll(/^import .*? from "(\..*?)";$/gm)].map(([, file]) => file);
    expect(imported.length).toBeGreaterThan(2);
    expect(imported.filter((file) => !file?.startsWith("../generated/"))).toEqual([]);
  });

  it("has no source maps, recordings or sources, and stays small", () => {
    expect(packed.files.filter((file) => /\.map$|^(src|test|cases|export|wgsl)\//.test(file))).toEqual([]);
    expect(packed.files.filter((file) => /sourceMappingURL/.test(read(file)) && file.endsWith(".js"))).toEqual([]);
    // The library is there in modules, and once more in one file for browsers and one for the command.
    expect(packed.size).toBeLessThan(2e6);
    expect(packed.unpackedSize).toBeLessThan(6.6e6);
  });
});

const read = (file: string): string => readFileSync(path.join(packed.folder, file), "utf8");

describe("what is installed with it", () => {
  it("is nothing that has a binary: those are optional peers, which a clone has for its work", () => {
    const { dependencies, peerDependencies, peerDependenciesMeta } = manifest;
    expect(Object.keys(dependencies)).toEqual([
      "cli-table3",
      "commander",
      "d3-scale",
      "d3-shape",
      "fflate",
      "yaml",
      "yocto-spinner",
      "zstddec",
    ]);
    expect(Object.keys(peerDependencies)).toEqual([
      "@resvg/resvg-js",
      "@sparticuz/chromium",
      "3dmol",
      "af3-gpu-cases",
      "openchemlib",
      "tar-fs",
      "webgpu",
    ]);
    for (const name of Object.keys(peerDependencies))
      expect([name, peerDependenciesMeta[name]]).toEqual([name, { optional: true }]);
    const { devDependencies } = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8"));
    for (const name of ["webgpu", "@resvg/resvg-js", "@sparticuz/chromium", "3dmol", "openchemlib", "tar-fs"])
      expect(devDependencies).toHaveProperty([name]);
  });

  it("is what the documents and messages say, at the versions that they say", () => {
    const told = ["README.md", "docs/library.md", "src/platform/node/swiftshader.ts"].flatMap((file) => {
      const text = readFileSync(path.join(root, file), "utf8").replaceAll("$" + "{PACKAGE}", "@sparticuz/chromium");
      return [...text.matchAll(/npm install ([^`:]+)/g)].flatMap(([, names]) => names.split(" "));
    });
    const pinned = Object.entries(manifest.peerDependencies).map(([name, version]) => `${name}@${version}`);
    expect([...new Set(told)].sort()).toEqual([...pinned, "af3-gpu"].sort());
  });
});
