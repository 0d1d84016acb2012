/** What denoisers of atoms in a flat list share as components of their own: one call, for samples at levels of their own. */
import { BadInputError } from "../../errors.ts";
import type { ConfigReader } from "../../formats/config.ts";
import { float32, type HostTensor, type TensorMap } from "../../formats/tensor.ts";
import { WeightReader } from "../../model/linear.ts";
import type { Component, ConfiguredComponent, EngineName, Sizes, TensorSpec } from "../core/component.ts";
import { checkTokens, readNoting } from "../core/config_checks.ts";
import { floatsOf } from "../core/inputs.ts";
import { syntheticInputs } from "../core/random_inputs.ts";
import { type FlatDenoiser, recordDenoiser } from "./flat_diffusion.ts";
import { pointRows } from "./sampler.ts";

/** What differs between the engines. */
export interface FlatDenoiserEngine<Config, Weights> {
  readonly engine: EngineName;
  /** Names of the noisy positions and of their levels in golden cases. */
  readonly names: { readonly positions: string; readonly levels: string };
  /** Fields of the config that the axes of the representations are named after. */
  readonly widths: Readonly<Record<"inputs" | "single" | "pair", keyof Config & string>>;
  /** What is read of tokens and atoms. */
  readonly features: readonly TensorSpec[];
  readConfig(config: ConfigReader, sizes: Sizes): Config;
  weights(reader: WeightReader, config: Config): Weights;
  /** @param valued whether the weights have values */
  denoiser(weights: Weights, config: Config, valued: boolean): FlatDenoiser;
  /** @throws {BadInputError} if tensors contradict each other */
  checkRelations(inputs: TensorMap): void;
  /** Atoms of made-up inputs of so many tokens. */
  atoms(tokens: number): number;
  synthetic(tokens: number, seed: number): Map<string, HostTensor>;
}

/** Makes the `diffusion_module` component of an engine. */
export function flatDenoiserComponent<Config, Weights>(engine: FlatDenoiserEngine<Config, Weights>): Component {
  const { names, widths } = engine;
  const component: Component = {
    engine: engine.engine,
    name: "diffusion_module",
    shortName: "diffusion",
    inputs: [
      { name: names.positions, shape: ["samples", "atoms", 3] },
      { name: names.levels, shape: ["samples"], role: "level" },
      { name: "s_inputs", shape: ["tokens", widths.inputs] },
      { name: "s_trunk", shape: ["tokens", widths.single] },
      { name: "z_trunk", shape: ["tokens", "tokens", widths.pair] },
      ...engine.features,
    ],
    outputs: [{ name: "denoised", shape: ["samples", "atoms", 3] }],
    configure(given, sizes, note) {
      const config = readNoting(given, note, (reader) => engine.readConfig(reader, sizes));
      const tokens = checkTokens(sizes);
      const { samples = 1, atoms = engine.atoms(tokens) } = sizes;
      const channels = Object.fromEntries(Object.values(widths).map((name) => [name, config[name] as number]));
      return configured(component, engine, config, { tokens, atoms, samples, ...channels });
    },
  };
  return component;
}

function configured<Config, Weights>(
  component: Component,
  engine: FlatDenoiserEngine<Config, Weights>,
  config: Config,
  sizes: Sizes & Readonly<Record<"tokens" | "atoms" | "samples", number>>,
): ConfiguredComponent {
  const { tokens, atoms, samples } = sizes;
  const { positions, levels: times } = engine.names;
  const declaring = new WeightReader();
  engine.weights(declaring, config);
  return {
    component,
    sizes,
    weights: declaring.declared,
    record(plan, source) {
      const weights = engine.weights(new WeightReader(source), config);
      const denoiser = engine.denoiser(weights, config, source !== undefined);
      const diffusion = recordDenoiser(plan, { tokens, atoms, samples }, denoiser);
      return {
        async run(session, inputs) {
          engine.checkRelations(inputs);
          const levels = [...floatsOf(inputs, times)];
          const bad = levels.find((level) => level <= 0);
          if (bad !== undefined) throw new BadInputError(`the input ${times} holds ${bad}, expected more than zero`);
          const [pair, single, embedded] = ["z_trunk", "s_trunk", "s_inputs"].map((name) => floatsOf(inputs, name));
          const noisy = pointRows([floatsOf(inputs, positions)]);
          await diffusion.prepare(session, inputs, noisy, { pair, single, inputs: embedded });
          const denoised = await diffusion.denoise(session, levels);
          return new Map([["denoised", float32([samples, atoms, 3], denoised)]]);
        },
      };
    },
    randomInputs: (seed) => syntheticInputs(component, sizes, engine.synthetic(tokens, seed), seed),
  };
}
