/** Folders of files appear as a whole, or not at all. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { BadInputError } from "../../src/errors.ts";
import { writeFolder } from "../../src/platform/node/written_folders.ts";
import { scratch } from "../support/binary.ts";

const folder = scratch();
const at = (...parts: string[]): string => path.join(folder, ...parts);

describe("a folder", () => {
  it("is made with those around it, of pieces in order, and replaces the one before", async () => {
    const seen: boolean[] = [];
    const files = [{ name: "a.txt", chunks: ["one, ", new TextEncoder().encode("two, "), "three"] }];
    await writeFolder(at("deep", "new"), files, () => seen.push(existsSync(at("deep", "new"))));
    expect(readFileSync(at("deep", "new", "a.txt"), "utf8")).toBe("one, two, three");
    await writeFolder(at("deep", "new"), [{ name: "b.txt", chunks: [] }]);
    expect(readdirSync(at("deep"), { recursive: true }).map(String).sort()).toEqual(["new", path.join("new", "b.txt")]);
    expect(seen).toEqual([false]);
  });

  it("is left as it was where a file cannot be made, and nothing temporary stays", async () => {
    mkdirSync(at("kept"));
    writeFileSync(at("kept", "x"), "before");
    const failing = function* (): Generator<string> {
      yield "half";
      throw new Error("no more");
    };
    const files = [
      { name: "a", chunks: ["whole"] },
      { name: "b", chunks: failing() },
    ];
    await expect(writeFolder(at("kept"), files)).rejects.toThrow("no more");
    expect(readdirSync(at("kept"))).toEqual(["x"]);
    expect(readdirSync(folder).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });

  it("says what is in the way", async () => {
    writeFileSync(at("file"), "");
    const written = writeFolder(at("file", "below"), []);
    await expect(written).rejects.toThrow(BadInputError);
    await expect(written).rejects.toThrow(`cannot write ${at("file", "below")}: a file is in the way`);
  });
});
