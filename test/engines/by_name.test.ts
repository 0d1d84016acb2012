/** What the package offers of engines by their names. */
import { describe, expect, it } from "vitest";
import * as offered from "../../src/engines/by_name.ts";
import { engineNames, findPreset } from "../../src/engines/index.ts";
import { BadInputError } from "../../src/errors.ts";

describe("an engine that is not there", () => {
  const files = { read: async () => new Uint8Array() };
  it.each<[string, (engine: string) => unknown]>([
    ["engineInfo", (engine) => offered.engineInfo(engine)],
    ["checkFeatures", (engine) => offered.checkFeatures(engine, new Map(), () => {})],
    ["loadFeatures", (engine) => offered.loadFeatures(files, "f.npz", engine, () => {})],
    ["syntheticFeatures", (engine) => offered.syntheticFeatures(engine, { tokens: 4 })],
    ["syntheticNoise", (engine) => offered.syntheticNoise(engine, new Map(), { samples: 1, steps: 2 })],
    ["seededNoise", (engine) => offered.seededNoise(engine, 0, 4)],
    ["recordedNoise", (engine) => offered.recordedNoise(engine, new Map())],
    ["preset", (engine) => findPreset(engine, "trunk", "tiny")],
  ])("is refused by %s, with those that there are", async (_, use) => {
    for (const engine of ["boltz", "constructor", ""]) {
      const refused = await Promise.resolve()
        .then(() => use(engine))
        .catch((error: unknown) => error);
      expect(refused).toBeInstanceOf(BadInputError);
      expect(String(refused)).toContain(`there is no engine ${engine || '""'}; there are deepmind, ligo and protenix`);
    }
  });
});

describe.each(engineNames)("%s", (engine) => {
  it("tells its repository, its components and which tensor is the pair representation", () => {
    const { name, source, components } = offered.engineInfo(engine);
    expect([name, source?.commit]).toEqual([engine, expect.stringMatching(/^[0-9a-f]{40}$/)]);
    const trunk = components.find((component) => component.name === "trunk");
    const distogram = components.find(({ shortName }) => shortName === "distogram");
    const pairs = [distogram?.inputs, ...(trunk ? [trunk.outputs] : [])].map((specs) =>
      specs?.filter(({ role }) => role === "pair"),
    );
    expect(pairs.map((found) => found?.length)).toEqual(pairs.map(() => 1));
    expect(new Set(pairs.map((found) => found?.[0].name)).size).toBe(1);
  });

  it("has a preset and size for every component", () => {
    for (const { name } of offered.engineInfo(engine).components)
      for (const size of ["tiny", "block", "paper"] as const)
        expect(findPreset(engine, name, size).config, `${name} ${size}`).toBeDefined();
    expect(() => findPreset(engine, "trunk", "huge" as "tiny")).toThrow("there is no preset huge");
  });

  it("draws no noise for a schedule without a step that draws", () => {
    const features = offered.syntheticFeatures(engine, { tokens: 4 });
    expect(() => offered.syntheticNoise(engine, features, { samples: 1, steps: 0 })).toThrow(BadInputError);
  });

  it("refuses options that there are not", async () => {
    const features = offered.syntheticFeatures(engine, { tokens: 4 });
    const noise = { samples: 1, steps: 2, sede: 1 };
    expect(() => offered.syntheticNoise(engine, features, noise)).toThrow(
      /^sede is no field of .* Did you mean seed\?$/,
    );
    const passes = { numMSA: 4 } as never;
    const loading = offered.loadFeatures({ read: async () => new Uint8Array() }, "f.npz", engine, () => {}, passes);
    await expect(loading).rejects.toThrow(/^numMSA is no field of passes; .* Did you mean numMsa\?$/);
  });
});
