/** The clocks of a component whose plan runs in sections. */
import { expect, it } from "vitest";
import { SectionClocks } from "../../src/backends/section_clocks.ts";

it("sums a section over its runs, and the component over its sections", () => {
  const clocks = new SectionClocks(["start", "pass", "end"]);
  clocks.end("start", { execute: 5, gpu: 4 });
  for (let run = 0; run < 2; run++) clocks.end("pass", { execute: 10, gpu: 8 });
  expect(clocks.times()).toEqual({
    execute: 25,
    gpu: 20,
    sections: [
      { name: "start", runs: 1, execute: 5, gpu: 4 },
      { name: "pass", runs: 2, execute: 20, gpu: 16 },
      { name: "end", runs: 0, execute: 0, gpu: 0 },
    ],
  });
});

it("knows the only section without its name, and has no GPU time where a run had none", () => {
  const clocks = new SectionClocks([""]);
  clocks.end(undefined, { execute: 5, gpu: undefined });
  expect(clocks.times()).toEqual({
    execute: 5,
    gpu: undefined,
    sections: [{ name: "", runs: 1, execute: 5, gpu: undefined }],
  });
});
