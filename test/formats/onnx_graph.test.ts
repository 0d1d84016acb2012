/** The writer of ONNX models; that ONNX Runtime takes them and computes what they say is tested with the backends. */
import { describe, expect, it } from "vitest";
import { writeOnnx } from "../../src/formats/onnx_graph.ts";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const text = (value: string): string => Buffer.from(value).toString("hex");

describe("an ONNX model", () => {
  const value = (name: string, shape: (number | string)[]) => ({ name, type: "float32", shape }) as const;

  it("is the protobuf of onnx.proto", () => {
    const model = writeOnnx({ name: "g", inputs: [value("x", ["n", 3])], outputs: [], nodes: [] });
    // Field and type, length, content: ValueInfo { name, type { tensor_type { elem_type, shape { dim n, dim 3 } } } }.
    const dims = `0a03${"1201"}${text("n")}0a020803`;
    const tensor = `0801${"120"}9${dims}`;
    const input = `0a01${text("x")}120f0a0d${tensor}`;
    const graph = `1201${text("g")}5a14${input}`;
    const opsets = `42040a0010144211${"0a0d"}${text("com.microsoft")}1001`;
    expect(hex(model)).toBe(`080a1207${text("af3-gpu")}3a19${graph}${opsets}`);
  });

  it("names the file, the offset and the length of parameters outside, beyond 4 GiB too", () => {
    const initializers = [{ name: "w", shape: [2, 3], values: { file: "weights.bin", offset: 2 ** 33 } }];
    const found = hex(writeOnnx({ name: "g", inputs: [], outputs: [], initializers, nodes: [] }));
    for (const part of ["location", "weights.bin", "offset", "8589934592", "length", "24"])
      expect(found).toContain(text(part));
  });

  it("writes numbers beyond 32 bits and lengths beyond 127 as varints", () => {
    const nodes = [{ op: "Op", inputs: ["i".repeat(200)], outputs: [], attributes: { to: 2 ** 40, perm: [1, 0] } }];
    const found = hex(writeOnnx({ name: "g", inputs: [], outputs: [], nodes }));
    expect(found).toContain(`0ac801${text("i".repeat(200))}`);
    expect(found).toContain("18808080808020"); // the integer 2^40
    expect(found).toContain(`${text("perm")}40014000a00107`); // a list of integers
  });
});
