/** Wrong use of the library, as people without types write it: one sentence that names what was wrong, before anything runs. */
import { describe, expect, it } from "vitest";
import { InputCheck } from "../../src/backends/input_check.ts";
import { findComponent, findEngine } from "../../src/engines/index.ts";
import { givenOptions } from "../../src/formats/given.ts";
import { BadInputError, openWebGpu, preset, syntheticInputs } from "../../src/index.ts";

// biome-ignore lint/suspicious/noExplicitAny: this is what a caller without types hands in
type Untyped = any;

const { config } = preset("ligo", "pairformer", "tiny");
const sizes = { tokens: 8 };
const good = { engine: "ligo", component: "pairformer", config, sizes, weights: { kind: "random", seed: 0 } };

const sentence = (error: unknown, expected: RegExp): void => {
  expect(error).toBeInstanceOf(BadInputError);
  expect((error as Error).message).toMatch(expected);
  expect((error as Error).message).not.toMatch(/\n|undefined is not|Cannot read|is not a function|is not iterable/);
};

const thrown = (call: () => unknown): unknown => {
  try {
    call();
  } catch (error) {
    return error;
  }
  return undefined;
};

describe("preset", () => {
  it.each<[string, Untyped[], RegExp]>([
    [
      "an unknown size",
      ["ligo", "pairformer", "huge"],
      /the preset should be one of tiny, block, paper, .*protenix-v2, not "huge"/,
    ],
    ["no size", ["ligo", "pairformer"], /the preset is missing: it should be one of tiny, block, paper, /],
    ["an unknown engine", ["boltz", "pairformer", "tiny"], /there is no engine boltz/],
    ["no engine", [], /the engine is missing/],
    ["an unknown component", ["ligo", "evoformer", "tiny"], /evoformer/],
    ["what every object has", ["constructor", "pairformer", "tiny"], /there is no engine constructor/],
    ["no component", ["ligo", undefined, "tiny"], /the component is missing/],
  ])("of %s", (_, args, expected) => {
    sentence(
      thrown(() => (preset as Untyped)(...args)),
      expected,
    );
  });
});

describe("synthetic inputs", () => {
  it.each<[string, Untyped[], RegExp]>([
    ["no sizes", ["ligo", "pairformer", config], /sizes is missing: it should be an object such as \{ tokens: 64 \}/],
    [
      "a number as text",
      ["ligo", "pairformer", config, { tokens: "8" }],
      /sizes\.tokens should be a whole number.*not "8"/,
    ],
    ["no tokens", ["ligo", "pairformer", config, {}], /tokens/],
    ["a size that is no number", ["ligo", "pairformer", config, { tokens: Number.NaN }], /sizes\.tokens .*not NaN/],
    ["a fraction", ["ligo", "pairformer", config, { tokens: 8.5 }], /sizes\.tokens .*not 8\.5/],
    ["a negative size", ["ligo", "pairformer", config, { tokens: -8 }], /sizes\.tokens .*not -8/],
    [
      "sizes whose tensors no memory holds",
      ["ligo", "pairformer", config, { tokens: 20000 }],
      /^z \[20000, 20000, \d+\] would not fit into memory: ask for less$/,
    ],
    [
      "such sizes of a component that reads features",
      [
        "deepmind",
        "diffusion_head",
        preset("deepmind", "diffusion_head", "tiny").config,
        { ...preset("deepmind", "diffusion_head", "tiny").widths, tokens: 20000 },
      ],
      /\[20000, 20000, \d+\] would not fit into memory/,
    ],
    [
      "a mistyped change",
      ["ligo", "pairformer", config, sizes, 0, { chians: 2 }],
      /^chians is no field of the changes; .*Did you mean chains\?$/,
    ],
    ["no config", ["ligo", "pairformer", undefined, sizes], /the config is missing/],
    ["a seed as text", ["ligo", "pairformer", config, sizes, "1"], /the seed should be a whole number.*not "1"/],
    [
      "an unknown component",
      ["ligo", "evoformer", config, sizes],
      /ligo has no component evoformer; it has pairformer/,
    ],
  ])("of %s", (_, args, expected) => {
    sentence(
      thrown(() => (syntheticInputs as Untyped)(...args)),
      expected,
    );
  });
});

describe("load", () => {
  it.each<[string, Untyped, RegExp]>([
    ["nothing", undefined, /the request is missing/],
    [
      "a mistyped field",
      { ...good, memoryLimt: 2 ** 30 },
      /^memoryLimt is no field of the request; known are engine, .*, signal\. Did you mean memoryLimit\?$/,
    ],
    ["no engine", { ...good, engine: undefined }, /engine is missing/],
    ["an unknown engine", { ...good, engine: "boltz" }, /there is no engine boltz/],
    ["an unknown component", { ...good, component: "evoformer" }, /ligo has no component evoformer/],
    ["no config", { ...good, config: undefined }, /config is missing/],
    ["no sizes", { ...good, sizes: undefined }, /sizes is missing/],
    ["a number as text", { ...good, sizes: { tokens: "64" } }, /sizes\.tokens should be a whole number .* not "64"/],
    ["a size of NaN", { ...good, sizes: { tokens: Number.NaN } }, /sizes\.tokens .* not NaN/],
    [
      "a size beyond all",
      { ...good, sizes: { tokens: 1e300 } },
      /sizes\.tokens should be a whole number from 1 to \d+/,
    ],
    ["no weights", { ...good, weights: undefined }, /weights is missing: it should be \{ kind: "random"/],
    ["weights of another kind", { ...good, weights: { kind: "zeros" } }, /their kind is zeros/],
    ["no seed", { ...good, weights: { kind: "random" } }, /weights\.seed is missing/],
    ["a promised file", { ...good, weights: { kind: "file", file: Promise.resolve() } }, /weights\.file .*: await it/],
    [
      "a path",
      { ...good, weights: { kind: "file", file: "w.safetensors" } },
      /weights\.file should be what openWeights/,
    ],
    ["a memory limit as text", { ...good, memoryLimit: "8GB" }, /memoryLimit should be a whole number .* not "8GB"/],
    ["a controller in a signal's place", { ...good, signal: new AbortController() }, /signal should be the signal of/],
    ["a note that is no function", { ...good, note: "loud" }, /note should be a function, not "loud"/],
  ])("of %s", async (_, request, expected) => {
    sentence(
      await openWebGpu()
        .load(request)
        .catch((error: unknown) => error),
      expected,
    );
  });
});

describe("open", () => {
  it.each<[string, Untyped, RegExp]>([
    ["a device that is no text", { device: 1 }, /the device should be .* not 1/],
    [
      "a mistyped option",
      { devise: "cpu" },
      /^devise is no field of the options; known are device, tuning, precision, diffusionPrecision\. Did you mean device\?$/,
    ],
    ["an empty device", { device: "" }, /the device should be .* not ""/],
    ["an unknown tuning", { tuning: "fast" }, /tuning should be one of own, reviewed, not "fast"/],
    [
      "a text in the options' place",
      "cuda",
      /the options should be an object such as \{ device: "auto" \}, not "cuda"/,
    ],
  ])("with %s", (_, options, expected) => {
    sentence(
      thrown(() => openWebGpu(options)),
      expected,
    );
  });
});

describe("run", () => {
  const configured = findComponent(findEngine("ligo"), "pairformer").configure(config, sizes, () => {});
  const inputs = syntheticInputs("ligo", "pairformer", config, sizes);
  const check = (given: Untyped) => thrown(() => new InputCheck(configured, () => {}).check(given));
  const z = inputs.get("z") as Untyped;

  it("takes what it should", () => expect(check(inputs)).toBeUndefined());

  it.each<[string, Untyped, RegExp]>([
    ["nothing", undefined, /the inputs is missing|the inputs are missing/],
    [
      "a plain object",
      Object.fromEntries(inputs),
      /should be a Map of .*, not a plain object: new Map\(Object\.entries/,
    ],
    ["a promise", Promise.resolve(inputs), /should be a Map of .*, not a Promise: await it$/],
    ["an array", [...inputs], /should be a Map of .*, not an array/],
    [
      "an array in a tensor's place",
      new Map<string, Untyped>([...inputs, ["z", [1, 2]]]),
      /z should be a tensor \{ dtype, shape, data \}/,
    ],
    [
      "a tensor of plain numbers",
      new Map([...inputs, ["z", { ...z, data: [...z.data] }]]),
      /z: data of float32 should be a Float32Array/,
    ],
    [
      "a tensor of doubles",
      new Map([...inputs, ["z", { ...z, dtype: "float64" }]]),
      /z: dtype should be one of float32, int32, not "float64"/,
    ],
    [
      "a shape that its values do not fill",
      new Map([...inputs, ["z", { ...z, shape: [8, 8, 5] }]]),
      /z has \d+ values, but its shape \[8, 8, 5\] holds 320/,
    ],
    [
      "one tensor of another length, blamed by its own name",
      new Map([
        ...inputs,
        [
          "s",
          {
            dtype: "float32",
            shape: [7, (inputs.get("s") as Untyped).shape[1]],
            data: new Float32Array(7 * (inputs.get("s") as Untyped).shape[1]),
          },
        ],
      ]),
      /the input s is \[7, \d+\], expected \[8, \d+\] \(tokens, c_s\)/,
    ],
  ])("of %s", (_, given, expected) => sentence(check(given), expected));

  it.each<[string, Untyped, RegExp]>([
    ["a signal in the options' place", new AbortController().signal, /pass \{ signal \}/],
    [
      "a controller in the signal's place",
      { signal: new AbortController() },
      /signal should be the signal of an AbortController/,
    ],
    ["null", null, /the options should be an object such as \{ signal, progress \}, not null/],
    ["a mistyped signal", { sginal: undefined }, /^sginal is no field of the options; .*Did you mean signal\?$/],
    ["a progress that is no function", { progress: true }, /progress should be a function, not true/],
  ])("with %s", (_, options, expected) => {
    sentence(
      thrown(() => givenOptions(options)),
      expected,
    );
  });
});
