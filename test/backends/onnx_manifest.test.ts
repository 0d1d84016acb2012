/** Manifests of exported graphs come from a cache that anybody can write to. */
import { describe, expect, it } from "vitest";
import { readManifest } from "../../src/backends/onnx/manifest.ts";
import { BadInputError } from "../../src/errors.ts";
import { graphKey } from "../../src/platform/node/onnx/graphs.ts";
import { distogramGraph, modelAndManifest } from "../support/onnx.ts";

const { manifest } = modelAndManifest(distogramGraph({ c_z: 13, no_bins: 11 }));

const read = (value: unknown) => readManifest(new TextEncoder().encode(JSON.stringify(value)), "graph/manifest.json");

/** The manifest with one field, by its path, replaced or, with undefined, removed. */
function changed(path: string, value: unknown): unknown {
  const copy = structuredClone(manifest) as unknown as Record<string, unknown>;
  const keys = path.split("/");
  let at = copy;
  for (const key of keys.slice(0, -1)) at = at[key] as Record<string, unknown>;
  at[keys[keys.length - 1]] = value;
  return copy;
}

describe("a graph's key", () => {
  it("is the same in Python, whatever the order of the fields and the form of the numbers", () => {
    const config = JSON.parse('{"b": [1.0, 0.00001, 10e-8, 2.5, null, true], "a": {"z": 3, "y": "é"}}');
    const graph = { engine: "deepmind", component: "trunk", variant: "mha", config } as const;
    const key = graphKey({ ...read(manifest), ...graph, widths: { c_s: 384 }, sizes: { tokens: 64 } });
    expect(key).toBe("deepmind-trunk-mha-45228f8d76a8"); // onnx_key.key of the same
  });
});

describe("a manifest", () => {
  it("says what a graph takes, gives and needs", () => {
    expect(read(manifest)).toMatchObject({
      engine: "ligo",
      component: "distogram_head",
      variant: "plain",
      config: { c_z: 13, no_bins: 11 },
      inputs: [{ name: "pair", tensor: "z", type: "float32", shape: [1, "tokens", "tokens", 13] }],
      weights: [
        { tensor: "distogram_head.linear.weight", shape: [11, 13], offset: 0, bytes: 572 },
        { tensor: "distogram_head.linear.bias", shape: [11], offset: 576, bytes: 44 },
      ],
      weightsBytes: 620,
    });
  });

  const port = { name: "pair", tensor: "z", type: "float32", shape: [1] };
  it.each<[string, unknown, RegExp]>([
    ["format", "af3-gpu-onnx/1", /format should be af3-gpu-onnx\/2, not "af3-gpu-onnx\/1"/],
    ["engine", "openfold", /engine should be deepmind, ligo or protenix, not "openfold"/],
    ["component", undefined, /component should be a text, not nothing/],
    ["variant", "fast", /variant should be plain or mha/],
    ["config", [1], /config should be a JSON object/],
    ["widths", { c_s: -1 }, /widths should be sizes by name/],
    ["sizes", { tokens: 1.5 }, /sizes should be sizes by name/],
    ["nodes", "five", /nodes should be a whole number from 0, not "five"/],
    ["inputs", { pair: port }, /inputs should be a list/],
    ["inputs", [port, port], /the input pair is there twice/],
    ["inputs/0/type", "float16", /inputs\[0\]\.type should be float32, int32, int64 or bool/],
    ["inputs/0/shape", [1, -4], /inputs\[0\]\.shape should be a list of sizes/],
    ["outputs/0/type", "int64", /the output logits has the type int64, expected float32/],
    ["carry", [{ output: "logits", input: "none", first: "zeros" }], /carry goes from logits to none/],
    ["carry", [{ output: "logits", input: "pair", first: "ones" }], /carry\[0\]\.first should be zeros/],
    ["inputs/0/tensor", null, /pair is neither a tensor of golden cases nor carried from trip to trip/],
    ["per_trip", ["msa"], /per_trip names msa, which is no input/],
    ["weights/0/shape", ["c", 13], /weights\[0\]\.shape should be a list of sizes, not \["c",13\]/],
    ["weights/0/bytes", 4, /weights\[0\]\.bytes should be 572, as float32 of its shape, not 4/],
    ["weights/1/offset", 400, /the weight w1 overlaps w0/],
    ["weights_bytes", 600, /the weights end at byte 620, beyond weights_bytes 600/],
    ["files/model.onnx/sha256", "../../etc/passwd", /sha256 should be 64 hexadecimal digits/],
    ["source", null, /source should be a JSON object/],
  ])("with a wrong %s is refused", (path, value, message) => {
    expect(() => read(changed(path, value))).toThrow(BadInputError);
    expect(() => read(changed(path, value))).toThrow(message);
    expect(() => read(changed(path, value))).toThrow(/^graph\/manifest\.json is not a valid manifest: /);
  });

  it.each([
    ["no JSON", "{"],
    ["no object", "[]"],
    ["no UTF-8", "\u{0}"],
  ])("that is %s is refused", (_, text) => {
    const bytes = text === "\u{0}" ? Uint8Array.of(0xff, 0xfe) : new TextEncoder().encode(text);
    expect(() => readManifest(bytes, "x")).toThrow(/^x is not a valid manifest: /);
  });
});
