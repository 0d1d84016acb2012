/** The component `toy` as a graph of our own: it measures what a call of ONNX Runtime costs, and opposes nothing. */

import type { ConfiguredComponent } from "../../engines/core/component.ts";
import { writeOnnx } from "../../formats/onnx_graph.ts";
import { bytesOf } from "../../gpu/plan/dtype.ts";
import { commitOf } from "./find.ts";
import type { OnnxManifest, OnnxPort, OnnxVariant } from "./manifest.ts";

/** y = tanh(x Wᵀ), with W as it is stored: [out, in]. @returns the model, whose weights lie in `weights.bin` beside it */
export function toyGraph(
  { component, weights }: ConfiguredComponent,
  variant: OnnxVariant,
): { readonly bytes: Uint8Array; readonly manifest: OnnxManifest } {
  const [[tensor, shape]] = weights;
  const port = (name: string): OnnxPort => ({ name, tensor: name, type: "float32", shape: ["tokens", shape[0]] });
  const [inputs, outputs] = [[port("x")], [port("y")]];
  const nodes = [
    { op: "Transpose", inputs: ["weights"], outputs: ["transposed"], attributes: { perm: [1, 0] } },
    { op: "MatMul", inputs: ["x", "transposed"], outputs: ["product"] },
    { op: "Tanh", inputs: ["product"], outputs: ["y"] },
  ];
  const bytes = writeOnnx({
    name: "toy",
    inputs,
    outputs,
    initializers: [{ name: "weights", shape, values: { file: "weights.bin", offset: 0 } }],
    nodes,
  });
  const size = bytesOf(shape);
  return {
    bytes,
    manifest: {
      engine: component.engine,
      component: component.name,
      variant,
      config: {},
      widths: {},
      sizes: {},
      opset: 20,
      nodes: nodes.length,
      inputs,
      outputs,
      carry: [],
      unused: [],
      perTrip: [],
      weights: [{ initializer: "weights", tensor, shape, offset: 0, bytes: size }],
      weightsBytes: size,
      model: { sha256: "", bytes: bytes.length },
      commit: commitOf(component.engine) ?? "",
    },
  };
}
