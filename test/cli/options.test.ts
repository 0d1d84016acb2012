/** Options that hold more than a word. */
import { describe, expect, it } from "vitest";
import { components, size } from "../../src/cli/options.ts";

describe("sizes", () => {
  it.each([
    ["2GiB", 2 ** 31],
    ["1.5 GB", 1.5e9],
    ["500MB", 5e8],
    ["64kB", 64_000],
    ["4096", 4096],
    ["12 B", 12],
  ])("%s is %i bytes", (text, bytes) => {
    expect(size("--memory-limit")(text)).toBe(bytes);
  });

  it.each(["", "GiB", "2 apples", "-1GiB", "1e3", "0", "0.1B", "2gib"])("%j is refused", (text) => {
    expect(() => size("--memory-limit")(text)).toThrow(
      `--memory-limit should be a size such as 500MB or 2GiB, not "${text}"`,
    );
  });
});

it("components come with commas, each once", () => {
  expect(components("msa, pairformer,msa")).toEqual(["msa", "pairformer"]);
  expect(() => components("msa,,pairformer")).toThrow(/--component should be names with commas/);
});
