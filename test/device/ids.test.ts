/** Ids beyond what float32 holds: a network that is given others which lie to each other alike answers with the same bits. */
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { WebGpuBackend } from "../../src/backends/webgpu.ts";
import { readCase } from "../../src/engines/core/cases.ts";
import { type HostTensor, int32, type TensorMap } from "../../src/formats/tensor.ts";
import { shippedCases } from "../../src/platform/node/cases.ts";
import { nodeFiles } from "../../src/platform/node/files.ts";
import { openTestBackend } from "../support/device.ts";

let backend: WebGpuBackend;
beforeAll(() => {
  backend = openTestBackend();
});
afterAll(() => backend.dispose());

const LARGEST = 2 ** 31 - 1;

/** Other ids, equal where these are: neighbours at the upper end, which float32 cannot tell apart. Padding's 0 stays. */
function renamed({ shape, data }: HostTensor): HostTensor {
  const ids = [...new Set(data)].filter((id) => id !== 0);
  return int32(
    shape,
    Int32Array.from(data, (id) => (id === 0 ? 0 : LARGEST - ids.indexOf(id))),
  );
}

/** Other ids with the same differences among tokens of one group: groups stand at both ends of int32, and beyond 2²⁴. */
function shifted({ shape, data }: HostTensor, groups: HostTensor["data"], least: number): HostTensor {
  const names = [...new Set(groups)];
  const starts = [LARGEST - 4096, least, 2 ** 24 + 1, 2 ** 29 + 3];
  const firstOf = names.map((group) => Math.min(...[...data].filter((_, at) => groups[at] === group)));
  return int32(
    shape,
    Int32Array.from(data, (id, at) => {
      const group = names.indexOf(groups[at]);
      return starts[group % starts.length] + id - firstOf[group];
    }),
  );
}

function withOtherIds(inputs: TensorMap): TensorMap {
  const others = new Map(inputs);
  const get = (name: string): HostTensor | undefined => inputs.get(name);
  const set = (name: string, change: (tensor: HostTensor) => HostTensor): void => {
    const tensor = get(name);
    if (tensor) others.set(name, change(tensor));
  };
  for (const name of ["asym_id", "entity_id", "ref_space_uid"]) set(name, renamed);
  const [chains, entities] = [get("asym_id"), get("entity_id")];
  if (chains) set("residue_index", (tensor) => shifted(tensor, chains.data, -LARGEST));
  if (chains) set("token_index", (tensor) => shifted(tensor, chains.data, 0));
  if (entities) set("sym_id", (tensor) => shifted(tensor, entities.data, 0));
  return others;
}

describe.each([
  "deepmind-confidence_head-chains",
  "deepmind-diffusion_head-few-atoms",
  "deepmind-full-few-atoms",
  "ligo-diffusion_module-odd",
  "ligo-full-odd",
  "ligo-template_embedder-odd",
])("%s", (name) => {
  it("does not depend on how large ids are", async () => {
    const golden = await readCase(nodeFiles, path.join(shippedCases(), name));
    const { engine, component, config, weights, sizes, inputs } = golden;
    const others = withOtherIds(inputs);
    expect([...others].filter(([id, tensor]) => tensor !== inputs.get(id)).length).toBeGreaterThan(0);
    await using runner = await backend.load({ engine, component: component.name, config, weights, sizes });
    const wanted = await runner.run(inputs);
    const found = await runner.run(others);
    for (const [output, { data }] of wanted) expect(found.get(output)?.data, output).toEqual(data);
  });
});
