/** Outputs that a load asks for: others are not read back, and what is expected of logits is the same wherever it is computed. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { WebGpuBackend } from "../../src/backends/webgpu.ts";
import { sizesOfInputs } from "../../src/engines/core/check.ts";
import { overridden } from "../../src/engines/core/overrides.ts";
import { wantedOutputs } from "../../src/engines/core/prediction.ts";
import { engineNames, findComponent, findEngine, findPreset } from "../../src/engines/index.ts";
import { sampleScores } from "../../src/engines/protenix/scores.ts";
import type { TensorMap } from "../../src/formats/tensor.ts";
import { compare } from "../../src/kernels/check/compare.ts";
import { componentBound, confidenceBound } from "../../src/kernels/check/tolerance.ts";
import { openTestBackend } from "../support/device.ts";

let backend: WebGpuBackend;
beforeAll(() => {
  backend = openTestBackend();
});
afterAll(() => backend.dispose());

const TOKENS = 9;

/** A whole network, its inputs, and what runs it for some of its outputs. */
function network(name: string) {
  const engine = findEngine(name);
  const component = findComponent(engine, "full");
  const preset = findPreset(name, "full", "tiny");
  const config = overridden(engine, component, preset.config, { recycles: 0, steps: 2, samples: 2 });
  const configured = component.configure(config, { ...preset.widths, tokens: TOKENS }, () => {});
  const inputs = configured.randomInputs(3, { chains: 2 });
  const run = async (outputs?: readonly string[]): Promise<TensorMap> => {
    const weights = { kind: "random", seed: 2 } as const;
    // Other residues may have another number of atoms.
    const sizes = { ...configured.sizes, ...sizesOfInputs(component, inputs) };
    await using runner = await backend.load({ engine: name, component: "full", config, sizes, weights, outputs });
    return await runner.run(inputs);
  };
  return { engine, inputs, run };
}

const bytesOf = (outputs: TensorMap): number =>
  [...outputs.values()].reduce((sum, { data }) => sum + data.byteLength, 0);
const predicting = engineNames.filter((name) => findEngine(name).predictions);

it.each(predicting)("%s gives those that predictions are made of, and no others", async (name) => {
  const { engine, run } = network(name);
  const [all, whole, least] = [
    await run(),
    await run(wantedOutputs(engine, true)),
    await run(wantedOutputs(engine, false)),
  ];
  expect([...whole.keys()].sort()).toEqual(wantedOutputs(engine, true).sort());
  expect([...least.keys()].sort()).toEqual(wantedOutputs(engine, false).sort());
  expect(bytesOf(whole)).toBeLessThan(bytesOf(all));
  for (const outputs of [whole, least])
    for (const [output, { data }] of outputs) {
      const among = all.get(output);
      if (among) expect(compare(data, among.data).error, output).toBeLessThanOrEqual(componentBound);
    }
});

it.each(engineNames)("%s gives the one output of a part that is asked for, bit for bit", async (name) => {
  const [engine, tokens] = [findEngine(name), 5];
  const component = findComponent(engine, "pairformer");
  const { config, widths } = findPreset(name, "pairformer", "tiny");
  const { sizes, randomInputs } = component.configure(config, { ...widths, tokens }, () => {});
  const request = {
    engine: name,
    component: "pairformer",
    config,
    sizes,
    weights: { kind: "random", seed: 2 },
  } as const;
  const run = async (outputs?: readonly string[]): Promise<TensorMap> => {
    await using runner = await backend.load({ ...request, outputs });
    return await runner.run(randomInputs(3));
  };
  const [first, ...others] = await run();
  expect(others.length).toBeGreaterThan(0);
  expect([...(await run([first[0]]))]).toEqual([first]);
});

describe("protenix", () => {
  it("expects of pairs' errors on the device what scores make of their logits", async () => {
    const { engine, inputs, run } = network("protenix");
    const [all, least] = [await run(), await run(wantedOutputs(engine, false))];
    const of = (outputs: TensorMap, name: string, sample?: number): ArrayLike<number> => {
      const { data, shape } = outputs.get(name) ?? { data: new Float32Array(), shape: [1] };
      const length = data.length / shape[0];
      return sample === undefined ? data : data.subarray(sample * length, (sample + 1) * length);
    };
    const complex = {
      asymId: of(inputs, "asym_id"),
      hasFrame: of(inputs, "has_frame"),
      atomToToken: of(inputs, "atom_to_token_idx"),
      isLigand: of(inputs, "is_ligand"),
    };
    expect(new Set(Array.from(complex.asymId)).size).toBe(2);
    const [logits, expected] = [all, least].map((outputs) =>
      bytesOf(new Map([...outputs].filter(([name]) => /^(expected_|pae|pde)/.test(name)))),
    );
    expect(logits).toBe(32 * expected);
    for (const sample of [0, 1]) {
      const scores = sampleScores(
        {
          positions: of(least, "positions", sample),
          plddt: of(least, "plddt", sample),
          pairs: {
            aligned: of(least, "expected_pae", sample),
            tmAll: of(least, "expected_tm", sample),
            tmChains: of(least, "expected_chains_tm", sample),
            distance: of(least, "expected_pde", sample),
          },
          contacts: of(least, "contact_probs"),
        },
        complex,
      );
      const recorded = { ptm: scores.ptm, iptm: scores.iptm, gpde: scores.gpde, ranking_score: scores.rankingScore };
      for (const [name, value] of Object.entries(recorded))
        expect(Math.abs(value - of(all, `summary:${name}`, sample)[0]), name).toBeLessThanOrEqual(
          confidenceBound * Math.max(1, Math.abs(value)),
        );
      const pairs = Array.from(of(all, "summary:chain_pair_iptm", sample));
      expect(compare(scores.chainPairIptm.flat(), pairs).error).toBeLessThanOrEqual(confidenceBound);
    }
  });
});

it("an output that there is not is refused", async () => {
  await expect(network("protenix").run(["position"])).rejects.toThrow(
    /protenix full has no output "position"; known are .*\. Did you mean positions\?/,
  );
});
