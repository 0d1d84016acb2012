/** The cache folder: what is ours goes by kind, what is not stays, and so does what a process uses. */
import { existsSync, linkSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { type CacheKind, cacheEntries, cacheKinds, clearCache } from "../../src/platform/node/cache.ts";
import { scratch } from "../support/binary.ts";
import { af3gpu } from "../support/inside.ts";

/** More than any system gives a process. */
const NOBODY = 2 ** 22 + 1;

/** A cache with one of everything. */
function filled(): string {
  const root = scratch();
  const put = (name: string, bytes: number): void => {
    mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
    writeFileSync(path.join(root, name), new Uint8Array(bytes));
  };
  put("tuning/nvidia-h100-0123456789abcdef.json", 100);
  put("tuning/notes.txt", 1);
  put("onnx/ligo-trunk-plain-0123456789ab/manifest.json", 10);
  put("onnx/ligo-trunk-plain-0123456789ab/model.onnx", 1000);
  put("onnx/ligo-trunk-plain-ba9876543210/mine.txt", 1); // no graph: it has no manifest
  put(`onnx/.staged-${process.pid}-abcdef/weights.bin`, 50);
  put(`onnx/.staged-${NOBODY}-abcdef/weights.bin`, 60);
  linkSync(
    path.join(root, "onnx/ligo-trunk-plain-0123456789ab/model.onnx"),
    path.join(root, `onnx/.staged-${NOBODY}-abcdef/model.onnx`),
  );
  put("venv/ligo/pyvenv.cfg", 5);
  put("venv/ligo/lib/torch.so", 5000);
  put("venv/own/file", 1);
  put("swiftshader-147.0.0/lib.so", 300);
  put("swiftshader-147.0.0-aBc123/lib.so", 3);
  put(`native/${os.hostname()}.${NOBODY}.0123456789ab/inputs`, 7);
  put("compilers/mesa/driver.so", 8);
  put("thesis.doc", 9);
  symlinkSync(os.homedir(), path.join(root, "node-linux-x64-v20.1.0")); // a link is nothing of ours
  return root;
}

const names = async (root: string, ...kinds: string[]) =>
  (await cacheEntries(root)).filter(({ kind }) => kinds.includes(kind)).map(({ name }) => name.replaceAll("\\", "/"));

describe("the cache", () => {
  it("tells what is there, how large, in use, and what is not ours", async () => {
    const root = filled();
    const entries = await cacheEntries(root);
    const find = (name: string) => entries.find((entry) => entry.name === path.normalize(name));
    expect(find("onnx/ligo-trunk-plain-0123456789ab")).toMatchObject({ kind: "graphs", bytes: 1010, used: false });
    expect(find(`onnx/.staged-${process.pid}-abcdef`)).toMatchObject({ kind: "graphs", used: true });
    expect(find("venv/ligo")).toMatchObject({ kind: "environments", bytes: 5005 });
    // The model has two names, and bytes once.
    expect(entries.reduce((sum, { bytes }) => sum + bytes, 0) - (find("node-linux-x64-v20.1.0")?.bytes ?? 0)).toBe(
      6555,
    );
    expect((await names(root, "others")).sort()).toEqual([
      "node-linux-x64-v20.1.0",
      "onnx/ligo-trunk-plain-ba9876543210",
      "thesis.doc",
      "tuning/notes.txt",
      "venv/own",
    ]);
  });

  it("goes by kind, and leaves what is not ours or in use", async () => {
    const root = filled();
    const graphs = await clearCache(["graphs"], root);
    expect(graphs.removed).toHaveLength(2);
    expect(graphs.left).toMatchObject([{ name: path.join("onnx", `.staged-${process.pid}-abcdef`) }]);
    expect(await names(root, "tuning", "environments")).toHaveLength(2);
    await clearCache(Object.keys(cacheKinds) as CacheKind[], root);
    expect((await cacheEntries(root)).map(({ kind, used }) => used || kind)).toEqual(
      expect.arrayContaining([true, "others"]),
    );
    expect(await names(root, "tuning", "environments", "drivers", "compilers", "shims")).toEqual([]);
    expect(existsSync(path.join(root, "thesis.doc")) && existsSync(path.join(root, "venv/own/file"))).toBe(true);
    expect(readdirSync(os.homedir())).not.toEqual([]); // nobody followed the link
  });

  it("keeps environments while a shim runs", async () => {
    const root = filled();
    mkdirSync(path.join(root, "native", `${os.hostname()}.${process.pid}.0123456789ab`));
    const { removed, left } = await clearCache(["environments"], root);
    expect([removed, left.map(({ name }) => name)]).toEqual([[], [path.join("venv", "ligo")]]);
  });

  it("is cleared by several processes at once without an error, and of what killed ones have left", async () => {
    const root = filled();
    mkdirSync(path.join(root, "tuning", `.removing-${NOBODY}-0123456789ab`));
    const all = await Promise.all(Array.from({ length: 4 }, () => clearCache(["tuning", "drivers"], root)));
    expect(all.flatMap(({ removed }) => removed)).toHaveLength(3);
    expect(all.flatMap(({ left }) => left)).toEqual([]);
    expect(readdirSync(path.join(root, "tuning"))).toEqual(["notes.txt"]);
  });
});

describe("af3-gpu cache", () => {
  const run = (root: string, ...args: string[]) => af3gpu(["cache", ...args], { env: { AF3_GPU_CACHE: root } });

  it("lists, clears, and says both as JSON", async () => {
    const root = filled();
    const { code, stdout } = await run(root);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^environments +venv.ligo +4\.888 KiB/m);
    expect(stdout).toMatch(/^others +thesis\.doc +9 bytes +not ours: stays$/m);
    for (const line of stdout.split("\n").slice(0, -2)) expect(line.length).toBeLessThanOrEqual(80);
    const cleared = JSON.parse((await run(root, "--clear", "tuning,drivers", "--json")).stdout);
    expect(cleared.removed).toHaveLength(3);
    expect(JSON.parse((await run(root, "--json")).stdout).folder).toBe(root);
    const rest = await run(root, "--clear");
    expect(rest.stdout).toMatch(/^removed 5 entries, /);
    expect(rest.stderr).toMatch(/\.staged-\d+-abcdef stays: a process that runs uses it/);
  });

  it("refuses a file in the folder's place", async () => {
    const file = path.join(scratch(), "file");
    writeFileSync(file, "mine");
    for (const args of [["cache"], ["cache", "--json"], ["cache", "--clear"]]) {
      const { code, stdout, stderr } = await af3gpu(args, { env: { AF3_GPU_CACHE: file } });
      expect([code, stdout]).toEqual([2, ""]);
      expect(stderr).toBe(`af3-gpu: cannot read the cache folder ${file}: it is a file, not a folder\n`);
    }
  });

  it("has one sentence for an unknown kind, and nothing against a folder that is not there", async () => {
    const root = path.join(scratch(), "none");
    expect((await run(root)).stdout).toBe(`${root} is empty\n`);
    const { code, stderr } = await run(root, "--clear", "tunings");
    expect([code, stderr]).toEqual([2, expect.stringMatching(/not "tunings"\. Did you mean tuning\?/)]);
  });
});
