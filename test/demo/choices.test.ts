/** The choices of the demo's page, and the addresses that hold them. */
import { describe, expect, it } from "vitest";
import {
  cleanSequence,
  complaintsAbout,
  defaults,
  precisionsOf,
  readAddress,
  writeAddress,
} from "../../demo/src/shared/choices.ts";

describe("an address", () => {
  it.each([
    defaults,
    { ...defaults, engine: "deepmind", tokens: 48, seed: 7, passes: 2 } as const,
    { ...defaults, sequence: "MKTAYIAK", tokens: 8, weights: "tiny.safetensors" },
    { ...defaults, precision: "mixed" } as const,
    { ...defaults, precision: "f32,mixed" } as const,
  ])("holds %o", (choices) => {
    const { autorun, tokens, ...read } = readAddress(writeAddress(choices));
    const { tokens: chosen, ...rest } = choices;
    expect(read).toEqual(rest);
    expect(choices.sequence ? defaults.tokens : chosen).toBe(tokens); // a sequence brings its own length
    expect(autorun).toBe(false);
  });

  it("starts a run if it says so", () => {
    expect(readAddress("?engine=deepmind&autorun=1")).toEqual({ ...defaults, engine: "deepmind", autorun: true });
  });

  it("names precisions as the command line does, in any order", () => {
    expect(writeAddress({ ...defaults, precision: "f32,mixed" })).toBe("?engine=ligo&precision=f32,mixed");
    expect(readAddress("?precision=mixed,f32").precision).toBe("f32,mixed");
    expect(readAddress("?precision=mixed%2Cf32").precision).toBe("f32,mixed");
    for (const nonsense of ["half", "mixed,mixed", "", "f32,half"])
      expect(readAddress(`?precision=${nonsense}`).precision).toBe("f32");
    expect(precisionsOf({ precision: "f32,mixed" })).toEqual(["f32", "mixed"]);
  });

  it("that is nonsense is complained of where it can be mended", () => {
    const choices = readAddress("?engine=boltz&n=many&seed=-1&passes=1.5&sequence=B");
    expect(choices.engine).toBe("ligo");
    expect(Object.keys(complaintsAbout(choices)).sort()).toEqual(["passes", "seed", "sequence", "tokens"]);
  });
});

describe("a sequence", () => {
  it("is cleaned of what people paste with it", () => {
    expect(cleanSequence(">sp|P01308|INS_HUMAN Insulin\n  10 malw mrllp\nLLAL-LAL*\n")).toBe("MALWMRLLPLLALLAL");
  });

  it("complains of the first letter that is no amino acid's", () => {
    expect(complaintsAbout({ ...defaults, sequence: "MKXJ" }).sequence).toContain("“X” at position 3");
    expect(complaintsAbout({ ...defaults, sequence: "MKT" })).toEqual({});
  });
});
