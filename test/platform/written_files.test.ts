/** Whether a file can be written is found out before the work, and said in words. */
import { chmodSync, mkdirSync, readdirSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { checkTensorFile } from "../../src/platform/node/tensor_files.ts";
import { checkWritable, checkWritableFolder, writeWhole } from "../../src/platform/node/written_files.ts";
import { scratch } from "../support/binary.ts";

const folder = scratch();
const at = (...parts: string[]): string => path.join(folder, ...parts);
writeFileSync(at("file"), "before");
mkdirSync(at("folder"));
symlinkSync(at("loop"), at("loop"));

describe("a file that cannot be written", () => {
  it.each([
    ["folder", "it is a folder"],
    [path.join("file", "below", "x"), `${at("file")} is a file, not a folder`],
    ["loop", "its symbolic links lead in a circle"],
    ["x".repeat(300), "its name is too long"],
  ])("%s", async (name, reason) => {
    const message = `cannot write ${at(name)}: ${reason}`;
    await expect(checkWritable(at(name))).rejects.toThrow(message);
    await expect(writeWhole(at(name), "content")).rejects.toThrow(message);
  });

  it("in a folder that is read-only, which is named", async ({ skip }) => {
    if (process.platform === "win32") skip("rights of folders are those of Linux and macOS");
    mkdirSync(at("fixed"));
    chmodSync(at("fixed"), 0o555);
    chmodSync(folder, 0o755);
    const root = process.geteuid?.() === 0;
    if (root) process.seteuid?.(65534);
    try {
      const reason = `the folder ${at("fixed")} is read-only for this user`;
      const file = at("fixed", "deep", "x.npz");
      await expect(checkTensorFile(file)).rejects.toThrow(`cannot write ${file}: ${reason}`);
      await expect(writeWhole(file, "content")).rejects.toThrow(`cannot write ${file}: ${reason}`);
      await expect(checkWritableFolder(at("fixed", "results"))).rejects.toThrow(reason);
    } finally {
      if (root) process.seteuid?.(0);
    }
  });

  it("of another ending than those that are known", async () => {
    await expect(checkTensorFile("x.pt")).rejects.toThrow('--out should end in .safetensors or .npz, not "x.pt"');
  });
});

it("one that can is left as it was, and folders are made with it only", async () => {
  await checkWritable(at("file"));
  await checkWritable(at("new", "deep", "x"));
  await checkWritableFolder(at("new"));
  expect(readFileSync(at("file"), "utf8")).toBe("before");
  expect(readdirSync(folder).filter((name) => /new|tmp/.test(name))).toEqual([]);
});

it("writing through a symbolic link keeps the link", async () => {
  symlinkSync(at("file"), at("link"));
  await writeWhole(at("link"), "after");
  expect([readlinkSync(at("link")), readFileSync(at("file"), "utf8")]).toEqual([at("file"), "after"]);
});

afterAll(() => chmodSync(at("fixed"), 0o755));
