/** Configs: defaults, malformed fields, unknown fields. */
import { describe, expect, it } from "vitest";
import { findComponent, findEngine } from "../../src/engines/index.ts";
import { BadInputError } from "../../src/errors.ts";

const sizes = { tokens: 4 };
const ligo = findComponent(findEngine("ligo"), "pairformer");
const deepmind = findComponent(findEngine("deepmind"), "pairformer");
const widths = { ...sizes, c_s: 32, c_z: 16 };

function notes(component: typeof ligo, config: unknown, given: Readonly<Record<string, number>>): string[] {
  const told: string[] = [];
  component.configure(config, given, (text) => told.push(text));
  return told;
}

describe("a config", () => {
  it("has the engine's defaults where a field is absent or null", () => {
    const absent = ligo.configure({ c_s: 32, c_z: 16 }, sizes, () => {});
    const nulls = ligo.configure({ c_s: 32, c_z: 16, no_blocks: null, fuse_projection_weights: null }, sizes, () => {});
    expect([...absent.weights]).toEqual([...nulls.weights]);
    expect(absent.weights.has("pairformer.blocks.47.transition.linear_1.weight")).toBe(true);
    expect(
      deepmind
        .configure({}, widths, () => {})
        .weights.get(
          "diffuser/evoformer/__layer_stack_no_per_layer_1/trunk_pairformer/pair_attention1/q_projection:weights",
        ),
    ).toEqual([48, 4, 16, 16]);
  });

  it("takes widths that it lacks from the inputs, and refuses to contradict them", () => {
    expect(ligo.configure({}, widths, () => {}).sizes).toMatchObject({ c_s: 32, c_z: 16 });
    expect(() => ligo.configure({ c_z: 20 }, widths, () => {})).toThrow(
      "config.c_z is 20, but the inputs have 16 channels there",
    );
    expect(() => ligo.configure({}, sizes, () => {})).toThrow("config.c_s is missing, and no input gives it");
  });

  it("notes unknown fields at any depth, and knows those without numeric meaning", () => {
    expect(notes(deepmind, { pair_attention: { num_head: 2, speed: 3 }, colour: 1 }, widths)).toEqual([
      "ignored: config.colour, config.pair_attention.speed",
    ]);
    const harmless = {
      shard_transition_blocks: false,
      pair_transition: { use_glu_kernel: false },
      triangle_multiplication_outgoing: { equation: "ikc,jkc->ijc", use_glu_kernel: true },
      global_config: { bfloat16: "none", final_init: "zeros" },
    };
    expect(notes(deepmind, harmless, widths)).toEqual([]);
  });

  it.each([
    [{ no_blocks: 0 }, "config.no_blocks should be a whole number from 1 to 4096, not 0"],
    [{ no_blocks: 1e9 }, "config.no_blocks should be a whole number from 1 to 4096, not 1000000000"],
    [{ c_hidden_mul: 2.5 }, "config.c_hidden_mul should be a whole number"],
    [{ c_hidden_mul: "12" }, 'config.c_hidden_mul should be a whole number from 1 to 65536, not "12"'],
    [{ fuse_projection_weights: 1 }, "config.fuse_projection_weights should be true or false, not 1"],
    [{ no_heads_single_attn: 5 }, "config.c_s: 32 does not divide into 5 heads"],
    [JSON.parse('{"no_blocks": 1e400}'), "config.no_blocks should be a whole number from 1 to 4096, not Infinity"],
    [{ no_blocks: Number.NaN }, "config.no_blocks should be a whole number from 1 to 4096, not NaN"],
    [
      { no_blocks: [1, Number.NEGATIVE_INFINITY] },
      'config.no_blocks should be a whole number from 1 to 4096, not [1,"-Infinity"]',
    ],
    [{ no_blocks: () => 4 }, "config.no_blocks should be a whole number from 1 to 4096, not a function"],
    [[], "config should be a JSON object"],
    [null, "config should be a JSON object"],
  ])("%j is refused", (config, message) => {
    expect(() => ligo.configure(config, widths, () => {})).toThrow(BadInputError);
    expect(() => ligo.configure(config, widths, () => {})).toThrow(message);
  });

  it("refuses in a sentence what JSON cannot write", () => {
    const round: unknown[] = [];
    round.push(round);
    for (const [value, text] of [
      [4n, "4"],
      [round, "an array"],
    ] as const)
      expect(() => ligo.configure({ no_blocks: value }, widths, () => {})).toThrow(
        new BadInputError(`config.no_blocks should be a whole number from 1 to 4096, not ${text}`),
      );
  });

  it.each([
    [{ single_attention: 7 }, "config.single_attention should be a JSON object"],
    [{ single_attention: { num_head: 3 } }, "config.single_attention.key_dim: 32 does not divide into 3 heads"],
    [
      { single_transition: { num_intermediate_factor: 0 } },
      "config.single_transition.num_intermediate_factor should be a number above zero",
    ],
    [
      { global_config: { bfloat16: "all" } },
      'config.global_config.bfloat16 is "all", only "none" (float32) is supported',
    ],
  ])("deepmind's %j is refused", (config, message) => {
    expect(() => deepmind.configure(config, widths, () => {})).toThrow(message);
  });

  it("asks for at least one token", () => {
    expect(() => ligo.configure({}, { ...widths, tokens: 0 }, () => {})).toThrow(
      "the number of tokens should be at least 1, not 0",
    );
  });
});
